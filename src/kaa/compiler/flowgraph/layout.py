"""The order of blocks: what only runs after an exception moves to the end, out of the way of the rest."""

from itertools import pairwise

from kaa.bytecode.opcodes import JUMP_NO_INTERRUPT
from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, NO_LOCATION, Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph.nops import remove_redundant_nops_and_jumps

__all__ = ["move_cold_blocks"]


def move_cold_blocks(graph: ControlFlowGraph) -> None:
    """Move exception handlers, and what is only reached from them, behind all other blocks.

    B0:  ...                            B0:  ...
    B1:  (handler) ...          ->      B2:  RETURN_CONST 0
    B2:  RETURN_CONST 0                 B1:  (handler, cold) ...
                                             JUMP B2
    """
    if graph.entry.next is None or graph.opcodes.isdisjoint(BLOCK_PUSHES):
        return
    _mark_warm(graph)
    _mark_cold(graph)
    _add_jumps_back(graph)
    cold = [block for block in graph if block.cold]
    if not cold:
        return
    blocks = [block for block in graph if not block.cold] + cold
    for block, following in pairwise(blocks):
        block.next = following
    blocks[-1].next = None
    remove_redundant_nops_and_jumps(graph)


def _successors(block: Block) -> list[Block]:
    """Return the blocks where control goes from a block without an exception."""
    successors = []
    if block.next is not None and block.falls_through:
        successors.append(block.next)
    if block.instructions and block.instructions[-1].opcode in JUMPS:
        successors.append(block.instructions[-1].target)
    return successors


def _mark_warm(graph: ControlFlowGraph) -> None:
    """Mark what can be reached from the entry without an exception."""
    work = [graph.entry]
    graph.entry.warm = True
    while work:
        for successor in _successors(work.pop()):
            if not successor.warm:
                successor.warm = True
                work.append(successor)


def _mark_cold(graph: ControlFlowGraph) -> None:
    """Mark what can only be reached from an exception handler."""
    work = [block for block in graph if block.is_handler]
    for block in work:
        block.cold = True
    while work:
        for successor in _successors(work.pop()):
            if not successor.warm and not successor.cold:
                successor.cold = True
                work.append(successor)


def _add_jumps_back(graph: ControlFlowGraph) -> None:
    """Let cold blocks that fall through into warm ones jump there."""
    for block in graph:
        if block.cold and block.next is not None and block.next.warm and block.falls_through:
            jump = Block()
            jump.instructions.append(Instruction(JUMP_NO_INTERRUPT, 0, NO_LOCATION, block.next))
            jump.cold = True
            jump.next = block.next
            jump.predecessors = 1
            block.next.is_target = True
            block.next = jump
