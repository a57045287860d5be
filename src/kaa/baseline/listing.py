"""What the machine made of a function: each instruction, its template, and its machine code.

In: a function, method, generator or code object. Out: lines of text. The disassembly needs capstone (the
extra `listing`); without it the bytes are shown.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

from kaa.baseline import tables
from kaa.baseline.cache_state import Cache, read_cache
from kaa.baseline.engine import Engine, load
from kaa.baseline.linker import NEVER
from kaa.bytecode.code_units import instructions
from kaa.bytecode.instructions import BY_NUMBER
from kaa.native.build import COLD, JUMP_SIZE, Template

INDENT: Final = " " * 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One instruction's machine code, or the part of it where a result arrives, or the unlikely part of these."""

    offset: int
    instruction: str
    argument: int
    template: str
    address: int
    code: bytes
    cache: Cache | None = None


class Linked:
    """A code object's block, read from memory."""

    def __init__(self, engine: Engine, code: CodeType) -> None:
        find = engine.loaded.function("block_of", ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object))
        address = find(code)
        if not address:
            raise MemoryError("no room for machine code")
        self.start: int = ctypes.c_uint64.from_address(address + engine.offsets["block.start"]).value
        if not self.start:
            raise ValueError(f"the machine cannot run {code.co_qualname}")
        self.version: int = ctypes.c_uint64.from_address(address + engine.offsets["block.version"]).value
        self.size: int = ctypes.c_uint64.from_address(address + engine.offsets["block.code_size"]).value
        self.aside: int = ctypes.c_uint64.from_address(address + engine.offsets["block.aside"]).value
        brief = ctypes.c_uint64.from_address(address + engine.offsets["block.brief_start"]).value
        self.is_warm = bool(brief)
        self.caches: int = ctypes.c_uint64.from_address(address + engine.offsets["block.caches"]).value
        units = len(code.co_code) // 2
        self.addresses = (ctypes.c_int32 * units).from_address(address + engine.offsets["block.addresses"])

    def place_of(self, unit: int) -> int:
        """The address of a code unit's machine code."""
        distance = self.addresses[unit]
        return distance + (self.start if distance >= 0 else self.aside)


def has_run(engine: Engine, code: CodeType) -> bool:
    """Whether the machine has begun to run a code object: not when its start has only been linked."""
    try:
        return Linked(engine, code).version != NEVER
    except ValueError:
        return False


def code_of(target: Any) -> CodeType:
    """The code object of whatever runs one. Raises TypeError."""
    for name in ("__func__", "__code__", "gi_code", "cr_code", "ag_code"):
        target = getattr(target, name, target)
    if not isinstance(target, CodeType):
        raise TypeError(f"{target!r} has no code")
    return target


def caches(engine: Engine, code: CodeType) -> Iterator[tuple[int, str, int, Cache | None]]:
    """Of each instruction the offset, the name, the argument, and the state of its inline cache if it has one."""
    place = Linked(engine, code).caches
    for instruction in instructions(code.co_code):
        row = tables.read_row(engine.image, instruction.opcode)
        name = BY_NUMBER[instruction.opcode].name
        offset = 2 * (instruction.end - 1 - row.caches)
        yield offset, name, instruction.oparg, read_cache(name, place) if row.cache_words else None
        place += 8 * row.cache_words


def pieces(target: Any) -> Iterator[Piece]:
    """The machine code of a function, instruction by instruction."""
    engine = load()
    code = code_of(target)
    linked = Linked(engine, code)
    templates = engine.image.templates
    names = ["", *templates]
    sizes = {name: template.size for name, template in templates.items()}
    seconds = []
    colds = []
    units = code.co_code
    for index, instruction, argument, cache in caches(engine, code):
        row = tables.read_row(engine.image, units[index], brief=not linked.is_warm)
        follower = index + 2 + 2 * row.caches
        stands_aside = linked.addresses[index // 2] < 0
        role = 0 if stands_aside else tables.role_at(engine.image, units, follower, argument)
        name = names[tables.choose(engine.image, row, argument, role, code.co_consts)]
        at = linked.place_of(index // 2)
        for number in tables.choices_by_cache(engine.image, row, argument):
            if is_copy(engine, templates[names[number]], at):
                name = names[number]
        code_bytes = ctypes.string_at(at, sizes[name] + (JUMP_SIZE if stands_aside else 0))
        yield Piece(index, instruction, argument, name, at, code_bytes, cache)
        colds.append((index, instruction, argument, name + COLD))
        if row.after:
            seconds.append((index, instruction, argument, names[row.after]))
            colds.append((index, instruction, argument, names[row.after] + COLD))
    colds = [part for part in colds if part[-1] in sizes]
    end_of_seconds = linked.start + linked.size
    for parts, at in (
        (seconds, end_of_seconds - sum(sizes[name] for *_, name in seconds)),
        (colds, linked.aside),
    ):
        for offset, instruction, argument, name in parts:
            size = sizes[name]
            yield Piece(offset, instruction, argument, name, at, ctypes.string_at(at, size))
            at += size


def is_copy(engine: Engine, template: Template, address: int) -> bool:
    """Whether the machine code at an address is a copy of a template, with whatever in its holes."""
    code = bytearray(ctypes.string_at(address, template.size))
    original = bytearray(ctypes.string_at(engine.loaded.base + template.offset, template.size))
    for hole in template.holes:
        for filled in code, original:
            filled[hole.offset : hole.offset + hole.size] = bytes(hole.size)
    return code == original


def disassemble(piece: Piece) -> Iterator[str]:
    """The machine instructions of a piece as text."""
    try:
        import capstone
    except ImportError:
        yield piece.code.hex(" ")
        return
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    for line in decoder.disasm(piece.code, piece.address):
        yield f"{line.address:x}  {line.mnemonic} {line.op_str}".rstrip()


def native_code(target: Any) -> str:
    """A function's instructions, each with its template, its cache's state and its machine code."""
    lines = []
    for piece in pieces(target):
        cache = f"   [{piece.cache}]" if piece.cache else ""
        lines.append(f"{piece.offset:>6} {piece.instruction} {piece.argument}   <- {piece.template}{cache}")
        lines += [INDENT + text for text in disassemble(piece)]
    return "\n".join(lines)
