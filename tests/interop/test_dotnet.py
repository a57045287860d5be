"""The features of .NET under `kaa`, on both engines and both runtimes; `guests/dotnet_features.py` has them."""

from __future__ import annotations

import os
from ctypes.util import find_library

import pytest

from tests.interop import features

GUEST = "dotnet_features.py"


@pytest.mark.parametrize("engine", features.ENGINES)
@pytest.mark.parametrize("name", features.names(GUEST))
def test_feature(name: str, engine: str) -> None:
    features.check(GUEST, engine, name)


@pytest.mark.parametrize("engine", features.ENGINES)
@pytest.mark.parametrize("name", features.names(GUEST))
def test_feature_on_mono(name: str, engine: str) -> None:
    if find_library("monosgen-2.0") is None:
        assert not os.environ.get("CI"), "CI installs Mono: these tests must run there"
        pytest.skip("no Mono on this machine")
    features.check(GUEST, engine, name, PYTHONNET_RUNTIME="mono")
