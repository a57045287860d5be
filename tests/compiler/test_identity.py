"""Code, trees, symbol tables and tokens of the standard library are the host's, to the byte (a sample of it)."""

import warnings

import pytest

from tests.bytecode.corpus import files
from tests.conformance.identity import PARTS, compare

SAMPLE = files(every=45)


@pytest.mark.parametrize("part", PARTS)
def test_sample_is_identical(part):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compare([part], SAMPLE, [0, 1, 2])
    assert all(count for count, _ in results.values())
    assert {name: different for name, (_, different) in results.items() if different} == {}
