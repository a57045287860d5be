"""A block: the machine code of one code object, and its data.

In: a code object. Out: its `Block`, found by way of `co_extra`, linked when it is first asked for, freed
with the code. Its memory comes from the arenas.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.baseline.arena import (
    BODY_ARENA,
    BODY_DATA_ARENA,
    CODE_ARENA,
    COLD_ARENA,
    DATA_ARENA,
    give_back,
    give_back_to_stack,
    take,
    take_on_top,
)
from kaa.native.externs import PyMem_Malloc, PyMem_RawFree, PyUnstable_Code_SetExtra
from kaa.native.function import Cell, native
from kaa.native.intrinsics import NULL, address, cast, clear_memory
from kaa.native.layouts import CodeExtra, CodeObject
from kaa.native.types import Array, Embedded, Ptr, Reference, Struct, i1, i32, i64, u8, u64

CO_OPTIMIZED: Final = 1
"""Of `co_flags`: locals are in the frame."""


class Block(Struct):
    """Machine code and data of one code object. Sizes in bytes.

    `tables` chains what caches have allocated; `previous` and `next` chain all blocks, from `BLOCKS`. `addresses`
    has, for each code unit, the distance of its machine code: from `start`, where the first instruction's is, or from
    `aside`, behind it, if it is negative. `start` is 0 for code that the machine cannot run. `code_size` bytes from
    `start` on are likely to run, `cold_size` bytes from `cold` on are not.
    """

    start: u64
    version: u64
    code: CodeObject
    simple: i64
    tables: u64
    previous: Block
    next: Block
    code_size: u64
    cold: u64
    cold_size: u64
    aside: u64
    data_size: u64
    caches: Ptr[u64]
    addresses: Array[i32]


_WORD: Any = u64
BLOCKS: Any = Cell("BLOCKS", Embedded(Reference(Block), array=True))
"""The latest block."""
EXTRA_INDEX: Any = Cell("EXTRA_INDEX", _WORD)
"""Which of a code object's extras is ours."""


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


@native(inline=True)
def machine_code_at(block: Block, index: i64) -> i64:
    """The address of the machine code of a code unit."""
    distance = i64(block.addresses[index])
    return i64(block.start if distance >= 0 else block.aside) + distance


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
    body = runs_once(code)
    place = take_on_top(BODY_DATA_ARENA, data_size) if body else take(DATA_ARENA, data_size)
    if place == 0:
        return NULL
    clear_memory(cast(Ptr[u8], place), data_size)
    block = cast(Block, place)
    block.code = code
    block.data_size = data_size
    if not attach(code, cast(Ptr[u8], block)):
        give_data_memory_back(place, data_size)
        return NULL
    block.next = BLOCKS[0]
    if block.next:
        block.next.previous = block
    BLOCKS[0] = block
    return block


@native(inline=True)
def runs_once(code: CodeObject) -> i1:
    """Whether this is most likely so: it is the body of a module, or of a class in one (its full name is its name)."""
    return code.co_flags & CO_OPTIMIZED == 0 and address(code.co_qualname) == address(code.co_name)


@native
def take_code_memory(block: Block) -> i1:
    """Give the block memory for its machine code, by its sizes; False if there is none."""
    if runs_once(block.code):
        start = take_on_top(BODY_ARENA, block.code_size + block.cold_size)
        cold = start + block.code_size
    else:
        start = take(CODE_ARENA, block.code_size)
        cold = take(COLD_ARENA, block.cold_size) if start != 0 else u64(0)
        if cold == 0 and start != 0:
            give_back(CODE_ARENA, start, block.code_size)
            start = 0
    if start == 0:
        return False
    block.start = start
    block.cold = cold
    return True


@native
def give_code_memory_back(block: Block) -> None:
    """The opposite."""
    if block.start >= BODY_ARENA.first:
        give_back_to_stack(BODY_ARENA, block.start, block.code_size + block.cold_size)
    else:
        give_back(CODE_ARENA, block.start, block.code_size)
        give_back(COLD_ARENA, block.cold, block.cold_size)


@native
def give_data_memory_back(place: u64, size: u64) -> None:
    """Return the memory of a block."""
    if place >= BODY_DATA_ARENA.first:
        give_back_to_stack(BODY_DATA_ARENA, place, size)
    else:
        give_back(DATA_ARENA, place, size)


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
    if block.start != 0:
        give_code_memory_back(block)
    give_data_memory_back(u64(address(block)), block.data_size)
