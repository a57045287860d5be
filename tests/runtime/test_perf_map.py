"""`-X perf`: the file by which Linux `perf` names machine code."""

import re
import subprocess
import sys

from tests.native.host import needs_native

pytestmark = needs_native

PROGRAM = """
import os
def visited(): pass
visited()
path = f"/tmp/perf-{os.getpid()}.map"
print(open(path).read())
os.remove(path)
"""


def test_perf_map_names_functions():
    command = [sys.executable, "-m", "kaa", "-X", "engine=native", "-X", "perf", "-c", PROGRAM]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert re.search(r"^[0-9a-f]+ [0-9a-f]+ py::visited:<string>$", shown, re.M)
    assert re.search(r"^[0-9a-f]+ [0-9a-f]+ kaa::evaluate$", shown, re.M)
    start, size = next(map(str.split, re.findall(r"^(\w+ \w+) kaa::evaluate$", shown, re.M)))
    assert int(start, 16) % 16 == 0 and 0 < int(size, 16) < 1 << 16
