"""`try` in all its forms: `except`, `except*`, `else`, `finally`.

Handlers push and pop blocks by pseudo-instructions; the flow-graph optimizer turns them into the exception
table. The code of a finally block is emitted once for the normal way out, once for the exceptional one, and
once for each return, break or continue that leaves the statement.
"""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import BlockKind
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label


@emits(ast.Try, ast.TryStar)
def try_(g: Generator, node: ast.Try | ast.TryStar) -> None:
    if node.finalbody:
        _try_finally(g, node)
    else:
        _try_handlers(g, node)


def _try_handlers(g: Generator, node: ast.Try | ast.TryStar) -> None:
    if isinstance(node, ast.TryStar):
        _try_except_star(g, node)
    else:
        _try_except(g, node)


def _try_finally(g: Generator, node: ast.Try | ast.TryStar) -> None:
    location = location_of(node)
    body, handler, cleanup, end = Label(), Label(), Label(), Label()
    g.jump(op.SETUP_FINALLY, location, handler)
    g.place(body)
    g.push_block(BlockKind.FINALLY_TRY, location, body, handler, node.finalbody)
    if node.handlers:
        _try_handlers(g, node)
    else:
        g.visit_all(node.body)
    g.emit(op.POP_BLOCK, NO_LOCATION)
    g.pop_block()
    g.visit_all(node.finalbody)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)

    g.place(handler)
    g.push_block(BlockKind.FINALLY_END, NO_LOCATION, handler)
    g.jump(op.SETUP_CLEANUP, NO_LOCATION, cleanup)
    g.emit(op.PUSH_EXC_INFO, NO_LOCATION)
    g.visit_all(node.finalbody)
    g.pop_block()
    g.emit(op.RERAISE, NO_LOCATION, 0)
    g.place(cleanup)
    g.pop_except_and_reraise()
    g.place(end)


def _guarded_body(g: Generator, node: ast.Try | ast.TryStar, handlers: Label) -> None:
    """Emit the body with its exceptions going to `handlers`."""
    location = location_of(node)
    body = Label()
    g.jump(op.SETUP_FINALLY, location, handlers)
    g.place(body)
    g.push_block(BlockKind.TRY_EXCEPT, location, body)
    g.visit_all(node.body)
    g.pop_block()
    g.emit(op.POP_BLOCK, NO_LOCATION)


def _try_except(g: Generator, node: ast.Try) -> None:
    handlers, cleanup, end = Label(), Label(), Label()
    _guarded_body(g, node, handlers)
    g.visit_all(node.orelse)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)

    g.place(handlers)
    g.jump(op.SETUP_CLEANUP, NO_LOCATION, cleanup)
    g.emit(op.PUSH_EXC_INFO, NO_LOCATION)
    g.push_block(BlockKind.EXCEPTION_HANDLER, location_of(node))
    last = node.handlers[-1]
    for handler in node.handlers:
        if handler.type is None and handler is not last:
            raise g.error(location_of(handler), "default 'except:' must be last")
        _handler(g, handler, end)
    g.pop_block()
    g.emit(op.RERAISE, NO_LOCATION, 0)
    g.place(cleanup)
    g.pop_except_and_reraise()
    g.place(end)


def _handler(g: Generator, handler: ast.ExceptHandler, end: Label) -> None:
    location = location_of(handler)
    next_handler = Label()
    if handler.type is not None:
        g.visit(handler.type)
        g.emit(op.CHECK_EXC_MATCH, location)
        g.jump(op.POP_JUMP_IF_FALSE, location, next_handler)
    if handler.name is None:
        g.emit(op.POP_TOP, location)
        _handler_body(g, handler, location)
        g.emit(op.POP_BLOCK, NO_LOCATION)
        g.emit(op.POP_EXCEPT, NO_LOCATION)
        g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    else:
        cleanup = Label()
        g.store_name(handler.name, location)
        g.jump(op.SETUP_CLEANUP, location, cleanup)
        _handler_body(g, handler, location)
        g.emit(op.POP_BLOCK, NO_LOCATION)
        g.emit(op.POP_BLOCK, NO_LOCATION)
        g.emit(op.POP_EXCEPT, NO_LOCATION)
        g.unbind(handler.name, NO_LOCATION)
        g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
        g.place(cleanup)
        g.unbind(handler.name, NO_LOCATION)
        g.emit(op.RERAISE, NO_LOCATION, 1)
    g.place(next_handler)


def _handler_body(g: Generator, handler: ast.ExceptHandler, location: Location) -> None:
    body = Label()
    g.place(body)
    g.push_block(BlockKind.HANDLER_CLEANUP, location, body, None, handler.name)
    g.visit_all(handler.body)
    g.pop_block()


# except*


def _try_except_star(g: Generator, node: ast.TryStar) -> None:
    """Emit a try with except* clauses (PEP 654).

    While they run, the stack holds the original exception group, the list of what is raised or reraised by
    the clauses, and the part of the group that no clause has matched yet.
    """
    handlers, otherwise, cleanup, end = Label(), Label(), Label(), Label()
    reraise_star, reraise = Label(), Label()
    _guarded_body(g, node, handlers)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, otherwise)

    g.place(handlers)
    g.jump(op.SETUP_CLEANUP, NO_LOCATION, cleanup)
    g.emit(op.PUSH_EXC_INFO, NO_LOCATION)
    g.push_block(BlockKind.EXCEPTION_GROUP_HANDLER, location_of(node))
    for number, handler in enumerate(node.handlers):
        if number == 0:
            location = location_of(handler)
            g.emit(op.BUILD_LIST, location, 0)
            g.emit(op.COPY, location, 2)
        _star_handler(g, handler)
    g.emit(op.LIST_APPEND, NO_LOCATION, 1)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, reraise_star)
    g.pop_block()
    g.place(reraise_star)
    g.emit(op.CALL_INTRINSIC_2, NO_LOCATION, arguments.PREP_RERAISE_STAR)
    g.emit(op.COPY, NO_LOCATION, 1)
    g.jump(op.POP_JUMP_IF_NOT_NONE, NO_LOCATION, reraise)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.emit(op.POP_BLOCK, NO_LOCATION)
    g.emit(op.POP_EXCEPT, NO_LOCATION)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
    g.place(reraise)
    g.emit(op.POP_BLOCK, NO_LOCATION)
    g.emit(op.SWAP, NO_LOCATION, 2)
    g.emit(op.POP_EXCEPT, NO_LOCATION)
    g.emit(op.RERAISE, NO_LOCATION, 0)
    g.place(cleanup)
    g.pop_except_and_reraise()
    g.place(otherwise)
    g.visit_all(node.orelse)
    g.place(end)


def _star_handler(g: Generator, handler: ast.ExceptHandler) -> None:
    location = location_of(handler)
    next_handler, raised, no_match, cleanup = Label(), Label(), Label(), Label()
    if handler.type is not None:
        g.visit(handler.type)
        g.emit(op.CHECK_EG_MATCH, location)
        g.emit(op.COPY, location, 1)
        g.jump(op.POP_JUMP_IF_NONE, location, no_match)
    if handler.name is None:
        g.emit(op.POP_TOP, location)
    else:
        g.store_name(handler.name, location)
    g.jump(op.SETUP_CLEANUP, location, cleanup)
    _handler_body(g, handler, location)
    g.emit(op.POP_BLOCK, NO_LOCATION)
    if handler.name is not None:
        g.unbind(handler.name, NO_LOCATION)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, next_handler)
    g.place(cleanup)
    if handler.name is not None:
        g.unbind(handler.name, NO_LOCATION)
    g.emit(op.LIST_APPEND, NO_LOCATION, 3)
    g.emit(op.POP_TOP, NO_LOCATION)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, raised)
    g.place(next_handler)
    g.emit(op.NOP, NO_LOCATION)
    g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, raised)
    g.place(no_match)
    g.emit(op.POP_TOP, location)
    g.place(raised)
