"""Programs that mean harm, or do harm: the parent lives, says what happened, and has what was recorded until then."""

import os

import pytest

from kaa.explorer.limits import Limits
from kaa.explorer.recording import Recording
from kaa.explorer.sandbox import Run

HOSTILE = {
    "endless loop": ("while True: pass", {"steps": 5000}, "limit", "steps are recorded"),
    "endless loop in C": ("sum(__import__('itertools').count())", {"seconds": 1.0}, "stopped", "seconds"),
    "endless exceptions": (
        "while True:\n    try:\n        raise KeyError\n    except BaseException: pass",
        {"steps": 5000},
        "limit",
        "steps",
    ),
    "fork bomb": ("import os\nwhile True: os.fork()", {}, "error", "PermissionError"),
    "another process": ("import subprocess\nsubprocess.run(['true'])", {}, "error", "PermissionError"),
    "10 GB of output": ("while True: print('x' * 100_000)", {}, "limit", "output"),
    "10 GB past Python": (
        "import os\nwhile True: os.write(1, b'x' * 100_000)",
        {},
        "stopped",
        "output",
    ),
    "one large value": ("x = 'x' * 10_000_000_000", {}, "limit", "memory"),
    "growing list": ("x = [0]\nwhile True: x *= 2", {}, "limit", "memory"),
    "os._exit": ("import os\nprint('before')\nos._exit(3)", {}, "crash", "status 3"),
    "os._exit(0)": ("import os\nos._exit(0)", {}, "crash", "os._exit"),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", {}, "crash", "segmentation fault"),
    "abort": ("import os\nos.abort()", {}, "crash", "abort"),
    "kill": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", {}, "crash", "killed"),
    "sys.exit": ("import sys\nsys.exit(4)", {}, "exit", "sys.exit(4)"),
    "recursion": ("def f(): f()\nf()", {}, "error", "RecursionError"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs(name: str) -> None:
    source, limits, kind, words = HOSTILE[name]
    run = Run(source, "guest.py", Limits(**{"seconds": 30.0, **limits}))
    ending = run.wait()
    assert ending["kind"] == kind, (ending, run.raw_output)
    assert words in ending["words"]
    assert Recording(run.lines()).steps
    assert not run.is_running


def test_what_was_recorded_before_a_crash_is_there() -> None:
    run = Run("print('before')\nimport ctypes\nctypes.string_at(0)", "guest.py", Limits(seconds=30))
    run.wait()
    recording = Recording(run.lines())
    assert recording.output(len(recording.steps) - 1) == "before\n"


def test_stop() -> None:
    run = Run("input()", "guest.py", Limits(seconds=30))
    run.stop()
    assert run.wait()["words"] == "you have stopped the program"


def test_strangers_get_no_network_and_no_files(tmp_path) -> None:
    limits = Limits(seconds=30, public=True)
    run = Run("import socket\nsocket.socket()", "guest.py", limits)
    assert run.wait()["words"] == "uncaught PermissionError"
    file = tmp_path / "written"
    run = Run(f"with open({os.fspath(file)!r}, 'w') as f: f.write('x')", "guest.py", limits)
    assert run.wait()["kind"] == "error"
    assert not file.exists() or file.read_bytes() == b""
