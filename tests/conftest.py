"""Settings for all tests: properties are tried on sixty examples, and no test measures time."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("kaa", max_examples=60, deadline=None)
settings.load_profile("kaa")


@pytest.fixture(autouse=True)
def recursion_limit() -> Iterator[None]:
    """Give the next test the recursion limit that this one found: a reference machine raises it for its process."""
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)
