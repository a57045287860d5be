"""Calls under warm caches, while functions, classes and built-ins change: compared with the host."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kaa
from tests.baseline.changes import names, run
from tests.native.host import needs_native

pytestmark = needs_native

SCRIPT = """
import json, re, sys, types
changes = json.loads(sys.argv[1])
if "engine" in sys.argv:
    from kaa.baseline.engine import load
    load().enable()

def two(a, b): return "two", a, b
def tail(a, *, b=1): return "tail", a, b
def closed(text):
    def inner(a, b=text): return text, a, b
    return inner
class Base:
    def __init__(self, a, b="base"): self.seen = a, b
    def m(self, a, b="m"): return "m", a, b
class Kind(Base): pass
class Iterable:
    def __iter__(self): return iter("it")
class Tree:
    def __iter__(self): yield from (1, 2)

f, g, h, kind, method = two, closed("x"), len, Kind, Kind(0).m
tree, append = Tree(), [].append

def call_all():
    results = []
    for call in (
        lambda: f(1, 2), lambda: g(1), lambda: g(1, 2), lambda: f(1, b=2), lambda: h("abc"), lambda: kind(1).seen,
        lambda: kind(1, 2).seen, lambda: method(1), lambda: method(1, 2), lambda: list(tree),
        lambda: [x for x in Iterable()], lambda: append(1), lambda: isinstance(kind(1), Kind),
        lambda: type(kind(1)).__name__,
    ):
        try:
            results.append(repr(call()))
        except Exception as error:
            results.append(type(error).__name__ + str(error))
    return results

class Callable:
    def __call__(self, *a): return "called", a
def three(a, b, c=3): return "three", a, b, c

CHANGES = {
    "code": "two.__code__ = (lambda a, b: ('new code', a, b)).__code__",
    "code of another shape": "two.__code__ = three.__code__",
    "generator code": "two.__code__ = (lambda a, b: (yield a)).__code__",
    "defaults": "g.__defaults__ = ('new default',)",
    "no defaults": "g.__defaults__ = None",
    "more defaults": "two.__defaults__ = (7, 8)",
    "keyword defaults": "tail.__kwdefaults__ = {'b': 'new'}",
    "keyword only": "f = tail",
    "another closure": "g = closed('y')",
    "another function": "f = three",
    "a class": "f = Kind",
    "a callable": "f = Callable()",
    "a method": "f = Kind(0).m",
    "a built-in": "f = max",
    "a type's method": "f = 'a b'.split",
    "unbound": "h = str.upper",
    "unbound of another": "h = bytes.upper",
    "no arguments": "h = 'abc'.upper",
    "not callable": "f = 5",
    "init": "Kind.__init__ = lambda self, a, b=0: setattr(self, 'seen', ('new', a, b))",
    "base init": "Base.__init__ = lambda self, a, b=0: setattr(self, 'seen', ('new base', a, b))",
    "init of a class": "Kind.__init__ = Callable()",
    "init returns": "Kind.__init__ = lambda self, a, b=0: 5",
    "delete init": "del Kind.__init__",
    "new": "Kind.__new__ = lambda cls, *a: object.__new__(cls)",
    "metaclass": "kind = type('Meta', (type,), {'__call__': lambda c, *a: types.SimpleNamespace(seen=a)})('K', (), {})",
    "another class": "kind = type('Other', (Kind,), {})",
    "iter": "Iterable.__iter__ = lambda self: iter('new')",
    "iter returns": "Iterable.__iter__ = lambda self: 5",
    "delete iter": "del Iterable.__iter__",
    "tree": "Tree.__iter__ = lambda self: (x for x in 'tree')",
    "tree's list": "Tree.__iter__ = lambda self: iter([1])",
}
results = []
for change in changes:
    for _ in range(12):
        results.append(call_all())
    try:
        exec(CHANGES[change], globals())
    except Exception as error:
        results.append(type(error).__name__)
    results.append(call_all())
print(re.sub("0x[0-9a-f]+", "0x", json.dumps(results)))
"""

NAMES = names(SCRIPT)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=8))
def test_random_changes(changes):
    assert run(SCRIPT, changes, "engine") == run(SCRIPT, changes)


@pytest.mark.parametrize("seed", range(3))
def test_every_change(seed):
    changes = NAMES * 2
    random.Random(seed).shuffle(changes)
    assert run(SCRIPT, changes, "engine") == run(SCRIPT, changes)


@pytest.mark.parametrize(
    ("callables", "kind"),
    [("[one]", "function"), ("[Kind]", "class called"), ("[len]", "in C")],
)
def test_states(callables, kind):
    """What a call's cache knows can be read."""
    scope = {}
    exec(
        "def one(a): return a\n"
        "class Kind:\n    def __init__(self, a): pass\n"
        f"def call():\n    for f in {callables} * 4: f('a')\n",
        scope,
    )
    kaa.enable()
    try:
        for _ in range(3):
            scope["call"]()
    finally:
        kaa.disable()
    from kaa.baseline.listing import pieces

    cache = next(p.cache for p in pieces(scope["call"]) if p.instruction == "CALL")
    assert cache.state == "monomorphic"
    assert kind in {entry for _, entry in cache.entries}


def test_a_class_becomes_abstract():
    """The host's own specialised calls forget to ask, so it is no oracle here."""
    scope = {}
    exec("class Kind:\n    def __init__(self, a): self.a = a\ndef call(): return Kind(1).a", scope)
    kaa.enable()
    try:
        assert [scope["call"]() for _ in range(10)] == [1] * 10
        scope["Kind"].__abstractmethods__ = {"m"}
        for _ in range(10):
            with pytest.raises(TypeError, match="abstract"):
                scope["call"]()
        scope["Kind"].__abstractmethods__ = set()
        assert scope["call"]() == 1
    finally:
        kaa.disable()
