"""Code, trees, symbol tables and tokens of the standard library are the host's, to the byte (a sample of it)."""

import warnings

import pytest

from tests.bytecode.corpus import files
from tests.conformance.identity import PARTS, code_pairs, compare

SAMPLES = {part: files(every=500 if part == "modes" else 45) for part in PARTS}
"""For each part some files; few in which everything is compiled again piece by piece."""


@pytest.mark.parametrize("part", PARTS)
def test_sample_is_identical(part):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compare([part], SAMPLES[part], [0, 1, 2])
    assert all(count for count, _ in results.values())
    assert {name: different for name, (_, different) in results.items() if different} == {}


@pytest.mark.parametrize("optimize", [0, 1, 2])
@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    x = x = g()\n",
        "def f(x):\n    x = x = x\n    return x\n",
        "def f():\n    (x,) = g(),\n",
        "def f(x):\n    return x if x is None else (x, 1)\n",
        "def f(x, y):\n    x, y = y, x\n",
        "def f():\n    while 1: pass\n",
    ],
)
def test_what_one_rewriting_leaves_to_another(source, optimize):
    """Nothing else in these functions gives the later rewriting anything to do."""
    for ours, host in code_pairs(source.encode(), "<test>", optimize):
        assert ours == host
