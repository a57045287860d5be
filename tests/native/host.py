"""Whether machine code can be made and run here."""

import platform
import sys

import pytest

SUPPORTED = (
    sys.implementation.name == "cpython"
    and sys.version_info[:2] == (3, 13)
    and sys.platform == "linux"
    and platform.machine() == "x86_64"
)
needs_native = pytest.mark.skipif(not SUPPORTED, reason="needs CPython 3.13 on Linux x86-64")
