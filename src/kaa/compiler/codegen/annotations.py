"""Annotations of parameters, results and variables: their values, or their text under PEP 563."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import Location
from kaa.compiler.codegen.annotation_text import annotation_text
from kaa.compiler.codegen.generator import Generator
from kaa.compiler.errors import location_of

__all__ = ["annotation_value", "parameter_annotations"]


def annotation_value(g: Generator, annotation: ast.expr) -> None:
    """Push the value of an annotation, or its text under `from __future__ import annotations`."""
    if g.has_future_annotations:
        g.load_constant(annotation_text(annotation), location_of(annotation))
    else:
        g.visit(annotation)


def parameter_annotations(
    g: Generator, location: Location, arguments: ast.arguments, returns: ast.expr | None
) -> bool:
    """Push the tuple of names and annotations of a function, if it has any; say whether it has."""
    count = 0
    for parameter in _in_order(arguments):
        if parameter.annotation is not None:
            _parameter(g, location, parameter.arg, parameter.annotation)
            count += 1
    if returns is not None:
        g.load_constant("return", location)
        annotation_value(g, returns)
        count += 1
    if count:
        g.emit(op.BUILD_TUPLE, location, count * 2)
    return bool(count)


def _in_order(arguments: ast.arguments) -> list[ast.arg]:
    """Return the parameters in the order that the host evaluates their annotations in."""
    parameters = arguments.args + arguments.posonlyargs
    parameters += [arguments.vararg] if arguments.vararg is not None else []
    parameters += arguments.kwonlyargs
    parameters += [arguments.kwarg] if arguments.kwarg is not None else []
    return parameters


def _parameter(g: Generator, location: Location, name: str, annotation: ast.expr) -> None:
    g.load_constant(g.mangled(name), location)
    if isinstance(annotation, ast.Starred) and not g.has_future_annotations:
        # `*args: *Ts` (PEP 646): the one element of the unpacked value.
        g.visit(annotation.value)
        g.emit(op.UNPACK_SEQUENCE, location, 1)
    else:
        annotation_value(g, annotation)
