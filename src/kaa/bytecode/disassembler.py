"""A code object as text, one line an instruction, each with what its argument means here and what it does.

`kaa -m dis` prints what the standard library prints; this is the view that explains itself, from the table in
`instructions`.

>>> print(disassemble(compile("print(x)", "", "eval")), end="")
  0     0  RESUME          0  function start
  1     1  LOAD_NAME       0  print
        2  PUSH_NULL
        3  LOAD_NAME       1  x
        4  CALL            1
        8  RETURN_VALUE
"""

import reprlib
from collections.abc import Iterator
from types import CodeType

from kaa.bytecode import exception_table, instructions
from kaa.bytecode.code_units import CodeInstruction
from kaa.bytecode.code_units import instructions as split
from kaa.bytecode.instructions import BY_NUMBER, Argument


def disassemble(code: CodeType, documentation: bool = False) -> str:
    """The instructions of one code object (not of those in its constants) and its exception table.

    The columns: line in the source, code unit, instruction, argument, meaning. A `>` marks jump targets.
    """
    steps = split(code.co_code)
    targets = {step.target for step in steps}
    width = max(len(BY_NUMBER[step.opcode].name) for step in steps)
    lines = _first_lines(code)
    text = []
    for step in steps:
        row = BY_NUMBER[step.opcode]
        mark = ">" if step.start in targets else " "
        argument = "" if row.argument is Argument.NONE else step.oparg
        line = f"{lines.get(step.start, ''):>3} {mark}{step.start:4}  {row.name:{width}} {argument:>4}  "
        line = f"{line}{meaning(code, step)}".rstrip()
        text.append(f"{line:56}  # {row.documentation}" if documentation else line)
    for entry in exception_table.decode(code.co_exceptiontable):
        lasti = ", with the instruction's offset" if entry.lasti else ""
        text.append(f"{entry.start} to {entry.end}: handler {entry.target}, stack depth {entry.depth}{lasti}")
    return "\n".join(text) + "\n"


def local_names(code: CodeType) -> tuple[str, ...]:
    """The names of a frame's slots: local variables, cells that are not among them, free variables."""
    cells = tuple(name for name in code.co_cellvars if name not in code.co_varnames)
    return code.co_varnames + cells + code.co_freevars


def meaning(code: CodeType, step: CodeInstruction) -> str:
    """What an instruction's argument stands for in its code object."""
    oparg = step.oparg
    match BY_NUMBER[step.opcode].argument:
        case Argument.CONST:
            return reprlib.repr(code.co_consts[oparg])
        case Argument.NAME:
            return code.co_names[oparg]
        case Argument.NAME_1:
            return code.co_names[oparg >> 1] + (" (call)" if oparg & 1 else "")
        case Argument.NAME_2:
            return code.co_names[oparg >> 2] + (" (call)" if oparg & 1 else "")
        case Argument.LOCAL | Argument.CELL:
            return local_names(code)[oparg]
        case Argument.LOCAL_PAIR:
            names = local_names(code)
            return f"{names[oparg >> 4]}, {names[oparg & 15]}"
        case Argument.FORWARD | Argument.BACKWARD:
            return f"to {step.target}"
        case Argument.OPERATOR:
            return instructions.BINARY_OPERATORS[oparg]
        case Argument.COMPARISON:
            to_bool = " (as bool)" if oparg & instructions.COMPARISON_TO_BOOL else ""
            return instructions.COMPARISONS[oparg >> instructions.COMPARISON_SHIFT] + to_bool
        case Argument.INTRINSIC_1:
            return instructions.INTRINSICS_1[oparg]
        case Argument.INTRINSIC_2:
            return instructions.INTRINSICS_2[oparg]
        case Argument.FUNCTION_ATTRIBUTE:
            return instructions.FUNCTION_ATTRIBUTES[oparg]
        case Argument.RESUME_POINT:
            return instructions.RESUME_POINTS[oparg & 3]
        case Argument.CONVERSION:
            conversion = instructions.CONVERSIONS[oparg]
            return conversion.__name__ if conversion else ""
        case _:
            return ""


def _first_lines(code: CodeType) -> dict[int, int]:
    """For each code unit at which a new line of the source starts, that line."""
    return dict(_line_starts(code))


def _line_starts(code: CodeType) -> Iterator[tuple[int, int]]:
    before = None
    for start, _, line in code.co_lines():
        if line is not None and line != before:
            yield start // 2, line
            before = line
