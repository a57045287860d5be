"""A block: the machine code of one code object, and its data.

In: a code object. Out: its `Block`, found by way of `co_extra`, linked when it is first asked for, freed
with the code. Its memory comes from the arenas.

Code gets *brief* machine code first, which is quickly made. When it has run for a while, it is linked again, to *warm*
machine code, and whoever comes to a beginning or a loop of the brief code goes on there. The brief code stays, since
frames may wait to go on in it.
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

    `runs_left` counts how often brief code may still begin or jump back. In a block of warm code the fields that begin
    with `brief` say where its brief code is; they are 0 before.
    """

    start: u64
    version: u64
    runs_left: u64
    code: CodeObject
    simple: i64
    tables: u64
    previous: Block
    next: Block
    code_size: u64
    cold: u64
    cold_size: u64
    aside: u64
    brief_start: u64
    brief_size: u64
    brief_cold: u64
    brief_cold_size: u64
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
def take_code_memory(block: Block, likely: u64, unlikely: u64, once: i1) -> i1:
    """Give the block memory for so many bytes of machine code; False if there is none, and nothing has happened then.

    `once`: the code most likely runs once.
    """
    if once:
        start = take_on_top(BODY_ARENA, likely + unlikely)
        cold = start + likely
    else:
        start = take(CODE_ARENA, likely)
        cold = take(COLD_ARENA, unlikely) if start != 0 else u64(0)
        if cold == 0 and start != 0:
            give_back(CODE_ARENA, start, likely)
            start = 0
    if start == 0:
        return False
    block.start = start
    block.code_size = likely
    block.cold = cold
    block.cold_size = unlikely
    return True


@native(inline=True)
def is_warm(block: Block) -> i1:
    """Whether the block has warm machine code."""
    return block.brief_start != 0


@native
def keep_brief_code(block: Block) -> None:
    """Note where the block's machine code is, before it gets another one."""
    block.brief_start = block.start
    block.brief_size = block.code_size
    block.brief_cold = block.cold
    block.brief_cold_size = block.cold_size


@native
def give_code_memory_back(start: u64, size: u64, cold: u64, cold_size: u64) -> None:
    """The opposite of `take_code_memory`; nothing if there is none."""
    if start == 0:
        return
    if start >= BODY_ARENA.first:
        give_back_to_stack(BODY_ARENA, start, size + cold_size)
    else:
        give_back(CODE_ARENA, start, size)
        give_back(COLD_ARENA, cold, cold_size)


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
    give_code_memory_back(block.start, block.code_size, block.cold, block.cold_size)
    give_code_memory_back(block.brief_start, block.brief_size, block.brief_cold, block.brief_cold_size)
    give_data_memory_back(u64(address(block)), block.data_size)
