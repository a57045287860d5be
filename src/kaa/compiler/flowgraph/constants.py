"""Constants: branches that they decide, tuples that they make up, and those that nothing uses."""

from typing import Any

from kaa.bytecode.opcodes import (
    COPY,
    IS_OP,
    JUMP,
    LOAD_CONST,
    POP_JUMP_IF_FALSE,
    POP_JUMP_IF_NONE,
    POP_JUMP_IF_NOT_NONE,
    POP_JUMP_IF_TRUE,
    RETURN_CONST,
    RETURN_VALUE,
    TO_BOOL,
)
from kaa.compiler.cfg import Block, ControlFlowGraph, Instruction
from kaa.compiler.unit import CompilationUnit

__all__ = ["fold_tuple", "optimize_constant_loads", "remove_unused_constants"]

_LOADS = frozenset((LOAD_CONST, RETURN_CONST))


def optimize_constant_loads(graph: ControlFlowGraph) -> None:
    """Do at compile time what an instruction after LOAD_CONST would do with the constant.

    What takes part depends on that instruction; see the functions of `_AFTER_LOAD`. A COPY of the constant
    that was just loaded counts as a LOAD_CONST.
    """
    if LOAD_CONST not in graph.opcodes:
        return
    block: Block | None = graph.entry
    while block is not None:
        instructions = block.instructions
        opcode = number = 0
        for position, instruction in enumerate(instructions):
            if opcode != LOAD_CONST or instruction.opcode != COPY or instruction.oparg != 1:
                opcode, number = instruction.opcode, instruction.oparg
            if opcode == LOAD_CONST and position + 1 < len(instructions):
                rewrite = _AFTER_LOAD.get(instructions[position + 1].opcode)
                if rewrite is not None:
                    rewrite(instructions, position, number, graph.unit)
        block = block.next


def _decide_branch(
    instructions: list[Instruction], position: int, number: int, unit: CompilationUnit
) -> None:
    """A branch on a constant is a jump or nothing.

    LOAD_CONST (True)                   NOP
    POP_JUMP_IF_TRUE B2         ->      JUMP B2
    """
    jump = instructions[position + 1]
    instructions[position].clear()
    if bool(unit.constants[number]) == (jump.opcode == POP_JUMP_IF_TRUE):
        jump.opcode = JUMP
    else:
        jump.clear()


def _test_for_none(
    instructions: list[Instruction], position: int, number: int, unit: CompilationUnit
) -> None:
    """A branch on `is None` has an instruction of its own.

    LOAD_CONST (None)                   NOP
    IS_OP 0                     ->      NOP
    POP_JUMP_IF_TRUE B2                 POP_JUMP_IF_NONE B2
    """
    if unit.constants[number] is not None or position + 2 >= len(instructions):
        return
    test, jump = instructions[position + 1 : position + 3]
    if jump.opcode == TO_BOOL:
        jump.clear()  # the answer of IS_OP is a bool
        if position + 3 >= len(instructions):
            return
        jump = instructions[position + 3]
    if jump.opcode not in (POP_JUMP_IF_FALSE, POP_JUMP_IF_TRUE):
        return
    jumps_if_none = (jump.opcode == POP_JUMP_IF_TRUE) != bool(test.oparg)
    instructions[position].clear()
    test.clear()
    jump.opcode = POP_JUMP_IF_NONE if jumps_if_none else POP_JUMP_IF_NOT_NONE


def _return_constant(
    instructions: list[Instruction], position: int, number: int, unit: CompilationUnit
) -> None:
    """To return a constant takes one instruction.

    LOAD_CONST 0                        NOP
    RETURN_VALUE                ->      RETURN_CONST 0
    """
    instructions[position].clear()
    leave = instructions[position + 1]
    leave.opcode = RETURN_CONST
    leave.oparg = number


def _take_truth(instructions: list[Instruction], position: int, number: int, unit: CompilationUnit) -> None:
    """The truth value of a constant is a constant.

    LOAD_CONST (1)                      NOP
    TO_BOOL                     ->      LOAD_CONST (True)
    """
    truth = unit.add_constant(bool(unit.constants[number]))
    instructions[position].clear()
    load = instructions[position + 1]
    load.opcode = LOAD_CONST
    load.oparg = truth


_AFTER_LOAD = {
    POP_JUMP_IF_FALSE: _decide_branch,
    POP_JUMP_IF_TRUE: _decide_branch,
    IS_OP: _test_for_none,
    RETURN_VALUE: _return_constant,
    TO_BOOL: _take_truth,
}
"""By the opcode of what follows a LOAD_CONST: what becomes of the two."""


def fold_tuple(instructions: list[Instruction], position: int, unit: CompilationUnit) -> None:
    """Replace the making of a tuple of constants by the tuple.

    LOAD_CONST (1)                      NOP
    LOAD_CONST (2)              ->      NOP
    BUILD_TUPLE 2                       LOAD_CONST ((1, 2))
    """
    build = instructions[position]
    start = position - build.oparg
    if start < 0:
        return
    loads = instructions[start:position]
    for load in reversed(loads):
        if load.opcode != LOAD_CONST:
            return
    value: tuple[Any, ...] = tuple([unit.constants[load.oparg] for load in loads])
    for load in loads:
        load.clear()
    build.opcode = LOAD_CONST
    build.oparg = unit.add_constant(value)


def remove_unused_constants(graph: ControlFlowGraph) -> None:
    """Drop the constants that no instruction loads, and number the others anew.

    The first one stays in any case: it may be a docstring.
    """
    users: list[Instruction] = []
    block: Block | None = graph.entry
    while block is not None:
        for instruction in block.instructions:
            opcode = instruction.opcode
            if opcode in _LOADS:
                users.append(instruction)
        block = block.next
    used = {user.oparg for user in users}
    used.add(0)
    constants = graph.unit.constants
    if len(used) >= len(constants):
        return
    kept = sorted(used)
    numbers = dict(zip(kept, range(len(kept)), strict=True))
    graph.unit.constants = [constants[number] for number in kept]
    for user in users:
        user.oparg = numbers[user.oparg]
