"""Class definitions."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.calls import call_with, refuse_bad_keywords
from kaa.compiler.codegen.functions import apply_decorators, first_line
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.codegen.statements import body
from kaa.compiler.codegen.type_parameters import enter_generic, type_parameters
from kaa.compiler.errors import location_of
from kaa.compiler.unit import CompilationUnit


@emits(ast.ClassDef)
def class_(g: Generator, node: ast.ClassDef) -> None:
    g.visit_all(node.decorator_list)
    if node.type_params:
        _generic_class(g, node)
    else:
        _build(g, node, node.bases)
    apply_decorators(g, node.decorator_list)
    g.store_name(node.name, location_of(node))


def _generic_class(g: Generator, node: ast.ClassDef) -> None:
    """Push a generic class, which inherits from `Generic[its type parameters]` besides its written bases."""
    location = location_of(node)
    enter_generic(g, node, node.name, first_line(node))
    g.class_name = node.name
    type_parameters(g, node.type_params)
    g.store_name(".type_params", location)
    unit = _body(g, node)
    _load_builder(g, node, unit)
    g.load_name(".type_params", location)
    g.emit(op.CALL_INTRINSIC_1, location, arguments.SUBSCRIPT_GENERIC)
    g.store_name(".generic_base", location)
    generic_base = ast.copy_location(ast.Name(".generic_base", ast.Load()), node)
    refuse_bad_keywords(g, node.keywords)
    call_with(g, location, 2, [*node.bases, generic_base], node.keywords)
    g.make_function(g.leave(returns_none=False), location)
    g.emit(op.PUSH_NULL, location)
    g.emit(op.CALL, location, 0)


def _build(g: Generator, node: ast.ClassDef, bases: list[ast.expr]) -> None:
    unit = _body(g, node)
    _load_builder(g, node, unit)
    refuse_bad_keywords(g, node.keywords)
    call_with(g, location_of(node), 2, bases, node.keywords)


def _load_builder(g: Generator, node: ast.ClassDef, unit: CompilationUnit) -> None:
    """Push `__build_class__` and its first two arguments: the function of the body, and the name."""
    location = location_of(node)
    g.emit(op.LOAD_BUILD_CLASS, location)
    g.emit(op.PUSH_NULL, location)
    g.make_function(unit, location)
    g.load_constant(node.name, location)


def _body(g: Generator, node: ast.ClassDef) -> CompilationUnit:
    line = first_line(node)
    location = (line, line, 0, 0)
    g.enter(node, node.name, UnitKind.CLASS, line)
    g.class_name = node.name
    g.load_name("__name__", location)
    g.store_name("__module__", location)
    g.load_constant(g.unit.qualname, location)
    g.store_name("__qualname__", location)
    g.load_constant(line, location)
    g.store_name("__firstlineno__", location)
    if node.type_params:
        g.load_name(".type_params", location)
        g.store_name("__type_params__", location)
    if g.scope.needs_classdict:
        g.emit(op.LOAD_LOCALS, location)
        g.emit(op.STORE_DEREF, location, g.unit.cellvars["__classdict__"])
    body(g, node.body, location)
    g.load_constant(tuple(sorted(g.static_attributes)), NO_LOCATION)
    g.store_name("__static_attributes__", NO_LOCATION)
    _store_cells(g)
    g.emit(op.RETURN_VALUE, NO_LOCATION)
    return g.leave(returns_none=True)


def _store_cells(g: Generator) -> None:
    """Give `type` the cells that it is to fill, and push the body's result: the cell of `__class__`, if
    there is one.
    """
    if g.scope.needs_classdict:
        g.load_closure(("__classdict__",), NO_LOCATION)
        g.store_name("__classdictcell__", NO_LOCATION)
    if g.scope.needs_class_closure:
        g.load_closure(("__class__",), NO_LOCATION)
        g.emit(op.COPY, NO_LOCATION, 1)
        g.store_name("__classcell__", NO_LOCATION)
    else:
        g.load_constant(None, NO_LOCATION)
