"""Counting backward jumps and calls, so that a thread can be stopped after so many.

In: RESUME and JUMP_BACKWARD, by way of `signals.handle_pending`, in threads that count. Out: a call of what `begin` was
given, when nothing is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from kaa.reference.signals import COUNTING, PENDING, tickers


class Countdown:
    """The counts of all threads, as `kaa.baseline.countdown.Countdown` has them for the native machine."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}
        self._told: set[int] = set()  # the threads in which the callback runs, which is not counted
        self._callbacks: dict[int, Callable[[], None]] = {}

    def begin(self, count: int, callback: Callable[[], None]) -> None:
        """Count in the calling thread; `callback` is called there when nothing is left, at each tick from then on."""
        thread = threading.get_ident()
        self._callbacks[thread] = callback
        self.set(count)
        tickers[thread] = self._tick
        PENDING.append(COUNTING)

    def end(self) -> None:
        """Count no more in the calling thread."""
        del tickers[threading.get_ident()]
        PENDING.remove(COUNTING)

    def set(self, count: int) -> None:
        """How many backward jumps and calls the calling thread has left."""
        thread = threading.get_ident()
        self._left[thread] = count
        self._told.discard(thread)

    def _tick(self) -> None:
        thread = threading.get_ident()
        if thread in self._told:
            return
        if self._left[thread] > 0:
            self._left[thread] -= 1
        else:
            self._told.add(thread)
            try:
                self._callbacks[thread]()
            finally:
                self._told.discard(thread)
