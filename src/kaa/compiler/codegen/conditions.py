"""Truth: boolean operators, comparisons, and the jumps of conditions that never make a bool object."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments, suspicions
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label

__all__ = ["compare_operation", "jump_if"]

_TESTS: dict[type[ast.cmpop], tuple[int, int]] = {
    ast.Is: (op.IS_OP, 0),
    ast.IsNot: (op.IS_OP, 1),
    ast.In: (op.CONTAINS_OP, 0),
    ast.NotIn: (op.CONTAINS_OP, 1),
    **{operator: (op.COMPARE_OP, argument) for operator, argument in arguments.COMPARE.items()},
}
"""The instruction of each comparison operator."""


def compare_operation(g: Generator, operator: ast.cmpop, location: Location) -> None:
    opcode, argument = _TESTS[type(operator)]
    g.emit(opcode, location, argument)


@emits(ast.BoolOp)
def boolean_operation(g: Generator, node: ast.BoolOp) -> None:
    location = location_of(node)
    opcode = op.POP_JUMP_IF_FALSE if type(node.op) is ast.And else op.POP_JUMP_IF_TRUE
    end = Label()
    *firsts, last = node.values
    for value in firsts:
        g.visit(value)
        g.emit(op.COPY, location, 1)
        g.emit(op.TO_BOOL, location)
        g.jump(opcode, location, end)
        g.emit(op.POP_TOP, location)
    g.visit(last)
    g.place(end)


@emits(ast.Compare)
def comparison(g: Generator, node: ast.Compare) -> None:
    suspicions.comparison(g, node)
    location = location_of(node)
    g.visit(node.left)
    if len(node.ops) == 1:
        g.visit(node.comparators[0])
        compare_operation(g, node.ops[0], location)
        return
    cleanup, end = Label(), Label()
    for operator, comparator in zip(node.ops[:-1], node.comparators[:-1], strict=True):
        _compare_and_keep_right(g, operator, comparator, location)
        g.emit(op.COPY, location, 1)
        g.emit(op.TO_BOOL, location)
        g.jump(op.POP_JUMP_IF_FALSE, location, cleanup)
        g.emit(op.POP_TOP, location)
    g.visit(node.comparators[-1])
    compare_operation(g, node.ops[-1], location)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(cleanup)
    g.emit(op.SWAP, location, 2)
    g.emit(op.POP_TOP, location)
    g.place(end)


def _compare_and_keep_right(
    g: Generator, operator: ast.cmpop, comparator: ast.expr, location: Location
) -> None:
    """Compare the value on the stack with `comparator`, whose value stays below the result."""
    g.visit(comparator)
    g.emit(op.SWAP, location, 2)
    g.emit(op.COPY, location, 2)
    compare_operation(g, operator, location)


def jump_if(g: Generator, location: Location, test: ast.expr, target: Label, condition: bool) -> None:
    """Jump to `target` if the truth of `test` is `condition`; else go on. Nothing stays on the stack."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            jump_if(g, location, operand, target, not condition)
        case ast.BoolOp():
            _jump_if_boolean(g, location, test, target, condition)
        case ast.IfExp():
            _jump_if_conditional(g, location, test, target, condition)
        case ast.Compare() if len(test.ops) > 1:
            _jump_if_chain(g, test, target, condition)
        case _:
            g.visit(test)
            place = location_of(test)
            g.emit(op.TO_BOOL, place)
            g.jump(op.POP_JUMP_IF_TRUE if condition else op.POP_JUMP_IF_FALSE, place, target)


def _jump_if_boolean(
    g: Generator, location: Location, test: ast.BoolOp, target: Label, condition: bool
) -> None:
    decides = type(test.op) is ast.Or  # the truth that makes the other operands irrelevant
    *firsts, last = test.values
    early = target if decides == condition else Label()
    for value in firsts:
        jump_if(g, location, value, early, decides)
    jump_if(g, location, last, target, condition)
    if early is not target:
        g.place(early)


def _jump_if_conditional(
    g: Generator, location: Location, test: ast.IfExp, target: Label, condition: bool
) -> None:
    end, otherwise = Label(), Label()
    jump_if(g, location, test.test, otherwise, False)
    jump_if(g, location, test.body, target, condition)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(otherwise)
    jump_if(g, location, test.orelse, target, condition)
    g.place(end)


def _jump_if_chain(g: Generator, test: ast.Compare, target: Label, condition: bool) -> None:
    suspicions.comparison(g, test)
    location = location_of(test)
    cleanup, end = Label(), Label()
    g.visit(test.left)
    for operator, comparator in zip(test.ops[:-1], test.comparators[:-1], strict=True):
        _compare_and_keep_right(g, operator, comparator, location)
        g.emit(op.TO_BOOL, location)
        g.jump(op.POP_JUMP_IF_FALSE, location, cleanup)
    g.visit(test.comparators[-1])
    compare_operation(g, test.ops[-1], location)
    g.emit(op.TO_BOOL, location)
    g.jump(op.POP_JUMP_IF_TRUE if condition else op.POP_JUMP_IF_FALSE, location, target)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(cleanup)
    g.emit(op.POP_TOP, location)
    if not condition:
        g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, target)
    g.place(end)
