"""Checked code: before each instruction, what is on its frame's stack and in its locals is written down.

In: code objects that are linked while CHECK is set, of the file WATCHED. Out: a log, one entry an instruction, which a
test holds against what the host's loop has at the same places: so each template's effect on the stack and on reference
counts is verified. An entry is a row of words: the frame, the code object, the instruction's address, the depth of
the stack, then for each local variable and each value on the stack the object (or 0) and its reference count.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kaa.baseline.cells import WATCHED
from kaa.baseline.holes import INSTRUCTION, NEXT, Jump, Stack
from kaa.baseline.template import template
from kaa.native.function import Cell, native
from kaa.native.intrinsics import address, cast
from kaa.native.layouts import Frame, ThreadState
from kaa.native.types import Embedded, Ptr, u64

if TYPE_CHECKING:
    from kaa.baseline.engine import Engine

HEAD: Final = 4
"""Words of an entry before the objects."""
_WORD: Any = Embedded(u64, array=True)  # type: ignore[arg-type]
LOG_NEXT: Any = Cell("LOG_NEXT", _WORD)
LOG_LIMIT: Any = Cell("LOG_LIMIT", _WORD)
"""Where the next entry goes, and where no more fits."""
ROOM: Final = 1 << 20
"""Words of a log; what happens when it is full is not written down."""


@native(apart=True)
def write_down(frame: Frame, sp: Stack, instruction: Ptr[u64]) -> None:
    """Add an entry to the log, if this is a frame of the file that is watched."""
    code = frame.f_executable
    locals_: Stack = frame.localsplus
    count = (address(sp) - address(locals_)) // 8
    entry = cast(Ptr[u64], LOG_NEXT[0])
    after = LOG_NEXT[0] + u64(8 * (HEAD + 2 * count))
    if code.co_filename != WATCHED or after > LOG_LIMIT[0]:
        return
    entry[0] = u64(address(frame))
    entry[1] = u64(address(code))
    entry[2] = u64(address(instruction))
    entry[3] = u64(count)
    for index in range(count):
        value = locals_[index]
        entry[HEAD + 2 * index] = u64(address(value))
        entry[HEAD + 1 + 2 * index] = u64(value.ob_refcnt) if value else u64(0)
    LOG_NEXT[0] = after


@template()
def CHECK(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """What the linker puts before each instruction."""
    write_down(frame, sp, cast(Ptr[u64], INSTRUCTION))
    return NEXT(sp)


class Entry(NamedTuple):
    """`values` are the locals and then the stack: addresses of objects, or 0, with their reference counts."""

    frame: int
    code: int
    instruction: int
    values: list[tuple[int, int]]


@contextmanager
def checked(engine: Engine, filename: str) -> Iterator[Log]:
    """Link with checks; code objects whose file name is this very string write to the log that is given."""
    log = Log(engine)
    engine.set_check(id(filename))
    try:
        yield log
    finally:
        engine.set_check(0)


class Log:
    """The entries of checked code since the log was made or cleared."""

    def __init__(self, engine: Engine) -> None:
        self._memory = (ctypes.c_uint64 * ROOM)()
        self._next = engine.loaded.cell("LOG_NEXT")
        self._start = ctypes.addressof(self._memory)
        engine.loaded.cell("LOG_LIMIT").value = self._start + ctypes.sizeof(self._memory)
        self.clear()

    def clear(self) -> None:
        self._next.value = self._start

    def entries(self) -> Iterator[Entry]:
        at, end = 0, (self._next.value - self._start) // 8
        while at < end:
            frame, code, instruction, count = self._memory[at : at + HEAD]
            at += HEAD
            words = self._memory[at : at + 2 * count]
            at += 2 * count
            yield Entry(frame, code, instruction, list(zip(words[::2], words[1::2], strict=True)))
