"""Expressions that are not the theme of another module: constants, names, attributes, operators,
f-strings, yield.
"""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION
from kaa.compiler.codegen import arguments, suspicions
from kaa.compiler.codegen.conditions import jump_if
from kaa.compiler.codegen.generator import (
    Generator,
    UnitKind,
    emits,
)
from kaa.compiler.codegen.limits import STACK_USE_GUIDELINE
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label

__all__ = ["is_two_part_slice", "slice_parts"]


@emits(ast.Constant)
def constant(g: Generator, node: ast.Constant) -> None:
    g.load_constant(node.value, location_of(node))


@emits(ast.Name)
def name(g: Generator, node: ast.Name) -> None:
    location = location_of(node)
    context = type(node.ctx)
    if context is ast.Load:
        g.load_name(node.id, location)
    elif context is ast.Store:
        g.store_name(node.id, location)
    else:
        g.delete_name(node.id, location)


@emits(ast.UnaryOp)
def unary_operation(g: Generator, node: ast.UnaryOp) -> None:
    g.visit(node.operand)
    location = location_of(node)
    match node.op:
        case ast.Invert():
            g.emit(op.UNARY_INVERT, location)
        case ast.Not():
            g.emit(op.TO_BOOL, location)
            g.emit(op.UNARY_NOT, location)
        case ast.UAdd():
            g.emit(op.CALL_INTRINSIC_1, location, arguments.UNARY_POSITIVE)
        case ast.USub():
            g.emit(op.UNARY_NEGATIVE, location)


@emits(ast.BinOp)
def binary_operation(g: Generator, node: ast.BinOp) -> None:
    g.visit(node.left)
    g.visit(node.right)
    g.emit(op.BINARY_OP, location_of(node), arguments.BINARY[type(node.op)])


@emits(ast.NamedExpr)
def named_expression(g: Generator, node: ast.NamedExpr) -> None:
    g.visit(node.value)
    g.emit(op.COPY, location_of(node), 1)
    g.visit(node.target)


@emits(ast.IfExp)
def conditional_expression(g: Generator, node: ast.IfExp) -> None:
    end, otherwise = Label(), Label()
    jump_if(g, location_of(node), node.test, otherwise, False)
    g.visit(node.body)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(otherwise)
    g.visit(node.orelse)
    g.place(end)


# Subscripts and slices


def is_two_part_slice(node: ast.expr) -> bool:
    """Say whether a subscript is `[a:b]`, for which there are instructions that make no slice object."""
    return isinstance(node, ast.Slice) and node.step is None


def slice_parts(g: Generator, node: ast.Slice) -> int:
    """Push the parts of a slice; return how many there are."""
    location = location_of(node)
    for part in (node.lower, node.upper):
        if part is None:
            g.load_constant(None, location)
        else:
            g.visit(part)
    if node.step is None:
        return 2
    g.visit(node.step)
    return 3


@emits(ast.Slice)
def slice_(g: Generator, node: ast.Slice) -> None:
    parts = slice_parts(g, node)
    g.emit(op.BUILD_SLICE, location_of(node), parts)


@emits(ast.Subscript)
def subscript(g: Generator, node: ast.Subscript) -> None:
    context = type(node.ctx)
    if context is ast.Load:
        suspicions.subscript(g, node)
    location = location_of(node)
    g.visit(node.value)
    if isinstance(node.slice, ast.Slice) and node.slice.step is None and context is not ast.Del:
        slice_parts(g, node.slice)
        g.emit(op.BINARY_SLICE if context is ast.Load else op.STORE_SLICE, location)
    else:
        g.visit(node.slice)
        g.emit(_SUBSCRIPTS[context], location)


_SUBSCRIPTS: dict[type[ast.expr_context], int] = {
    ast.Load: op.BINARY_SUBSCR,
    ast.Store: op.STORE_SUBSCR,
    ast.Del: op.DELETE_SUBSCR,
}


# f-strings


@emits(ast.JoinedStr)
def joined_string(g: Generator, node: ast.JoinedStr) -> None:
    location = location_of(node)
    count = len(node.values)
    if count > STACK_USE_GUIDELINE:
        g.load_constant("", location)
        g.load_method("join", location)
        g.emit(op.BUILD_LIST, location, 0)
        for value in node.values:
            g.visit(value)
            g.emit(op.LIST_APPEND, location, 1)
        g.emit(op.CALL, location, 1)
        return
    if not node.values:
        g.load_constant("", location)
    g.visit_all(node.values)
    if count > 1:
        g.emit(op.BUILD_STRING, location, count)


@emits(ast.FormattedValue)
def formatted_value(g: Generator, node: ast.FormattedValue) -> None:
    location = location_of(node)
    g.visit(node.value)
    if node.conversion != -1:
        conversion = arguments.CONVERT.get(node.conversion)
        if conversion is None:
            raise SystemError(f"Unrecognized conversion character {int(node.conversion)}")
        g.emit(op.CONVERT_VALUE, location, conversion)
    if node.format_spec is None:
        g.emit(op.FORMAT_SIMPLE, location)
    else:
        g.visit(node.format_spec)
        g.emit(op.FORMAT_WITH_SPEC, location)


# yield and await


@emits(ast.Yield)
def yield_(g: Generator, node: ast.Yield) -> None:
    location = location_of(node)
    if not g.scope.is_function_like:
        raise g.error(location, "'yield' outside function")
    if node.value is None:
        g.load_constant(None, location)
    else:
        g.visit(node.value)
    g.yield_value(location)


@emits(ast.YieldFrom)
def yield_from(g: Generator, node: ast.YieldFrom) -> None:
    location = location_of(node)
    if not g.scope.is_function_like:
        raise g.error(location, "'yield from' outside function")
    if g.kind is UnitKind.ASYNC_FUNCTION:
        raise g.error(location, "'yield from' inside async function")
    g.visit(node.value)
    g.emit(op.GET_YIELD_FROM_ITER, location)
    g.load_constant(None, location)
    g.yield_from(location, arguments.AFTER_YIELD_FROM)


@emits(ast.Await)
def await_(g: Generator, node: ast.Await) -> None:
    location = location_of(node)
    if not g.allows_top_level_await:
        if not g.scope.is_function_like:
            raise g.error(location, "'await' outside function")
        if g.kind not in (UnitKind.ASYNC_FUNCTION, UnitKind.COMPREHENSION):
            raise g.error(location, "'await' outside async function")
    g.visit(node.value)
    g.await_value(location, arguments.BY_AWAIT)
