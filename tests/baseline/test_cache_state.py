"""Caches can be read: what state they are in after what they saw."""

import subprocess
import sys

import pytest

import kaa
from tests.native.host import needs_native

pytestmark = needs_native


def make_classes(count):
    return [type(f"Kind{n}", (), {"__init__": lambda self: setattr(self, "x", 1)}) for n in range(count)]


def cache_of(function, instruction):
    from kaa.baseline.listing import pieces

    return next(piece.cache for piece in pieces(function) if piece.instruction == instruction)


@pytest.mark.parametrize(
    ("kinds", "rounds", "state"),
    [
        (1, 10, "monomorphic"),
        (2, 20, "polymorphic"),
        (4, 60, "polymorphic"),
        (12, 2000, "generic"),
        (1, 0, "empty"),
    ],
)
def test_states(kinds, rounds, state):
    scope = {}
    exec("def read(o): return o.x", scope)
    read = scope["read"]
    objects = [kind() for kind in make_classes(kinds)]
    kaa.enable()
    try:
        for _ in range(rounds):
            for o in objects:
                read(o)
    finally:
        kaa.disable()
    cache = cache_of(read, "LOAD_ATTR")
    assert cache.state == state
    if state in ("monomorphic", "polymorphic"):
        assert len({version for version, _ in cache.entries}) == kinds
        assert {kind for _, kind in cache.entries} == {"value"}
        assert state in kaa.native_code(read)


def test_global():
    scope = {}
    exec("def count(o): return len(o)", scope)
    kaa.enable()
    try:
        for _ in range(5):
            scope["count"]("")
    finally:
        kaa.disable()
    assert cache_of(scope["count"], "LOAD_GLOBAL").state == "monomorphic"


def test_statistics_at_exit():
    program = "class C: x = 1\nfor c in [C()] * 50: c.x"
    command = [sys.executable, "-m", "kaa", "-X", "engine=native", "-X", "stats", "-c", program]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stderr
    (row,) = [line.split() for line in shown.splitlines() if line.split()[:1] == ["LOAD_ATTR"]]
    assert int(row[2].replace(",", "")) > 0
    assert "code objects" in shown
