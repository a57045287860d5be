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


SWITCHED = """
import os, sys
def before(): pass
def within(): pass
def after(): pass
def in_the_child(): pass

assert not sys.is_stack_trampoline_active()
before()
sys.activate_stack_trampoline("perf")
sys.activate_stack_trampoline("perf")
assert sys.is_stack_trampoline_active()
within()
child = os.fork()
if not child:
    in_the_child()
    os._exit(0)
os.waitpid(child, 0)
sys.deactivate_stack_trampoline()
assert not sys.is_stack_trampoline_active()
after()
for process in os.getpid(), child:
    path = f"/tmp/perf-{process}.map"
    with open(path) as file:
        text = file.read()
    os.remove(path)
    print([name for name in ("before", "within", "after", "in_the_child") if f" py::{name}:" in text])
try:
    sys.activate_stack_trampoline("other")
except ValueError as error:
    print(error)
"""


def test_the_map_is_switched_on_and_off():
    command = [sys.executable, "-m", "kaa", "-X", "engine=native", "-c", SWITCHED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout == "['within']\n['within', 'in_the_child']\ninvalid backend: other\n"
