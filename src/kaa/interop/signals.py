"""Signals that end a process, kept for Python where a runtime would catch them.

A JVM and a CLR install handlers of their own when they start: Ctrl-C would not wake a main thread that waits, and what
the program does about SIGTERM would not be done.
"""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ENDING: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

ROOM: Final = 256
"""Bytes that hold a `struct sigaction` of any C library: glibc's has 152."""


@contextmanager
def kept() -> Iterator[None]:
    """Put what these signals do back when the block ends. In any thread, unlike `signal.signal`."""
    process = ctypes.CDLL(None)
    saved = {number: ctypes.create_string_buffer(ROOM) for number in ENDING}
    for number, action in saved.items():
        process.sigaction(number, None, action)
    try:
        yield
    finally:
        for number, action in saved.items():
            process.sigaction(number, action, None)
