"""Modules and bodies, and the statements that are not the theme of another module."""

import ast
from collections.abc import Sequence

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments, suspicions
from kaa.compiler.codegen.conditions import jump_if
from kaa.compiler.codegen.docstrings import clean, docstring_of
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.codegen.unwinding import unwind
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label

__all__ = ["body", "interactive", "module"]

_NESTS: dict[type[ast.stmt], tuple[str, ...]] = {
    ast.For: ("body", "orelse"),
    ast.AsyncFor: ("body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.If: ("body", "orelse"),
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.Match: ("cases",),
}
"""Where statements hold other statements of the same scope."""

_NO_STATEMENT: Location = (1, 1, 0, 0)
"""Where a program begins that has no statements, or is interactive."""


def _has_annotation(nodes: Sequence[ast.AST]) -> bool:
    """Say whether a variable is annotated among these statements, or in a statement within them."""
    for node in nodes:
        if isinstance(node, ast.AnnAssign):
            return True
        if isinstance(node, ast.ExceptHandler | ast.match_case):
            if _has_annotation(node.body):
                return True
        elif isinstance(node, ast.stmt):
            for field in _NESTS.get(type(node), ()):
                if _has_annotation(getattr(node, field)):
                    return True
    return False


def module(g: Generator, tree: ast.Module) -> None:
    start: Location = location_of(tree.body[0]) if tree.body else _NO_STATEMENT
    body(g, tree.body, start)


def interactive(g: Generator, tree: ast.Interactive) -> None:
    g.interactive = True
    if _has_annotation(tree.body):
        g.emit(op.SETUP_ANNOTATIONS, _NO_STATEMENT)
    g.visit_all(tree.body)


def body(g: Generator, statements: list[ast.stmt], location: Location) -> None:
    """Emit the body of a module or class: `__annotations__`, `__doc__`, the statements."""
    if _has_annotation(statements):
        g.emit(op.SETUP_ANNOTATIONS, location)
    docstring = docstring_of(statements)
    if docstring is not None:
        first, *statements = statements
        assert isinstance(first, ast.Expr)
        if g.optimize < 2:
            g.load_constant(clean(docstring), location_of(first.value))
            g.store_name("__doc__", NO_LOCATION)
    g.visit_all(statements)


@emits(ast.Expr)
def expression_statement(g: Generator, node: ast.Expr) -> None:
    if g.interactive and not g.outer:
        g.visit(node.value)
        g.emit(op.CALL_INTRINSIC_1, location_of(node), arguments.PRINT)
        g.emit(op.POP_TOP, NO_LOCATION)
    elif type(node.value) is ast.Constant:
        g.emit(op.NOP, location_of(node))
    else:
        g.visit(node.value)
        g.emit(op.POP_TOP, NO_LOCATION)


@emits(ast.Pass)
def pass_(g: Generator, node: ast.Pass) -> None:
    g.emit(op.NOP, location_of(node))


@emits(ast.Global, ast.Nonlocal)
def declaration(g: Generator, node: ast.Global | ast.Nonlocal) -> None:
    """Emit nothing: the symbol table knows."""


@emits(ast.If)
def if_(g: Generator, node: ast.If) -> None:
    end = Label()
    otherwise = Label() if node.orelse else end
    jump_if(g, location_of(node), node.test, otherwise, False)
    g.visit_all(node.body)
    if node.orelse:
        g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
        g.place(otherwise)
        g.visit_all(node.orelse)
    g.place(end)


@emits(ast.Assert)
def assert_(g: Generator, node: ast.Assert) -> None:
    suspicions.assertion(g, node)
    if g.optimize:
        return
    location = location_of(node)
    end = Label()
    jump_if(g, location, node.test, end, True)
    g.emit(op.LOAD_ASSERTION_ERROR, location)
    if node.msg is not None:
        g.visit(node.msg)
        g.emit(op.CALL, location, 0)
    g.emit(op.RAISE_VARARGS, location_of(node.test), 1)
    g.place(end)


@emits(ast.Raise)
def raise_(g: Generator, node: ast.Raise) -> None:
    parts = [part for part in (node.exc, node.cause) if part is not None]
    g.visit_all(parts)
    g.emit(op.RAISE_VARARGS, location_of(node), len(parts))


@emits(ast.Return)
def return_(g: Generator, node: ast.Return) -> None:
    location, value = location_of(node), node.value
    if not g.scope.is_function_like:
        raise g.error(location, "'return' outside function")
    if value is not None and g.scope.is_coroutine and g.scope.is_generator:
        raise g.error(location, "'return' with value in async generator")
    keeps_value = value is not None and not isinstance(value, ast.Constant)
    if value is not None:
        if keeps_value:
            g.visit(value)
        else:
            location = location_of(value)
            g.emit(op.NOP, location)
    if value is None or value.lineno != node.lineno:
        location = location_of(node)
        g.emit(op.NOP, location)
    location = unwind(g, location, keeps_value)
    if value is None:
        g.load_constant(None, location)
    elif isinstance(value, ast.Constant):
        g.load_constant(value.value, location)
    g.emit(op.RETURN_VALUE, location)
