"""The linker's tables: which template serves which opcode, and where each template's code and holes are.

In: an image and the declared templates. Out: four tables in the image, bytes in the form that `linker.py`
describes. The facts about instructions come from `kaa.bytecode`.
"""

from __future__ import annotations

import marshal
import struct
import sys
from itertools import chain
from typing import Final, NamedTuple

from kaa.baseline.attribute_cache import KINDS
from kaa.baseline.block import Block
from kaa.baseline.cells import STRINGS
from kaa.baseline.engine import NAMES, OFFSETS, TABLES
from kaa.baseline.holes import HOLES
from kaa.baseline.linker import (
    A_CONSTANT,
    A_NAME,
    ATTRIBUTE,
    BACKWARD,
    BRIEF_ROWS,
    FORWARD,
    HOLE_ROW_SIZE,
    ROW_SIZE,
    STORES,
    STORES_AND_LOADS,
    TEMPLATE_ROW_SIZE,
)
from kaa.baseline.template import BRIEF, TEMPLATES, Definition
from kaa.bytecode.instructions import BY_NAME, BY_NUMBER, SPECIALIZED, Argument
from kaa.native.build import COLD
from kaa.native.function import AFTER, NativeFunction
from kaa.native.image import Image
from kaa.native.layouts import (
    CFunctionObject,
    FunctionObject,
    GetSetDef,
    GetSetDescriptor,
    MappingMethods,
    MethodDef,
    TypeObject,
)
from kaa.native.types import layout

OPCODES: Final = 256
ROW: Final = struct.Struct("<HHBbBBBxHIIBBHIHxx")
TEMPLATE_ROW: Final = struct.Struct("<IIHHHBBBxxx")
HOLE_ROW: Final = struct.Struct("<HHi")
assert (ROW.size, TEMPLATE_ROW.size, HOLE_ROW.size) == (ROW_SIZE, TEMPLATE_ROW_SIZE, HOLE_ROW_SIZE)

REFERENCES: Final = {
    Argument.FORWARD: FORWARD,
    Argument.BACKWARD: BACKWARD,
    Argument.CONST: A_CONSTANT,
    Argument.NAME: A_NAME,
    Argument.NAME_1: A_NAME,
    Argument.NAME_2: A_NAME,
}
NAME_SHIFTS: Final = {Argument.NAME_1: 1, Argument.NAME_2: 2}
SECOND: Final = ".second"
IMMORTAL: Final = ".immortal"
BRIEFLY: Final = ".brief"
ROLES: Final = {
    "POP_JUMP_IF_FALSE": 1,
    "POP_JUMP_IF_TRUE": 2,
    "STORE_FAST": 3,
    "STORE_FAST_STORE_FAST": STORES,
    "STORE_FAST_LOAD_FAST": STORES_AND_LOADS,
    "LOAD_ATTR": ATTRIBUTE,
    "LOAD_METHOD": ATTRIBUTE + 1,
    "STORE_ATTR": ATTRIBUTE + 2,
}
"""Instructions whose work a template of the one before them may do: without a prefix, forward jumps. LOAD_METHOD is
LOAD_ATTR with the flag.
"""

type Compiled = dict[str, tuple[NativeFunction, dict[str, object]]]


def named_templates() -> Compiled:
    """Every declared template under the name that it has in the image."""
    found: Compiled = {}
    for definition in TEMPLATES.values():
        if definition.general:
            found[definition.name] = definition.general
        if definition.immortal:
            found[definition.name + IMMORTAL] = definition.immortal
        if definition.second:
            found[definition.name + SECOND] = definition.second
        for value, chosen in definition.variants.items():
            found[f"{definition.name}.{value}"] = chosen
        for (follower, value), chosen in definition.fused.items():
            found[fused_name(definition.name, value, follower)] = chosen
        for (kind, bit), chosen in definition.seen.items():
            found[seen_name(definition.name, kind, bit)] = chosen
    for definition in BRIEF.values():
        if definition.general:
            found[definition.name + BRIEFLY] = definition.general
        for value, chosen in definition.variants.items():
            found[f"{definition.name}{BRIEFLY}.{value}"] = chosen
    return found


def behind_templates() -> dict[str, str]:
    """What stands behind templates, if not the next instruction's: nothing in particular behind second parts, and the
    instruction behind the two whose work it does behind a fused one.
    """
    definitions = TEMPLATES.values()
    found = {definition.name + SECOND: "" for definition in definitions}
    return found | {
        fused_name(definition.name, value, follower): AFTER
        for definition in definitions
        for follower, value in definition.fused
    }


def fused_name(name: str, value: int, follower: str) -> str:
    """What the template of two instructions is called."""
    return f"{name}.{value}.{follower}"


def seen_name(name: str, kind: int, bit: int) -> str:
    """What the template for what a cache has seen is called."""
    return f"{name}.{KINDS[kind].replace(' ', '_')}.{bit}"


def deoptimized_opcodes() -> list[int]:
    """For each opcode, the one that it is a specialised form of (or itself)."""
    table = list(range(OPCODES))
    for family, members in SPECIALIZED.items():
        for number in members.values():
            table[number] = BY_NAME[family].number
    return table


def add_tables(image: Image) -> None:
    """Number the image's templates from 1, describe them, and keep that in the image as `TABLES`."""
    all_templates = image.templates
    names = ["", *all_templates]
    numbers = {name: number for number, name in enumerate(names)}
    variants = bytearray()
    general = deoptimized_opcodes()
    rows = b""
    for brief in (False, True):
        row_of = {opcode: _row(opcode, numbers, variants, brief) for opcode in dict.fromkeys(general)}
        rows += b"".join(row_of[opcode] for opcode in general)
    templates, holes = bytearray(TEMPLATE_ROW.size), bytearray()
    for template in all_templates.values():
        first = len(holes) // HOLE_ROW.size
        cold = all_templates.get(template.name + COLD)
        number, size = (numbers[cold.name], cold.size) if cold else (0, 0)
        kinds = [
            [hole for hole in template.holes if hole.relative],
            [hole for hole in template.holes if not hole.relative and hole.size == 4],
            [hole for hole in template.holes if not hole.relative and hole.size == 8],
        ]
        counts = list(map(len, kinds))
        assert sum(counts) == len(template.holes), template.name
        if BRIEFLY in template.name and any(hole.name == "RESUMED" for hole in template.holes):
            raise ValueError(f"{template.name} has no second part")
        templates += TEMPLATE_ROW.pack(template.offset, first, template.size, size, number, *counts)
        for hole in chain(*kinds):
            addend = hole.addend - hole.offset if hole.relative else hole.addend
            holes += HOLE_ROW.pack(hole.offset, HOLES.index(hole.name), addend)
    room = bytes(8)  # which may be read with what stands before it
    parts = [bytes(part) + room for part in (rows, variants, templates, holes)]
    image.extra.update(zip(TABLES, parts, strict=True))
    image.extra[OFFSETS] = marshal.dumps(host_offsets())
    image.extra[NAMES] = marshal.dumps({cell.name: text for text, cell in STRINGS.items()})


def host_offsets() -> dict[str, int]:
    """Where the engine finds what it tells the image at the start: byte offsets in host objects and blocks."""
    fields = ((FunctionObject, "vectorcall"), (TypeObject, "tp_init"), (TypeObject, "tp_new"))
    more = ((TypeObject, "tp_as_mapping"), (TypeObject, "tp_iter"), (MappingMethods, "mp_subscript"))
    function = (
        (CFunctionObject, "m_ml"),
        (MethodDef, "ml_meth"),
        (GetSetDescriptor, "d_getset"),
        (GetSetDef, "get"),
    )
    found = {name: layout(struct).fields[name].offset for struct, name in (*fields, *more, *function)}
    return found | {f"block.{name}": field.offset for name, field in layout(Block).fields.items()}


class RowFields(NamedTuple):
    """A row of the first table (see `linker.Row`)."""

    first: int
    after: int
    caches: int
    refers: int
    name_shift: int
    shift: int
    mask: int
    variant_count: int
    variants: int
    cache_words: int
    role: int
    roles: int
    immortal: int
    seen: int
    seen_count: int


def read_row(image: Image, opcode: int, *, brief: bool = False) -> RowFields:
    """The linker's row for an opcode in warm code, or in brief code."""
    return RowFields(*ROW.unpack_from(image.extra["ROWS"], (opcode + BRIEF_ROWS * brief) * ROW_SIZE))


def role_at(image: Image, code: bytes, offset: int, argument: int) -> int:
    """The role of the instruction at a byte offset, behind one with this argument (see `linker.role_at`)."""
    if offset >= len(code):
        return 0
    role = read_row(image, code[offset]).role
    if role == STORES:
        stores = ["STORE_FAST_STORE_FAST"] * (argument // 2) + ["STORE_FAST"] * (argument % 2)
        if list(code[offset : offset + 2 * len(stores) : 2]) != [BY_NAME[name].number for name in stores]:
            return 0
    return role + (code[offset + 1] & 1) if role == ATTRIBUTE else role


def choose(image: Image, row: RowFields, argument: int, role: int, constants: tuple[object, ...]) -> int:
    """The number of the template that the linker takes (see `linker.choose`)."""
    if row.immortal and sys.getrefcount(constants[argument]) >> 31:
        return row.immortal
    value = (argument >> row.shift) & row.mask
    if value < row.variant_count:
        for chosen in (role if role <= row.roles else 0, 0):
            index = row.variants + row.variant_count * chosen + value
            (found,) = struct.unpack_from("<H", image.extra["VARIANTS"], 2 * index)
            if found:
                return int(found)
    return row.first


def choices_by_cache(image: Image, row: RowFields, argument: int) -> list[int]:
    """The numbers of the templates of which the linker may have taken one for what a cache had seen."""
    indices = range(row.seen + (argument & 1), row.seen + row.seen_count, 2)
    numbers = (struct.unpack_from("<H", image.extra["VARIANTS"], 2 * index)[0] for index in indices)
    return sorted({*numbers} - {0})


def _row(opcode: int, numbers: dict[str, int], variants: bytearray, brief: bool) -> bytes:
    instruction = BY_NUMBER.get(opcode)
    if instruction is None:
        return ROW.pack(*[0] * 15)
    name = instruction.name
    whole = TEMPLATES.get(name, Definition(name))
    chosen = BRIEF.get(name, Definition(name)) if brief else whole
    first = f"{name}{BRIEFLY}" if brief and chosen.general else name
    start = count = roles = 0
    values = {*chosen.variants, *(value for _, value in chosen.fused)}
    if values:
        start, count = len(variants) // 2, max(values) + 1
        roles = len(ROLES) if chosen.fused else 0
        names = [f"{first}.{value}" for value in range(count)]
        for follower in ROLES if chosen.fused else ():
            names += [fused_name(name, value, follower) for value in range(count)]
        variants += numbers_of(names, numbers)
    kinds = (
        [seen_name(name, kind, bit) for kind in range(len(KINDS)) for bit in (0, 1)] if chosen.seen else []
    )
    seen = len(variants) // 2
    variants += numbers_of(kinds, numbers)
    return ROW.pack(
        numbers.get(first, 0),
        0 if first.endswith(BRIEFLY) else numbers.get(name + SECOND, 0),
        instruction.caches,
        REFERENCES.get(instruction.argument, 0),
        NAME_SHIFTS.get(instruction.argument, 0),
        chosen.shift,
        chosen.mask,
        count,
        start,
        whole.cache,
        ROLES.get(name, 0),
        roles,
        numbers.get(name + IMMORTAL, 0),
        seen,
        len(kinds),
    )


def numbers_of(names: list[str], numbers: dict[str, int]) -> bytes:
    """The numbers of templates, two bytes each; 0 for one that there is not."""
    return struct.pack(f"<{len(names)}H", *[numbers.get(name, 0) for name in names])
