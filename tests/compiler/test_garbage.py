"""The collector rests during a compilation, and only then."""

import ast
import gc

import pytest

import kaa
from kaa.syntax import collector


@pytest.fixture(autouse=True)
def collector_stays_on():
    yield
    gc.enable()


def test_nested_pauses():
    with collector.paused():
        assert not gc.isenabled()
        with collector.paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("source", ["x = 1", "x ="])
@pytest.mark.parametrize("flags", [0, ast.PyCF_ONLY_AST])
def test_compile_leaves_the_collector_as_it_was(enabled, source, flags):
    if not enabled:
        gc.disable()
    try:
        kaa.compile(source, "<test>", "exec", flags)
    except SyntaxError:
        pass
    assert gc.isenabled() is enabled


def test_nothing_is_left_for_it():
    """What a compilation makes is taken apart when it is done, so that memory goes at once."""
    source = (
        "class C:\n  def f(self, x):\n    while x:\n      try: yield [y for y in x]\n      except E: break\n"
    )
    kaa.compile(source, "<test>", "exec")
    gc.collect()
    gc.disable()
    kaa.compile(source, "<test>", "exec")
    assert gc.collect() == 0
