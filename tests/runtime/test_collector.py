"""The guest's collector passes over Kaa's own objects, and over nothing else."""

import pytest

from tests.native.host import needs_native
from tests.runtime.commands import HOST, KAA, Command

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


def printed(program, folder, python=KAA):
    """By a program that must not fail, and may use caches."""
    outcome = Command(["-c", program], environment={"KAA_ENGINE": "native"}).run(python, folder)
    assert outcome.status == 0, outcome
    return outcome.out


def test_the_front_end_is_not_met(tmp_path):
    host = printed("import gc; print(len(gc.get_objects()))", tmp_path, HOST)
    program = "import os; source = '#' + os.urandom(8).hex()" + COUNT
    count, met, there = map(int, printed(program, tmp_path).split())
    assert count < 1.3 * int(host)
    assert met == 0 and there > 50


def test_with_another_thread_nothing_is_exempt(tmp_path):
    threads = "import os, threading; source = '#' + os.urandom(8).hex(); go = threading.Event(); "
    threads += "thread = threading.Thread(target=go.wait); thread.start()"
    program = threads + COUNT + "go.set(); thread.join()"
    printed(
        program, tmp_path
    )  # now this text is in the cache, and the front end is loaded for the text in it
    _, met, there = map(int, printed(program, tmp_path).split())
    assert met == there > 50


@pytest.mark.parametrize("collected", [False, True])
def test_what_the_guest_makes_is_collected(collected, tmp_path):
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
    assert printed(program, tmp_path).split() == ["True", str(collected), "True", "True"]


def test_the_collector_is_enabled(tmp_path):
    program = "import gc; print(gc.isenabled(), gc.get_threshold())"
    assert printed(program, tmp_path) == f"True {(2000, 10, 10)}\n"
