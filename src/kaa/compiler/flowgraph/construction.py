"""From the code generator's linear sequence to a control-flow graph: blocks, targets, exception handlers."""

from itertools import pairwise

from kaa.bytecode.instructions import RESUME_AT_EXCEPT_DEPTH_1
from kaa.bytecode.opcodes import POP_BLOCK, RESUME, SETUP_CLEANUP, SETUP_WITH, YIELD_VALUE
from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, SCOPE_EXITS, Block, ControlFlowGraph
from kaa.compiler.unit import CompilationUnit

__all__ = ["assign_handlers", "build_graph"]

_TERMINATORS = JUMPS | SCOPE_EXITS

_LASTI_PUSHES = frozenset((SETUP_WITH, SETUP_CLEANUP))
"""What names a handler that wants the offset of the raising instruction."""


def build_graph(unit: CompilationUnit) -> ControlFlowGraph:
    """Cut a unit's sequence into blocks: before every place that is jumped to, behind every jump and exit.

    The instructions become those of the graph: their targets, labels so far, turn into blocks.

        LOAD_FAST 0                         B0:  LOAD_FAST 0
        POP_JUMP_IF_FALSE else                   POP_JUMP_IF_FALSE B2
        RETURN_CONST 1              ->      B1:  RETURN_CONST 1
      else:                                 B2:  RETURN_CONST 0
        RETURN_CONST 0
    """
    sequence = unit.instructions
    starts: dict[int, Block] = {}
    cuts: set[int] = {0}
    for position, instruction in enumerate(sequence, 1):
        if instruction.opcode in _TERMINATORS:
            cuts.add(position)
        label = instruction.target
        if label is not None:
            start = label.position
            block = starts.get(start)
            if block is None:
                block = starts[start] = Block()
                block.is_target = True
            instruction.target = block
    cuts.update(starts)
    cuts.add(len(sequence))
    places = sorted(cuts)
    entry = previous = Block()
    for start, end in pairwise(places):
        block = starts.get(start) or (Block() if start else entry)
        block.instructions = sequence[start:end]
        if start:
            previous.next = block
            previous = block
        else:
            entry = previous = block
    return ControlFlowGraph(entry, unit)


def assign_handlers(graph: ControlFlowGraph) -> None:
    """Tell every instruction which block handles its exceptions, and RESUME whether it is inside a `try`.

    SETUP_FINALLY B2                    SETUP_FINALLY B2
    LOAD_FAST 0                 ->      LOAD_FAST 0         (raises to B2)
    POP_BLOCK                           NOP
    RETURN_VALUE                        RETURN_VALUE
    """
    if graph.opcodes.isdisjoint(BLOCK_PUSHES):
        return
    # The handlers in reach are a linked list, (innermost, outer ones), shared between blocks.
    entry = graph.entry
    reach: dict[Block, tuple[Block, object] | None] = {entry: None}
    work = [entry]
    while work:
        block = work.pop()
        handlers = reach[block]
        handler = handlers[0] if handlers else None
        depth_at_yield = 0
        for instruction in block.instructions:
            opcode = instruction.opcode
            if opcode in BLOCK_PUSHES:
                target = instruction.target
                if target not in reach:
                    reach[target] = handlers
                    work.append(target)
                target.is_handler = True
                if opcode in _LASTI_PUSHES:
                    target.preserve_lasti = True
                handlers = (target, handlers)
                handler = target
            elif opcode == POP_BLOCK:
                assert handlers is not None
                handlers = handlers[1]  # type: ignore[assignment]  # a recursive type that mypy lacks
                handler = handlers[0] if handlers else None
                instruction.clear()
            else:
                instruction.handler = handler
                if opcode == YIELD_VALUE:
                    depth_at_yield = 1 if handlers is not None and handlers[1] is None else 2
                elif opcode == RESUME and instruction.oparg and depth_at_yield == 1:
                    instruction.oparg |= RESUME_AT_EXCEPT_DEPTH_1
        last = block.instructions[-1]
        if last.opcode in JUMPS and last.target not in reach:
            reach[last.target] = handlers
            work.append(last.target)
        if block.next is not None and block.next not in reach and block.falls_through:
            reach[block.next] = handlers
            work.append(block.next)
