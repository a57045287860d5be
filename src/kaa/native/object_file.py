"""A reader of ELF relocatable objects for x86-64: what LLVM emitted, as sections, symbols and relocations.

In: the bytes of a `.o` file. Out: `ObjectFile`. Only what the image needs is read. Source of the format: the
System V ABI (ELF-64 object file format) and its x86-64 supplement.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION: Final = struct.Struct("<IIQQQQIIQQ")
SYMBOL: Final = struct.Struct("<IBBHQQ")
RELOCATION: Final = struct.Struct("<QIIq")

SYMBOL_TABLE, RELOCATIONS, NO_BITS = 2, 4, 8
ALLOCATED: Final = 2
FIRST_RESERVED_SECTION: Final = 0xFF00


class RelocationType(IntEnum):
    """The relocations that code in the small, position-independent model uses."""

    ABSOLUTE_64 = 1
    RELATIVE_32 = 2
    CALL_32 = 4
    GOT_RELATIVE_32 = 9
    ABSOLUTE_32 = 10
    ABSOLUTE_32_SIGNED = 11
    ABSOLUTE_8 = 14
    RELATIVE_64 = 24
    GOT_RELATIVE_32_RELAXABLE = 41
    GOT_RELATIVE_32_RELAXABLE_REX = 42


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name, and where it is: `section` is None for what is defined elsewhere. `offset` and `size` in
    bytes.
    """

    name: str
    section: str | None
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """At `offset` in its section, the value of `symbol` plus `addend` is wanted."""

    offset: int
    type: RelocationType
    symbol: Symbol
    addend: int


@dataclass(slots=True)
class Section:
    """A piece of the program that is loaded into memory."""

    name: str
    data: bytes
    alignment: int
    relocations: list[Relocation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """Loaded sections by name, and the symbols that they define."""

    sections: dict[str, Section]
    symbols: dict[str, Symbol]


def _text(table: bytes, offset: int) -> str:
    return table[offset : table.index(b"\0", offset)].decode()


def read(data: bytes) -> ObjectFile:
    """Take an object file apart. Raises ValueError for what is no x86-64 relocatable."""
    header = HEADER.unpack_from(data)
    if header[0][:6] != b"\x7fELF\x02\x01" or header[1] != 1 or header[2] != 62:
        raise ValueError("not a relocatable x86-64 object file")
    start, count, names_index = header[6], header[12], header[13]
    rows = [SECTION.unpack_from(data, start + i * SECTION.size) for i in range(count)]

    def content(row: tuple[int, ...]) -> bytes:
        return bytes(row[5]) if row[1] == NO_BITS else data[row[4] : row[4] + row[5]]

    names = content(rows[names_index])
    labels = [_text(names, row[0]) for row in rows]
    sections = {
        label: Section(label, content(row), row[8])
        for label, row in zip(labels, rows, strict=True)
        if row[2] & ALLOCATED and label != ".eh_frame"
    }
    symbols = _read_symbols(rows, labels, content)
    for row in rows:
        target = sections.get(labels[row[7]]) if row[1] == RELOCATIONS else None
        if target is not None:
            for offset, index, kind, addend in RELOCATION.iter_unpack(content(row)):
                # r_info holds the type in its low half and the symbol in its high half
                target.relocations.append(Relocation(offset, RelocationType(index), symbols[kind], addend))
    return ObjectFile(sections, {s.name: s for s in symbols if s.section is not None and s.name})


def _read_symbols(rows: list[tuple[int, ...]], labels: list[str], content: object) -> list[Symbol]:
    assert callable(content)
    for row in rows:
        if row[1] == SYMBOL_TABLE:
            strings = content(rows[row[6]])
            return [
                Symbol(
                    _text(strings, name),
                    labels[place] if 0 < place < FIRST_RESERVED_SECTION else None,
                    value,
                    size,
                )
                for name, _, _, place, value, size in SYMBOL.iter_unpack(content(row))
            ]
    return []
