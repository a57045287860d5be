"""A recording against the run it was made of: output, variables, references, what was freed."""

import sys
import textwrap
from importlib import resources
from subprocess import run as run_process

import pytest

from kaa.explorer.limits import Limits
from kaa.explorer.recording import KEYFRAME, Recording, State
from kaa.explorer.sandbox import Run

EXAMPLES = resources.files("kaa.explorer").joinpath("examples")
RECORDED = ("loop", "closures", "classes", "generators", "finally_return", "matching", "async_await", "cycle")


def record(source: str, **limits) -> Recording:
    run = Run(textwrap.dedent(source), "guest.py", Limits(seconds=30, **limits))
    run.wait()
    return Recording(run.lines())


def states(recording: Recording) -> list[State]:
    return [recording.state(step) for step in range(len(recording.steps))]


@pytest.mark.parametrize("name", RECORDED)
def test_the_output_is_the_hosts(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text()
    recording = record(source)
    host = run_process([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    assert recording.output(len(recording.steps) - 1) == host
    assert recording.events[-1]["end"]["kind"] == "done"
    size = sum(len(str(step)) for step in recording.steps)
    assert size / len(recording.steps) < 200


def test_tasklets_and_a_channel() -> None:
    recording = record((EXAMPLES / "tasklets.py").read_text())
    said = [f"{words} {word}" for word in ("one", "two", "three") for words in ("send", "received")]
    assert sorted(recording.output(len(recording.steps) - 1).split("\n")) == sorted([*said, ""])
    names = {recording.codes[frame.code]["name"] for state in states(recording) for frame in state.frames}
    assert {"sender", "receiver"} <= names
    waiting = [
        slots[1]
        for state in states(recording)
        for shown in state.heap.values()
        if shown.type == "channel"
        for slots in shown.slots[1:]
    ]
    assert waiting, "somebody has waited in the channel"
    shown = [
        dict(map(tuple, shown.slots))
        for state in states(recording)
        for shown in state.heap.values()
        if shown.type == "tasklet"
    ]
    assert {"running", "waiting", "runnable", "finished"} <= {slots["tasklet"] for slots in shown}
    assert all(type(slots["waits for"]) is int for slots in shown if slots["tasklet"] == "waiting")


def test_any_step_forward_and_back() -> None:
    recording = record("total = 0\nfor i in range(500):\n    total += i\n")
    assert len(recording.steps) > KEYFRAME
    walked, state = [], State()
    for step in recording.steps:
        state.apply(step)
        walked.append(state.copy())
    for step in (*range(len(walked) - 1, 0, -97), 0, KEYFRAME, KEYFRAME + 1, 3):
        assert recording.state(step) == walked[step]
    with pytest.raises(IndexError):
        recording.state(len(walked))


def test_variables_and_stack() -> None:
    recording = record("""
        def f(x):
            y = [x, x]
            return y
        f("a")
        """)
    found = [s for s in states(recording) if len(s.frames) == 2]
    assert found[0].frames[1].variables == ["'a'", None]
    last = found[-1].frames[1]
    assert type(last.variables[1]) is int
    assert last.stack == [last.variables[1]]
    shown = found[-1].heap[last.variables[1]]
    assert (shown.type, shown.length, shown.slots) == ("list", 2, ["'a'", "'a'"])
    assert found[-1].references[last.variables[1]] == 2  # a variable and the stack


def test_changes_inside_objects_are_seen() -> None:
    recording = record("""
        class Box:
            pass
        box = Box()
        box.items = []
        box.items.append(1)
        box.items.append(2)
        box.items.pop(0)
        table = {}
        table["k"] = box.items
        """)
    last = recording.state(len(recording.steps) - 2)
    names = last.namespaces[0]
    (items,) = (slots[1] for slots in last.heap[names["box"]].slots if slots[0] == "items")
    assert last.heap[items].slots == ["2"]
    assert last.heap[names["table"]].slots == [["'k'", items]]


def test_what_is_freed_and_when() -> None:
    recording = record("""
        x = [1]
        y = x
        x = None
        y = None
        """)
    freed = [
        (number, step) for number, step in enumerate(recording.steps) if any(c[0] == "d" for c in step[1:])
    ]
    assert len(freed) == 1
    before = recording.state(freed[0][0] - 1)
    assert [shown.type for shown in before.heap.values()] == ["list"]
    assert not recording.state(freed[0][0]).heap


def test_a_cycle_goes_with_the_collector() -> None:
    recording = record("""
        import gc
        a = []
        a.append(a)
        a = None
        gc.collect()
        b = 1
        """)
    kept = [any(shown.type == "list" for shown in state.heap.values()) for state in states(recording)]
    assert kept[-1] is False
    collected = kept.index(False, kept.index(True))
    assert [change[0] for change in recording.steps[collected][1:] if change[0] in "dg"] == ["g"]
    assert "a" in recording.state(collected).namespaces[0]
    assert recording.state(collected - 1).namespaces[0]["a"] == "None"


def test_exceptions_and_finding_their_handler() -> None:
    recording = record("""
        def f():
            raise ValueError("no")
        try:
            f()
        except ValueError:
            pass
        """)
    events = [change for step in recording.steps for change in step[1:] if change[0] == "e"]
    assert [(text, handler is None) for _, _, text, handler in events] == [
        ("ValueError('no')", True),
        ("ValueError('no')", False),
    ]


def test_no_code_of_the_guest_runs_for_the_recording() -> None:
    recording = record("""
        class Touchy:
            def __init__(self): self.a = 1
            def __repr__(self): print("repr!")
            def __getattr__(self, name): print("getattr!", name)
            def __eq__(self, other): print("eq!")
            def __len__(self): print("len!")
            __class__ = property(lambda self: print("class!"))
            __hash__ = None
        t = Touchy()
        u = [t, t]
        class Items(list):
            def __iter__(self): print("iter!")
            def __getitem__(self, key): print("getitem!")
        v = Items([t])
        """)
    assert recording.output(len(recording.steps) - 1) == ""
    assert recording.events[-1]["end"]["kind"] == "done"


def test_large_values_are_folded() -> None:
    recording = record("x = 'a' * 10_000\ny = list(range(10_000))\nz = 1 << 100_000\n")
    names = recording.state(len(recording.steps) - 2).namespaces[0]
    assert len(names["x"]) < 70
    assert names["z"] == "<int of 100001 bits>"
    shown = recording.state(len(recording.steps) - 2).heap[names["y"]]
    assert (shown.length, len(shown.slots)) == (10_000, 40)


def test_a_window_around_a_breakpoint_of_a_long_run() -> None:
    source = """
        def f(n, kept=[]):
            if n == 400:
                kept.append(n)
            return n
        for i in range(1000):
            f(i)
        """
    whole, window = record(source), record(source, steps=100, breakpoints=(("guest.py", 4),))
    skipped = window.events[0]["skipped"]
    assert len(window.steps) == 100 + 2  # the step that stands for those before, and the last one
    for step in (0, 49, 50, 51, 99):
        mine, full = window.state(step), whole.state(step + skipped - 1)
        assert (mine.frames, mine.namespaces, mine.heap) == (full.frames, full.namespaces, full.heap)
        assert mine.references == {n: full.references[n] for n in mine.references}
    code = window.codes[window.state(51).frames[-1].code]
    lines = {row["offset"]: row["place"][0] for row in code["instructions"]}
    assert lines[window.state(51).frames[-1].offset] == 4


def test_a_breakpoint_that_is_not_reached() -> None:
    recording = record("for i in range(200): pass\n'here'\n", steps=50, breakpoints=(("guest.py", 99),))
    assert recording.events[-1]["end"]["kind"] == "done"
    assert recording.state(len(recording.steps) - 2).namespaces[0]["i"] == "199"


def test_input_is_asked_for() -> None:
    run = Run("name = input('who? ')\nprint('hello', name)\n", "guest.py", Limits(seconds=30))
    run.answer("kaa")
    assert run.wait()["kind"] == "done"
    recording = Recording(run.lines())
    assert recording.output(len(recording.steps) - 1) == "who? hello kaa\n"
    assert {"ask": True} in recording.events


def test_an_uncaught_exception_is_printed_as_by_the_host() -> None:
    source = "def f():\n    return 1 / 0\nf()\n"
    run = Run(source, "guest.py", Limits(seconds=30))
    assert run.wait()["kind"] == "error"
    recording = Recording(run.lines())
    printed = recording.output(len(recording.steps) - 1)
    assert printed.startswith("Traceback (most recent call last):\n")
    assert printed.endswith("ZeroDivisionError: division by zero\n")
    assert "kaa/" not in printed


def test_modules_of_the_programs_folder_are_recorded(tmp_path) -> None:
    (tmp_path / "boxes.py").write_text(
        "class Box:\n    def __init__(self, held):\n        self.held = held\n"
    )
    program = tmp_path / "program.py"
    program.write_text("import json, boxes\nbox = boxes.Box('kaa')\nprint(json.dumps(box.held))\n")
    run = Run(program.read_text(), str(program), Limits(seconds=60))
    assert run.wait()["kind"] == "done", run.lines()[-1]
    recording = Recording(run.lines())
    assert [file["name"] for file in recording.files] == [str(program), str(tmp_path / "boxes.py")]
    assert recording.files[1]["source"] == (tmp_path / "boxes.py").read_text()
    codes = {code["qualname"]: code["file"] for code in recording.codes if code["name"] != "<module>"}
    assert codes == {"Box": 1, "Box.__init__": 1}
    last = recording.state(len(recording.steps) - 2)
    assert last.heap[last.namespaces[0]["box"]].slots == [["held", "'kaa'"]]


THREADS = """
    import threading
    def work(name):
        for number in range(300):
            kept = [name, number]
        return kept
    threads = [threading.Thread(target=work, args=(name,), name=name) for name in ("left", "right")]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """


def test_threads_take_turns() -> None:
    recording = record(THREADS)
    assert recording.threads == ["MainThread", "left", "right"]
    seen = states(recording)
    for number, name in ((1, "left"), (2, "right")):
        running = [s.frames[-1] for s in seen if s.thread == number and s.frames]
        assert {recording.codes[frame.code]["name"] for frame in running} == {"work"}
        assert {frame.variables[0] for frame in running} == {f"'{name}'"}
        assert running[-1].variables[1] == "299"
    assert any(s.aside for s in seen)
    assert (seen[-2].thread, seen[-2].aside) == (0, {}), "they have ended"


def test_a_window_around_a_breakpoint_in_a_thread() -> None:
    window = record(THREADS, steps=60, breakpoints=(("guest.py", 6),))
    reached = window.state(31)
    assert window.threads[reached.thread] in ("left", "right")
    assert reached.frames[-1].variables[1] == "299"
    assert window.events[0]["skipped"] > 500
