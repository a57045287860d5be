"""A block: the machine code of one code object, and the memory where blocks live.

In: a code object. Out: its `Block`, found by way of `co_extra`, linked when it is first asked for, freed
with the code. Blocks lie in the region that the image has reserved: machine code grows in one part of it,
data (the block itself, its addresses, its inline caches) in the other, so that code reaches its data by
short distances.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.native.externs import PyMem_Malloc, PyMem_RawFree, PyUnstable_Code_SetExtra, mprotect
from kaa.native.function import Cell, native
from kaa.native.intrinsics import NULL, address, cast, clear_memory
from kaa.native.layouts import CodeExtra, CodeObject
from kaa.native.types import Array, Embedded, Ptr, Reference, Struct, i1, i32, i64, u8, u32, u64


class Block(Struct):
    """Machine code and data of one code object. Sizes in bytes.

    `tables` chains what caches have allocated; `previous` and `next` chain all blocks, from `BLOCKS`. `addresses`
    has, for each code unit, the distance of its machine code from `start`; `start` is 0 for code that the machine
    cannot run.
    """

    start: u64
    version: u64
    code: CodeObject
    simple: i64
    tables: u64
    previous: Block
    next: Block
    code_size: u64
    data_size: u64
    caches: Ptr[u64]
    addresses: Array[u32]


class Arena(Struct):
    """Memory handed out in pieces. `free` has a chain of returned pieces for each size class."""

    next: u64
    limit: u64
    used: u64
    free: Array[u64]


SIZE_CLASSES: Final = 512
SIZE_STEP: Final = 64
"""Pieces are multiples of this; those of more than SIZE_CLASSES steps are not reused."""
ARENA_SIZE: Final = 24 + 8 * SIZE_CLASSES
PAGE: Final = 4096
READ_WRITE, READ_EXECUTE = 3, 5


def _cell(name: str, kind: Any, size: int = 8) -> Any:
    return Cell(name, kind, size)


_WORD: Any = u64
CODE_ARENA: Arena = _cell("CODE_ARENA", Embedded(Reference(Arena), array=False), ARENA_SIZE)
DATA_ARENA: Arena = _cell("DATA_ARENA", Embedded(Reference(Arena), array=False), ARENA_SIZE)
BLOCKS: Any = Cell("BLOCKS", Embedded(Reference(Block), array=True))
"""The latest block."""
EXTRA_INDEX: Any = Cell("EXTRA_INDEX", _WORD)
"""Which of a code object's extras is ours."""


@native
def take(arena: Arena, size: u64) -> u64:
    """A piece of memory of at least `size` bytes, or 0."""
    steps = (size + (SIZE_STEP - 1)) // SIZE_STEP
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
    return place


@native
def writable(place: u64, size: u64) -> i32:
    """Open machine code for writing. Nothing runs there meanwhile: we hold the GIL."""
    first = place & ~u64(PAGE - 1)
    return mprotect(cast(Ptr[u8], first), place + size - first, READ_WRITE)


@native
def executable(place: u64, size: u64) -> i32:
    """Close it again."""
    first = place & ~u64(PAGE - 1)
    return mprotect(cast(Ptr[u8], first), place + size - first, READ_EXECUTE)


@native
def give_back(arena: Arena, place: u64, size: u64) -> None:
    """Return a piece. Its first word becomes the link of the chain of free pieces."""
    steps = (size + (SIZE_STEP - 1)) // SIZE_STEP
    arena.used -= steps * SIZE_STEP
    if steps < SIZE_CLASSES:
        cast(Ptr[u64], place)[0] = arena.free[steps]
        arena.free[steps] = place


@native(inline=True)
def find_block(code: CodeObject) -> Block:
    """The code's block, if it has one."""
    extra = code.co_extra
    if not extra:
        return NULL
    index = EXTRA_INDEX
    if extra.ce_size <= i64(index):
        return NULL
    return cast(Block, extra.ce_extras[index])


@native
def attach(code: CodeObject, block: Ptr[u8]) -> i1:
    """Make the block an extra of the code object.

    The host would make room for everyone's extras, and call everyone's destructors, at the process's end too.
    """
    index = i64(EXTRA_INDEX)
    if not code.co_extra:
        extra = cast(CodeExtra, PyMem_Malloc(u64(8 * (index + 2))))
        if not extra:
            return False
        clear_memory(extra, 8 * (index + 2))
        extra.ce_size = index + 1
        code.co_extra = extra
    if code.co_extra.ce_size > index:
        code.co_extra.ce_extras[index] = block
        return True
    return PyUnstable_Code_SetExtra(code, index, block) == 0


@native
def new_block(code: CodeObject, data_size: u64) -> Block:
    """An empty block, attached to its code; NULL (with or without an exception) if there is no room."""
    place = take(DATA_ARENA, data_size)
    if place == 0:
        return NULL
    clear_memory(cast(Ptr[u8], place), data_size)
    block = cast(Block, place)
    block.code = code
    block.data_size = data_size
    if not attach(code, cast(Ptr[u8], block)):
        give_back(DATA_ARENA, place, data_size)
        return NULL
    block.next = BLOCKS[0]
    if block.next:
        block.next.previous = block
    BLOCKS[0] = block
    return block


@native
def free_block(extra: Ptr[u8]) -> None:
    """The host's call when a code object dies."""
    block = cast(Block, extra)
    if not block:
        return
    if block.next:
        block.next.previous = block.previous
    if block.previous:
        block.previous.next = block.next
    else:
        BLOCKS[0] = block.next
    table = block.tables
    while table != 0:
        following = cast(Ptr[u64], table)[0]
        PyMem_RawFree(cast(Ptr[u8], table))
        table = following
    if block.start != 0 and writable(block.start, block.code_size) == 0:
        give_back(CODE_ARENA, block.start, block.code_size)
        executable(block.start, block.code_size)
    give_back(DATA_ARENA, u64(address(block)), block.data_size)
