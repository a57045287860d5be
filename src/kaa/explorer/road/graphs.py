"""The fourth stage: a unit's control-flow graph, as it was built and after every pass that changed it.

In: a `CompilationUnit`, which stays as it is. Out: stages `{"name", "words", "blocks"}`. The last graph, of the
finished bytecode, comes from `bytecode`.
"""

from __future__ import annotations

import copy
from typing import Any

from kaa.bytecode.instructions import BY_NUMBER, Argument
from kaa.compiler.cfg import Block, ControlFlowGraph, Instruction
from kaa.compiler.flowgraph import PASSES
from kaa.compiler.flowgraph.construction import build_graph
from kaa.compiler.unit import CompilationUnit
from kaa.explorer.road.bytecode import short
from kaa.explorer.road.places import Places

_LARGE = 400
"""Units with more instructions show the graph before and after, and not every pass."""


def graphs(unit: CompilationUnit, places: Places) -> list[dict[str, Any]]:
    """The graph's stages. Passes that change nothing are left out."""
    graph = build_graph(_copy(unit))
    stages = [_stage("build_graph", build_graph.__doc__, graph, places)]
    before = str(graph)
    for improve in PASSES:
        improve(graph)
        if len(unit.instructions) <= _LARGE or improve is PASSES[-1]:
            after = str(graph)
            if after != before:
                stages.append(_stage(improve.__name__, improve.__doc__, graph, places))
            before = after
    return stages


def _copy(unit: CompilationUnit) -> CompilationUnit:
    twin = copy.copy(unit)
    twin.constants = list(unit.constants)
    twin.constant_numbers = dict(unit.constant_numbers)
    twin.instructions = [instruction.copy() for instruction in unit.instructions]
    for name in ("names", "varnames", "cellvars", "freevars", "hidden"):
        setattr(twin, name, dict(getattr(unit, name)))
    return twin


def _stage(name: str, documentation: str | None, graph: ControlFlowGraph, places: Places) -> dict[str, Any]:
    numbers = {block: number for number, block in enumerate(graph)}
    words = (documentation or "").split("\n\n")[0].replace("\n    ", " ")
    return {
        "name": name,
        "words": words,
        "blocks": [_block(block, numbers, graph.unit, places) for block in graph],
    }


def _block(block: Block, numbers: dict[Block, int], unit: CompilationUnit, places: Places) -> dict[str, Any]:
    jumps = [step.target for step in block.instructions if step.target in numbers]
    handlers = {step.handler for step in block.instructions if step.handler is not None}
    following = block.next if block.falls_through else None
    return {
        "instructions": [_instruction(step, numbers, unit, places) for step in block.instructions],
        "next": None if following is None else numbers[following],
        "jumps": sorted({numbers[target] for target in jumps}),
        "raises": sorted(numbers[handler] for handler in handlers if handler in numbers),
        "handler": block.is_handler,
        "cold": block.cold,
    }


def _instruction(
    step: Instruction, numbers: dict[Block, int], unit: CompilationUnit, places: Places
) -> dict[str, Any]:
    line, end_line, column, end_column = step.location
    return {
        "name": BY_NUMBER[step.opcode].name,
        "argument": _argument(step, numbers, unit),
        "place": places.place(line, end_line, column, end_column),
    }


def _argument(step: Instruction, numbers: dict[Block, int], unit: CompilationUnit) -> str:
    kind = BY_NUMBER[step.opcode].argument
    if step.target in numbers:
        return f"to B{numbers[step.target]}"
    if kind is Argument.CONST and step.oparg < len(unit.constants):
        return short(unit.constants[step.oparg])
    if kind is Argument.LOCAL and step.oparg < len(unit.varnames):
        return list(unit.varnames)[step.oparg]
    if kind is Argument.NAME and step.oparg < len(unit.names):
        return list(unit.names)[step.oparg]
    return "" if kind is Argument.NONE else str(step.oparg)
