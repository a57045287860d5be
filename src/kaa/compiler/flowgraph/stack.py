"""The depth of the value stack: of every block on entry, and the deepest anywhere."""

from functools import lru_cache

from kaa.bytecode.instructions import BY_NUMBER, INSTRUCTIONS
from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, Block, ControlFlowGraph

__all__ = ["measure_stack"]


def _fixed_effects() -> list[int | None]:
    """Return, by opcode, the change in depth where it does not depend on the argument."""
    effects: list[int | None] = [None] * (INSTRUCTIONS[-1].number + 1)
    for row in INSTRUCTIONS:
        if isinstance(row.pops, int) and isinstance(row.pushes, int):
            effects[row.number] = row.pushes - row.pops
    return effects


_FIXED_EFFECTS = _fixed_effects()


@lru_cache(4096)
def _effect(opcode: int, oparg: int) -> int:
    """The change in depth on the way to the next instruction."""
    return BY_NUMBER[opcode].stack_effect(oparg)


def measure_stack(graph: ControlFlowGraph) -> int:
    """Set the `start_depth` of every block that can be reached, and return the greatest depth.

    Raises ValueError, as CPython does, for a graph whose stack does not add up. Only trees that no source text
    has come to that.

    B0: 0   LOAD_FAST 0
            GET_ITER
    B1: 1   FOR_ITER B3
            STORE_FAST 1
            JUMP B1
    B3: 2   END_FOR                     -> 2
    """
    graph.entry.start_depth = 0
    deepest = 0
    work = [graph.entry]
    effects = _FIXED_EFFECTS
    while work:
        block = work.pop()
        depth = block.start_depth
        for instruction in block.instructions:
            opcode = instruction.opcode
            before = depth
            effect = effects[opcode]
            depth += _effect(opcode, instruction.oparg) if effect is None else effect
            if depth > deepest:
                deepest = depth
            elif depth < 0:
                raise ValueError("Invalid CFG, stack underflow")
            if opcode in _HAS_TARGET:
                entry_depth = before + BY_NUMBER[opcode].stack_effect(instruction.oparg, True)
                deepest = max(deepest, entry_depth)
                _enter(instruction.target, entry_depth, work)
        if block.next is not None and block.falls_through:
            _enter(block.next, depth, work)
    return deepest


def _enter(block: Block, depth: int, work: list[Block]) -> None:
    """Note the depth with which control reaches a block, which has to be the same on every way."""
    if block.start_depth < 0:
        block.start_depth = depth
        work.append(block)
    elif block.start_depth != depth:
        raise ValueError("Invalid CFG, inconsistent stackdepth")


_HAS_TARGET = JUMPS | BLOCK_PUSHES
