"""Small frame stacks for the tasklets of a program that has very many of them, on the native machine.

In: a greenlet that has not begun. Out: the same, with a small first chunk of memory for its frames
(`kaa.baseline.stacks`). Greenlet keeps the three words about the chunk of a greenlet that waits in an object of its
own; where in it is found out by looking for words that are known. If they are not found, all have the host's chunks.
"""

from __future__ import annotations

import ctypes
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no stubs

from kaa.native import layouts
from kaa.native.types import layout
from kaa.runtime import places

MANY = 20_000
"""Who begins while so many others live, gets a small one. Fewer are not worth that calls cross the end of a chunk."""

_IMPLEMENTATION = 32
"""Bytes from a greenlet to the pointer to its implementation (`greenlet.h`)."""
_WORDS = 40
"""How far the fields are looked for."""
_CHUNK = layout(layouts.ThreadState).fields["datastack_chunk"].offset
_SIZE = layout(layouts.StackChunk).fields["size"].offset


class Stacks:
    """Who gives them, once somebody has asked."""

    def __init__(self) -> None:
        self._is_ready = False
        self._give: Any = None
        self._offset = 0

    def give(self, stack: Any) -> None:
        """Give a greenlet that has not begun a small stack, if that can be done."""
        if not self._is_ready:
            self._is_ready = True
            self._offset = _offset_of_chunk()
            self._give = places.current.small_stacks() if self._offset else None
        if self._give is not None:
            self._give(_word(id(stack) + _IMPLEMENTATION) + self._offset)


def _offset_of_chunk() -> int:
    """Bytes from a greenlet's implementation to the word for its chunk; 0 if that is not found."""
    found: list[int] = []
    caller = getcurrent()

    def wait() -> None:
        thread = ctypes.pythonapi.PyThreadState_Get
        thread.restype = ctypes.c_void_p
        found.append(_word(thread() + _CHUNK))
        caller.switch()

    waiting, fresh = greenlet(wait), greenlet(wait)
    waiting.switch()
    chunk = found[0]
    end = chunk + _word(chunk + _SIZE)
    old, new = (_words(_word(id(one) + _IMPLEMENTATION)) for one in (waiting, fresh))
    waiting.switch()
    places_of_chunk = [
        index
        for index in range(_WORDS - 2)
        if old[index] == chunk and chunk < old[index + 1] < end == old[index + 2]
        if new[index : index + 3] == [0, 0, 0]
    ]
    return 8 * places_of_chunk[0] if len(places_of_chunk) == 1 else 0


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _words(address: int) -> list[int]:
    return (ctypes.c_uint64 * _WORDS).from_address(address)[:]


stacks = Stacks()
