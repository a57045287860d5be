"""Calls: of functions, of methods, of `super()`; with few arguments on the stack or with many in
containers.
"""

import ast
from collections.abc import Sequence

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments, suspicions
from kaa.compiler.codegen.attributes import (
    at_attribute,
    is_super_attribute,
    load_super_attribute,
)
from kaa.compiler.codegen.displays import TUPLE, build_sequence
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.codegen.limits import STACK_USE_GUIDELINE
from kaa.compiler.errors import location_of
from kaa.compiler.symbols.scopes import DEF_IMPORT

__all__ = ["call_with", "refuse_bad_keywords"]


def refuse_bad_keywords(g: Generator, keywords: Sequence[ast.keyword]) -> None:
    for number, keyword in enumerate(keywords):
        if keyword.arg is None:
            continue
        g.refuse_debug(keyword.arg, location_of(keyword))
        for other in keywords[number + 1 :]:
            if other.arg == keyword.arg:
                raise g.error(location_of(other), f"keyword argument repeated: {keyword.arg}")


@emits(ast.Call)
def call(g: Generator, node: ast.Call) -> None:
    refuse_bad_keywords(g, node.keywords)
    function = node.func
    if isinstance(function, ast.Attribute) and _is_method_call(g, function, node):
        _call_method(g, function, node)
        return
    suspicions.call(g, function)
    g.visit(function)
    g.emit(op.PUSH_NULL, location_of(function))
    call_with(g, location_of(node), 0, node.args, node.keywords)


# Arguments


def _has_unpacking(arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> bool:
    return any(type(argument) is ast.Starred for argument in arguments) or any(
        keyword.arg is None for keyword in keywords
    )


def call_with(
    g: Generator,
    location: Location,
    pushed: int,
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
) -> None:
    """Call what stands below `pushed` arguments on the stack, with those and these arguments."""
    big = len(arguments) + len(keywords) * 2 > STACK_USE_GUIDELINE
    if big or _has_unpacking(arguments, keywords):
        _call_with_containers(g, location, pushed, arguments, keywords)
        return
    g.visit_all(arguments)
    _call_with_stack(g, location, location, pushed + len(arguments), keywords)


def _call_with_stack(
    g: Generator,
    location: Location,
    names_location: Location,
    positional: int,
    keywords: Sequence[ast.keyword],
) -> None:
    if not keywords:
        g.emit(op.CALL, location, positional)
        return
    for keyword in keywords:
        g.visit(keyword.value)
    names = tuple([keyword.arg for keyword in keywords])
    g.load_constant(names, names_location)
    g.emit(op.CALL_KW, location, positional + len(keywords))


def _call_with_containers(
    g: Generator,
    location: Location,
    pushed: int,
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
) -> None:
    if not pushed and len(arguments) == 1 and isinstance(arguments[0], ast.Starred):
        g.visit(arguments[0].value)
    else:
        build_sequence(g, location, arguments, TUPLE, pushed)
    if keywords:
        _build_keywords(g, location, keywords)
    g.emit(op.CALL_FUNCTION_EX, location, int(bool(keywords)))


def _build_keywords(g: Generator, location: Location, keywords: Sequence[ast.keyword]) -> None:
    built = False
    pending = 0
    for number, keyword in enumerate(keywords):
        if keyword.arg is not None:
            pending += 1
            continue
        if pending:
            _build_named(g, location, keywords[number - pending : number])
            if built:
                g.emit(op.DICT_MERGE, location, 1)
            built, pending = True, 0
        if not built:
            g.emit(op.BUILD_MAP, location, 0)
            built = True
        g.visit(keyword.value)
        g.emit(op.DICT_MERGE, location, 1)
    if pending:
        _build_named(g, location, keywords[len(keywords) - pending :])
        if built:
            g.emit(op.DICT_MERGE, location, 1)


def _build_named(g: Generator, location: Location, keywords: Sequence[ast.keyword]) -> None:
    """Build a dictionary of keyword arguments that have names."""
    count = len(keywords)
    big = count * 2 > STACK_USE_GUIDELINE
    if count > 1 and not big:
        for keyword in keywords:
            g.visit(keyword.value)
        g.load_constant(tuple([keyword.arg for keyword in keywords]), location)
        g.emit(op.BUILD_CONST_KEY_MAP, location, count)
        return
    if big:
        g.emit(op.BUILD_MAP, NO_LOCATION, 0)
    for keyword in keywords:
        assert keyword.arg is not None
        g.load_constant(keyword.arg, location)
        g.visit(keyword.value)
        if big:
            g.emit(op.MAP_ADD, NO_LOCATION, 1)
    if not big:
        g.emit(op.BUILD_MAP, location, count)


# Methods


def _is_method_call(g: Generator, function: ast.Attribute, node: ast.Call) -> bool:
    """Say whether a call can load its method without binding it.

    Attributes of imported modules are functions rather than methods: there it would not pay.
    """
    value = function.value
    if isinstance(value, ast.Name) and g.symbols.top.symbols.get(value.id, 0) & DEF_IMPORT:
        return False
    keywords = len(node.keywords)
    if len(node.args) + keywords + bool(keywords) >= STACK_USE_GUIDELINE:
        return False
    return not _has_unpacking(node.args, node.keywords)


def _call_method(g: Generator, function: ast.Attribute, node: ast.Call) -> None:
    place = at_attribute(location_of(function), function)
    if is_super_attribute(g, function):
        load_super_attribute(g, function, arguments.SUPER_METHOD)
    else:
        g.visit(function.value)
        g.load_method(function.attr, place)
    g.visit_all(node.args)
    location = at_attribute(location_of(node), function)
    _call_with_stack(g, location, place, len(node.args), node.keywords)
