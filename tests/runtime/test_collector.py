"""The guest's collector passes over Kaa's own objects, and over nothing else."""

import os
import subprocess
import sys

import pytest

from tests.native.host import needs_native

pytestmark = needs_native

COUNT = """
import gc
compile("a = [b for b in c]" + source, "f", "exec")
def own():
    functions = [o for o in gc.get_objects() if type(o).__name__ == "function"]
    return sum(f.__code__.co_filename.find("/kaa/compiler/") >= 0 for f in functions)
print(len(gc.get_objects()), own())
gc.unfreeze()
print(own())
"""


def kaa(*arguments):
    run = [sys.executable, "-m", "kaa", *arguments]
    with_caches = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(run, env=with_caches, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_front_end_is_not_met():
    host = subprocess.run(
        [sys.executable, "-c", "import gc; print(len(gc.get_objects()))"], capture_output=True
    )
    count, met, there = map(int, kaa("-c", "import os; source = '#' + os.urandom(8).hex()" + COUNT).split())
    assert count < 1.3 * int(host.stdout)
    assert met == 0 and there > 50


def test_with_another_thread_nothing_is_exempt():
    threads = "import os, threading; source = '#' + os.urandom(8).hex(); go = threading.Event(); "
    threads += "thread = threading.Thread(target=go.wait); thread.start()"
    program = threads + COUNT + "go.set(); thread.join()"
    kaa("-c", program)  # now this text is in the cache, and the front end is loaded for the text in it
    _, met, there = map(int, kaa("-c", program).split())
    assert met == there > 50


@pytest.mark.parametrize("collected", [False, True])
def test_what_the_guest_makes_is_collected(collected):
    program = f"""
import gc, weakref
from kaa.baseline.engine import load
class A: pass
def cycle():
    a = A()
    a.a = a
    return weakref.ref(a)
gc.disable()
gc.collect()
before = cycle()
marker = []
inside = cycle()
if {collected}:
    gc.collect(0)
load().exempt_younger(marker)
after = cycle()
gc.collect()
print(before() is None, inside() is None, after() is None)
gc.unfreeze()
gc.collect()
print(inside() is None)
"""
    assert kaa("-c", program).split() == ["True", str(collected), "True", "True"]


def test_the_collector_is_enabled():
    assert kaa("-c", "import gc; print(gc.isenabled(), gc.get_threshold())") == f"True {(2000, 10, 10)}\n"
