"""The programs of `programs.py` on machine code do what they do on the host's loop. Child processes: a bug
may crash.
"""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native.host import needs_native

from .programs import PROGRAMS

pytestmark = needs_native


@functools.cache
def outcomes(*arguments):
    script = Path(__file__).with_name("programs.py")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    child = subprocess.run(
        [sys.executable, "-X", "faulthandler", script, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
    )
    assert child.returncode == 0, child.stderr[-4000:]
    return json.loads(child.stdout)


@pytest.mark.parametrize("runs", [0, 3, 10**6], ids=["warm", "both", "brief"])
@pytest.mark.parametrize("name", [p.__name__ for p in PROGRAMS])
def test_same_as_host(name, runs):
    assert outcomes("engine", str(runs))[name] == outcomes()[name]
