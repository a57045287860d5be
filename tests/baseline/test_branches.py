"""Tests and the jumps behind them, which share a template: every operator, both senses, and what is not built in."""

import functools
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


def test_calls_in_warm_code():
    """A place that has called C functions calls whatever comes then."""

    def guest(x):
        return ["guest", x]

    class Error(Exception):
        def __init__(self, x):
            self.x = x

    class Class:
        def __init__(self, x):
            self.x = x

        def __call__(self, x):
            return ["called", x]

        def method(self, x):
            return ["method", x]

    def generator():
        received = []
        while True:
            received.append((yield received))

    def call(function, argument):
        try:
            return function(argument)
        except Exception as error:
            return repr(error)

    def outcomes():
        running = generator()
        next(running)
        others = [guest, Class(0), Class(0).method, Class(0).method.__func__, running.send, 7, str, int, len]
        others += [type, dict.fromkeys, OSError, Error, functools.partial(guest), functools.lru_cache(guest)]
        found = [call(len, "text") for _ in range(RUNS + 5)]
        for _ in range(3):
            found += [repr(call(function, "text")) for function in others]
            found += [
                type(call(Class, "text")).__name__,
                call(len, None),
                call(int, "7"),
                call(next, iter("x")),
            ]
        return found

    code = call.__code__
    call.__code__ = code.replace()
    expected = outcomes()
    call.__code__ = code.replace()
    kaa.enable()
    try:
        found = outcomes()
    finally:
        kaa.disable()
    assert "<- CALL.in_C" in kaa.native_code(call)
    assert found == expected


def test_attributes_in_warm_code():
    """A place that has seen attributes of one kind finds those of others."""
    import math

    class Slots:
        __slots__ = ("pi",)

        def __init__(self):
            self.pi = "slot"

    class Fields:
        def __init__(self):
            self.pi = lambda: "field"

    class Constant:
        pi = "of the class"

    class Method:
        def pi(self):
            return "method"

    class Computed:
        @property
        def pi(self):
            return lambda: "computed"

    class Class:
        @classmethod
        def pi(cls):
            return "class method"

    owners = [math, Slots(), Fields(), Constant(), Constant, Method(), Method, Computed(), Class, Class(), 7]

    def load(owner):
        try:
            return (owner if owner else None).pi
        except AttributeError as error:
            return str(error)

    def call(owner):
        try:
            return (owner if owner else None).pi()
        except (AttributeError, TypeError) as error:
            return str(error)

    def outcomes(first):
        found = []
        for function in load, call:
            found += [function(first) for _ in range(RUNS + 5)]
            found += [function(owner) for owner in owners * 3]
        return [str(value).partition(" at 0x")[0] for value in found]

    for first in owners:
        load.__code__, call.__code__ = load.__code__.replace(), call.__code__.replace()
        expected = outcomes(first)
        load.__code__, call.__code__ = load.__code__.replace(), call.__code__.replace()
        kaa.enable()
        try:
            found = outcomes(first)
        finally:
            kaa.disable()
        assert found == expected


def test_built_ins_in_warm_code():
    """A built-in that a warm place has found may be hidden by a global later, or be another one."""
    import builtins

    scope = {"__builtins__": builtins}
    exec("def look(): return abs, abs(-1)", scope)
    look = scope["look"]
    kaa.enable()
    try:
        for _ in range(RUNS + 5):
            assert look() == (abs, 1)
        builtins.something = 1  # the keys of the built-ins change
        assert look() == (abs, 1)
        scope["abs"] = str
        assert look() == (str, "-1")
        del scope["abs"]
        assert look() == (abs, 1)
        found, builtins.abs = abs, repr
        try:
            assert look() == (repr, "-1")
        finally:
            builtins.abs = found
    finally:
        kaa.disable()
        del builtins.something
    assert look() == (abs, 1)
    assert "<- LOAD_GLOBAL.built-in" in kaa.native_code(look)
