"""Small frame stacks for very many strands.

A thread's frames lie in chunks of 16 KiB, which the host maps one by one; a strand that waits with some frames on
its stack keeps a page of memory for half a kilobyte. So where there are many, a strand has a first chunk of `SMALL`
bytes. When more is needed, the host takes a chunk of its own size beside it, and such chunks, which come and go then,
are kept for the next time.

In: nothing. Out: memory for a chunk, and back. The host has the chunks that it takes from the allocator of its arenas
(`PyObject_SetArenaAllocator`), and gives them back there; once installed, that is this module's too.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final

from kaa.native.externs import mmap, munmap
from kaa.native.function import Cell, native
from kaa.native.intrinsics import cast
from kaa.native.types import Embedded, Ptr, i32, i64, u64

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
def allocate_small() -> u64:
    """Memory for a small chunk; 0 if there is none."""
    place = FREE_CHUNKS[0]
    if place != 0:
        FREE_CHUNKS[0] = cast(Ptr[u64], place)[0]
        return place
    if SLAB_REST[0] + SMALL > SLAB_END[0]:
        slab = map_memory(u64(SLAB))
        if slab == 0:
            return u64(0)
        SLAB_REST[0] = slab
        SLAB_END[0] = slab + SLAB
    place = SLAB_REST[0]
    SLAB_REST[0] += SMALL
    return place


class _Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "free")]


def install(loaded: LoadedImage) -> None:
    """Let the host have its memory from this module."""
    allocator = _Allocator(None, loaded.address("allocate_arena"), loaded.address("free_arena"))
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(allocator))
