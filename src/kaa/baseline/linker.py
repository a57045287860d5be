"""The linker: from a code object to its machine code, by copying templates and filling their holes.

In: a code object of the host, as it is in memory (specialised or not). Out: its `Block`. Two walks over the
code units: the first chooses a template for each instruction and adds up sizes; the second copies and
patches. The tables that say which template serves which instruction are made by `tables.py`.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.baseline.block import (
    CODE_ARENA,
    Block,
    executable,
    find_block,
    new_block,
    take,
    writable,
)
from kaa.baseline.holes import HOLES
from kaa.native.externs import PyErr_Clear, PyUnicode_AsUTF8, dprintf
from kaa.native.function import Cell, native
from kaa.native.intrinsics import NULL, address, cast, copy_memory, reserve, size_of
from kaa.native.layouts import CodeObject
from kaa.native.types import Embedded, Pointer, Ptr, Reference, Struct, i1, i8, i32, i64, u8, u16, u32, u64


class Row(Struct):
    """What the linker knows of an opcode.

    Templates are numbered from 1; 0 is none. `first` is the general template; the variant for
    `v = (argument >> shift) & mask` is `variants[v]`, for `v < count`. If the next instruction has a `role` of at
    most `roles`, then `variants[v + count * role]` does the work of both. `after` is the part where a result arrives.
    The role STORES is that of stores into as many locals as the argument says: pairs, and a single one at the end.
    """

    first: u16
    after: u16
    deoptimized: u8
    caches: u8
    jump: i8
    name_shift: u8
    shift: u8
    mask: u8
    count: u16
    variants: u32
    cache_words: u32
    role: u8
    roles: u8


class TemplateRow(Struct):
    """Where a template's code lies (bytes from the image's start), and its holes."""

    offset: u32
    size: u32
    first_hole: u32
    holes: u32


class HoleRow(Struct):
    """A place in a template to be filled. `kind` indexes `HOLES`; `size` in bytes, 0 for a 32-bit
    distance.
    """

    offset: u32
    kind: u16
    size: u16
    addend: i64


def _cell(name: str, kind: Any) -> Any:
    return Cell(name, kind)


_WORD: Any = u64
_SHORTS: Any = Pointer(u16)  # type: ignore[arg-type]
IMAGE: int = _cell("IMAGE", _WORD)
ROWS: Row = _cell("ROWS", Reference(Row))
VARIANTS: Ptr[int] = _cell("VARIANTS", _SHORTS)
TEMPLATE_ROWS: TemplateRow = _cell("TEMPLATE_ROWS", Reference(TemplateRow))
HOLE_ROWS: HoleRow = _cell("HOLE_ROWS", Reference(HoleRow))
_COUNTER: Any = Embedded(_WORD, array=True)
INSTRUCTIONS_LINKED: Ptr[int] = _cell("INSTRUCTIONS_LINKED", _COUNTER)
BLOCKS_LINKED: Ptr[int] = _cell("BLOCKS_LINKED", _COUNTER)
BLOCKS_REFUSED: Ptr[int] = _cell("BLOCKS_REFUSED", _COUNTER)
PERF_MAP: int = _cell("PERF_MAP", _WORD)
"""The descriptor of the file that tells `perf` where functions are; 0 without one."""

ROW_SIZE: Final = 24
TEMPLATE_ROW_SIZE: Final = 16
HOLE_ROW_SIZE: Final = 16
NEVER: Final = 0x80
"""A version that no thread has: the block's first instruction asks whether the code is monitored."""
LOCALS: Final = 72
SITE_WORDS: Final = 11
CO_OPTIMIZED, FLAGS = 1, 1 | 4 | 8
"""Of `co_flags`: locals are in the frame; that, and the flags of `*args` and `**kwargs`."""
NOT_SIMPLE: Final = -1
STORES: Final = 4
EXTENDED_ARG: Final = 71
"""The opcode whose argument is the upper bits of the next one's (a test compares it with the table)."""
STORE_FAST: Final = 110
FORWARD, BACKWARD = 1, 2
(
    MOVED,
    AT_NEXT,
    AT_TARGET,
    AT_RESUMED,
    OF_ARGUMENT,
    OF_LOCAL,
    OF_FIRST,
    OF_SECOND,
    OF_CONSTANT,
    OF_NAME,
    OF_INSTRUCTION,
    OF_FOLLOWING,
    AT_VERSION,
    AT_CACHE,
    AT_BRANCH,
    AT_AFTER,
    OF_STORED,
) = range(len(HOLES))


@native(inline=True)
def row_of(opcode: u8) -> Row:
    return cast(Row, address(ROWS) + i64(opcode) * ROW_SIZE)


@native(inline=True)
def template_row(number: u16) -> TemplateRow:
    return cast(TemplateRow, address(TEMPLATE_ROWS) + i64(number) * TEMPLATE_ROW_SIZE)


@native
def choose(row: Row, argument: i64, role: u8) -> u16:
    """The number of the template for an instruction before one of this role, 0 if there is none."""
    if row.count != 0:
        value = (argument >> i64(row.shift)) & i64(row.mask)
        if value < i64(row.count):
            if role != 0 and role <= row.roles:
                fused = VARIANTS[i64(row.variants) + i64(row.count) * i64(role) + value]
                if fused != 0:
                    return fused
            found = VARIANTS[i64(row.variants) + value]
            if found != 0:
                return found
    return row.first


@native(inline=True)
def opcode_of(unit: u16) -> u8:
    """The instruction that the host's specialised one stands for."""
    return row_of(u8(unit)).deoptimized


@native(inline=True)
def role_at(code: CodeObject, index: i64, argument: i64) -> u8:
    """The role of the instruction at a code unit, behind one with this argument; 0 for none, and where the code
    ends.
    """
    if index >= code.ob_size:
        return 0
    role = row_of(opcode_of(code.co_code_adaptive[index])).role
    if role == STORES and not stores_all(code, index, argument):
        return 0
    return role


@native
def stores_all(code: CodeObject, index: i64, count: i64) -> i1:
    """Whether `count` values are stored into locals by the instructions from a code unit on."""
    pairs = count >> 1
    end = index + pairs + (count & 1)
    if end > code.ob_size:
        return False
    for pair in range(pairs):
        if row_of(opcode_of(code.co_code_adaptive[index + pair])).role != STORES:
            return False
    return count & 1 == 0 or opcode_of(code.co_code_adaptive[end - 1]) == STORE_FAST


@native
def measure(code: CodeObject, sizes: Ptr[u64]) -> i32:
    """`sizes`: bytes of machine code, words of cache, bytes of machine code before the second parts.

    -1 if a template is missing.
    """
    units = code.co_code_adaptive
    total = u64(0)
    behind = u64(0)
    words = u64(0)
    argument = i64(0)
    index = i64(0)
    while index < code.ob_size:
        opcode = opcode_of(units[index])
        row = row_of(opcode)
        argument = (argument << 8) | i64(units[index] >> 8)
        index += 1
        if opcode == EXTENDED_ARG:
            continue
        number = choose(row, argument, role_at(code, index + i64(row.caches), argument))
        if number == 0:
            return -1
        total += u64(template_row(number).size)
        if row.after != 0:
            behind += u64(template_row(row.after).size)
        words += u64(row.cache_words)
        argument = 0
        index += i64(row.caches)
    sizes[0] = total + behind
    sizes[1] = words
    sizes[2] = total
    return 0


@native
def lay_out(code: CodeObject, block: Block) -> None:
    """Set the block's address of every code unit. A prefix and a cache entry belong to their instruction.

    An instruction falls through to the next; the parts where results arrive stand behind all of them.
    """
    units = code.co_code_adaptive
    place = u32(0)
    argument = i64(0)
    index = i64(0)
    first = i64(0)
    while index < code.ob_size:
        opcode = opcode_of(units[index])
        row = row_of(opcode)
        argument = (argument << 8) | i64(units[index] >> 8)
        index += 1
        if opcode == EXTENDED_ARG:
            continue
        index += i64(row.caches)
        while first < index:
            block.addresses[first] = place
            first += 1
        place += template_row(choose(row, argument, role_at(code, index, argument))).size
        argument = 0


class Site(Struct):
    """One instruction while it is linked. Addresses of machine code, and of the host's code units."""

    resumed: u64
    next: u64
    target: u64
    unit: u64
    following: u64
    argument: i64
    name_shift: i64
    cache: u64
    branch: u64
    after: u64
    stored: i64


@native(inline=True)
def local_offset(number: i64) -> i64:
    """What fills a hole for a local variable."""
    return LOCALS + 8 * number


@native
def hole_value(block: Block, site: Site, kind: u16) -> i64:
    """What a hole of this instruction is filled with."""
    code = block.code
    argument = site.argument
    if kind == AT_NEXT:
        return i64(site.next)
    if kind == AT_TARGET:
        return i64(site.target)
    if kind == AT_RESUMED:
        return i64(site.resumed)
    if kind == OF_ARGUMENT:
        return argument
    if kind == OF_LOCAL:
        return local_offset(argument)
    if kind == OF_FIRST:
        return local_offset(argument >> 4)
    if kind == OF_SECOND:
        return local_offset(argument & 15)
    if kind == OF_CONSTANT:
        return address(code.co_consts.ob_item[argument])
    if kind == OF_NAME:
        return address(code.co_names.ob_item[argument >> site.name_shift])
    if kind == OF_INSTRUCTION:
        return i64(site.unit)
    if kind == OF_FOLLOWING:
        return i64(site.following)
    if kind == AT_VERSION:
        return address(block) + 8
    if kind == AT_BRANCH:
        return i64(site.branch)
    if kind == AT_AFTER:
        return i64(site.after)
    if kind == OF_STORED:
        return local_offset(site.stored)
    return i64(site.cache)


@native
def copy_template(block: Block, site: Site, number: u16, place: u64) -> None:
    """Copy one template to `place` and fill its holes."""
    row = template_row(number)
    home = IMAGE + u64(row.offset)
    copy_memory(cast(Ptr[u8], place), cast(Ptr[u8], home), u64(row.size))
    hole = cast(HoleRow, address(HOLE_ROWS) + i64(row.first_hole) * HOLE_ROW_SIZE)
    for _ in range(i64(row.holes)):
        spot = place + u64(hole.offset)
        if hole.kind == MOVED:
            field = cast(Ptr[i32], spot)
            field[0] += i32(home - place)
        else:
            value = hole_value(block, site, hole.kind) + hole.addend
            if hole.size == 0:
                cast(Ptr[i32], spot)[0] = i32(value - i64(spot))
            elif hole.size == 4:
                cast(Ptr[i32], spot)[0] = i32(value)
            elif hole.size == 8:
                cast(Ptr[i64], spot)[0] = value
            else:
                cast(Ptr[u8], spot)[0] = u8(value)
        hole = cast(HoleRow, address(hole) + HOLE_ROW_SIZE)


@native
def aim_follower(code: CodeObject, block: Block, site: Site, index: i64) -> None:
    """Set what the template needs that does the work of the instruction at a code unit too."""
    unit = code.co_code_adaptive[index]
    row = row_of(opcode_of(unit))
    behind = index + 1 + i64(row.caches)
    if row.role == STORES:
        behind = index + ((site.argument + 1) >> 1)
    site.after = block.start + u64(block.addresses[behind])
    site.stored = i64(unit >> 8)
    if row.jump == FORWARD:
        site.branch = block.start + u64(block.addresses[behind + site.stored])


@native
def fill(code: CodeObject, block: Block, site: Site, second: u64) -> i64:
    """Copy the templates of all instructions; returns how many there are. `second` is where second parts go."""
    units = code.co_code_adaptive
    argument = i64(0)
    index = i64(0)
    count = i64(0)
    cache = address(block.caches)
    while index < code.ob_size:
        opcode = opcode_of(units[index])
        row = row_of(opcode)
        argument = (argument << 8) | i64(units[index] >> 8)
        index += 1
        if opcode == EXTENDED_ARG:
            continue
        unit = index - 1
        index += i64(row.caches)
        role = role_at(code, index, argument)
        number = choose(row, argument, role)
        here = block.start + u64(block.addresses[unit])
        end = here + u64(template_row(number).size)
        site.unit = u64(address(units + unit))
        site.following = u64(address(units + index))
        site.argument = argument
        site.name_shift = i64(row.name_shift)
        site.cache = u64(cache)
        site.next = end
        if row.jump == FORWARD:
            site.target = block.start + u64(block.addresses[index + argument])
        elif row.jump == BACKWARD:
            site.target = block.start + u64(block.addresses[index - argument])
        if role != 0:
            aim_follower(code, block, site, index)
        if row.after != 0:
            site.resumed = second
            copy_template(block, site, row.after, second)
            second += u64(template_row(row.after).size)
        copy_template(block, site, number, here)
        cache += i64(row.cache_words) * 8
        argument = 0
        count += 1
    return count


@native
def link(code: CodeObject) -> Block:
    """Give a code object its block. Its `start` stays 0 if the machine cannot run the code; NULL: no
    memory.
    """
    sizes = reserve(u64, 3)
    sizes[0] = 0
    sizes[1] = 0
    complete = measure(code, sizes) == 0
    head = (size_of(Block) + 4 * u64(code.ob_size + 1) + 7) & ~u64(7)
    block = new_block(code, head + 8 * sizes[1])
    if not block:
        return NULL
    block.caches = cast(Ptr[u64], address(block) + i64(head))
    block.version = NEVER
    block.simple = NOT_SIMPLE
    start = take(CODE_ARENA, sizes[0]) if complete else u64(0)
    if start == 0:
        BLOCKS_REFUSED[0] += 1
        return block
    if writable(start, sizes[0]) != 0:
        return block
    block.start = start
    if code.co_flags & FLAGS == CO_OPTIMIZED and code.co_kwonlyargcount == 0:
        block.simple = i64(code.co_argcount)
    block.code_size = sizes[0]
    lay_out(code, block)
    INSTRUCTIONS_LINKED[0] += u64(fill(code, block, cast(Site, reserve(u64, SITE_WORDS)), start + sizes[2]))
    BLOCKS_LINKED[0] += 1
    executable(start, sizes[0])
    if PERF_MAP != 0:
        describe(code, start, sizes[0])
    return block


@native(cold=True)
def describe(code: CodeObject, start: u64, size: u64) -> None:
    """Write the block's line of `perf`'s map, as CPython writes its own: address, size, name."""
    name = PyUnicode_AsUTF8(code.co_qualname)
    file = PyUnicode_AsUTF8(code.co_filename)
    if name and file:
        dprintf(i32(PERF_MAP), "%lx %lx py::%s:%s\n", start, size, name, file)
    else:
        PyErr_Clear()


@native
def block_of(code: CodeObject) -> Block:
    """The code's block, linked now if it has none; NULL if there is no memory."""
    block = find_block(code)
    return block if block else link(code)
