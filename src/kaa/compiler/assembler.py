"""The assembler: a unit's optimized control-flow graph becomes a code object.

What goes in is a `CompilationUnit` whose instructions are complete; what comes out is a `types.CodeType`,
equal in every field to the one that CPython 3.13 makes. In between, `flowgraph` has put the blocks in their
final order; what is left to do here is to choose directions and distances of jumps, to write code units,
the exception table and the location table, and to put the pieces together.
"""

import marshal
from struct import pack
from types import CodeType
from typing import Any

from kaa.bytecode import exception_table, line_table
from kaa.bytecode.instructions import CACHES
from kaa.bytecode.opcodes import (
    EXTENDED_ARG,
    JUMP,
    JUMP_BACKWARD,
    JUMP_BACKWARD_NO_INTERRUPT,
    JUMP_FORWARD,
    JUMP_NO_INTERRUPT,
)
from kaa.compiler.cfg import (
    JUMPS,
    NEXT_LOCATION,
    NO_FALL_THROUGH,
    NO_LOCATION,
    Block,
    Instruction,
    Location,
)
from kaa.compiler.flowgraph import finish, optimize
from kaa.compiler.unit import CompilationUnit

__all__ = ["assemble"]

_BACKWARD = {JUMP: JUMP_BACKWARD, JUMP_NO_INTERRUPT: JUMP_BACKWARD_NO_INTERRUPT}
"""The jumps that have a direction only once the order of the code is final; forward, they are the same."""


def assemble(unit: CompilationUnit) -> CodeType:
    """Make the code object of a unit. The unit is used up: its instructions and constants change."""
    graph = optimize(unit)
    stack_size = finish(graph)
    blocks = [block for block in graph if block.instructions]
    _resolve_jumps(blocks)
    instructions = [instruction for block in blocks for instruction in block.instructions]
    pieces = [_PIECES[instruction.oparg << 8 | instruction.opcode] for instruction in instructions]
    sizes = [len(piece) >> 1 for piece in pieces]
    return _make_code(
        unit,
        stack_size,
        b"".join(pieces),
        line_table.encode(unit.first_line, zip(sizes, _locations(instructions), strict=True)),
        _exception_table(instructions, sizes),
    )


class _Pieces(dict[int, bytes]):
    """The code units of an instruction, prefixes and caches included, by its argument << 8 | its opcode."""

    def __missing__(self, key: int) -> bytes:
        opcode, oparg = key & 0xFF, key >> 8
        units = bytes((opcode, oparg & 0xFF)) + bytes(2 * CACHES[opcode])
        if oparg <= 0xFF:
            self[key] = units
            return units
        while oparg > 0xFF:
            oparg >>= 8
            units = bytes((EXTENDED_ARG, oparg & 0xFF)) + units
        return units


_PIECES = _Pieces()


# Jumps


def _resolve_jumps(blocks: list[Block]) -> None:
    """Give every jump its direction, and its distance as argument.

    A distance decides how many EXTENDED_ARG the jump needs, which are part of other jumps' distances. So the
    distances are computed until no jump changes its size. As in CPython, they first are the number of the
    instruction at the target: where more than one solution exists, that decides which one is found.
    """
    jumps = _choose_directions(blocks)
    fixed_sizes = [_fixed_size(block) for block in blocks]
    changed = True
    while changed:
        changed = False
        offset = 0
        for block, size in zip(blocks, fixed_sizes, strict=True):
            block.offset = offset
            offset += size
            if block in jumps:
                offset += _prefixes(block.instructions[-1].oparg)
        for block, (jump, target, size) in jumps.items():
            before = _prefixes(jump.oparg)
            jump.oparg = abs(target.offset - (block.offset + size + before))
            changed |= before != _prefixes(jump.oparg)


type _Jumps = dict[Block, tuple[Instruction, Block, int]]
"""By block that ends in a jump: the jump, its target, and the block's size in code units without prefixes
of it.
"""


def _choose_directions(blocks: list[Block]) -> _Jumps:
    """Turn jumps into forward or backward ones, and set each one's argument to its target's number."""
    number = 0
    for block in blocks:
        block.offset = number
        number += len(block.instructions)
    jumps: _Jumps = {}
    for block in blocks:
        jump = block.instructions[-1]
        if jump.opcode in JUMPS:
            target: Block = jump.target
            while not target.instructions:
                assert target.next is not None
                target = target.next
            if jump.opcode in _BACKWARD:
                jump.opcode = _BACKWARD[jump.opcode] if target.offset <= block.offset else JUMP_FORWARD
            jump.oparg = target.offset
            jumps[block] = (jump, target, 0)
    for block, (jump, target, _) in jumps.items():
        jumps[block] = (jump, target, _fixed_size(block))
    return jumps


def _prefixes(oparg: int) -> int:
    """How many EXTENDED_ARG an argument needs."""
    return 0 if oparg <= 0xFF else 1 if oparg <= 0xFFFF else 2 if oparg <= 0xFFFFFF else 3


def _fixed_size(block: Block) -> int:
    """The size of a block in code units, but for the prefixes of a jump at its end."""
    instructions = block.instructions
    size = sum([len(_PIECES[i.oparg << 8 | i.opcode]) for i in instructions[:-1]]) >> 1
    last = instructions[-1]
    oparg = 0 if last.opcode in JUMPS else last.oparg
    return size + (len(_PIECES[oparg << 8 | last.opcode]) >> 1)


# Tables


def _locations(instructions: list[Instruction]) -> list[Location]:
    """The location of each instruction; NEXT_LOCATION is that of the one behind, if control gets there."""
    locations = [instruction.location for instruction in instructions]
    if NEXT_LOCATION in locations:
        for position in range(len(locations) - 1, -1, -1):
            if locations[position] == NEXT_LOCATION:
                opcode = instructions[position].opcode
                ends = opcode in JUMPS or opcode in NO_FALL_THROUGH
                locations[position] = NO_LOCATION if ends else locations[position + 1]
    return locations


def _exception_table(instructions: list[Instruction], sizes: list[int]) -> bytes:
    """The table of the ranges that have a handler."""
    entries: list[exception_table.Entry] = []
    handler: Block | None = None
    start = offset = 0
    for instruction, size in zip(instructions, sizes, strict=True):
        if instruction.handler is not handler:
            if handler is not None:
                entries.append(_entry(start, offset, handler))
            handler = instruction.handler
            start = offset
        offset += size
    if handler is not None:
        entries.append(_entry(start, offset, handler))
    return exception_table.encode(entries)


def _entry(start: int, end: int, handler: Block) -> exception_table.Entry:
    """A range of code and its handler, which finds `depth` values below the exception and what comes with
    it.
    """
    depth = handler.start_depth - (2 if handler.preserve_lasti else 1)
    return exception_table.Entry(start, end, handler.offset, depth, handler.preserve_lasti)


# The code object


def _make_code(
    unit: CompilationUnit, stack_size: int, code: bytes, locations: bytes, exceptions: bytes
) -> CodeType:
    """Put the pieces together."""
    if unit.hidden:
        return _make_code_with_hidden_locals(unit, stack_size, code, locations, exceptions)
    merge = unit.cache.merge
    return CodeType(
        unit.argcount,
        unit.posonlyargcount,
        unit.kwonlyargcount,
        len(unit.varnames),
        stack_size,
        unit.flags,
        code,
        merge(tuple(unit.constants))[1],
        merge(tuple(unit.names))[1],
        merge(tuple(unit.varnames))[1],
        unit.filename,
        unit.name,
        unit.qualname,
        unit.first_line,
        merge(locations)[1],
        merge(exceptions)[1],
        tuple(unit.freevars),
        tuple(unit.cellvars),
    )


# The kinds of a frame's variables (CPython 3.13, Include/internal/pycore_code.h).
_HIDDEN, _LOCAL, _CELL, _FREE = 0x10, 0x20, 0x40, 0x80


def _make_code_with_hidden_locals(
    unit: CompilationUnit, stack_size: int, code: bytes, locations: bytes, exceptions: bytes
) -> CodeType:
    """Make a code object some of whose locals are hidden, because they belong to an inlined comprehension.

    The constructor of code objects cannot hide variables, but the marshal format can.
    """
    cells = [name for name in unit.cellvars if name not in unit.varnames]
    kinds = [
        _LOCAL | _CELL * (name in unit.cellvars) | _HIDDEN * (name in unit.hidden) for name in unit.varnames
    ]
    kinds += [_CELL] * len(cells) + [_FREE] * len(unit.freevars)
    fields: tuple[Any, ...] = (
        code,
        tuple(unit.constants),
        tuple(unit.names),
        (*unit.varnames, *cells, *unit.freevars),
        bytes(kinds),
        unit.filename,
        unit.name,
        unit.qualname,
    )
    dumped = marshal.dumps(fields)
    counts = (unit.argcount, unit.posonlyargcount, unit.kwonlyargcount, stack_size, unit.flags)
    # A tuple is its type, its length in a byte, its items. The type's highest bit numbers the object, for
    # references to it: the code object takes over the tuple's number.
    stream = b"".join(
        (
            bytes((ord("c") | dumped[0] & 0x80,)),
            pack("<5i", *counts),
            dumped[2:],
            pack("<i", unit.first_line),
            *(b"s" + pack("<i", len(table)) + table for table in (locations, exceptions)),
        )
    )
    made: CodeType = marshal.loads(stream)
    return made
