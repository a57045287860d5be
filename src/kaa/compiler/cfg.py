"""The control-flow graph: blocks of instructions, the structure that the flow-graph optimizer works on.

The code generator emits `Instruction`s in one linear sequence; `flowgraph` cuts it into `Block`s, passes the
`ControlFlowGraph` through its optimizations and hands it to the assembler. Every stage in between can be
looked at: `str(graph)` prints it, `verify(graph)` proves that it hangs together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kaa.bytecode import opcodes
from kaa.bytecode.instructions import BY_NUMBER, INSTRUCTIONS, Argument, Flow

if TYPE_CHECKING:
    from kaa.compiler.unit import CompilationUnit

__all__ = [
    "BLOCK_PUSHES",
    "JUMPS",
    "NO_FALL_THROUGH",
    "NO_LOCATION",
    "SCOPE_EXITS",
    "UNCONDITIONAL_JUMPS",
    "Block",
    "ControlFlowGraph",
    "Instruction",
    "Location",
    "MalformedGraphError",
    "verify",
]

type Location = tuple[int, int, int, int]
"""A range of the source: first line, last line, first column, end column; columns in UTF-8 bytes from 0."""

NO_LOCATION: Location = (-1, -1, -1, -1)
"""The location of an instruction that stands for no place in the source."""

JUMPS = frozenset(row.number for row in INSTRUCTIONS if row.flow in (Flow.JUMP, Flow.BRANCH))
UNCONDITIONAL_JUMPS = frozenset(row.number for row in INSTRUCTIONS if row.flow is Flow.JUMP)
BLOCK_PUSHES = frozenset(row.number for row in INSTRUCTIONS if row.flow is Flow.SETUP)
"""The pseudo-instructions that name an exception handler for what follows."""

SCOPE_EXITS = frozenset((opcodes.RETURN_VALUE, opcodes.RETURN_CONST, opcodes.RAISE_VARARGS, opcodes.RERAISE))
NO_FALL_THROUGH = UNCONDITIONAL_JUMPS | SCOPE_EXITS
"""What control never gets past."""


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

    def clear(self) -> None:
        """Make this a NOP. Its location stays: a line of the source may have nothing else to show for it."""
        self.opcode = opcodes.NOP
        self.oparg = 0
        self.target = None


class Block:
    """A basic block: instructions that are entered at the first one and left at the last one only.

    `next` is the block that follows in the order of the code, where control goes unless the last instruction
    jumps away or leaves. `is_target` says that a label stood here, `is_handler` that exceptions lead here;
    `preserve_lasti`, that the offset of the raising instruction is then pushed too. `predecessors` counts the
    ways in. `cold` marks code that runs only after an exception, `warm` code that also runs without one.
    `start_depth` is the depth of the value stack on entry, -1 while unknown; `offset` is the number of the
    first instruction among all those of the graph, once they have been laid out.
    """

    __slots__ = (
        "cold",
        "instructions",
        "is_handler",
        "is_target",
        "next",
        "offset",
        "predecessors",
        "preserve_lasti",
        "start_depth",
        "warm",
    )

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.next: Block | None = None
        self.is_handler = False
        self.is_target = False
        self.preserve_lasti = False
        self.predecessors = 0
        self.cold = False
        self.warm = False
        self.start_depth = -1
        self.offset = -1

    @property
    def falls_through(self) -> bool:
        """True if control can go on to `next`."""
        instructions = self.instructions
        return not instructions or instructions[-1].opcode not in NO_FALL_THROUGH

    @property
    def exits(self) -> bool:
        """True if the block ends in a return or a raise."""
        instructions = self.instructions
        return bool(instructions) and instructions[-1].opcode in SCOPE_EXITS

    @property
    def has_no_line(self) -> bool:
        """True if no instruction stands for a line of the source."""
        return all(instruction.location[0] < 0 for instruction in self.instructions)


class ControlFlowGraph:
    """All blocks of one unit, in the order of the code, beginning with `entry`.

    `opcodes` holds every opcode of the unit, and those that a pass brings in and a later one looks for: a pass that
    has nothing to look for need not look.
    """

    __slots__ = ("entry", "opcodes", "unit")

    def __init__(self, entry: Block, unit: CompilationUnit) -> None:
        self.entry = entry
        self.unit = unit
        self.opcodes = {instruction.opcode for instruction in unit.instructions}

    def __iter__(self) -> Iterator[Block]:
        block: Block | None = self.entry
        while block is not None:
            yield block
            block = block.next

    def __str__(self) -> str:
        names = {block: f"B{number}" for number, block in enumerate(self)}
        lines = []
        for block, name in names.items():
            lines.append(f"{name}: {_describe(block)}".rstrip())
            lines += [_row(instruction, names) for instruction in block.instructions]
        return "\n".join(lines)


def _describe(block: Block) -> str:
    marks = {"handler": block.is_handler, "lasti": block.preserve_lasti, "cold": block.cold}
    return ", ".join(name for name, holds in marks.items() if holds)


def _row(instruction: Instruction, names: dict[Block, str]) -> str:
    """One line of a printed graph: the source line, name, argument, handler."""
    row = BY_NUMBER[instruction.opcode]
    line = instruction.location[0]
    text = f"{line if line >= 0 else '':>5}  {row.name}"
    if instruction.target is not None:
        text += f" {names.get(instruction.target, '?')}"
    elif row.argument is not Argument.NONE:
        text += f" {instruction.oparg}"
    if instruction.handler is not None:
        text += f"  (raises to {names.get(instruction.handler, '?')})"
    return text


class MalformedGraphError(Exception):
    """A control-flow graph that does not hang together: some pass has a bug."""


def verify(graph: ControlFlowGraph) -> None:
    """Raise `MalformedGraphError` unless the graph's invariants hold.

    They are: jumps and exits come last in their block; targets and handlers are blocks of the graph; the last
    block does not fall off the end; no instruction is in two places.
    """
    blocks = set(graph)
    seen: set[int] = set()
    for block in graph:
        for instruction in block.instructions:
            name = BY_NUMBER[instruction.opcode].name
            if id(instruction) in seen:
                raise MalformedGraphError(f"one {name} is in two places")
            seen.add(id(instruction))
            ends = instruction.opcode in JUMPS or instruction.opcode in NO_FALL_THROUGH
            if ends and instruction is not block.instructions[-1]:
                raise MalformedGraphError(f"{name} is not the last instruction of its block")
            has_target = instruction.opcode in JUMPS or instruction.opcode in BLOCK_PUSHES
            if has_target and instruction.target not in blocks:
                raise MalformedGraphError(f"{name} leads out of the graph")
            if instruction.handler is not None and instruction.handler not in blocks:
                raise MalformedGraphError(f"the handler of {name} is not in the graph")
    if block.instructions and block.falls_through:
        raise MalformedGraphError("control falls off the end")
