"""The features of .NET under `kaa`, on both engines; `guests/dotnet_features.py` has them."""

from __future__ import annotations

import pytest

from tests.interop import features

GUEST = "dotnet_features.py"


@pytest.mark.parametrize("engine", features.ENGINES)
@pytest.mark.parametrize("name", features.names(GUEST))
def test_feature(name: str, engine: str) -> None:
    features.check(GUEST, engine, name)
