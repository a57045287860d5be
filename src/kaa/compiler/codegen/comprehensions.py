"""Comprehensions and generator expressions.

A generator expression is a function of its own, called at once. The other comprehensions run in the frame
around them (PEP 709), wherever the symbol table says so: the variables that they bind are put aside on the
stack before, and restored after, also when an exception passes through.
"""

import ast
from typing import NamedTuple

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import BlockKind
from kaa.compiler.codegen.conditions import jump_if
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.errors import location_of
from kaa.compiler.symbols.scopes import (
    DEF_LOCAL,
    DEF_NONLOCAL,
    RESOLUTION_SHIFT,
    Resolution,
    Scope,
    ScopeKind,
)
from kaa.compiler.unit import Label


class _Shape(NamedTuple):
    """The name of a comprehension's code, and the instructions that make and fill the container (0: none)."""

    name: str
    build: int
    add: int


_SHAPES: dict[type[ast.expr], _Shape] = {
    ast.ListComp: _Shape("<listcomp>", op.BUILD_LIST, op.LIST_APPEND),
    ast.SetComp: _Shape("<setcomp>", op.BUILD_SET, op.SET_ADD),
    ast.DictComp: _Shape("<dictcomp>", op.BUILD_MAP, op.MAP_ADD),
    ast.GeneratorExp: _Shape("<genexpr>", 0, 0),
}

type _Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@emits(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
def comprehension(g: Generator, node: _Comprehension) -> None:
    scope = g.symbols.scopes[node]
    awaits = scope.is_coroutine and not isinstance(node, ast.GeneratorExp)
    if awaits and not _allows_await(g):
        raise g.error(location_of(node), "asynchronous comprehension outside of an asynchronous function")
    if scope.inlined:
        _inlined(g, node, scope)
    else:
        _called(g, node, awaits)


def _allows_await(g: Generator) -> bool:
    return g.kind in (UnitKind.ASYNC_FUNCTION, UnitKind.COMPREHENSION) or g.allows_top_level_await


def _first_iterator(g: Generator, node: _Comprehension) -> None:
    generator = node.generators[0]
    g.visit(generator.iter)
    g.emit(op.GET_AITER if generator.is_async else op.GET_ITER, location_of(generator.iter))


def _called(g: Generator, node: _Comprehension, awaits: bool) -> None:
    """Emit a comprehension that is a function, called with the first iterator."""
    location, shape = location_of(node), _SHAPES[type(node)]
    g.enter(node, shape.name, UnitKind.COMPREHENSION, node.lineno)
    g.unit.argcount = 1
    if shape.build:
        g.emit(shape.build, location, 0)
    _loop(g, node, 0, 0, False)
    if shape.build:
        g.emit(op.RETURN_VALUE, location)
    else:
        g.handle_stop_iteration()
    asynchronous = g.scope.is_coroutine
    g.make_function(g.leave(returns_none=True), location)
    if asynchronous and g.allows_top_level_await:
        g.scope.is_coroutine = True
    _first_iterator(g, node)
    g.emit(op.CALL, location, 0)
    if awaits:
        g.await_value(location, arguments.BY_AWAIT)


# Inlined


class _Isolation(NamedTuple):
    """What has to be undone behind an inlined comprehension.

    `pushed` are the variables whose outer values wait on the stack, `outer_symbols` the flags that the
    scope around had for names (None: it had none), `hidden` the names that have become fast locals for the
    time being.
    """

    pushed: list[str]
    outer_symbols: dict[str, int | None]
    hidden: list[str]


def _inlined(g: Generator, node: _Comprehension, scope: Scope) -> None:
    location = location_of(node)
    _first_iterator(g, node)
    isolation = _isolate(g, scope, location)
    cleanup, end = Label(), Label()
    if isolation.pushed:
        g.emit(op.SWAP, location, len(isolation.pushed) + 1)
        g.jump(op.SETUP_FINALLY, location, cleanup)
    g.emit(_SHAPES[type(node)].build, location, 0)
    g.emit(op.SWAP, location, 2)
    _loop(g, node, 0, 0, True)
    _end_isolation(g, isolation)
    if isolation.pushed:
        g.emit(op.POP_BLOCK, NO_LOCATION)
        g.jump(op.JUMP_NO_INTERRUPT, NO_LOCATION, end)
        g.place(cleanup)
        g.emit(op.SWAP, NO_LOCATION, 2)
        g.emit(op.POP_TOP, NO_LOCATION)
        _restore(g, isolation.pushed, location)
        g.emit(op.RERAISE, NO_LOCATION, 0)
        g.place(end)
        _restore(g, isolation.pushed, location)
    for name in isolation.hidden:
        g.unit.hidden[name] = False
    g.loads.clear()


def _isolate(g: Generator, scope: Scope, location: Location) -> _Isolation:
    """Put the outer values of the comprehension's variables aside, and let its names be found as it sees
    them.

    In a class, where the comprehension must not see the class's names, these are all its names.
    """
    in_class = g.scope.type is ScopeKind.CLASS and not g.inlining
    g.inlining += 1
    g.loads.clear()
    isolation = _Isolation([], {}, [])
    for name, flags in scope.symbols.items():
        outside = g.scope.resolution(name)
        _override(g, name, flags, outside, in_class, isolation)
        binds = bool(flags & DEF_LOCAL) and not flags & DEF_NONLOCAL
        if not binds and not in_class:
            continue
        if not g.scope.is_function_like and not g.unit.hidden.get(name):
            g.unit.hidden[name] = True
            isolation.hidden.append(name)
        _put_aside(g, name, flags, outside, location)
        isolation.pushed.append(name)
    return isolation


def _override(
    g: Generator, name: str, flags: int, outside: int, in_class: bool, isolation: _Isolation
) -> None:
    """Let `name` be what it is inside of the comprehension, where that differs from what it is outside."""
    inside = flags >> RESOLUTION_SHIFT
    differs = inside not in (outside, Resolution.FREE)
    if in_class or (differs and not (inside == Resolution.CELL and outside == Resolution.FREE)):
        isolation.outer_symbols[name] = g.scope.symbols.get(name)
        g.scope.symbols[name] = flags


def _put_aside(g: Generator, name: str, flags: int, outside: int, location: Location) -> None:
    """Push the value of a variable, which may be unset, or its cell; give a cell variable a new cell."""
    varnames, unit = g.unit.varnames, g.unit
    g.emit(op.LOAD_FAST_AND_CLEAR, location, varnames.setdefault(name, len(varnames)))
    if flags >> RESOLUTION_SHIFT == Resolution.CELL:
        cells = unit.freevars if outside == Resolution.FREE else unit.cellvars
        g.emit(op.MAKE_CELL, location, cells[name])


def _end_isolation(g: Generator, isolation: _Isolation) -> None:
    g.inlining -= 1
    g.loads.clear()
    symbols = g.scope.symbols
    for name, flags in isolation.outer_symbols.items():
        if flags is None:
            del symbols[name]
        else:
            symbols[name] = flags


def _restore(g: Generator, pushed: list[str], location: Location) -> None:
    """Store the values that were put aside, which stand on the stack below the result."""
    g.emit(op.SWAP, location, len(pushed) + 1)
    for name in reversed(pushed):
        g.emit(op.STORE_FAST_MAYBE_NULL, location, g.unit.varnames[name])


# The loops


def _loop(g: Generator, node: _Comprehension, number: int, depth: int, iterator_pushed: bool) -> None:
    """Emit `for` clause `number`, with all that follows it; `depth` iterators stand above the container."""
    if node.generators[number].is_async:
        _async_loop(g, node, number, depth, iterator_pushed)
    else:
        _sync_loop(g, node, number, depth, iterator_pushed)


def _sync_loop(g: Generator, node: _Comprehension, number: int, depth: int, iterator_pushed: bool) -> None:
    generator = node.generators[number]
    start, skip, exhausted = Label(), Label(), Label()
    single = None
    if not iterator_pushed:
        if number == 0:
            g.emit(op.LOAD_FAST, location_of(node), 0)
        else:
            single = _single_element(generator.iter)
            g.visit(generator.iter if single is None else single)
            if single is None:
                g.emit(op.GET_ITER, location_of(generator.iter))
    if single is None:
        depth += 1
        g.place(start)
        g.jump(op.FOR_ITER, location_of(generator.iter), exhausted)
    g.visit(generator.target)
    location = _element(g, node, number, depth, skip)
    g.place(skip)
    if single is None:
        g.jump(op.JUMP, location, start)
        g.place(exhausted)
        g.emit(op.END_FOR, NO_LOCATION)
        g.emit(op.POP_TOP, NO_LOCATION)


def _single_element(iterable: ast.expr) -> ast.expr | None:
    """Return the element of `for x in [element]`, the idiom for a temporary variable: it needs no loop."""
    if isinstance(iterable, ast.List | ast.Tuple) and len(iterable.elts) == 1:
        element = iterable.elts[0]
        return None if isinstance(element, ast.Starred) else element
    return None


def _async_loop(g: Generator, node: _Comprehension, number: int, depth: int, iterator_pushed: bool) -> None:
    generator, location = node.generators[number], location_of(node)
    start, skip, exhausted = Label(), Label(), Label()
    if not iterator_pushed:
        if number == 0:
            g.emit(op.LOAD_FAST, location, 0)
        else:
            g.visit(generator.iter)
            g.emit(op.GET_AITER, location_of(generator.iter))
    g.place(start)
    g.push_block(BlockKind.ASYNC_COMPREHENSION, location, start)
    g.jump(op.SETUP_FINALLY, location, exhausted)
    g.emit(op.GET_ANEXT, location)
    g.load_constant(None, location)
    g.yield_from(location, arguments.AFTER_AWAIT)
    g.emit(op.POP_BLOCK, location)
    g.visit(generator.target)
    place = _element(g, node, number, depth + 1, skip)
    g.place(skip)
    g.jump(op.JUMP, place, start)
    g.pop_block()
    g.place(exhausted)
    g.emit(op.END_ASYNC_FOR, location)


def _element(g: Generator, node: _Comprehension, number: int, depth: int, skip: Label) -> Location:
    """Emit the conditions of a clause, and the next clause or the element; return the element's location."""
    location = location_of(node)
    for condition in node.generators[number].ifs:
        jump_if(g, location, condition, skip, False)
    if number + 1 < len(node.generators):
        _loop(g, node, number + 1, depth, False)
        return location_of(node.key if isinstance(node, ast.DictComp) else node.elt)
    if isinstance(node, ast.DictComp):
        g.visit(node.key)
        g.visit(node.value)
        line, _, column, _ = location_of(node.key)
        _, end_line, _, end_column = location_of(node.value)
        place = (line, end_line, column, end_column)
        g.emit(op.MAP_ADD, place, depth + 1)
        return place
    place = location_of(node.elt)
    g.visit(node.elt)
    if isinstance(node, ast.GeneratorExp):
        g.yield_value(place)
        g.emit(op.POP_TOP, place)
    else:
        g.emit(_SHAPES[type(node)].add, place, depth + 1)
    return place
