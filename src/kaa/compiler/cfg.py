"""The control-flow graph: blocks of instructions, the structure that the flow-graph optimizer works on.

The code generator emits `Instruction`s in one linear sequence; `flowgraph` cuts it into `Block`s, passes the
`ControlFlowGraph` through its optimizations and hands it to the assembler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["NO_LOCATION", "Block", "ControlFlowGraph", "Instruction", "Location"]

type Location = tuple[int, int, int, int]
"""A range of the source: first line, last line, first column, end column; columns in UTF-8 bytes from 0."""

NO_LOCATION: Location = (-1, -1, -1, -1)
"""The location of an instruction that stands for no place in the source."""


class Instruction:
    """One instruction, pseudo-instructions included.

    `target` is where a jump goes, or the handler that a block-opening pseudo-instruction names: a `Label` in
    the code generator's linear sequence, a `Block` in a graph. `handler` is the block that takes over when
    the instruction raises, None when nothing in this code object does; the graph's construction finds it out.
    """

    __slots__ = ("handler", "location", "oparg", "opcode", "target")

    def __init__(self, opcode: int, oparg: int, location: Location, target: Any = None) -> None:
        self.opcode = opcode
        self.oparg = oparg
        self.location = location
        self.target = target
        self.handler: Block | None = None

    def copy(self) -> Instruction:
        """Return an instruction of its own that is equal in everything."""
        twin = Instruction(self.opcode, self.oparg, self.location, self.target)
        twin.handler = self.handler
        return twin


class Block:
    """A basic block: instructions that are entered at the first one and left at the last one only.

    `next` is the block that follows in the order of the code, where control goes unless the last instruction
    jumps away or leaves. `start_depth` is the depth of the value stack on entry, -1 while unknown.
    `preserve_lasti` says of an exception handler that the offset of the raising instruction is pushed for it.
    `cold` marks code that runs only after an exception. `predecessors` counts the ways in.
    """

    __slots__ = ("cold", "instructions", "next", "predecessors", "preserve_lasti", "start_depth", "visited")

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.next: Block | None = None
        self.predecessors = 0
        self.start_depth = -1
        self.preserve_lasti = False
        self.cold = False
        self.visited = False


class ControlFlowGraph:
    """All blocks of one code object, in the order of the code, beginning with `entry`."""

    __slots__ = ("entry",)

    def __init__(self, entry: Block) -> None:
        self.entry = entry

    def __iter__(self) -> Iterator[Block]:
        block: Block | None = self.entry
        while block is not None:
            yield block
            block = block.next
