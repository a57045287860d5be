"""Counting backward jumps and calls, so that a thread can be stopped after so many.

In: native code that attends to a thread. Out: to go on, or an exception. A thread that counts has a bit set in its
`eval_breaker` that the host leaves alone; so each of its backward jumps, and each function or generator that begins
or goes on, comes to `attention.attend`. The count is of one thread at a time: a thread whose count it is not, and one
whose count has come to its end, call EXPIRED.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kaa.baseline.objects import decref
from kaa.native.externs import PyObject_CallNoArgs, PyThreadState_Get
from kaa.native.function import Cell, native
from kaa.native.intrinsics import address, atomic_and, atomic_or, cast
from kaa.native.layouts import Object, ThreadState
from kaa.native.types import Embedded, Ptr, Reference, i1, i32, i64, layout, u64

if TYPE_CHECKING:
    from kaa.native.memory import LoadedImage

COUNTING: Final = 0x80
"""The bit in `eval_breaker`."""
EVAL_BREAKER: Final = layout(ThreadState).fields["eval_breaker"].offset
_WORD: Any = i64
COUNTED: Any = Cell("COUNTED", Embedded(_WORD, array=True))
"""The address of the thread whose count it is."""
LEFT: Any = Cell("LEFT", Embedded(_WORD, array=True))
"""How many more it may do."""
BUSY: Any = Cell("BUSY", Embedded(_WORD, array=True))
"""1 while EXPIRED runs, which nobody counts."""
EXPIRED: Object = Cell("EXPIRED", Reference(Object))  # type: ignore[assignment]
"""A Python function without arguments."""


@native(cold=True)
def count_down(thread: ThreadState) -> i1:
    """One more; False with what EXPIRED has raised."""
    if BUSY[0]:
        return True
    if COUNTED[0] == address(thread) and LEFT[0] > 0:
        LEFT[0] -= 1
        return True
    BUSY[0] = 1
    result = PyObject_CallNoArgs(EXPIRED)
    BUSY[0] = 0
    if not result:
        return False
    decref(result)
    return True


@native
def set_counting(counts: i32) -> None:
    """Have the calling thread count, or not."""
    breaker = cast(Ptr[u64], address(PyThreadState_Get()) + EVAL_BREAKER)
    if counts:
        atomic_or(breaker, COUNTING)
    else:
        atomic_and(breaker, ~u64(COUNTING))


class Countdown:
    """The counts of all threads, for Python: what the reference machine has in `kaa.reference.countdown`."""

    def __init__(self, loaded: LoadedImage) -> None:
        self._thread, self._left, self._busy = (loaded.cell(cell) for cell in ("COUNTED", "LEFT", "BUSY"))
        self._expired_cell = loaded.cell("EXPIRED")
        self._set_counting = ctypes.PYFUNCTYPE(None, ctypes.c_int)(loaded.address("set_counting"))
        self._expire = self._expired  # the image has its address
        self._others: dict[int, int] = {}
        self._callbacks: dict[int, Callable[[], None]] = {}

    def begin(self, count: int, callback: Callable[[], None]) -> None:
        """Count in the calling thread; `callback` is called there when nothing is left, at each tick from then on."""
        self._callbacks[_this_thread()] = callback
        self._expired_cell.value = id(self._expire)
        self.set(count)
        self._set_counting(1)

    def end(self) -> None:
        """Count no more in the calling thread."""
        self._set_counting(0)
        self._busy.value = 0

    def set(self, count: int) -> None:
        """How many backward jumps and calls the calling thread has left."""
        thread = _this_thread()
        self._others.pop(thread, None)
        # No other thread runs from here on: nothing is called.
        if self._thread.value != thread:
            self._others[self._thread.value] = self._left.value
            self._thread.value = thread
        self._left.value = count
        self._busy.value = 0

    def _expired(self) -> None:
        thread = _this_thread()
        if self._thread.value == thread:
            self._callbacks[thread]()
        else:
            self.set(self._others.get(thread, 0))


_this_thread = ctypes.pythonapi.PyThreadState_Get
_this_thread.restype = ctypes.c_void_p
