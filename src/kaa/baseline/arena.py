"""The memory where blocks live: arenas for machine code, for what seldom runs of it, and for data.

In: a size. Out: a piece of memory. The arenas lie in the region that the image has reserved, so that code reaches its
data by short distances. The memory of machine code is mapped twice: where it runs it cannot be written, and a fixed
distance away it can be written and not run. So no page ever changes its access, and linking needs no system call.

The bodies of modules and classes run once, and while one runs it imports others, which come and go. So the arena for
their machine code is a stack, whose top is free as soon as the code there has died.

Memory that is mapped twice is shared with the child of a fork, where private memory would be copied. So what has
been handed out before a fork stays as it is from then on in both processes, even when its code has died; both go on
behind it, the parent in the same memory, the child in memory of its own.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.native.externs import madvise, mmap, mprotect, mremap
from kaa.native.function import Cell, native
from kaa.native.image import PAGE
from kaa.native.intrinsics import address, cast, clear_memory
from kaa.native.types import Array, Embedded, Ptr, Reference, Struct, i32, u64


class Arena(Struct):
    """Memory handed out in pieces. `free` has a chain of returned pieces for each size class.

    A piece is written `distance` bytes from where it is run and read. One before `kept` is never handed out again.
    Pages by which pieces are written have been made `ready` up to there, and let go before `gone`; a stack counts the
    bytes `written` since it has let them all go. `top` is the latest piece of a stack.
    """

    next: u64
    limit: u64
    used: u64
    distance: u64
    kept: u64
    written: u64
    first: u64
    top: u64
    ready: u64
    gone: u64
    free: Array[u64]


SIZE_CLASSES: Final = 512
SIZE_STEP: Final = 64
"""Pieces are multiples of this. Those of SIZE_CLASSES steps and more are not reused: their memory, if it is one that is
mapped twice, goes back to the system.
"""
FIELDS: Final = 10
ARENA_SIZE: Final = 8 * (FIELDS + SIZE_CLASSES)
READ_WRITE, READ_EXECUTE = 3, 5
MAP_SHARED, MAP_FIXED, MAP_ANONYMOUS, MAP_NORESERVE = 0x1, 0x10, 0x20, 0x4000
MADV_DONTNEED, MADV_REMOVE, MADV_POPULATE_WRITE = 4, 9, 23
STRETCH: Final = 3 << 15
"""Bytes of machine code after which the pages by which it was written are let go."""
AHEAD: Final = 1 << 15
"""Bytes for which pages are made ready with those that are wanted."""
MREMAP_MAYMOVE, MREMAP_FIXED = 1, 2


def _arena(name: str) -> Any:
    return Cell(name, Embedded(Reference(Arena), array=False), ARENA_SIZE)


CODE_ARENA: Arena = _arena("CODE_ARENA")
COLD_ARENA: Arena = _arena("COLD_ARENA")
"""For machine code that seldom runs: what runs lies close together, on few pages."""
BODY_ARENA: Arena = _arena("BODY_ARENA")
"""A stack of machine code that most likely runs once."""
DATA_ARENA: Arena = _arena("DATA_ARENA")
BODY_DATA_ARENA: Arena = _arena("BODY_DATA_ARENA")
"""A stack of what belongs to the machine code there."""


@native(inline=True)
def steps_for(size: u64) -> u64:
    """How many steps a piece of at least `size` bytes has: one at least."""
    return size // SIZE_STEP + 1


@native
def take(arena: Arena, size: u64) -> u64:
    """A piece of memory of at least `size` bytes, or 0."""
    steps = steps_for(size)
    rounded = steps * SIZE_STEP
    if steps < SIZE_CLASSES:
        first = arena.free[steps]
        if first != 0:
            arena.free[steps] = cast(Ptr[u64], first)[0]
            arena.used += rounded
            return first
    place = arena.next
    if place + rounded > arena.limit:
        return 0
    arena.next = place + rounded
    arena.used += rounded
    make_ready(arena)
    return place


@native(inline=True)
def make_ready(arena: Arena) -> None:
    """Have pages for what has been handed out. Many at once cost far less than one by one, when they are written to."""
    if arena.next > arena.ready:
        make_pages_ready(arena)


@native(apart=True)
def make_pages_ready(arena: Arena) -> None:
    """Have them, and some more. A system that cannot do this does it one by one."""
    end = ((arena.next + (PAGE - 1)) & ~u64(PAGE - 1)) + AHEAD
    if end < arena.limit:
        madvise(arena.ready + arena.distance, end - arena.ready, MADV_POPULATE_WRITE)
    arena.ready = end


@native
def give_back(arena: Arena, place: u64, size: u64) -> None:
    """Return a piece. Its first word becomes the link of the chain of free pieces."""
    steps = steps_for(size)
    arena.used -= steps * SIZE_STEP
    if place < arena.kept:
        return
    if steps < SIZE_CLASSES:
        cast(Ptr[u64], place + arena.distance)[0] = arena.free[steps]
        arena.free[steps] = place
    elif arena.distance != 0:
        first = place + (PAGE - 1) & ~u64(PAGE - 1)
        end = place + steps * SIZE_STEP & ~u64(PAGE - 1)
        madvise(first + arena.distance, end - first, MADV_REMOVE)


class Floor(Struct):
    """What lies below a piece of a stack: where the next lower piece begins (0: nowhere), and whether this one is free.

    It is written where machine code is.
    """

    below: u64
    is_free: u64


FLOOR_SIZE: Final = 16


@native(inline=True)
def floor_of(arena: Arena, place: u64) -> Floor:
    """The floor of a piece, to write and read."""
    return cast(Floor, place - FLOOR_SIZE + arena.distance)


@native
def take_on_top(arena: Arena, size: u64) -> u64:
    """A piece of a stack of at least `size` bytes, or 0."""
    rounded = steps_for(size + FLOOR_SIZE) * SIZE_STEP
    place = arena.next + FLOOR_SIZE
    if arena.next + rounded > arena.limit:
        return 0
    arena.next += rounded
    arena.used += rounded
    make_ready(arena)
    floor = floor_of(arena, place)
    floor.below = arena.top
    floor.is_free = 0
    arena.top = place
    return place


@native
def give_back_to_stack(arena: Arena, place: u64, size: u64) -> None:
    """Return a piece: what is free at the top is taken off."""
    arena.used -= steps_for(size + FLOOR_SIZE) * SIZE_STEP
    if place < arena.kept:
        return
    floor_of(arena, place).is_free = 1
    while arena.top != 0 and floor_of(arena, arena.top).is_free != 0:
        arena.next = arena.top - FLOOR_SIZE
        arena.top = floor_of(arena, arena.top).below


@native
def let_written_pages_go(arena: Arena) -> None:
    """Now and then let the pages go by which machine code was written in memory that has been handed out for the first
    time: while a process has them, they count as its memory twice.

    What is in them stays where it runs, and they come back when they are written to again.
    """
    end = arena.next & ~u64(PAGE - 1)
    if end >= arena.gone + STRETCH:
        madvise(arena.gone + arena.distance, end - arena.gone, MADV_DONTNEED)
        arena.gone = end


@native
def let_pages_of_stack_go(arena: Arena, size: u64) -> None:
    """The same for a stack, in which so many bytes more have been written, and where all pieces come and go."""
    arena.written += size
    if arena.written >= STRETCH:
        arena.written = 0
        arena.ready = arena.next & ~u64(PAGE - 1)
        madvise(arena.first + arena.distance, arena.limit - arena.first, MADV_DONTNEED)


@native
def map_code() -> i32:
    """Give the free ends of the arenas of machine code new memory, in both places; 0, or -1 if there is none."""
    if map_end(CODE_ARENA) != 0 or map_end(COLD_ARENA) != 0:
        return -1
    return map_end(BODY_ARENA)


@native
def map_end(arena: Arena) -> i32:
    """The same for one of them."""
    place = arena.next
    size = arena.limit - place
    flags = i32(MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED)
    written = mmap(place + arena.distance, size, READ_WRITE, flags, i32(-1), 0)
    if written != place + arena.distance:
        return -1
    # No old size: the memory stays where it is and gets a second place.
    if mremap(written, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place:
        return -1
    return mprotect(place, size, READ_EXECUTE)


@native
def before_fork() -> None:
    """Keep what has been handed out as it is, and go on at the next page."""
    keep_all(CODE_ARENA)
    keep_all(COLD_ARENA)
    keep_all(BODY_ARENA)


@native
def keep_all(arena: Arena) -> None:
    """The same for one of the arenas of machine code."""
    arena.next = (arena.next + (PAGE - 1)) & ~u64(PAGE - 1)
    arena.kept = arena.next
    arena.ready = arena.next
    arena.gone = arena.next
    arena.top = 0
    clear_memory(cast(Ptr[u64], address(arena) + 8 * FIELDS), 8 * SIZE_CLASSES)


@native
def after_fork() -> None:
    """In the child: leave the memory behind to the parent. Without memory no more code is linked."""
    if map_code() != 0:
        CODE_ARENA.limit = CODE_ARENA.next
        COLD_ARENA.limit = COLD_ARENA.next
        BODY_ARENA.limit = BODY_ARENA.next
