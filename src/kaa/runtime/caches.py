"""Caches of compiled modules: `__pycache__/name.kaa-313.pyc`.

Imports run through the host's own `importlib`, which finds the sources, decides whether a cache is fresh
(time and size, or hash, PEP 552), honours `PYTHONPYCACHEPREFIX` and `-B`, and writes atomically. The tag in
the file's name is Kaa's, so that its caches and CPython's lie side by side.
"""

from __future__ import annotations

import sys

CACHE_TAG = "kaa-313"


def install() -> None:
    """Name the caches that this process reads and writes from now on as Kaa's."""
    sys.implementation.cache_tag = CACHE_TAG
