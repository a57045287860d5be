"""NOPs: what other passes leave behind. They go, unless a line of the source would go with them."""

from kaa.bytecode.opcodes import COPY, LOAD_CONST, NOP, POP_TOP
from kaa.compiler.cfg import JUMPS, NO_LOCATION, Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph.jumps import remove_redundant_jumps
from kaa.compiler.flowgraph.reachability import next_nonempty

__all__ = ["remove_redundant_nops", "remove_redundant_nops_and_jumps", "remove_redundant_pairs"]


def remove_redundant_nops(graph: ControlFlowGraph) -> bool:
    """Drop NOPs without a line, and those whose line the instruction before or after has too; True if any.

    3  NOP                              3  LOAD_FAST 0
    3  LOAD_FAST 0              ->      4  NOP
    4  NOP                              5  RETURN_VALUE
    5  RETURN_VALUE
    """
    changed = False
    block: Block | None = graph.entry
    while block is not None:
        for instruction in block.instructions:
            if instruction.opcode == NOP:
                changed |= _remove_nops(block)
                break
        block = block.next
    return changed


def remove_redundant_nops_and_jumps(graph: ControlFlowGraph) -> None:
    """Drop NOPs and jumps to the next instruction, each of which can uncover some of the other."""
    while remove_redundant_nops(graph) | remove_redundant_jumps(graph):
        pass


def _remove_nops(block: Block) -> bool:
    """Drop the redundant NOPs of one block."""
    instructions = block.instructions
    kept: list[Instruction] = []
    line_before = -1
    for position, instruction in enumerate(instructions):
        line = instruction.location[0]
        if instruction.opcode == NOP and (
            line < 0 or line == line_before or _next_shows_line(block, position, instruction)
        ):
            continue
        kept.append(instruction)
        line_before = line
    if len(kept) == len(instructions):
        return False
    block.instructions = kept
    return True


def _next_shows_line(block: Block, position: int, nop: Instruction) -> bool:
    """True if what follows a NOP has its line; an instruction in the same block without a line gets it."""
    line = nop.location[0]
    instructions = block.instructions
    if position + 1 < len(instructions):
        following = instructions[position + 1]
        if following.location[0] == NO_LOCATION[0]:
            following.location = nop.location
        return following.location[0] == line
    target = next_nonempty(block.next)
    if target is None:
        return False
    for following in target.instructions:
        # A NOP without a line will go, so what comes after it counts.
        if following.opcode != NOP or following.location[0] != NO_LOCATION[0]:
            return following.location[0] == line
    return False


def remove_redundant_pairs(graph: ControlFlowGraph) -> None:
    """Drop a value that is pushed only to be popped, along with redundant NOPs, until nothing changes.

    A pair may reach across the end of a block, but not into one that something jumps to.

        LOAD_CONST 0                ->      (nothing)
        POP_TOP
    """
    changed = True
    while changed:
        changed = False
        remove_redundant_nops(graph)
        if POP_TOP not in graph.opcodes:
            return
        before: Instruction | None = None
        for block in graph:
            if block.is_target:
                before = None
            for instruction in block.instructions:
                if instruction.opcode == POP_TOP and before is not None and _only_pushes(before):
                    before.clear()
                    instruction.clear()
                    changed = True
                before = instruction
            if not block.falls_through or (before is not None and before.opcode in JUMPS):
                before = None


def _only_pushes(instruction: Instruction) -> bool:
    """True for what pushes a value and does nothing else."""
    opcode = instruction.opcode
    return opcode == LOAD_CONST or (opcode == COPY and instruction.oparg == 1)
