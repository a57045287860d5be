"""The linker: from a code object to its machine code, by copying templates and filling their holes.

In: a code object of the host, as it is in memory (specialised or not). Out: its `Block`. Two walks over the
code units: the first chooses a template for each instruction and finds its place; the second copies and
patches. The tables that say which template serves which instruction are made by `tables.py`.

Code is linked twice. First it gets *brief* templates, which leave most of the work to functions that all share: much
code runs only a few times. When it has run often enough, it gets the *warm* templates, which do the work themselves and
with that of the next instruction. Both share the inline caches.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.baseline.arena import BODY_ARENA, CODE_ARENA, COLD_ARENA, let_pages_of_stack_go, let_written_pages_go
from kaa.baseline.attribute_cache import KIND
from kaa.baseline.block import (
    CO_OPTIMIZED,
    Block,
    find_block,
    is_warm,
    keep_brief_code,
    machine_code_at,
    new_block,
    runs_once,
    take_code_memory,
)
from kaa.baseline.holes import HOLES
from kaa.baseline.objects import is_immortal
from kaa.native.build import JUMP, JUMP_SIZE
from kaa.native.externs import PyErr_Clear, PyMem_RawFree, PyMem_RawMalloc, PyUnicode_AsUTF8, dprintf
from kaa.native.function import Cell, Static, native
from kaa.native.intrinsics import NULL, address, cast, copy_memory, reserve, size_of
from kaa.native.layouts import CodeObject
from kaa.native.types import Embedded, Pointer, Ptr, Reference, Struct, i1, i8, i32, i64, u8, u16, u32, u64


class Row(Struct):
    """What the linker knows of an opcode; of a specialised one of the host's, what it knows of the general one.

    Templates are numbered from 1; 0 is none. `first` is the general template; the variant for
    `v = (argument >> shift) & mask` is `variants[v]`, for `v < count`. If the next instruction has a `role` of at
    most `roles`, then `variants[v + count * role]` does the work of both. `after` is the part where a result arrives.
    `refers` says what the argument refers to: FORWARD, BACKWARD, A_CONSTANT, A_NAME, or 0 for nothing to look up.
    The role STORES is that of stores into as many locals as the argument says: pairs, and a single one at the end.
    STORES_AND_LOADS is that of a store into one local and a load from another, ATTRIBUTE that of a load of an
    attribute, and the next number that of a load of a method. `immortal` is the template for immortal constants, or 0.
    For a kind that a cache knows and the argument's lowest bit, `variants[seen + 2 * kind + bit]` is the template, if
    there are so many (`seen_count`).
    """

    first: u16
    after: u16
    caches: u8
    refers: i8
    name_shift: u8
    shift: u8
    mask: u8
    count: u16
    variants: u32
    cache_words: u32
    role: u8
    roles: u8
    immortal: u16
    seen: u32
    seen_count: u16


class TemplateRow(Struct):
    """Where a template's code lies (bytes from the image's start), and its holes: so many for distances of 32 bits,
    then values of 32 bits, then of 64.

    `cold` is the number of the template that has its unlikely part, or 0, and `cold_size` the size of that.
    """

    offset: u32
    first_hole: u32
    size: u16
    cold_size: u16
    cold: u16
    distances: u8
    values: u8
    long_values: u8


class HoleRow(Struct):
    """A place in a template to be filled. `kind` indexes `HOLES`; a distance's `addend` counts from the template."""

    offset: u16
    kind: u16
    addend: i32


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
BLOCKS_WARMED: Ptr[int] = _cell("BLOCKS_WARMED", _COUNTER)
WARM_AFTER: int = _cell("WARM_AFTER", _WORD)
"""How often brief code may begin or jump back."""
CHECK: int = _cell("CHECK", _WORD)
"""The number of the template that is put before each instruction, or 0 (see `checks`)."""
PERF_MAP: int = _cell("PERF_MAP", _WORD)
"""The descriptor of the file that tells `perf` where functions are; 0 without one."""

ROW_SIZE: Final = 32
TEMPLATE_ROW_SIZE: Final = 20
HOLE_ROW_SIZE: Final = 8
NEVER: Final = 0x7FFF_FFFF_FFFF_FFFF
"""A version that no thread has: the block's first instruction asks whether the code is monitored."""
VERSION_OFFSET: Final = 8
"""Bytes from a block to its `version`."""
MANY_RUNS: Final = 1 << 20
"""How often when the machine could not link it again."""
BRIEF_ROWS: Final = 256
"""The number of the first row for brief code; those before are for warm code."""
LOCALS: Final = 72
FLAGS: Final = CO_OPTIMIZED | 4 | 8
"""Of `co_flags`: locals are in the frame; the others are those of `*args` and `**kwargs`."""
NOT_SIMPLE: Final = -1
STORES, STORES_AND_LOADS, ATTRIBUTE = 4, 5, 6
EXTENDED_ARG: Final = 71
"""The opcode whose argument is the upper bits of the next one's (a test compares it with the table)."""
STORE_FAST: Final = 110
FORWARD, BACKWARD, A_CONSTANT, A_NAME = 1, 2, 3, 4


@native(inline=True)
def row_of(opcode: u8, warm: Static[bool]) -> Row:
    """What is known of an opcode in warm code, or in brief code."""
    number = i64(opcode) if warm else i64(opcode) + BRIEF_ROWS
    return cast(Row, address(ROWS) + number * ROW_SIZE)


@native(inline=True)
def template_row(number: u16) -> TemplateRow:
    return cast(TemplateRow, address(TEMPLATE_ROWS) + i64(number) * TEMPLATE_ROW_SIZE)


@native
def choose(row: Row, argument: i64, role: u8) -> u16:
    """The number of the template that does an instruction's work and that of one of this role behind it, or of the
    first alone for role 0; 0 if there is none.
    """
    if row.count != 0 and role <= row.roles:
        value = (argument >> i64(row.shift)) & i64(row.mask)
        if value < i64(row.count):
            found = VARIANTS[i64(row.variants) + i64(row.count) * i64(role) + value]
            if found != 0:
                return found
    return row.first if role == 0 else u16(0)


@native(inline=True)
def choose_by_cache(row: Row, argument: i64, cache: Ptr[u64]) -> u16:
    """The number of the template for what a cache knows; 0 if there is none."""
    index = 2 * cache[KIND] + u64(argument & 1)
    return VARIANTS[i64(row.seen) + i64(index)] if index < u64(row.seen_count) else u16(0)


@native(inline=True)
def role_at(code: CodeObject, index: i64, argument: i64) -> u8:
    """The role of the instruction at a code unit, behind one with this argument; 0 for none, and where the code
    ends.
    """
    if index >= code.ob_size:
        return 0
    role = row_of(u8(code.co_code_adaptive[index]), True).role
    if role == STORES and not stores_all(code, index, argument):
        return 0
    if role == ATTRIBUTE:
        return role + u8(code.co_code_adaptive[index] >> 8 & u16(1))
    return role


@native
def stores_all(code: CodeObject, index: i64, count: i64) -> i1:
    """Whether `count` values are stored into locals by the instructions from a code unit on."""
    pairs = count >> 1
    end = index + pairs + (count & 1)
    if end > code.ob_size:
        return False
    for pair in range(pairs):
        if row_of(u8(code.co_code_adaptive[index + pair]), True).role != STORES:
            return False
    return count & 1 == 0 or u8(code.co_code_adaptive[end - 1]) == STORE_FAST


@native
def behind_follower(code: CodeObject, index: i64, argument: i64) -> i64:
    """The code unit behind the instruction at another one, or behind the stores there, behind an instruction with this
    argument.
    """
    row = row_of(u8(code.co_code_adaptive[index]), True)
    if row.role == STORES:
        return index + ((argument + 1) >> 1)
    return index + 1 + i64(row.caches)


class Plan(Struct):
    """What the first walk finds: bytes of machine code that stand aside, of instructions, of all that is likely, and of
    all that is not; words of cache; and for each code unit its template and the distance of its machine code (see
    `Block`).

    In the order of the addresses: instructions that fall through to the next, and the parts where results arrive; and
    in the other arena, instructions whose work the one before them does (only a jump leads there), and the unlikely
    parts of all. A prefix and a cache entry belong to their instruction.
    """

    aside: u64
    firsts: u64
    likely: u64
    unlikely: u64
    words: u64
    addresses: Ptr[i32]
    numbers: Ptr[u16]


PLAN_WORDS: Final = 7
UNIT_SIZE: Final = 6
"""Bytes of a plan for each code unit."""


@native
def choose_templates(code: CodeObject, plan: Plan, caches: Ptr[u64], warm: Static[bool]) -> None:
    """Fill the plan, unless a template is missing. `caches` are those of brief code, for warm code."""
    units = code.co_code_adaptive
    place = i64(0)
    aside = i64(0)
    behind = u64(0)
    cold = u64(0)
    words = u64(0)
    resumes = i64(0)
    argument = i64(0)
    index = i64(0)
    first = i64(0)
    check = template_row(u16(CHECK))
    check_size = i64(check.size)
    check_cold = u64(check.cold_size)
    numbers = plan.numbers
    addresses = plan.addresses
    length = code.ob_size
    while index < length:
        opcode = u8(units[index])
        row = row_of(opcode, warm)
        argument = (argument << 8) | i64(units[index] >> 8)
        index += 1
        if opcode == EXTENDED_ARG:
            continue
        unit = index - 1
        index += i64(row.caches)
        stands_aside = warm and unit < resumes
        number = u16(0)
        if warm and row.roles != 0 and not stands_aside:
            role = role_at(code, index, argument)
            if role != 0:
                number = choose(row, argument, role)
                if number != 0:
                    resumes = behind_follower(code, index, argument)
        if number == 0:
            if warm and row.seen_count != 0:
                number = choose_by_cache(row, argument, caches + words)
            if number == 0:
                number = choose(row, argument, 0)
            if row.immortal != 0 and is_immortal(code.co_consts.ob_item[argument]):
                number = row.immortal
            if number == 0:
                return
        numbers[unit] = number
        chosen = template_row(number)
        size = check_size + i64(chosen.size)
        here = place
        if stands_aside:
            aside += size + JUMP_SIZE
            here = -aside
        else:
            place += size
        while first <= unit:
            addresses[first] = i32(here)
            first += 1
        first = index
        cold += check_cold + u64(chosen.cold_size)
        if row.after != 0:
            after = template_row(row.after)
            behind += u64(after.size)
            cold += u64(after.cold_size)
        words += u64(row.cache_words)
        argument = 0
    plan.aside = u64(aside)
    plan.firsts = u64(place)
    plan.likely = u64(place) + behind
    plan.unlikely = u64(aside) + cold
    plan.words = words


class Site(Struct):
    """One instruction while it is linked: what each of `HOLES` is filled with, in their order."""

    image: i64
    next: i64
    target: i64
    resumed: i64
    oparg: i64
    local: i64
    first: i64
    second: i64
    constant: i64
    name: i64
    instruction: i64
    following: i64
    version: i64
    cache: i64
    branch: i64
    after: i64
    stored: i64
    loaded: i64
    follower_cache: i64
    hot: i64
    cold: i64


SITE_WORDS: Final = len(HOLES)


@native(inline=True)
def local_offset(number: i64) -> i64:
    """What fills a hole for a local variable."""
    return LOCALS + 8 * number


@native
def copy_template(site: Site, number: u16, place: i64) -> None:
    """Copy one template to where it will run: the likely part to `place`, the unlikely one behind the latest such."""
    row = template_row(number)
    site.hot = place
    copy_part(site, row, place)
    if row.cold != 0:
        copy_part(site, template_row(row.cold), site.cold)
        site.cold += i64(row.cold_size)


@native(inline=True)
def write_jump(place: i64, target: i64) -> None:
    """Write a jump to another place of the machine code."""
    written = place + i64(CODE_ARENA.distance)
    cast(Ptr[u8], written)[0] = JUMP
    cast(Ptr[i32], written + 1)[0] = i32(target - (place + JUMP_SIZE))


@native(inline=True)
def copy_part(site: Site, row: TemplateRow, place: i64) -> None:
    """Copy machine code, and fill its holes."""
    written = place + i64(CODE_ARENA.distance)
    copy_memory(cast(Ptr[u8], written), cast(Ptr[u8], IMAGE + u64(row.offset)), u64(row.size))
    values = cast(Ptr[i64], address(site))
    hole = cast(HoleRow, address(HOLE_ROWS) + i64(row.first_hole) * HOLE_ROW_SIZE)
    for _ in range(i64(row.distances)):
        distance = values[i64(hole.kind)] - place + i64(hole.addend)
        cast(Ptr[i32], written + i64(hole.offset))[0] = i32(distance)
        hole = cast(HoleRow, address(hole) + HOLE_ROW_SIZE)
    for _ in range(i64(row.values)):
        cast(Ptr[i32], written + i64(hole.offset))[0] = i32(values[i64(hole.kind)]) + hole.addend
        hole = cast(HoleRow, address(hole) + HOLE_ROW_SIZE)
    for _ in range(i64(row.long_values)):
        cast(Ptr[i64], written + i64(hole.offset))[0] = values[i64(hole.kind)] + i64(hole.addend)
        hole = cast(HoleRow, address(hole) + HOLE_ROW_SIZE)


@native(inline=True)
def look_up(code: CodeObject, block: Block, site: Site, row: Row, index: i64) -> None:
    """Set what the argument of the instruction before a code unit refers to."""
    if row.refers == FORWARD:
        site.target = machine_code_at(block, index + site.oparg)
    elif row.refers == BACKWARD:
        site.target = machine_code_at(block, index - site.oparg)
    elif row.refers == A_CONSTANT:
        site.constant = address(code.co_consts.ob_item[site.oparg])
    elif row.refers == A_NAME:
        site.name = address(code.co_names.ob_item[site.oparg >> i64(row.name_shift)])


@native
def aim_follower(code: CodeObject, block: Block, site: Site, index: i64) -> None:
    """Set what the template needs that does the work of the instruction at a code unit too."""
    unit = code.co_code_adaptive[index]
    row = row_of(u8(unit), True)
    behind = behind_follower(code, index, site.oparg)
    argument = i64(unit >> 8)
    site.after = machine_code_at(block, behind)
    site.stored = local_offset(argument)
    if row.role == STORES_AND_LOADS:
        site.stored = local_offset(argument >> 4)
        site.loaded = local_offset(argument & 15)
    if row.refers == FORWARD:
        site.branch = machine_code_at(block, behind + argument)


@native
def fill(code: CodeObject, block: Block, site: Site, plan: Plan, warm: Static[bool]) -> u64:
    """Copy the templates of all instructions; returns how many there are."""
    units = code.co_code_adaptive
    argument = i64(0)
    index = i64(0)
    count = u64(0)
    site.image = i64(IMAGE)
    site.version = address(block) + VERSION_OFFSET
    site.cache = address(block.caches)
    site.resumed = i64(block.start + plan.firsts)
    site.cold = i64(block.aside)
    while index < code.ob_size:
        opcode = u8(units[index])
        row = row_of(opcode, warm)
        argument = (argument << 8) | i64(units[index] >> 8)
        index += 1
        if opcode == EXTENDED_ARG:
            continue
        unit = index - 1
        index += i64(row.caches)
        number = plan.numbers[unit]
        here = machine_code_at(block, unit)
        site.instruction = address(units + unit)
        if CHECK != 0:
            check = i64(template_row(u16(CHECK)).size)
            site.next = here + check
            copy_template(site, u16(CHECK), here)
            here += check
        behind = here + i64(template_row(number).size)
        site.next = machine_code_at(block, index) if index < code.ob_size else behind
        site.oparg = argument
        site.local = local_offset(argument)
        site.first = local_offset(argument >> 4)
        site.second = local_offset(argument & 15)
        site.following = address(units + index)
        look_up(code, block, site, row, index)
        stands_aside = warm and block.addresses[unit] < 0
        if warm and row.roles != 0 and not stands_aside and role_at(code, index, argument) != 0:
            site.follower_cache = site.cache + i64(row.cache_words) * 8
            aim_follower(code, block, site, index)
        copy_template(site, number, here)
        if stands_aside:
            write_jump(behind, site.next)
        if row.after != 0:
            copy_template(site, row.after, site.resumed)
            site.resumed += i64(template_row(row.after).size)
        site.cache += i64(row.cache_words) * 8
        argument = 0
        count += 1
    return count


@native
def link(code: CodeObject) -> Block:
    """Give a code object its block, with brief code. Its `start` stays 0 if the machine cannot run the code; NULL: no
    memory.
    """
    plan = cast(Plan, reserve(u64, PLAN_WORDS))
    memory = room_for(code, plan)
    if not memory:
        return NULL
    choose_templates(code, plan, NULL, False)
    block = link_as_planned(code, plan)
    PyMem_RawFree(memory)
    return block


@native
def room_for(code: CodeObject, plan: Plan) -> Ptr[u8]:
    """Give a plan its memory, to be freed; NULL: there is none. While nothing is `likely`, a template is missing."""
    memory = PyMem_RawMalloc(u64(UNIT_SIZE * code.ob_size))
    plan.addresses = cast(Ptr[i32], memory)
    plan.numbers = cast(Ptr[u16], plan.addresses + code.ob_size)
    plan.likely = 0
    plan.unlikely = 0
    plan.words = 0
    return memory


@native
def link_as_planned(code: CodeObject, plan: Plan) -> Block:
    """A block with the code that is planned."""
    head = (size_of(Block) + 4 * u64(code.ob_size) + 7) & ~u64(7)
    block = new_block(code, head + 8 * plan.words)
    if not block:
        return NULL
    block.caches = cast(Ptr[u64], address(block) + i64(head))
    block.version = NEVER
    block.simple = NOT_SIMPLE
    block.runs_left = u64(WARM_AFTER)
    once = runs_once(code)
    if plan.likely == 0 or not take_code_memory(block, plan.likely, plan.unlikely, once):
        BLOCKS_REFUSED[0] += 1
        return block
    if code.co_flags & FLAGS == CO_OPTIMIZED and code.co_kwonlyargcount == 0:
        block.simple = i64(code.co_argcount)
    write_code(code, block, plan, False)
    BLOCKS_LINKED[0] += 1
    if once:
        let_pages_of_stack_go(BODY_ARENA, plan.likely + plan.unlikely)
    return block


@native(cold=True)
def warm_up(code: CodeObject, block: Block) -> None:
    """Give a block warm code, unless it has some or there is no memory. Who wants to go on there has to ask for its
    address: what runs or waits in the brief code can go on there, too.
    """
    if is_warm(block):
        return
    block.runs_left = MANY_RUNS
    plan = cast(Plan, reserve(u64, PLAN_WORDS))
    memory = room_for(code, plan)
    if not memory:
        return
    choose_templates(code, plan, block.caches, True)
    if plan.likely != 0:
        keep_brief_code(block)
        if take_code_memory(block, plan.likely, plan.unlikely, False):
            write_code(code, block, plan, True)
            block.runs_left = 0
            BLOCKS_WARMED[0] += 1
        else:
            block.brief_start = 0
    PyMem_RawFree(memory)


@native
def write_code(code: CodeObject, block: Block, plan: Plan, warm: Static[bool]) -> None:
    """Fill the memory that a block has for its machine code."""
    block.aside = block.cold + plan.aside
    copy_memory(block.addresses, plan.addresses, 4 * u64(code.ob_size))
    INSTRUCTIONS_LINKED[0] += fill(code, block, cast(Site, reserve(u64, SITE_WORDS)), plan, warm)
    let_written_pages_go(CODE_ARENA)
    let_written_pages_go(COLD_ARENA)
    if PERF_MAP != 0:
        describe(code, block.start, plan.likely)
        describe(code, block.cold, plan.unlikely)


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
