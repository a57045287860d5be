"""Unreachable code: found by walking the graph from its entry, and emptied."""

from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, Block, ControlFlowGraph

__all__ = ["next_nonempty", "remove_unreachable"]


def next_nonempty(block: Block | None) -> Block | None:
    """Return `block`, or the first one after it that has an instruction."""
    while block is not None and not block.instructions:
        block = block.next
    return block


def remove_unreachable(graph: ControlFlowGraph) -> None:
    """Empty the blocks that no path leads to, and count the ways into the others.

    The empty blocks stay where they are, as in CPython: lines do not propagate across them.

        B0:  RETURN_CONST 0                 B0:  RETURN_CONST 0
        B1:  LOAD_FAST 0            ->      B1:
             RETURN_VALUE
    """
    for block in graph:
        block.predecessors = 0
    graph.entry.predecessors = 1
    has_handlers = not graph.opcodes.isdisjoint(BLOCK_PUSHES)
    work = [graph.entry]
    while work:
        block = work.pop()
        instructions = block.instructions
        if block.next is not None and block.falls_through:
            _enter(block.next, work)
        if has_handlers:
            for instruction in instructions:
                if instruction.opcode in BLOCK_PUSHES:
                    _enter(instruction.target, work)
        if instructions and instructions[-1].opcode in JUMPS:
            _enter(instructions[-1].target, work)
    for block in graph:
        if not block.predecessors:
            block.instructions = []
            block.is_handler = False


def _enter(block: Block, work: list[Block]) -> None:
    """Count one more way into a block; the first one puts it on the list of work."""
    if not block.predecessors:
        work.append(block)
    block.predecessors += 1
