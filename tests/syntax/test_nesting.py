"""How deep a source may be nested: where the host's parser gives up, Kaa's does, with the same message.

Each form is a source of any depth. The test finds the deepest one that the host reads, and holds both sides of that
boundary. Where only the form is nested the boundary is the same; where it is mixed with others it may differ by
two in a hundred.
"""

import ast

import pytest

import kaa

DEEPEST = 7_000

EXACT = {
    "lambda": lambda n: "lambda: " * n + "1",
    "exponent": lambda n: "1" + "**1" * n,
    "not": lambda n: "not " * n + "1",
    "minus": lambda n: "-" * n + "1",
    "tilde": lambda n: "~" * n + "1",
    "conditional": lambda n: "1 if 1 else " * n + "1",
    "exponent and sign": lambda n: "1**-" * n + "1",
    "not in parentheses": lambda n: "(" * 100 + "not " * n + "1" + ")" * 100,
    "not in lists": lambda n: "[" * 150 + "not " * n + "1" + "]" * 150,
    "minus in calls": lambda n: "f(" * 120 + "-" * n + "1" + ")" * 120,
    "lambda in subscripts": lambda n: "x[" * 60 + "lambda: " * n + "1" + "]" * 60,
    "not behind elements of tuples": lambda n: "(1, " * 100 + "not " * n + "1" + ")" * 100,
    "not behind more elements of tuples": lambda n: "(1, 2, 3, " * 100 + "not " * n + "1" + ")" * 100,
    "not behind elements of lists": lambda n: "[1, " * 100 + "not " * n + "1" + "]" * 100,
    "not behind elements of dicts": lambda n: "{1: 1, 2: " * 100 + "not " * n + "1" + "}" * 100,
    "not behind arguments": lambda n: "f(1, " * 100 + "not " * n + "1" + ")" * 100,
    "not behind keyword arguments": lambda n: "f(a=1, b=" * 100 + "not " * n + "1" + ")" * 100,
    "not in subscripts": lambda n: "x[1, " * 100 + "not " * n + "1" + "]" * 100,
    "not behind parameters": lambda n: "(lambda a, b: " * 100 + "not " * n + "1" + ")" * 100,
    "not in lambdas": lambda n: "lambda: " * 1000 + "not " * n + "1",
}

CLOSE = {
    "statement": lambda n: "not " * n + "1",
    "elif": lambda n: "if 1: pass\n" + "elif 1: pass\n" * n,
    "return": lambda n: "return " + "-" * n + "1",
    "assignment": lambda n: "x = " + "lambda: " * n + "1",
    "blocks": lambda n: "".join(" " * level + "if 1:\n" for level in range(90)) + " " * 90 + "not " * n + "1",
    "keyword arguments": lambda n: "f(x=" * 60 + "not " * n + "1" + ")" * 60,
    "dicts": lambda n: "{1: " * 100 + "1 if 1 else " * n + "1" + "}" * 100,
    "mistake in parentheses": lambda n: "(" * 100 + "not " * n + "1 1" + ")" * 100,
    "mistake in lists": lambda n: "[" * 60 + "lambda: " * n + "1 1" + "]" * 60,
    "mistake in dicts": lambda n: "{1: " * 80 + "1 if 1 else " * n + "1 1" + "}" * 80,
    "mistake in calls": lambda n: "f(" * 100 + "not " * n + "1 1" + ")" * 100,
    "mistake": lambda n: "not " * n + "1 1",
    "text": lambda n: "not " * n + "'text'",
    "name": lambda n: "not " * n + "name",
    "with": lambda n: "with (a, b, " + "not " * n + "1): pass",
    "no match statement": lambda n: "match (" + "not " * n + "1)",
}

CASES = [(form, "eval", 0) for form in EXACT] + [(form, "exec", 0.02) for form in CLOSE]


def answer(compiler, source, mode):
    """The type of the error and what it says, two times None for a source that can be read."""
    try:
        compiler(source, "<test>", mode, ast.PyCF_ONLY_AST, True)
    except (MemoryError, SyntaxError) as error:
        return type(error), str(error)
    return None, None


def deepest(source, mode):
    """The depth up to which the host follows a form."""
    good, bad = 0, DEEPEST
    assert answer(compile, source(good), mode)[0] is not MemoryError
    while bad - good > 1:
        middle = (good + bad) // 2
        if answer(compile, source(middle), mode)[0] is not MemoryError:
            good = middle
        else:
            bad = middle
    return good


@pytest.mark.parametrize(("form", "mode", "tolerance"), CASES)
def test_as_deep_as_the_host(form, mode, tolerance):
    source = {**EXACT, **CLOSE}[form]
    depth = deepest(source, mode)
    slack = int(depth * tolerance)
    assert answer(kaa.compile, source(depth - slack), mode) == answer(compile, source(depth - slack), mode)
    refusal = answer(compile, source(depth + 1), mode)
    assert refusal[0] is MemoryError
    assert answer(kaa.compile, source(depth + slack + 1), mode) == refusal


def test_what_is_not_nested_is_not_counted():
    for source in (
        "\n".join(["not -x ** 2 if y else lambda: 1"] * 3_000),
        "[" + "not -x ** 2 if y else lambda: 1, " * 3_000 + "]",
        "with (not -a) if b else c: pass\nmatch (not -a)\n" * 3_000,
    ):
        assert answer(kaa.compile, source, "exec") == answer(compile, source, "exec")


@pytest.mark.parametrize("depth", [100, 192, 193, 199])
def test_values_missing_in_deep_dicts(depth):
    source = "{1:" * depth + "}" * depth
    assert answer(kaa.compile, source, "exec") == answer(compile, source, "exec")


@pytest.mark.parametrize("tail", ["", "2", "2 3"])
@pytest.mark.parametrize("opening", ["(", "[", "{1:", "(1,", "[1,", "{1,", "(*a,", "(1, 2,", "f(", "[*"])
def test_brackets_alone(opening, tail):
    """Unclosed, closed, and all but one closed; in a statement and in an expression."""
    closing = {"(": ")", "[": "]", "{": "}"}[opening.lstrip("f")[0]]
    for depth in (100, 190, 198, 200, 201, 250):
        for closed in (0, depth - 1, depth):
            source = opening * depth + tail + closing * closed
            for mode in ("exec", "eval"):
                assert answer(kaa.compile, source, mode) == answer(compile, source, mode), (
                    depth,
                    closed,
                    mode,
                )
