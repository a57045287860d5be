"""`with` and `async with`."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import BlockKind
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label


@emits(ast.With)
def with_(g: Generator, node: ast.With) -> None:
    _with_item(g, node, 0)


@emits(ast.AsyncWith)
def async_with(g: Generator, node: ast.AsyncWith) -> None:
    if g.kind is not UnitKind.ASYNC_FUNCTION and not g.allows_top_level_await:
        raise g.error(location_of(node), "'async with' outside async function")
    _with_item(g, node, 0)


def _with_item(g: Generator, node: ast.With | ast.AsyncWith, number: int) -> None:
    """Emit the statement from its item `number` on: the items that follow are nested in it."""
    asynchronous = isinstance(node, ast.AsyncWith)
    item = node.items[number]
    block, handler, cleanup, end = Label(), Label(), Label(), Label()
    g.visit(item.context_expr)
    location = location_of(item.context_expr)
    if asynchronous:
        g.emit(op.BEFORE_ASYNC_WITH, location)
        g.await_value(location, arguments.BY_ENTER)
    else:
        g.emit(op.BEFORE_WITH, location)
    g.jump(op.SETUP_WITH, location, handler)
    g.place(block)
    kind = BlockKind.ASYNC_WITH if asynchronous else BlockKind.WITH
    g.push_block(kind, location, block, handler, location)
    if item.optional_vars is not None:
        g.visit(item.optional_vars)
    else:
        g.emit(op.POP_TOP, location)
    if number + 1 == len(node.items):
        g.visit_all(node.body)
    else:
        _with_item(g, node, number + 1)
    g.pop_block()
    g.emit(op.POP_BLOCK, location if asynchronous else NO_LOCATION)

    g.call_exit_with_nones(location)
    if asynchronous:
        g.await_value(location, arguments.BY_EXIT)
    g.emit(op.POP_TOP, location)
    g.jump(op.JUMP, location, end)

    g.place(handler)
    g.jump(op.SETUP_CLEANUP, location, cleanup)
    g.emit(op.PUSH_EXC_INFO, location)
    g.emit(op.WITH_EXCEPT_START, location)
    if asynchronous:
        g.await_value(location, arguments.BY_EXIT)
    _suppress_or_reraise(g, cleanup)
    g.place(end)


def _suppress_or_reraise(g: Generator, cleanup: Label) -> None:
    """Act on the result of `__exit__`: true swallows the exception."""
    suppress, end = Label(), Label()
    g.emit(op.TO_BOOL, NO_LOCATION)
    g.jump(op.POP_JUMP_IF_TRUE, NO_LOCATION, suppress)
    g.emit(op.RERAISE, NO_LOCATION, 2)
    g.place(suppress)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.emit(op.POP_BLOCK, NO_LOCATION)
    g.emit(op.POP_EXCEPT, NO_LOCATION)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(cleanup)
    g.pop_except_and_reraise()
    g.place(end)
