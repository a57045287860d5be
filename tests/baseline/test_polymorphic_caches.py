"""One place in the code that sees objects of many classes, which change under it: compared with the host."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.baseline.changes import names, run
from tests.native.host import needs_native

pytestmark = needs_native

SCRIPT = """
import json, sys
steps = json.loads(sys.argv[1])
if "engine" in sys.argv:
    from kaa.baseline.engine import load
    load().warm_after(len(sys.argv[1]) % 2 * 1000 + 3)  # by half of the examples
    load().enable()

class Shared:
    def __repr__(self): return "shared"
class Base:
    a = "Base.a"
    shared = Shared()
    def m(self): return "Base.m", self.x
    @staticmethod
    def static(): return "Base.static"
    @classmethod
    def of_class(cls): return "Base.of_class", cls.__name__
class Plain(Base):
    def __init__(self): self.x = 1
class Slotted(Base):
    __slots__ = ("x",)
    def __init__(self): self.x = 2
class Crowded(Base):
    def __init__(self):
        for i in range(40): setattr(self, "k%d" % i, i)
        self.x = 3
class Late(Base):
    def __init__(self): vars(self)["x"] = 4
class Computed(Base):
    x = property(lambda self: 5)
class Missing(Base):
    def __getattr__(self, name): return "missing " + name
class Error(Base, Exception):
    x = 6
KINDS = [Plain, Slotted, Crowded, Late, Computed, Missing, Error]

def read(o): return o.x
def call(o): return o.m()
def share(o): return o.a
def bound(o): m = o.m; return m(), m.__self__ is o
def described(o): return len(o.__dict__), o.__weakref__, o.static(), o.of_class()
def of_class(o): return type(o).static(), type(o).of_class(), type(o).shared, Base.shared, Error.of_class()
def write(o, v): o.x = v; o.y = v

CHANGES = {
    "method": lambda o: setattr(type(o), "m", lambda self: "new m"),
    "own method": lambda o: setattr(o, "m", lambda: "own m"),
    "class value": lambda o: setattr(type(o), "x", "of the class"),
    "delete": lambda o: delattr(o, "x"),
    "dict": lambda o: vars(o).update(x="in dict", a="own a"),
    "new dict": lambda o: setattr(o, "__dict__", {"x": "new dict"}),
    "crowd": lambda o: [setattr(o, "z%d" % i, i) for i in range(35)],
    "data descriptor": lambda o: setattr(type(o), "x", property(lambda self: "descriptor")),
    "base": lambda o: setattr(Base, "a", Base.a + "!"),
    "write": lambda o: write(o, "written"),
    "static": lambda o: setattr(type(o), "static", staticmethod(lambda: "new static")),
    "of class": lambda o: setattr(type(o), "of_class", classmethod(lambda cls: ("new", cls.__name__))),
    "own static": lambda o: vars(o).update(static=lambda: "own static", of_class=lambda: "own of_class"),
    "another callable": lambda o: Base.__dict__["static"].__init__(lambda: "another"),
    "becomes a descriptor": lambda o: setattr(Shared, "__get__", lambda *a: ("got", len(a))),
    "is none any more": lambda o: delattr(Shared, "__get__"),
    "nothing": lambda o: None,
}

def attempt(f, *arguments):
    try:
        return repr(f(*arguments))
    except Exception as error:
        return type(error).__name__ + str(error)

results = []
objects = [kind() for kind in KINDS]
for first, width, change in steps:
    for _ in range(6):
        for i in range(width):
            o = objects[(first + i) % len(objects)]
            for f in (read, call, share, bound, described, of_class):
                results.append(attempt(f, o))
    results.append(attempt(CHANGES[change], objects[first]))
    for o in objects:
        results.append([attempt(f, o) for f in (read, call, share, bound, described, of_class)])
        results.append(list(getattr(o, "__dict__", ())))
print(json.dumps(results))
"""

CHANGES = names(SCRIPT)
STEP = st.tuples(st.integers(0, 6), st.integers(1, 7), st.sampled_from(CHANGES))


@settings(max_examples=10, deadline=None)
@given(st.lists(STEP, max_size=8))
def test_random_changes(steps):
    assert run(SCRIPT, steps, "engine") == run(SCRIPT, steps)


@pytest.mark.parametrize("width", [2, 4, 7])
def test_every_change_to_every_class(width):
    steps = [(kind, width, change) for change in CHANGES for kind in range(7)]
    assert run(SCRIPT, steps, "engine") == run(SCRIPT, steps)
