"""`dis` with `adaptive=True` shows what the machine's inline caches know, by the names that it shows on the host."""

import subprocess
import sys

from tests.native.host import needs_native

pytestmark = needs_native

PROGRAM = """
import dis, sys, math
if "engine" in sys.argv:
    from kaa.baseline.engine import load
    load().enable()

class Plain:
    k = 5
    def __init__(self): self.x = 1
    @property
    def p(self): return 1
    def m(self, a=1): return a
class Slotted:
    __slots__ = ("x",)
    def m(self): return 2
class Lazy(Exception):
    def m(self): return 3
def read(o, s, e):
    o.x; o.p; o.k; o.m(); o.m(2); s.x; s.m(); e.m(); Plain.k; Plain.m; math.pi; Plain(); str.upper; o.__class__; len
def write(o, s):
    o.x = 1; s.x = 2
def never(): pass
def changed(o): return o.x
def names(function):
    return [i.opname for i in dis.get_instructions(function, adaptive=True) if i.opname != "CACHE"]

slotted = Slotted()
for _ in range(40):
    write(Plain(), slotted)
    read(Plain(), slotted, Lazy())
for o in (Plain(), slotted) * 40:
    changed(o)
for function in (read, write, never):
    print(*names(function))
    print(*(i.opname for i in dis.get_instructions(function)))
assert set(names(changed)) & {"LOAD_ATTR_INSTANCE_VALUE", "LOAD_ATTR_SLOT", "LOAD_ATTR"}
"""

SWITCHED = """
import dis, kaa
def f(o): return o.x
class C: x = 1
def names(): return [i.opname for i in dis.get_instructions(f, adaptive=True)]
kaa.enable()
for _ in range(9): f(C)
print(names())
kaa.disable()
print(names())
"""


def shown(program: str, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_caches_have_the_host_s_names():
    assert shown(PROGRAM, "engine") == shown(PROGRAM)


def test_the_host_s_own_view_comes_back():
    ours, host = shown(SWITCHED)
    assert "LOAD_ATTR_CLASS" in ours
    assert "LOAD_ATTR'" in host and "LOAD_ATTR_CLASS" not in host
