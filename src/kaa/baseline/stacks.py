"""Small frame stacks for very many greenlets.

A thread's frames lie in chunks of 16 KiB, which the host maps one by one; a greenlet that waits with some frames on
its stack keeps a page of memory for half a kilobyte. So a tasklet's greenlet is given a first chunk of `SMALL` bytes
before it begins, by writing it where greenlet keeps the chunk of one that waits. When more is needed, the host takes a
chunk of its own size beside it, and such chunks, which come and go then, are kept for the next time.

In: the place of a greenlet's chunk. Out: a chunk there. The host gives all chunks back to the allocator of
its arenas (`PyObject_SetArenaAllocator`), which is this module's from then on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kaa.native.externs import mmap, munmap
from kaa.native.function import Cell, native
from kaa.native.intrinsics import cast
from kaa.native.layouts import StackChunk
from kaa.native.types import Embedded, Ptr, i32, i64, layout, u64

if TYPE_CHECKING:
    from kaa.native.memory import LoadedImage

SMALL: Final = 1280
"""Bytes of a small chunk."""
CHUNK: Final = 16384
"""Bytes of the host's (`DATA_STACK_CHUNK_SIZE` in its Python/pystate.c)."""
SLAB: Final = 1 << 20
"""Bytes that small chunks are cut from."""
SPARE: Final = 64
"""How many chunks of the host's size are kept."""
READ_WRITE: Final = 3
PRIVATE_ANONYMOUS: Final = 0x22
FIRST_FRAME: Final = layout(StackChunk).size + 8
"""Where the first frame lies: the host leaves a word free in a thread's first chunk, so that it is never given back."""

_WORD: Any = u64
FREE_CHUNKS: Any = Cell("FREE_CHUNKS", Embedded(_WORD, array=True))
"""The first of the small chunks that nobody uses; each begins with the address of the next."""
SLAB_REST: Any = Cell("SLAB_REST", Embedded(_WORD, array=True))
SLAB_END: Any = Cell("SLAB_END", Embedded(_WORD, array=True))
"""What has not been cut from the newest slab."""
SPARE_CHUNKS: Any = Cell("SPARE_CHUNKS", Embedded(_WORD, array=True))
SPARE_COUNT: Any = Cell("SPARE_COUNT", Embedded(_WORD, array=True))
"""Chunks of the host's size that are kept, in the same way."""


@native
def map_memory(size: u64) -> u64:
    """New memory; 0 if there is none."""
    place = mmap(u64(0), size, i32(READ_WRITE), i32(PRIVATE_ANONYMOUS), i32(-1), i64(0))
    if place + 1 == 0:
        return u64(0)
    return place


@native
def allocate_arena(context: u64, size: u64) -> u64:
    """What the host has arenas and chunks from."""
    if size == CHUNK and SPARE_COUNT[0] > 0:
        place = SPARE_CHUNKS[0]
        SPARE_CHUNKS[0] = cast(Ptr[u64], place)[0]
        SPARE_COUNT[0] -= 1
        return place
    return map_memory(size)


@native
def free_arena(context: u64, place: u64, size: u64) -> None:
    """Take an arena or a chunk back."""
    if size == SMALL:
        cast(Ptr[u64], place)[0] = FREE_CHUNKS[0]
        FREE_CHUNKS[0] = place
    elif size == CHUNK and SPARE_COUNT[0] < SPARE:
        cast(Ptr[u64], place)[0] = SPARE_CHUNKS[0]
        SPARE_CHUNKS[0] = place
        SPARE_COUNT[0] += 1
    else:
        munmap(place, size)


@native
def give_small_stack(fields: u64) -> i32:
    """Put a small chunk into the three words of a greenlet's chunk, its top and its end; whether that could be done."""
    words = cast(Ptr[u64], fields)
    if words[0] != 0:
        return 0
    place = FREE_CHUNKS[0]
    if place != 0:
        FREE_CHUNKS[0] = cast(Ptr[u64], place)[0]
    else:
        if SLAB_REST[0] + SMALL > SLAB_END[0]:
            slab = map_memory(u64(SLAB))
            if slab == 0:
                return 0
            SLAB_REST[0] = slab
            SLAB_END[0] = slab + SLAB
        place = SLAB_REST[0]
        SLAB_REST[0] += SMALL
    chunk = cast(Ptr[u64], place)
    chunk[0] = 0  # there is none before it
    chunk[1] = SMALL
    chunk[2] = 0
    words[0] = place
    words[1] = place + FIRST_FRAME
    words[2] = place + SMALL
    return 1


class _Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "free")]


def install(loaded: LoadedImage) -> Callable[[int], int]:
    """Let the host have its memory from this module; `give_small_stack` for Python."""
    allocator = _Allocator(None, loaded.address("allocate_arena"), loaded.address("free_arena"))
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(allocator))
    return ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_uint64)(loaded.address("give_small_stack"))
