"""Control-flow graphs as text, and instruction sequences from and for the host."""

import _testinternalcapi as host
import ast

from kaa.bytecode.instructions import BY_NAME
from kaa.compiler.cfg import BLOCK_PUSHES, JUMPS, Instruction
from kaa.compiler.constants import ConstantCache
from kaa.compiler.flowgraph.construction import build_graph
from kaa.compiler.unit import CompilationUnit, Label

HAVE_TARGETS = JUMPS | BLOCK_PUSHES
NO_LINE = (-1, -1, -1, -1)


def new_unit(constants=(), local_count=0):
    """An empty unit with constants and local variables."""
    unit = CompilationUnit("f", "f", "<test>", 1, ConstantCache())
    for constant in constants:
        unit.add_constant(constant)
    unit.varnames = {f"v{number}": number for number in range(local_count)}
    return unit


def read_unit(text, constants=(), local_count=0):
    """A unit from text: `B1:` starts what jumps to B1 go to, other rows are `[line] NAME [argument or block]`."""
    unit = new_unit(constants, local_count)
    labels = {}
    for row in text.splitlines():
        words = row.split("(")[0].split()
        if not words:
            continue
        if words[0].endswith(":"):
            labels.setdefault(words[0][:-1], Label()).position = len(unit.instructions)
            continue
        line = int(words.pop(0)) if words[0].isdigit() else -1
        opcode = BY_NAME[words[0]].number
        location = (line, line, 0, 0) if line >= 0 else NO_LINE
        if opcode in HAVE_TARGETS:
            instruction = Instruction(opcode, 0, location, labels.setdefault(words[1], Label()))
        else:
            instruction = Instruction(opcode, int(words[1]) if len(words) > 1 else 0, location)
        unit.instructions.append(instruction)
    return unit


def read_graph(text, constants=(), local_count=0):
    """The graph of such a unit."""
    return build_graph(read_unit(text, constants, local_count))


def host_sequences(source):
    """The host's own sequences for a program: the module's, then those of everything inside of it."""
    sequence, _ = host.compiler_codegen(ast.parse(source), "<test>", 0)
    return [inner.get_instructions() for inner in _nested(sequence)]


def _nested(sequence):
    yield sequence
    for inner in sequence.get_nested():
        yield from _nested(inner)


def unit_of(rows, constants, local_count):
    """A unit from the host's rows `(opcode, argument or target's number, *location)`."""
    unit = new_unit(constants, local_count)
    labels = {}
    for opcode, argument, *location in rows:
        if opcode in HAVE_TARGETS:
            label = labels.setdefault(argument, Label())
            label.position = argument
            unit.instructions.append(Instruction(opcode, 0, tuple(location), label))
        else:
            unit.instructions.append(Instruction(opcode, argument or 0, tuple(location)))
    return unit


def host_optimized(rows, constants, local_count):
    """What the host's optimizer makes of rows; the list of constants changes."""
    sequence = host.new_instruction_sequence()
    targets = {row[1] for row in rows if row[0] in HAVE_TARGETS}
    for number, (opcode, argument, *location) in enumerate(rows):
        if number in targets:
            sequence.use_label(number)
        sequence.addop(opcode, argument or 0, *location)
    optimized = host.optimize_cfg(sequence, constants, local_count)
    return [
        (opcode, argument or 0, *location) for opcode, argument, *location in optimized.get_instructions()
    ]


def rows_of(graph):
    """A graph in the host's form."""
    starts = {}
    number = 0
    for block in graph:
        starts[block] = number
        number += len(block.instructions)
    return [
        (
            instruction.opcode,
            starts[instruction.target] if instruction.opcode in HAVE_TARGETS else instruction.oparg,
            *instruction.location,
        )
        for block in graph
        for instruction in block.instructions
    ]
