"""Fused pairs: the plain loop does, and shows of itself, what single instructions would."""

import textwrap

import pytest

from kaa.reference.machine import Machine
from kaa.reference.observer import Observer
from kaa.reference.program import FUSED, program_of

TRUTHS = """
    import sys

    class Truth:
        def __init__(self, value):
            self.value = value
        def __bool__(self):
            seen.append(sys._getframe(1).f_lasti)
            if self.value == "error":
                raise ValueError
            return self.value

    def both(a, b):
        return a and b

    def either(a, b):
        return a or b

    def branch(a, b):
        if a:
            return 1
        while not b:
            return 2
        return 3

    def none(a, b):
        if a is None:
            return 1
        return 2 if b is not None else 3

    def attributes(a, b):
        b.value = 5
        return b.value, b.__bool__(), b.missing

    def outcome(function, a, b):
        try:
            result = function(a, b)
            return result.value if type(result) is Truth else result
        except Exception as error:
            return type(error), str(error), error.__traceback__.tb_next.tb_lasti

    seen, values = [], (True, False, None, 0, 7, "", [1], Truth(True), Truth(False), Truth("error"))
    outcomes = [outcome(f, a, b) for f in (both, either, branch, none, attributes) for a in values for b in values]
    outcomes.append(seen)
"""


def outcomes(run: object) -> list:
    namespace: dict = {"__name__": "guest"}
    run(compile(textwrap.dedent(TRUTHS), "guest.py", "exec"), namespace)  # type: ignore[operator]
    return namespace["outcomes"]


@pytest.mark.parametrize("observer", [None, Observer()], ids=["fused", "single"])
def test_values_errors_and_offsets_are_the_hosts(observer: Observer | None) -> None:
    assert outcomes(Machine(compile, observer).run_code) == outcomes(exec)


def test_the_program_above_has_every_pair() -> None:
    code = compile(textwrap.dedent(TRUTHS), "guest.py", "exec")
    found = set()
    for part in [code, *(c for c in code.co_consts if hasattr(c, "co_code"))]:
        found |= {handler.__name__ for handler, _, _ in program_of(part).fused}
    assert {pair.__name__ for pair in FUSED.values()} <= found
