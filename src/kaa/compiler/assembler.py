"""The assembler: a unit's optimized control-flow graph becomes a code object.

What goes in is a `CompilationUnit` whose instructions are complete; what comes out is a `types.CodeType`,
equal in every field to the one that CPython 3.13 makes. In between, `flowgraph` has put the blocks in their
final order; what is left to do here is to choose directions and distances of jumps, to write code units,
the exception table and the location table, and to put the pieces together.
"""

import marshal
from bisect import bisect_left
from collections.abc import Collection
from itertools import accumulate
from struct import pack
from types import CodeType

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
from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph import finish, optimize
from kaa.compiler.fresh_tuples import put_item
from kaa.compiler.unit import CompilationUnit

__all__ = ["assemble"]

_BACKWARD = {JUMP: JUMP_BACKWARD, JUMP_NO_INTERRUPT: JUMP_BACKWARD_NO_INTERRUPT}
"""The jumps that have a direction only once the order of the code is final; forward, they are the same."""


def assemble(unit: CompilationUnit) -> CodeType:
    """Make the code object of a unit. The unit is used up: its instructions and constants change."""
    graph = optimize(unit)
    stack_size = finish(graph)
    instructions, jumps = _lay_out(graph)
    pieces = [_PIECES[instruction.oparg << 8 | instruction.opcode] for instruction in instructions]
    starts = _starts(pieces)
    if jumps:
        _set_distances(jumps, starts)
        for number, jump in jumps:
            pieces[number] = _PIECES[jump.oparg << 8 | jump.opcode]
        starts = _starts(pieces)
    for block in graph:
        # Blocks and instructions refer to each other. Taken apart they go now, and do not wait for the collector.
        block.instructions = []
    sizes = [len(piece) >> 1 for piece in pieces]
    locations = [instruction.location for instruction in instructions]
    return _make_code(
        unit,
        stack_size,
        b"".join(pieces),
        line_table.encode(unit.first_line, zip(sizes, locations, strict=True)),
        b"" if graph.opcodes.isdisjoint(BLOCK_PUSHES) else _exception_table(instructions, starts),
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


def _starts(pieces: list[bytes]) -> list[int]:
    """Where each instruction starts, and where the last one ends, in code units."""
    return list(accumulate([len(piece) >> 1 for piece in pieces], initial=0))


# Jumps

type _Jumps = list[tuple[int, Instruction]]
"""All jumps, in order, each one with its number among all instructions."""


def _lay_out(graph: ControlFlowGraph) -> tuple[list[Instruction], _Jumps]:
    """Put the instructions of all blocks in one list, and pick out the jumps, which get their direction.

    The `offset` of each block becomes the number of its first instruction.
    """
    instructions: list[Instruction] = []
    jumps: _Jumps = []
    behind: set[Block] = set()
    block: Block | None = graph.entry
    while block is not None:
        block.offset = len(instructions)
        behind.add(block)
        instructions += block.instructions
        if block.instructions and instructions[-1].opcode in JUMPS:
            jump = instructions[-1]
            if jump.opcode in _BACKWARD:
                jump.opcode = _BACKWARD[jump.opcode] if jump.target in behind else JUMP_FORWARD
            jump.oparg = 0
            jumps.append((len(instructions) - 1, jump))
        block = block.next
    return instructions, jumps


def _set_distances(jumps: _Jumps, starts: list[int]) -> None:
    """Set the argument of every jump to its distance. `starts` is right where no jump has a prefix.

    A distance decides how many prefixes the jump needs, which are part of other jumps' distances. So the
    distances are computed until no jump changes its size. As in CPython, they first are the number of the
    instruction at the target: where more than one solution exists, that decides which one is found.
    """
    numbers = [number for number, _ in jumps]
    targets = [jump.target.offset for _, jump in jumps]
    jumps_before_target = [bisect_left(numbers, target) for target in targets]
    distances = targets
    prefixes: list[int] = []
    while (needed := [_prefixes(distance) for distance in distances]) != prefixes:
        prefixes = needed
        shift = list(accumulate(prefixes, initial=0))
        distances = [
            abs(starts[target] + shift[before] - starts[number + 1] - shift[position])
            for position, (number, target, before) in enumerate(
                zip(numbers, targets, jumps_before_target, strict=True), 1
            )
        ]
    for (_, jump), distance in zip(jumps, distances, strict=True):
        jump.oparg = distance


def _prefixes(oparg: int) -> int:
    """How many EXTENDED_ARG an argument needs."""
    return 0 if oparg <= 0xFF else 1 if oparg <= 0xFFFF else 2 if oparg <= 0xFFFFFF else 3


# Exceptions


def _exception_table(instructions: list[Instruction], starts: list[int]) -> bytes:
    """The table of the ranges that have a handler."""
    entries: list[exception_table.Entry] = []
    handler: Block | None = None
    first = 0
    for number, instruction in enumerate(instructions):
        if instruction.handler is not handler:
            if handler is not None:
                entries.append(_entry(first, number, handler, starts))
            handler = instruction.handler
            first = number
    if handler is not None:
        entries.append(_entry(first, len(instructions), handler, starts))
    return exception_table.encode(entries)


def _entry(first: int, end: int, handler: Block, starts: list[int]) -> exception_table.Entry:
    """A range of instructions and its handler, which finds `depth` values below the exception."""
    depth = handler.start_depth - (2 if handler.preserve_lasti else 1)
    return exception_table.Entry(
        starts[first], starts[end], starts[handler.offset], depth, handler.preserve_lasti
    )


# The code object


def _make_code(
    unit: CompilationUnit, stack_size: int, code: bytes, locations: bytes, exceptions: bytes
) -> CodeType:
    """Put the pieces together."""
    unite = unit.cache.unite
    made = CodeType(
        unit.argcount,
        unit.posonlyargcount,
        unit.kwonlyargcount,
        len(unit.varnames),
        stack_size,
        unit.flags,
        code,
        unit.cache.unite_constants(unit.constants),
        unite(tuple(unit.names)),
        unite(tuple(unit.varnames)),
        unit.filename,
        unit.name,
        unit.qualname,
        unit.first_line,
        unite(locations),
        unite(exceptions),
        tuple(unit.freevars),
        tuple(unit.cellvars),
    )
    return _hide(made, unit.hidden) if unit.hidden else made


# The kinds of a frame's variables (CPython 3.13, Include/internal/pycore_code.h).
_HIDDEN, _LOCAL, _CELL, _FREE = 0x10, 0x20, 0x40, 0x80


def _hide(code: CodeType, hidden: Collection[str]) -> CodeType:
    """The same code object with some of its locals hidden, because they belong to an inlined comprehension.

    The constructor of code objects cannot hide variables, but the marshal format can. The constants do not go through
    it: sets would come back in another order. It makes a tuple of placeholders, which the constants replace before
    anyone else has seen it.
    """
    cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    kinds = [
        _LOCAL | _CELL * (name in code.co_cellvars) | _HIDDEN * (name in hidden) for name in code.co_varnames
    ]
    kinds += [_CELL] * len(cells) + [_FREE] * len(code.co_freevars)
    fields = (
        code.co_code,
        (None,) * len(code.co_consts),
        code.co_names,
        (*code.co_varnames, *cells, *code.co_freevars),
        bytes(kinds),
        code.co_filename,
        code.co_name,
        code.co_qualname,
    )
    dumped = marshal.dumps(fields)
    counts = (
        *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        *(code.co_stacksize, code.co_flags),
    )
    # A tuple is its type, its length in a byte, its items. The type's highest bit numbers the object, for
    # references to it: the code object takes over the tuple's number.
    stream = b"".join(
        (
            bytes((ord("c") | dumped[0] & 0x80,)),
            pack("<5i", *counts),
            dumped[2:],
            pack("<i", code.co_firstlineno),
            *(b"s" + pack("<i", len(table)) + table for table in (code.co_linetable, code.co_exceptiontable)),
        )
    )
    made: CodeType = marshal.loads(stream)
    for index, constant in enumerate(code.co_consts):
        put_item(id(made.co_consts), index, constant)
    return made
