"""Programs that mean harm, or do harm: the parent lives, says what happened, and has what was recorded until then."""

import os
import subprocess
import sys

import pytest

from kaa.explorer import landlock
from kaa.explorer.limits import Limits
from kaa.explorer.recording import Recording
from kaa.explorer.sandbox import Run

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

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


STRANGERS = {
    "a secret": "open({secret!r}).read()",
    "a secret by C": "import ctypes\nassert ctypes.CDLL(None).open({secret!r}.encode(), 0) < 0\nraise PermissionError",
    "the folder": "import os\nos.listdir({folder!r})",
    "the environment of the server": "open('/proc/%d/environ' % __import__('os').getppid())",
    "writing": "open({folder!r} + '/written', 'w')",
    "a new folder": "import os\nos.mkdir({folder!r} + '/new')",
    "removing": "import os\nos.remove({secret!r})",
    "rights of files": "import os\nos.chmod({secret!r}, 0o777)",
    "times of files": "import os\nos.utime({secret!r})",
    "the network": "import socket\nsocket.socket()",
    "other processes": "import os\nos.kill(os.getppid(), 0)",
    "new processes": "import subprocess, sys\nsubprocess.run([sys.executable])",
    "calls of another kind": (
        "import ctypes\nassert ctypes.CDLL(None).syscall(0x40000000 + 39) < 0\nraise PermissionError"
    ),
}


@needs_landlock
@pytest.mark.parametrize("name", STRANGERS)
def test_what_strangers_are_refused(name: str, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    mode = secret.stat().st_mode
    source = STRANGERS[name].format(secret=os.fspath(secret), folder=os.fspath(tmp_path))
    ending = Run(source, os.fspath(tmp_path / "guest.py"), Limits(seconds=30, public=True)).wait()
    assert ending["words"] == "uncaught PermissionError"
    assert [*tmp_path.iterdir()] == [secret]
    assert (secret.read_text(), secret.stat().st_mode) == ("secret", mode)


@needs_landlock
def test_strangers_have_the_library() -> None:
    source = (
        "import json, decimal, sqlite3, ctypes, stackless, zoneinfo, attrs\nprint(zoneinfo.ZoneInfo('UTC'))"
    )
    run = Run(source, "guest.py", Limits(seconds=60, public=True))
    assert run.wait()["kind"] == "done", run.lines()[-3:]


def test_strangers_are_not_served_where_files_cannot_be_hidden() -> None:
    program = (
        "from kaa.explorer import landlock\nlandlock.version = lambda: 0\n"
        "from kaa.explorer.page import serve\nserve(None, None, '0.0.0.0', 1, True, False)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "Landlock" in answer.stderr
