"""Local variables: loads that must look whether a variable is bound, and pairs of loads and stores."""

from kaa.bytecode.opcodes import (
    DELETE_FAST,
    LOAD_FAST,
    LOAD_FAST_AND_CLEAR,
    LOAD_FAST_CHECK,
    LOAD_FAST_LOAD_FAST,
    NOP,
    STORE_FAST,
    STORE_FAST_LOAD_FAST,
    STORE_FAST_MAYBE_NULL,
    STORE_FAST_STORE_FAST,
)
from kaa.compiler.cfg import JUMPS, Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph.nops import remove_redundant_nops
from kaa.compiler.unit import CompilationUnit

__all__ = ["check_unbound_loads", "pair_local_accesses"]

_UNBINDS = frozenset((DELETE_FAST, LOAD_FAST_AND_CLEAR, STORE_FAST_MAYBE_NULL))
_ACCESSES = _UNBINDS | {LOAD_FAST, LOAD_FAST_CHECK, STORE_FAST}

_HAS_STAR_ARGUMENTS = 0x04
_HAS_STAR_KEYWORDS = 0x08

_TRACKED = 64
"""How many variables are followed from block to block; those beyond are only followed inside a block."""


def check_unbound_loads(graph: ControlFlowGraph) -> None:
    """Let loads of variables that may be unbound check: every path to them must have bound, or loaded, them.

    B0:  POP_JUMP_IF_FALSE B2           B0:  POP_JUMP_IF_FALSE B2
    B1:  STORE_FAST 1           ->      B1:  STORE_FAST 1
    B2:  LOAD_FAST 1                    B2:  LOAD_FAST_CHECK 1
    """
    local_count = len(graph.unit.varnames)
    parameter_count = _parameter_count(graph.unit)
    if local_count > _TRACKED:
        _check_inside_blocks(graph)
        local_count = _TRACKED
    unbound = (1 << local_count) - (1 << min(parameter_count, local_count))
    if not unbound and graph.opcodes.isdisjoint(_UNBINDS):
        return
    # For each block, a bit for each variable that may be unbound on entry. Bits are only ever added.
    on_entry: dict[Block, int] = {graph.entry: unbound}
    work = [graph.entry]
    # A variable can become unbound anywhere, so every block is looked at once, whatever reaches it.
    work += [block for block in graph if block.instructions]
    work.reverse()
    while work:
        block = work.pop()
        mask = _follow(block, on_entry, work)
        successor = block.next
        if successor is not None and block.falls_through:
            _reach(successor, mask, on_entry, work)
        if block.instructions and block.instructions[-1].opcode in JUMPS:
            _reach(block.instructions[-1].target, mask, on_entry, work)


def _parameter_count(unit: CompilationUnit) -> int:
    """Return how many local variables are parameters, which are always bound at the start."""
    starred = bool(unit.flags & _HAS_STAR_ARGUMENTS) + bool(unit.flags & _HAS_STAR_KEYWORDS)
    return unit.argcount + unit.kwonlyargcount + starred


def _reach(block: Block, unbound: int, on_entry: dict[Block, int], work: list[Block]) -> None:
    """Add to what may be unbound on entry to a block, which is looked at again if that is new."""
    before = on_entry.get(block, 0)
    after = before | unbound
    if after != before:
        on_entry[block] = after
        work.append(block)


def _follow(block: Block, on_entry: dict[Block, int], work: list[Block]) -> int:
    """Mark the loads of a block that must check; return what may be unbound at its end."""
    unbound = on_entry.get(block, 0)
    handler = None
    for instruction in block.instructions:
        if instruction.handler is not handler:
            handler = instruction.handler
            if handler is not None:
                _reach(handler, unbound, on_entry, work)
        opcode = instruction.opcode
        if opcode in _ACCESSES and instruction.oparg < _TRACKED:
            bit = 1 << instruction.oparg
            if opcode in _UNBINDS:
                unbound |= bit
                # The next instruction is the first one that can raise in this state.
                handler = None
            elif unbound & bit:
                if opcode == LOAD_FAST:
                    instruction.opcode = LOAD_FAST_CHECK
                unbound ^= bit
    return unbound


def _check_inside_blocks(graph: ControlFlowGraph) -> None:
    """Do the same for the variables that are not tracked: bound is what its own block has bound or loaded."""
    for block in graph:
        bound: set[int] = set()
        for instruction in block.instructions:
            opcode = instruction.opcode
            variable = instruction.oparg
            if opcode not in _ACCESSES or variable < _TRACKED:
                continue
            if opcode in _UNBINDS:
                bound.discard(variable)
            elif opcode != LOAD_FAST_CHECK:
                if opcode == LOAD_FAST and variable not in bound:
                    instruction.opcode = LOAD_FAST_CHECK
                bound.add(variable)


_PAIRS = {
    LOAD_FAST: {LOAD_FAST: LOAD_FAST_LOAD_FAST},
    STORE_FAST: {LOAD_FAST: STORE_FAST_LOAD_FAST, STORE_FAST: STORE_FAST_STORE_FAST},
}
"""Superinstructions, by the opcodes of the two instructions that they do the work of."""

_LARGEST_IN_PAIR = 15


def pair_local_accesses(graph: ControlFlowGraph) -> None:
    """Join two accesses to local variables, on one line, in one instruction.

    LOAD_FAST 0                         LOAD_FAST_LOAD_FAST 1   (0 << 4 | 1)
    LOAD_FAST 1                 ->      (nothing)
    """
    if graph.opcodes.isdisjoint(_PAIRS):
        return
    block: Block | None = graph.entry
    while block is not None:
        previous: Instruction | None = None
        partners: dict[int, int] | None = None
        for instruction in block.instructions:
            opcode = instruction.opcode
            if partners is not None and opcode in partners and previous is not None:
                _join(previous, instruction, partners[opcode])
                opcode = instruction.opcode
            partners = _PAIRS.get(opcode)
            previous = instruction
        block = block.next
    remove_redundant_nops(graph)


def _join(first: Instruction, second: Instruction, opcode: int) -> None:
    """Make a superinstruction of two instructions, if their lines and arguments allow it."""
    line, other_line = first.location[0], second.location[0]
    if line >= 0 and other_line >= 0 and line != other_line:
        return
    if first.oparg > _LARGEST_IN_PAIR or second.oparg > _LARGEST_IN_PAIR:
        return
    first.opcode = opcode
    first.oparg = first.oparg << 4 | second.oparg
    second.opcode = NOP
    second.oparg = 0
