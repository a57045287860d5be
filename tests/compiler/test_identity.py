"""Code, trees, symbol tables and tokens of the standard library are the host's, to the byte (a sample of it)."""

import warnings

import pytest

from tests.bytecode.corpus import files
from tests.conformance.identity import PARTS, compare

SAMPLES = {part: files(every=500 if part == "modes" else 45) for part in PARTS}
"""For each part some files; few in which everything is compiled again piece by piece."""


@pytest.mark.parametrize("part", PARTS)
def test_sample_is_identical(part):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compare([part], SAMPLES[part], [0, 1, 2])
    assert all(count for count, _ in results.values())
    assert {name: different for name, (_, different) in results.items() if different} == {}
