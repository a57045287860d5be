"""Classes, modules and globals changed under a warm cache are seen at once: random changes, compared with the host."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.baseline.changes import names, run
from tests.native.host import needs_native

pytestmark = needs_native

SCRIPT = """
import json, sys, types
changes = json.loads(sys.argv[1])
if "engine" in sys.argv:
    from kaa.baseline.engine import load
    load().warm_after(len(sys.argv[1]) % 2 * 1000 + 3)  # by half of the examples
    load().enable()

class Base:
    a = "Base.a"
    def m(self): return "Base.m"
class Meta(type):
    above = "Meta.above"
    def mm(cls): return "Meta.mm"
class Made(Base, metaclass=Meta):
    def __init__(self): self.x = 1; self.y = 2
class Plain(Base):
    def __init__(self): self.x = 1; self.y = 2
class Slotted(Base):
    __slots__ = ("x", "y")
    def __init__(self): self.x = 1; self.y = 2
module = types.ModuleType("module")
module.x = 1
module.m = lambda: "module.m"
x = "global x"

class Data:
    def __get__(self, o, t): return "Data.get"
    def __set__(self, o, v): pass

def probe(o):
    out = []
    for f in (lambda: o.x, lambda: o.a, lambda: o.m(), lambda: o.y, lambda: x, lambda: type(o).a, lambda: module.x,
              lambda: module.m(), lambda: len("abc"), lambda: [o.x for _ in range(3)], lambda: setattr_x(o),
              lambda: kind.a, lambda: kind.m(o), lambda: kind.above, lambda: kind.mm()):
        try:
            out.append(repr(f()))
        except Exception as e:
            out.append(type(e).__name__ + str(e))
    return out

def setattr_x(o):
    o.x = o.y
    o.z = 5
    return o.z

CHANGES = {
    "class attribute": "kind.x = 'class x'",
    "class data descriptor": "kind.y = Data()",
    "class method": "kind.m = lambda self: 'new m'",
    "metaclass data descriptor": "Meta.a = Data()",
    "metaclass attribute": "Meta.m = 'Meta.m'",
    "delete metaclass attribute": "[delattr(Meta, name) for name in ('a', 'm') if name in vars(Meta)]",
    "metaclass getattribute": "Meta.__getattribute__ = lambda cls, name: 'metaclass ' + name",
    "delete metaclass getattribute": "del Meta.__getattribute__",
    "base attribute": "Base.a = Base.a + '!'",
    "delete base attribute": "del Base.m",
    "instance attribute": "o.a = 'own a'",
    "instance method": "o.m = lambda: 'own m'",
    "delete instance attribute": "del o.x",
    "dict": "o.__dict__['x'] = 'by dict'",
    "other dict": "o.__dict__ = {'x': 'other', 'q': 1}",
    "clear dict": "o.__dict__.clear()",
    "getattr": "kind.__getattr__ = lambda self, n: 'getattr ' + n",
    "getattribute": "kind.__getattribute__ = lambda self, n: object.__getattribute__(self, n)",
    "setattr": "kind.__setattr__ = lambda self, n, v: object.__setattr__(self, n, 'set')",
    "bases": "Plain.__bases__ = (type('Other', (), {'a': 'Other.a', 'm': lambda self: 'Other.m'}),)",
    "class of": "o.__class__ = type('Twin', (Plain,), {'a': 'Twin.a'})",
    "module": "module.x = 'new'",
    "module method": "module.m = lambda: 'new'; module.other = 1",
    "delete module attribute": "del module.x",
    "global": "global_names['x'] = 'changed'",
    "delete global": "global_names.pop('x', None)",
    "shadow built-in": "global_names['len'] = lambda s: 'own len'",
    "new instance": "o = kind()",
    "many attributes": "[setattr(o, 'k%d' % i, i) for i in range(40)]",
}
results = []
for kind in (Plain, Slotted, Made):
    o = kind()
    for change in changes:
        for _ in range(12):
            warm = probe(o)
        scope = {**globals(), "o": o, "kind": kind, "global_names": globals()}
        try:
            exec(CHANGES[change], scope)
        except Exception as e:
            results.append(str(e))
        o = scope["o"]
        results.append(probe(o))
print(json.dumps(results))
"""

NAMES = names(SCRIPT)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=8))
def test_random_changes(changes):
    assert run(SCRIPT, changes, "engine") == run(SCRIPT, changes)


@pytest.mark.parametrize("seed", range(2))
def test_every_change(seed):
    changes = NAMES * 2
    random.Random(seed).shuffle(changes)
    assert run(SCRIPT, changes, "engine") == run(SCRIPT, changes)
