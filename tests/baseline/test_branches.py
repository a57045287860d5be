"""Tests and the jumps behind them, which share a template: every operator, both senses, and what is not built in."""

import itertools

import pytest

import kaa
from kaa.baseline.engine import RUNS
from tests.native.host import needs_native

pytestmark = needs_native

VALUES = [0, 1, -1, 2**30, 2**70, 1.5, 1.0, float("nan"), True, None, "a", "", "1", (1,), [], {1: 2}]
OPERATORS = ["<", "<=", "==", "!=", ">", ">=", "is", "is not", "in", "not in"]
FORMS = {
    "if": "    if {test}:\n        return 'yes'\n    return 'no'\n",
    "if not": "    if not ({test}):\n        return 'no'\n    return 'yes'\n",
    "and or": "    return 'yes' if ({test}) and x != 5 or y == 'a' else 'no'\n",
    "while": "    while {test}:\n        return 'yes'\n    return 'no'\n",
    "value": "    return {test}\n",
}


class Odd:
    """Comparisons that give no bool, or raise."""

    def __lt__(self, other):
        return [other]

    def __gt__(self, other):
        return []

    def __eq__(self, other):
        raise ZeroDivisionError

    __hash__ = None

    def __contains__(self, item):
        return item

    def __bool__(self):
        raise LookupError


def outcome(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception as error:
        return type(error).__name__ + str(error)


def outcomes(function, values):
    return [outcome(function, x, y) for x, y in itertools.product(values, repeat=2)]


@pytest.mark.filterwarnings("ignore:.*is.*literal")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("test", [f"x {operator} y" for operator in OPERATORS] + ["x", "not y"])
def test_branches(test, form):
    scope = {}
    exec("def f(x, y):\n" + FORMS[form].format(test=test), scope)
    values = [*VALUES, Odd()]
    expected = outcomes(scope["f"], values)
    exec("def f(x, y):\n" + FORMS[form].format(test=test), scope)
    kaa.enable()
    try:
        found = outcomes(scope["f"], values)
    finally:
        kaa.disable()
    assert found == expected


def test_one_template_compares_and_jumps():
    def least(x, y):
        if x < y:
            return x
        return y

    assert "<- COMPARE_OP\n" in kaa.native_code(least)
    kaa.enable()
    try:
        for number in range(RUNS + 1):
            least(number, 7)
    finally:
        kaa.disable()
    assert "<- COMPARE_OP.0.POP_JUMP_IF_FALSE" in kaa.native_code(least)
