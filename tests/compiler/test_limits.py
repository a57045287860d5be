"""Large and deep programs: what the host answers, in time that grows with the size."""

import sys
import types

import pytest

import kaa

from .test_assembler import shape


def nested(opening, count):
    return "".join(" " * level + opening + "\n" for level in range(count)) + " " * count + "pass\n"


def function(lines, count):
    return "def f():\n" + "".join(f" {line}\n" for line in lines.split("\n")) * count


LIMITS = {
    "20 nested loops": function("pass", 1) + nested("while x:", 20),
    "21 nested blocks": nested("with x:", 21),
    "99 levels of indentation": nested("if x:", 99),
    "100 levels of indentation": nested("if x:", 100),
    "200 brackets": "(" * 200 + "x" + ")" * 200,
    "201 brackets": "(" * 201 + "x" + ")" * 201,
    "a sum of 3,000 terms": "x = " + " + ".join(["y"] * 3_000),
    "a sum of 100,000 terms": "x = " + " + ".join(["y"] * 100_000),
    "a sum of 100,000 constants": "x = " + " + ".join(["1"] * 100_000),
    "3,000 negations": "x = " + "not " * 3_000 + "y",
    "an attribute of 20,000 names": "x = y" + ".z" * 20_000,
    "a chain of 5,000 comparisons": "x = " + " < ".join(["y"] * 5_000),
    "20,000 operands of `and`": "x = " + " and ".join(["y"] * 20_000),
    "a literal of 100,000 items": "x = [" + "1, 2.5, " * 50_000 + "]",
    "a tuple of 10,000 variables": "x = (" + "y, " * 10_000 + ")",
    "10,000 arguments": "f(" + "x, " * 10_000 + ")",
    "an integer of 4,300 digits": "x = " + "1" * 4_300,
    "an integer of 4,301 digits": "x = " + "1" * 4_301,
    "a jump over 70,000 instructions": "while x:\n" + " y\n" * 35_000 + " if z: break\n",
    "5,000 cases": "match x:\n" + "".join(f" case {number}: y\n" for number in range(5_000)),
}


@pytest.mark.parametrize("source", LIMITS.values(), ids=LIMITS)
def test_limit(source):
    try:
        expected = compile(source, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, RecursionError, MemoryError) as error:
        with pytest.raises(type(error)) as ours:
            kaa.compile(source, "<test>", "exec", dont_inherit=True)
        assert str(ours.value) == str(error)
        return
    assert shape(kaa.compile(source, "<test>", "exec", dont_inherit=True)) == shape(expected)


GROWING = {
    "statements": lambda size: "x = y\n" * size,
    "constants and names": lambda size: "".join(f"x{n} = {n}.5\n" for n in range(size)),
    "branches": lambda size: function("if x: y\nelse: z", size),
    "returns": lambda size: function("if x: return y", size),
    "dead code": lambda size: function("return", 1) + " if x: y\n" * size,
    "loops": lambda size: function("while x:\n  if y: continue\n  break", size),
    "handlers": lambda size: function("try: x\nexcept y: z\nfinally: a", size),
    "with statements": lambda size: function("with x: y", size),
    "local variables": lambda size: (
        "def f():\n" + "".join(f" if x{n}: del x{n}\n x{n} = y\n" for n in range(size))
    ),
    "elif": lambda size: "if x: y\n" + "elif x: y\n" * size,
    "conditions": lambda size: "if " + " or ".join(["x and y"] * size) + ": z",
    "a sum": lambda size: "x = " + " + ".join(["y"] * size),
    "items": lambda size: "x = [" + "y, " * size + "]",
    "constant items": lambda size: "x = (" + "".join(f"{n}, " for n in range(size)) + ")",
    "cases": lambda size: "match x:\n" + " case [y, 1]: z\n" * size,
    "comprehensions": lambda size: "x = [y for y in z if y]\n" * size,
    "functions": lambda size: "def f(a): return a\n" * size,
    "swaps": lambda size: "a, b, c = c, b, a\n" * size,
}


def lines_run(source):
    """How many lines of Python the compilation of a program takes: its time, but the same on every machine."""
    count = 0

    def count_line(code: types.CodeType, line: int) -> None:
        nonlocal count
        count += 1

    tool = sys.monitoring.PROFILER_ID
    sys.monitoring.use_tool_id(tool, "growth")
    sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, count_line)
    sys.monitoring.set_events(tool, sys.monitoring.events.LINE)
    try:
        kaa.compile(source, "<test>", "exec", dont_inherit=True)
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    return count


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_cost_is_linear(make):
    once, fourfold = lines_run(make(150)), lines_run(make(600))
    assert fourfold < 4.3 * once
