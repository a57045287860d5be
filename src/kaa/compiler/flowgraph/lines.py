"""Line numbers: every instruction gets one that a traceback or a tracer can show (PEP 626)."""

from kaa.bytecode.opcodes import CALL, CALL_FUNCTION_EX, CALL_KW, JUMP, JUMP_BACKWARD, RESUME
from kaa.compiler.cfg import JUMPS, NO_LOCATION, Block, ControlFlowGraph
from kaa.compiler.flowgraph.reachability import next_nonempty

__all__ = ["resolve_lines"]

_LOOKS_AT_SIGNALS = frozenset((CALL, CALL_FUNCTION_EX, CALL_KW, JUMP, JUMP_BACKWARD, RESUME))
"""What may run a signal handler, whose traceback shows the line."""


def resolve_lines(graph: ControlFlowGraph) -> None:
    """Give a line to all instructions that can get one from those before them."""
    _duplicate_exits(graph)
    _propagate(graph)


def _needs_line(block: Block) -> bool:
    """True for a block without a line that leaves, or where a signal may be handled."""
    for instruction in block.instructions:
        if instruction.location[0] >= 0:
            return False
    return block.exits or any(instruction.opcode in _LOOKS_AT_SIGNALS for instruction in block.instructions)


def _duplicate_exits(graph: ControlFlowGraph) -> None:
    """Give each jump to an exit without a line an exit of its own, which can then take the jump's line.

    3  POP_JUMP_IF_FALSE B3             3  POP_JUMP_IF_FALSE B4
    5  POP_JUMP_IF_FALSE B3             5  POP_JUMP_IF_FALSE B3
       ...                      ->         ...
    B3:   RETURN_CONST 0                B3: 5  RETURN_CONST 0
                                        B4: 3  RETURN_CONST 0
    """
    block: Block | None = graph.entry
    while block is not None:
        instructions = block.instructions
        if instructions and instructions[-1].opcode in JUMPS:
            jump = instructions[-1]
            target = next_nonempty(jump.target)
            if target is not None and target.predecessors > 1 and _needs_line(target):
                jump.target = _duplicate(target)
                jump.target.instructions[0].location = jump.location
        block = block.next
    block = graph.entry
    while block is not None:
        # What is left is entered from above only.
        following = block.next
        if (
            following is not None
            and block.instructions
            and following.instructions
            and following.instructions[0].location[0] < 0
            and block.falls_through
            and _needs_line(following)
        ):
            following.instructions[0].location = block.instructions[-1].location
        block = following


def _duplicate(block: Block) -> Block:
    """Return a copy of a block, put behind it, that takes over one of the ways into it."""
    twin = Block()
    twin.instructions = [instruction.copy() for instruction in block.instructions]
    twin.predecessors = 1
    twin.is_target = True
    twin.next = block.next
    block.next = twin
    block.predecessors -= 1
    return twin


def _propagate(graph: ControlFlowGraph) -> None:
    """Let instructions without a line take that of the one before, also into blocks with one way in."""
    block: Block | None = graph.entry
    while block is not None:
        instructions = block.instructions
        if instructions:
            location = NO_LOCATION
            for instruction in instructions:
                if instruction.location[0] == -1:
                    instruction.location = location
                else:
                    location = instruction.location
            last = instructions[-1]
            following = block.next
            if following is not None and following.predecessors == 1 and block.falls_through:
                _inherit(following, location)
            if last.opcode in JUMPS and last.target.predecessors == 1:
                _inherit(last.target, location)
        block = block.next


def _inherit(block: Block, location: tuple[int, int, int, int]) -> None:
    """Give the first instruction of a block a location, unless it has one."""
    if block.instructions and block.instructions[0].location[0] == -1:
        block.instructions[0].location = location
