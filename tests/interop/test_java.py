"""The features of Java under `kaa`, on both engines; `guests/java_features.py` has them."""

from __future__ import annotations

import pytest

from tests.interop import features

GUEST = "java_features.py"


@pytest.mark.parametrize("engine", features.ENGINES)
@pytest.mark.parametrize("name", features.names(GUEST))
def test_feature(name: str, engine: str) -> None:
    features.check(GUEST, engine, name)
