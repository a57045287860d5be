"""Loops: `for`, `async for`, `while`, `break`, `continue`."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import BlockKind
from kaa.compiler.codegen.conditions import jump_if
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.codegen.unwinding import unwind_block, unwind_to_loop
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label


@emits(ast.For)
def for_(g: Generator, node: ast.For) -> None:
    start, cleanup, end = Label(), Label(), Label()
    g.push_block(BlockKind.FOR_LOOP, location_of(node), start, end)
    g.visit(node.iter)
    location = location_of(node.iter)
    g.emit(op.GET_ITER, location)
    g.place(start)
    g.jump(op.FOR_ITER, location, cleanup)
    g.emit(op.NOP, location_of(node.target))  # so that tracing sees the line of a target further down
    g.visit(node.target)
    g.visit_all(node.body)
    g.jump(op.JUMP, NO_LOCATION, start)
    g.place(cleanup)
    g.emit(op.END_FOR, NO_LOCATION)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.pop_block()
    g.visit_all(node.orelse)
    g.place(end)


@emits(ast.AsyncFor)
def async_for(g: Generator, node: ast.AsyncFor) -> None:
    location = location_of(node)
    if g.kind is not UnitKind.ASYNC_FUNCTION and not g.allows_top_level_await:
        raise g.error(location, "'async for' outside async function")
    start, exhausted, end = Label(), Label(), Label()
    g.visit(node.iter)
    g.emit(op.GET_AITER, location_of(node.iter))
    g.place(start)
    g.push_block(BlockKind.FOR_LOOP, location, start, end)
    g.jump(op.SETUP_FINALLY, location, exhausted)
    g.emit(op.GET_ANEXT, location)
    g.load_constant(None, location)
    g.yield_from(location, arguments.AFTER_AWAIT)
    g.emit(op.POP_BLOCK, location)
    g.visit(node.target)
    g.visit_all(node.body)
    g.jump(op.JUMP, NO_LOCATION, start)
    g.pop_block()
    g.place(exhausted)
    g.emit(op.END_ASYNC_FOR, location_of(node.iter))
    g.visit_all(node.orelse)
    g.place(end)


@emits(ast.While)
def while_(g: Generator, node: ast.While) -> None:
    """The condition is emitted twice: before the loop, and at its end as the jump back."""
    location = location_of(node)
    start, body, otherwise, end = Label(), Label(), Label(), Label()
    g.place(start)
    g.push_block(BlockKind.WHILE_LOOP, location, start, end)
    jump_if(g, location, node.test, otherwise, False)
    g.place(body)
    g.visit_all(node.body)
    jump_if(g, location, node.test, body, True)
    g.pop_block()
    g.place(otherwise)
    g.visit_all(node.orelse)
    g.place(end)


@emits(ast.Break)
def break_(g: Generator, node: ast.Break) -> None:
    location = location_of(node)
    g.emit(op.NOP, location)
    after, loop = unwind_to_loop(g, location)
    if loop is None:
        raise g.error(location, "'break' outside loop")
    assert loop.exit is not None
    after = unwind_block(g, after, loop, False)
    g.jump(op.JUMP, after, loop.exit)


@emits(ast.Continue)
def continue_(g: Generator, node: ast.Continue) -> None:
    location = location_of(node)
    g.emit(op.NOP, location)
    after, loop = unwind_to_loop(g, location)
    if loop is None:
        raise g.error(location, "'continue' not properly in loop")
    assert loop.start is not None
    g.jump(op.JUMP, after, loop.start)
