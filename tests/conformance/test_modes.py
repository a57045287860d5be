"""A source file's pieces are taken apart into what each mode of `compile` accepts."""

import ast

from tests.conformance.identity import mode_pairs
from tests.conformance.modes import AWAIT, FUTURES, mode_cases

SOURCE = b"""\
def f(a: int, /, b, *c: str, d=1, **e) -> list[int]:
    return a + 1

async def g():
    await f
"""


def test_cases_of_a_file():
    cases = list(mode_cases(SOURCE))
    assert [(mode, flags) for text, mode, flags in cases if text == SOURCE] == [
        *[("exec", flags) for flags in FUTURES],
        ("exec", AWAIT),
    ]
    assert ("(int, x, x, *str, **x) -> list[int]", "func_type", ast.PyCF_ONLY_AST) in cases
    assert ("a + 1", "eval", 0) in cases
    assert ("await f", "exec", AWAIT) in cases
    assert [mode for _, mode, _ in cases].count("single") == 2


def test_answers_are_the_hosts():
    pairs = list(mode_pairs(SOURCE, "<test>", 0))
    assert len(pairs) == len(list(mode_cases(SOURCE)))
    assert [(ours, host) for ours, host in pairs if ours != host] == []
