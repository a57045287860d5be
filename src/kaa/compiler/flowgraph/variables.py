"""Places in the frame: cells and free variables behind the locals, and the instructions that set them up."""

from kaa.bytecode.opcodes import (
    COPY_FREE_VARS,
    DELETE_DEREF,
    LOAD_CLOSURE,
    LOAD_DEREF,
    LOAD_FAST,
    LOAD_FROM_DICT_OR_DEREF,
    MAKE_CELL,
    NOP,
    POP_TOP,
    RETURN_GENERATOR,
    STORE_DEREF,
    STORE_FAST,
    STORE_FAST_MAYBE_NULL,
)
from kaa.compiler.cfg import BLOCK_PUSHES, NO_LOCATION, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph.nops import remove_redundant_nops_and_jumps
from kaa.compiler.unit import CompilationUnit

__all__ = ["place_variables", "replace_pseudo_instructions"]

_CELL_ACCESSES = frozenset(
    (MAKE_CELL, LOAD_CLOSURE, LOAD_DEREF, STORE_DEREF, DELETE_DEREF, LOAD_FROM_DICT_OR_DEREF)
)

_GENERATOR_FLAGS = 0x20 | 0x80 | 0x200
"""CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR."""


def place_variables(graph: ControlFlowGraph) -> None:
    """Number cells and free variables among all variables of the frame, and make the frame ready for them.

    A frame holds locals, then cells, then free variables; a parameter that is a cell too keeps its place.

        (a cell that is parameter 1)        MAKE_CELL 1
        LOAD_DEREF 0                ->      LOAD_DEREF 1
    """
    unit = graph.unit
    places = _places(unit)
    prefix: list[Instruction] = []
    if unit.freevars:
        prefix.append(Instruction(COPY_FREE_VARS, len(unit.freevars), NO_LOCATION))
    cells = sorted(places[: len(unit.cellvars)])
    prefix += [Instruction(MAKE_CELL, place, NO_LOCATION) for place in cells]
    if unit.flags & _GENERATOR_FLAGS:
        location = (unit.first_line, unit.first_line, -1, -1)
        prefix.append(Instruction(RETURN_GENERATOR, 0, location))
        prefix.append(Instruction(POP_TOP, 0, location))
    if places:
        for block in graph:
            for instruction in block.instructions:
                if instruction.opcode in _CELL_ACCESSES:
                    instruction.oparg = places[instruction.oparg]
    if prefix:
        graph.entry.instructions[:0] = prefix


def _places(unit: CompilationUnit) -> list[int]:
    """Return the place in the frame of each cell and free variable."""
    place = len(unit.varnames)
    places = []
    for name in unit.cellvars:
        if name in unit.varnames:
            places.append(unit.varnames[name])
        else:
            places.append(place)
            place += 1
    places += range(place, place + len(unit.freevars))
    return places


_REPLACEMENTS = {
    LOAD_CLOSURE: LOAD_FAST,
    STORE_FAST_MAYBE_NULL: STORE_FAST,
    **dict.fromkeys(BLOCK_PUSHES, NOP),
}
"""What each pseudo-instruction stands for once the graph is done. (Jumps get their direction later.)"""


def replace_pseudo_instructions(graph: ControlFlowGraph) -> None:
    """Replace what no machine knows, and drop the NOPs and jumps that have become superfluous.

    SETUP_FINALLY B1                    (nothing)
    LOAD_CLOSURE 2              ->      LOAD_FAST 2
    """
    if not graph.opcodes.isdisjoint(_REPLACEMENTS):
        for block in graph:
            for instruction in block.instructions:
                opcode = _REPLACEMENTS.get(instruction.opcode)
                if opcode is not None:
                    instruction.opcode = opcode
                    if opcode == NOP:
                        instruction.clear()
    remove_redundant_nops_and_jumps(graph)
