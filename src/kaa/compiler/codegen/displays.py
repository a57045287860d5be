"""Displays (lists, tuples, sets, dictionaries) and their mirror image, unpacking into targets."""

import ast
from collections.abc import Sequence
from typing import NamedTuple

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.codegen.limits import STACK_USE_GUIDELINE
from kaa.compiler.errors import location_of

__all__ = ["TUPLE", "build_sequence", "dictionary_part", "unpack_sequence"]


class _Shape(NamedTuple):
    """How a container is made: at once, or empty and then item by item and iterable by iterable."""

    build: int
    append: int
    extend: int


_LIST = _Shape(op.BUILD_LIST, op.LIST_APPEND, op.LIST_EXTEND)
_SET = _Shape(op.BUILD_SET, op.SET_ADD, op.SET_UPDATE)
TUPLE = _Shape(op.BUILD_TUPLE, op.LIST_APPEND, op.LIST_EXTEND)
"""A tuple that cannot be made at once is made as a list."""

_SMALLEST_FOLDED = 3
"""A display of so many constants is made by extending an empty container with one constant tuple."""

_MAX_BEFORE_STAR = 256
_MAX_AFTER_STAR = (1 << 31) - 1 >> 8


def _are_constants(nodes: Sequence[ast.expr | None]) -> bool:
    return all(type(node) is ast.Constant for node in nodes)


def build_sequence(
    g: Generator, location: Location, elements: Sequence[ast.expr], shape: _Shape, pushed: int = 0
) -> None:
    """Build a list, set or tuple of the `pushed` values on top of the stack and of `elements`."""
    count = len(elements)
    if count >= _SMALLEST_FOLDED and _are_constants(elements):
        _build_of_constants(g, location, elements, shape, pushed)
        return
    big = count + pushed > STACK_USE_GUIDELINE
    if not big and not any(type(element) is ast.Starred for element in elements):
        g.visit_all(elements)
        g.emit(shape.build, location, count + pushed)
        return
    build = op.BUILD_LIST if shape is TUPLE else shape.build
    built = big
    if big:
        g.emit(build, location, pushed)
    for number, element in enumerate(elements):
        if isinstance(element, ast.Starred):
            if not built:
                g.emit(build, location, number + pushed)
                built = True
            g.visit(element.value)
            g.emit(shape.extend, location, 1)
        else:
            g.visit(element)
            if built:
                g.emit(shape.append, location, 1)
    if shape is TUPLE:
        g.emit(op.CALL_INTRINSIC_1, location, arguments.LIST_TO_TUPLE)


def _build_of_constants(
    g: Generator, location: Location, elements: Sequence[ast.expr], shape: _Shape, pushed: int
) -> None:
    values = tuple([element.value for element in elements if isinstance(element, ast.Constant)])
    if shape is TUPLE and not pushed:
        g.load_constant(values, location)
        return
    g.emit(op.BUILD_LIST if shape is TUPLE else shape.build, location, pushed)
    g.load_constant(frozenset(values) if shape is _SET else values, location)
    g.emit(shape.extend, location, 1)
    if shape is TUPLE:
        g.emit(op.CALL_INTRINSIC_1, location, arguments.LIST_TO_TUPLE)


@emits(ast.List)
def list_(g: Generator, node: ast.List) -> None:
    _sequence(g, node, _LIST)


@emits(ast.Tuple)
def tuple_(g: Generator, node: ast.Tuple) -> None:
    _sequence(g, node, TUPLE)


def _sequence(g: Generator, node: ast.List | ast.Tuple, shape: _Shape) -> None:
    context = type(node.ctx)
    if context is ast.Load:
        build_sequence(g, location_of(node), node.elts, shape)
    elif context is ast.Store:
        _unpack_into(g, node)
    else:
        g.visit_all(node.elts)


@emits(ast.Set)
def set_(g: Generator, node: ast.Set) -> None:
    build_sequence(g, location_of(node), node.elts, _SET)


@emits(ast.Starred)
def starred(g: Generator, node: ast.Starred) -> None:
    # The starred expressions that have a meaning are taken care of by what they stand in.
    if type(node.ctx) is ast.Store:
        raise g.error(location_of(node), "starred assignment target must be in a list or tuple")
    raise g.error(location_of(node), "can't use starred expression here")


# Unpacking


def unpack_sequence(
    g: Generator, location: Location, elements: Sequence[ast.AST], star: type[ast.AST], place: str
) -> None:
    """Emit the instruction that takes the value on the stack apart; `star` is the type of a starred
    element.
    """
    count = len(elements)
    stars = [number for number, element in enumerate(elements) if type(element) is star]
    if not stars:
        g.emit(op.UNPACK_SEQUENCE, location, count)
        return
    before, after = stars[0], count - stars[0] - 1
    if before >= _MAX_BEFORE_STAR or after >= _MAX_AFTER_STAR:
        raise g.error(location, f"too many expressions in star-unpacking {place}")
    if len(stars) > 1:
        raise g.error(location, f"multiple starred expressions in {place}")
    g.emit(op.UNPACK_EX, location, before + (after << 8))


def _unpack_into(g: Generator, node: ast.List | ast.Tuple) -> None:
    unpack_sequence(g, location_of(node), node.elts, ast.Starred, "assignment")
    for element in node.elts:
        g.visit(element.value if isinstance(element, ast.Starred) else element)


# Dictionaries


@emits(ast.Dict)
def dictionary(g: Generator, node: ast.Dict) -> None:
    location = location_of(node)
    built = False
    pending = 0  # pairs seen since the last unpacking or part
    for number, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        if key is None:
            if pending:
                dictionary_part(g, node, number - pending, number)
                if built:
                    g.emit(op.DICT_UPDATE, location, 1)
                built, pending = True, 0
            if not built:
                g.emit(op.BUILD_MAP, location, 0)
                built = True
            g.visit(value)
            g.emit(op.DICT_UPDATE, location, 1)
        elif pending * 2 > STACK_USE_GUIDELINE:
            dictionary_part(g, node, number - pending, number + 1)
            if built:
                g.emit(op.DICT_UPDATE, location, 1)
            built, pending = True, 0
        else:
            pending += 1
    if pending:
        dictionary_part(g, node, len(node.keys) - pending, len(node.keys))
        if built:
            g.emit(op.DICT_UPDATE, location, 1)
        built = True
    if not built:
        g.emit(op.BUILD_MAP, location, 0)


def dictionary_part(g: Generator, node: ast.Dict, begin: int, end: int) -> None:
    """Build a dictionary of the pairs from `begin` to `end`, none of which is an unpacking."""
    location = location_of(node)
    keys, values = node.keys[begin:end], node.values[begin:end]
    count = end - begin
    big = count * 2 > STACK_USE_GUIDELINE
    if count > 1 and not big and _are_constants(keys):
        g.visit_all(values)
        g.load_constant(tuple([key.value for key in keys if isinstance(key, ast.Constant)]), location)
        g.emit(op.BUILD_CONST_KEY_MAP, location, count)
        return
    if big:
        g.emit(op.BUILD_MAP, location, 0)
    for key, value in zip(keys, values, strict=True):
        assert key is not None
        g.visit(key)
        g.visit(value)
        if big:
            g.emit(op.MAP_ADD, location, 1)
    if not big:
        g.emit(op.BUILD_MAP, location, count)
