"""Jumps: copies of small exits in place of jumps to them, jumps to jumps, jumps to the next instruction."""

from kaa.bytecode.opcodes import (
    JUMP,
    POP_JUMP_IF_FALSE,
    POP_JUMP_IF_NONE,
    POP_JUMP_IF_NOT_NONE,
    POP_JUMP_IF_TRUE,
)
from kaa.compiler.cfg import UNCONDITIONAL_JUMPS, Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph.reachability import next_nonempty

__all__ = ["inline_small_exits", "normalize_jumps", "remove_redundant_jumps", "thread_jump"]

_LARGEST_COPY = 4
"""How many instructions an exit block may have to be copied."""

_REVERSED = {
    POP_JUMP_IF_FALSE: POP_JUMP_IF_TRUE,
    POP_JUMP_IF_TRUE: POP_JUMP_IF_FALSE,
    POP_JUMP_IF_NONE: POP_JUMP_IF_NOT_NONE,
    POP_JUMP_IF_NOT_NONE: POP_JUMP_IF_NONE,
}


def inline_small_exits(graph: ControlFlowGraph) -> None:
    """Put a copy of a block in the place of a jump to it: of a short one that leaves, or of one without lines.

    B0:  JUMP B2                        B0:  NOP
    B1:  ...                                 RETURN_CONST 0
    B2:  RETURN_CONST 0         ->      B1:  ...
                                        B2:  RETURN_CONST 0
    """
    if graph.opcodes.isdisjoint(UNCONDITIONAL_JUMPS):
        return
    jumping = [b for b in graph if b.instructions and b.instructions[-1].opcode in UNCONDITIONAL_JUMPS]
    changed = True
    while changed:
        # A block that has got a copy may have become one to copy.
        changed = False
        for block in jumping:
            changed |= block.instructions[-1].opcode in UNCONDITIONAL_JUMPS and _inline_target(block)


def _inline_target(block: Block) -> bool:
    """Append what a block jumps to; True if it was to be copied."""
    jump = block.instructions[-1]
    target: Block = jump.target
    small_exit = target.exits and len(target.instructions) <= _LARGEST_COPY
    if not small_exit and (target.falls_through or not target.has_no_line):
        return False
    opcode = jump.opcode
    jump.clear()
    block.instructions += [instruction.copy() for instruction in target.instructions]
    target.predecessors -= 1
    last = block.instructions[-1]
    if opcode == JUMP and last.opcode in UNCONDITIONAL_JUMPS:
        # One of the two jumps looked at signals, so the one that is left must.
        last.opcode = JUMP
    return True


def thread_jump(block: Block, opcode: int) -> bool:
    """Let the jump at the end of a block, which leads to another jump, go where that one goes.

    The new jump has the given opcode. The old one stays as a NOP, which may be needed for its line.

        B0:  POP_JUMP_IF_FALSE B1           B0:  NOP
             ...                                 POP_JUMP_IF_FALSE B2
        B1:  JUMP B2                ->           ...
                                            B1:  JUMP B2
    """
    jump: Instruction = block.instructions[-1]
    onward: Instruction = jump.target.instructions[0]
    if jump.target is onward.target:
        return False  # a jump to itself has no end
    threaded = Instruction(opcode, 0, onward.location, onward.target)
    jump.clear()
    block.instructions.append(threaded)
    return True


def remove_redundant_jumps(graph: ControlFlowGraph) -> bool:
    """Turn jumps to the very next instruction into NOPs; True if there were any.

    B0:  JUMP B1                ->      B0:  NOP
    B1:  ...                            B1:  ...
    """
    changed = False
    block: Block | None = graph.entry
    while block is not None:
        instructions = block.instructions
        if instructions and instructions[-1].opcode in UNCONDITIONAL_JUMPS:
            jump = instructions[-1]
            if next_nonempty(jump.target) is next_nonempty(block.next):
                jump.clear()
                changed = True
        block = block.next
    return changed


def normalize_jumps(graph: ControlFlowGraph) -> None:
    """Let conditional jumps go forward only, because the instruction set has no others.

    B1:  ...                            B1:  ...
         POP_JUMP_IF_FALSE B1   ->           POP_JUMP_IF_TRUE B3
    B2:  ...                            B2:  JUMP B1
                                        B3:  ...
    """
    behind: set[Block] = set()
    block: Block | None = graph.entry
    while block is not None:
        behind.add(block)
        instructions = block.instructions
        if instructions and instructions[-1].opcode in _REVERSED and instructions[-1].target in behind:
            _reverse_jump(block)
        block = block.next


def _reverse_jump(block: Block) -> None:
    """Jump over a new block, which holds the jump back."""
    jump = block.instructions[-1]
    back = Block()
    back.instructions.append(Instruction(JUMP, 0, jump.location, jump.target))
    back.cold = block.cold
    back.start_depth = jump.target.start_depth
    back.next = block.next
    jump.opcode = _REVERSED[jump.opcode]
    jump.target = block.next
    block.next = back
