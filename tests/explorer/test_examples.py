"""Every example shows what it is there for: the point is in its recording."""

from functools import cache
from importlib import resources
from itertools import pairwise

import pytest

from kaa.explorer.limits import Limits
from kaa.explorer.recording import Recording, State
from kaa.explorer.sandbox import Run

EXAMPLES = resources.files("kaa.explorer") / "examples"


@cache
def recorded(name: str) -> tuple[Recording, list[State]]:
    run = Run((EXAMPLES / f"{name}.py").read_text(), "guest.py", Limits(seconds=60))
    run.wait()
    recording, state, states = Recording(run.lines()), State(), []
    for step in recording.steps:
        state.apply(step)
        states.append(state.copy())
    return recording, states


def changes(recording: Recording, kind: str) -> list[list]:
    return [change for step in recording.steps for change in step[1:] if change[0] == kind]


def names(recording: Recording, state: State) -> list[str]:
    return [recording.codes[frame.code]["qualname"] for frame in state.frames]


def local(recording: Recording, state: State, name: str):
    frame = state.frames[-1]
    return frame.variables[recording.codes[frame.code]["locals"].index(name)]


def test_loop_jumps_backward_and_variables_change() -> None:
    recording, states = recorded("loop")
    inside = [s for s in states if names(recording, s)[-1:] == ["collatz"]]
    assert any(b.frames[-1].offset < a.frames[-1].offset for a, b in pairwise(inside))
    assert len({local(recording, s, "n") for s in inside}) > 10


def test_closures_share_a_cell() -> None:
    _, states = recorded("closures")
    last = states[-2]
    cells = [dict(map(tuple, o.slots)).get("count") for o in last.heap.values() if o.type == "function"]
    shared = [number for number in cells if number is not None]
    assert {last.heap[number].slots[0][1]: shared.count(number) for number in shared} == {"12": 2, "1": 2}


def test_classes_ask_the_next_in_line() -> None:
    recording, states = recorded("classes")
    deepest = max(states, key=lambda s: len(s.frames))
    assert names(recording, deepest) == ["<module>", "Both.greet", "Left.greet", "Right.greet", "Base.greet"]


@pytest.mark.parametrize(("example", "unit"), [("generators", "numbers"), ("async_await", "worker")])
def test_suspended_frames_are_resumed(example: str, unit: str) -> None:
    recording, states = recorded(example)
    entered = [change[1] for change in changes(recording, "f") if recording.codes[change[2]]["name"] == unit]
    assert len(entered) > len(set(entered)), "the same frame again"
    kind = {"generators": "generator", "async_await": "coroutine"}[example]
    suspended = [
        o for s in states for o in s.heap.values() if o.type == kind and o.slots[0][1] == "suspended"
    ]
    assert any(label in ("n", "number") for o in suspended for label, _ in o.slots), "with its variables"


def test_finally_runs_while_the_value_waits() -> None:
    recording, states = recorded("finally_return")
    waits = [s for s in states if names(recording, s)[-1:] == ["keeps"] and "1" in s.frames[-1].stack]
    assert any(local(recording, s, "value") == "2" for s in waits)
    assert any(handler is not None for *_, handler in changes(recording, "e"))


def test_match_binds_names_on_the_way() -> None:
    recording, states = recorded("matching")
    inside = [s for s in states if names(recording, s)[-1:] == ["describe"]]
    for name in ("one", "first", "rest", "kind", "x", "y"):
        assert any(local(recording, s, name) is not None for s in inside)


def test_recursion_and_a_cycle_that_the_collector_frees() -> None:
    recording, states = recorded("cycle")
    assert max(names(recording, s).count("height") for s in states) == 3
    nodes = [sum(o.type == "Node" for o in s.heap.values()) for s in states]
    assert max(nodes) == 7
    freed = next(i for i in range(1, len(states)) if nodes[i] < nodes[i - 1])
    assert (nodes[freed], states[freed - 1].namespaces[0]["root"]) == (0, "None")


def test_input_is_asked_for() -> None:
    source = (EXAMPLES / "input.py").read_text()
    run = Run(source, "guest.py", Limits(seconds=60))
    run.answer("Kaa")
    assert run.wait()["kind"] == "done"
    recording = Recording(run.lines())
    assert recording.output(len(recording.steps) - 1) == "Your name? a 2\nk 1\n"
