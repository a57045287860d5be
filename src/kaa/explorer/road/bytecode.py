"""The fifth stage: a code object, its instructions with what they mean here, and its blocks.

A recording describes the code it runs with the same function, so that a page shows both alike.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

from kaa.bytecode import exception_table
from kaa.bytecode.code_units import CodeInstruction
from kaa.bytecode.code_units import instructions as split
from kaa.bytecode.disassembler import local_names, meaning
from kaa.bytecode.instructions import BY_NUMBER, Argument, Flow
from kaa.explorer.road.places import Places

_ENDS = {Flow.BRANCH, Flow.JUMP, Flow.EXIT}


def describe_code(code: CodeType, places: Places) -> dict[str, Any]:
    """A code object's instructions, blocks, exception table and names."""
    steps = split(code.co_code)
    positions = list(code.co_positions())
    blocks = _starts(code, steps)
    flags = [name for flag, name in dis.COMPILER_FLAG_NAMES.items() if code.co_flags & flag]
    return {
        "name": code.co_name,
        "qualname": code.co_qualname,
        "line": code.co_firstlineno,
        "locals": list(local_names(code)),
        "constants": [short(value) for value in code.co_consts],
        "names": list(code.co_names),
        "stack_size": code.co_stacksize,
        "flags": flags,
        "instructions": [
            _instruction(code, step, places.place(*positions[_last_unit(step)])) for step in steps
        ],
        "starts": blocks,
        "exceptions": [list(entry) for entry in exception_table.decode(code.co_exceptiontable)],
    }


def _last_unit(step: CodeInstruction) -> int:
    return step.end - 1


def _instruction(code: CodeType, step: CodeInstruction, place: list[int] | None) -> dict[str, Any]:
    row = BY_NUMBER[step.opcode]
    return {
        "offset": step.start,
        "name": row.name,
        "argument": None if row.argument is Argument.NONE else step.oparg,
        "meaning": meaning(code, step),
        "target": step.target,
        "place": place,
    }


def _starts(code: CodeType, steps: list[CodeInstruction]) -> list[int]:
    """The offsets at which basic blocks start."""
    starts = {0}
    for step in steps:
        if BY_NUMBER[step.opcode].flow in _ENDS and step.end < len(code.co_code) // 2:
            starts.add(step.end)
        if step.target is not None:
            starts.add(step.target)
    starts.update(entry.target for entry in exception_table.decode(code.co_exceptiontable))
    return sorted(starts)


def short(value: object) -> str:
    """A constant in at most sixty characters."""
    if isinstance(value, CodeType):
        return f"<code {value.co_qualname}>"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def instruction_set() -> dict[str, dict[str, str]]:
    """What every instruction does, and how it moves the stack, by its name."""
    return {
        row.name: {
            "words": row.documentation,
            "picture": row.picture,
            "argument": row.argument.value,
            "flow": row.flow.value,
            "theme": row.theme.value,
        }
        for row in BY_NUMBER.values()
    }
