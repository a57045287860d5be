"""A hook of PEP 523 that somebody else sets is asked for each frame, and the machine goes on when it has gone."""

import subprocess
import sys

import pytest

from tests.native.host import needs_native

pytestmark = needs_native

PROGRAM = r"""
import _testinternalcapi
from kaa.baseline.engine import load
engine = load()
engine.enable()

class C:
    x = 1
    @property
    def p(self): return self.m()
    def m(self): return inner(self.x)
def inner(x): return x
def outer(): return [c.p for _ in range(2)] + list(made())
def made(): yield inner(3)
def watched(record):
    _testinternalcapi.set_eval_frame_record(record)
    result = outer()
    _testinternalcapi.set_eval_frame_default()
    return result

c = C()
for _ in range(20):
    outer()
names = []
print(watched(names), names)
print(engine.enabled)
linked = engine.statistics()["code objects"]
exec("def f(): return 1\nf()", {})
print(engine.statistics()["code objects"] > linked)
"""


def test_another_hook_sees_every_frame():
    pytest.importorskip("_testinternalcapi")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    property_of_c = ["p", "m", "inner"]
    # A generator is entered to be made, for its value, and once more to find its end.
    names = ["outer", *property_of_c, *property_of_c, "made", "made", "inner", "made"]
    assert done.stdout.splitlines() == [f"[1, 1, 3] {names}", "True", "True"]
