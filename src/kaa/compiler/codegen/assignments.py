"""Assignment statements: plain, augmented, annotated; and deletion."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.annotations import annotation_value
from kaa.compiler.codegen.attributes import at_attribute
from kaa.compiler.codegen.expressions import is_two_part_slice, slice_parts
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.errors import location_of


@emits(ast.Assign)
def assign(g: Generator, node: ast.Assign) -> None:
    location = location_of(node)
    g.visit(node.value)
    last = node.targets[-1]
    for target in node.targets:
        if target is not last:
            g.emit(op.COPY, location, 1)
        g.visit(target)


@emits(ast.Delete)
def delete(g: Generator, node: ast.Delete) -> None:
    g.visit_all(node.targets)


@emits(ast.AugAssign)
def augmented_assign(g: Generator, node: ast.AugAssign) -> None:
    target, location = node.target, location_of(node)
    operation = arguments.INPLACE[type(node.op)]
    match target:
        case ast.Name(id=name):
            g.load_name(name, location_of(target))
            _operate(g, node.value, operation, location)
            g.store_name(name, location_of(target))
        case ast.Attribute():
            _augment_attribute(g, target, node.value, operation, location)
        case ast.Subscript() if is_two_part_slice(target.slice):
            _augment_slice(g, target, node.value, operation, location)
        case ast.Subscript():
            _augment_subscript(g, target, node.value, operation, location)


def _operate(g: Generator, value: ast.expr, operation: int, location: Location) -> None:
    g.visit(value)
    g.emit(op.BINARY_OP, location, operation)


def _augment_attribute(
    g: Generator, target: ast.Attribute, value: ast.expr, operation: int, location: Location
) -> None:
    g.visit(target.value)
    g.emit(op.COPY, location_of(target), 1)
    place = at_attribute(location_of(target), target)
    g.load_attribute(target.attr, place)
    _operate(g, value, operation, location)
    g.emit(op.SWAP, place, 2)
    g.name_operation(op.STORE_ATTR, target.attr, place)


def _augment_slice(
    g: Generator, target: ast.Subscript, value: ast.expr, operation: int, location: Location
) -> None:
    place = location_of(target)
    g.visit(target.value)
    assert isinstance(target.slice, ast.Slice)
    slice_parts(g, target.slice)
    for _ in range(3):
        g.emit(op.COPY, place, 3)
    g.emit(op.BINARY_SLICE, place)
    _operate(g, value, operation, location)
    for depth in (4, 3, 2):
        g.emit(op.SWAP, place, depth)
    g.emit(op.STORE_SLICE, place)


def _augment_subscript(
    g: Generator, target: ast.Subscript, value: ast.expr, operation: int, location: Location
) -> None:
    place = location_of(target)
    g.visit(target.value)
    g.visit(target.slice)
    for _ in range(2):
        g.emit(op.COPY, place, 2)
    g.emit(op.BINARY_SUBSCR, place)
    _operate(g, value, operation, location)
    for depth in (3, 2):
        g.emit(op.SWAP, place, depth)
    g.emit(op.STORE_SUBSCR, place)


@emits(ast.AnnAssign)
def annotated_assign(g: Generator, node: ast.AnnAssign) -> None:
    """Assign, if there is a value, and keep the annotation of a plain name of a module or class."""
    location, target = location_of(node), node.target
    if node.value is not None:
        g.visit(node.value)
        g.visit(target)
    match target:
        case ast.Name(id=name):
            g.refuse_debug(name, location)
            if node.simple and g.kind in (UnitKind.MODULE, UnitKind.CLASS):
                annotation_value(g, node.annotation)
                g.name_operation(op.LOAD_NAME, "__annotations__", location)
                g.load_constant(g.mangled(name), location)
                g.emit(op.STORE_SUBSCR, location)
        case ast.Attribute(attr=name):
            g.refuse_debug(name, location)
            if node.value is None:
                _evaluate(g, target.value)
        case ast.Subscript() if node.value is None:
            _evaluate(g, target.value)
            _evaluate_index(g, target.slice)
    if not node.simple:
        _evaluate_annotation(g, node.annotation)


def _evaluate(g: Generator, node: ast.expr) -> None:
    """Evaluate for what it may raise."""
    g.visit(node)
    g.emit(op.POP_TOP, location_of(node))


def _evaluate_index(g: Generator, node: ast.expr) -> None:
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            for part in (lower, upper, step):
                if part is not None:
                    _evaluate(g, part)
        case ast.Tuple(elts=elements):
            for element in elements:
                _evaluate_index(g, element)
        case _:
            _evaluate(g, node)


def _evaluate_annotation(g: Generator, annotation: ast.expr) -> None:
    """Evaluate the annotation of a target that keeps none, which only modules and classes do."""
    if g.has_future_annotations or g.kind not in (UnitKind.MODULE, UnitKind.CLASS):
        return
    _evaluate(g, annotation)
