"""Whether machine code for CPython 3.13 can run in this process."""

from __future__ import annotations

import os
import sys


class UnsupportedHost(RuntimeError):
    """The native machine does not run here; the message says why."""


def check_host() -> None:
    """Raise UnsupportedHost unless this is CPython 3.13 with the GIL on Linux x86-64."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 13):
        raise UnsupportedHost("the native machine needs CPython 3.13")
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise UnsupportedHost("the native machine needs Linux on x86-64")
    if hasattr(sys, "gettotalrefcount") or not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise UnsupportedHost("the native machine needs a release build with the GIL")
