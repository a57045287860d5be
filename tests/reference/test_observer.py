"""Observers see what happens, and limits end what goes too far."""

import pytest

from kaa.reference.machine import Machine
from kaa.reference.observer import LimitReached, Limits, Observer


class Trace(Observer):
    def __init__(self):
        self.events = []
        self.instructions = 0

    def instruction(self, frame, offset):
        self.instructions += 1

    def call(self, frame):
        self.events.append(("call", frame.code.co_name))

    def returned(self, frame, value):
        self.events.append(("returned", frame.code.co_name, value))

    def raised(self, frame, error):
        self.events.append(("raised", frame.code.co_name, type(error)))

    def allocated(self, frame, value):
        self.events.append(("allocated", frame.code.co_name, type(value).__name__))


def run(source: str, **options) -> None:
    Machine(compile, **options).run_code(compile(source, "guest", "exec"), {"__name__": "guest"})


def test_the_observer_sees_calls_returns_exceptions_and_allocations() -> None:
    trace = Trace()
    run(
        "def f(x): return [x]\n"
        "def g(): yield 1\n"
        "class C:\n    def __init__(self): pass\n"
        "def h(): raise ValueError\n"
        "f(2); list(g()); C()\n"
        "try: h()\nexcept ValueError: pass\n",
        observer=trace,
    )
    for event in [
        ("call", "f"),
        ("allocated", "f", "list"),
        ("returned", "f", [2]),
        ("returned", "g", 1),
        ("returned", "g", None),
        ("allocated", "<module>", "C"),
        ("call", "__init__"),
        ("raised", "h", ValueError),
        ("raised", "<module>", ValueError),
    ]:
        assert event in trace.events, event
    assert trace.events.index(("call", "f")) < trace.events.index(("returned", "f", [2]))
    assert trace.instructions > 50


@pytest.mark.parametrize(
    ("limits", "source", "words"),
    [
        (Limits(instructions=1000), "while True: pass", "1000 instructions"),
        (
            Limits(instructions=1000),
            "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
            "1000 inst",
        ),
        (Limits(depth=20), "def f(): f()\nf()", "20 calls deep"),
        (Limits(seconds=0.05), "while True: pass", "0.05 seconds"),
    ],
)
def test_a_limit_ends_the_run(limits: Limits, source: str, words: str) -> None:
    with pytest.raises(LimitReached, match=words):
        run(source, limits=limits)
