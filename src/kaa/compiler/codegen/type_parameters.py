"""Type parameters and `type` statements (PEP 695, PEP 696): everything in them is evaluated lazily or in
a scope.
"""

import ast
from typing import Any

from kaa.bytecode import opcodes as op
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.generator import (
    Generator,
    UnitKind,
    emits,
)
from kaa.compiler.errors import location_of

__all__ = ["enter_generic", "type_parameters"]


def enter_generic(g: Generator, node: ast.AST, name: str, first_line: int) -> None:
    """Begin the scope of the type parameters of a definition."""
    g.enter(
        (node, "type parameters"), f"<generic parameters of {name}>", UnitKind.ANNOTATION_SCOPE, first_line
    )


def type_parameters(g: Generator, parameters: list[ast.type_param]) -> None:
    """Bind the type parameters and push the tuple of them."""
    seen_default = False
    for parameter in parameters:
        assert isinstance(parameter, ast.TypeVar | ast.ParamSpec | ast.TypeVarTuple)
        location = location_of(parameter)
        g.load_constant(parameter.name, location)
        _make(g, parameter)
        if parameter.default_value is not None:
            seen_default = True
            starred = isinstance(parameter, ast.TypeVarTuple)
            _evaluator(g, parameter.default_value, parameter.name, (parameter, "default"), starred)
            g.emit(op.CALL_INTRINSIC_2, location, arguments.SET_TYPEPARAM_DEFAULT)
        elif seen_default:
            message = f"non-default type parameter '{parameter.name}' follows default type parameter"
            raise g.error(location, message)
        g.emit(op.COPY, location, 1)
        g.store_name(parameter.name, location)
    g.emit(op.BUILD_TUPLE, location_of(parameters[0]), len(parameters))


def _make(g: Generator, parameter: ast.TypeVar | ast.ParamSpec | ast.TypeVarTuple) -> None:
    location = location_of(parameter)
    match parameter:
        case ast.TypeVar(bound=None):
            g.emit(op.CALL_INTRINSIC_1, location, arguments.TYPEVAR)
        case ast.TypeVar(bound=bound):
            assert bound is not None
            _evaluator(g, bound, parameter.name, parameter, False)
            constrained = isinstance(bound, ast.Tuple)
            intrinsic = arguments.TYPEVAR_WITH_CONSTRAINTS if constrained else arguments.TYPEVAR_WITH_BOUND
            g.emit(op.CALL_INTRINSIC_2, location, intrinsic)
        case ast.ParamSpec():
            g.emit(op.CALL_INTRINSIC_1, location, arguments.PARAMSPEC)
        case ast.TypeVarTuple():
            g.emit(op.CALL_INTRINSIC_1, location, arguments.TYPEVARTUPLE)


def _evaluator(g: Generator, value: ast.expr, name: str, key: Any, allows_star: bool) -> None:
    """Push a function that evaluates a bound, constraint or default."""
    location = location_of(value)
    g.enter(key, name, UnitKind.ANNOTATION_SCOPE, value.lineno)
    if allows_star and isinstance(value, ast.Starred):
        g.visit(value.value)
        g.emit(op.UNPACK_SEQUENCE, location, 1)
    else:
        g.visit(value)
    g.emit(op.RETURN_VALUE, location)
    g.make_function(g.leave(returns_none=True), location)


@emits(ast.TypeAlias)
def type_alias(g: Generator, node: ast.TypeAlias) -> None:
    assert isinstance(node.name, ast.Name)
    name, location = node.name.id, location_of(node)
    if node.type_params:
        enter_generic(g, node, name, node.lineno)
        g.load_constant(name, location)
        type_parameters(g, node.type_params)
        _alias(g, node, name)
        g.make_function(g.leave(returns_none=False), location)
        g.emit(op.PUSH_NULL, location)
        g.emit(op.CALL, location, 0)
    else:
        g.load_constant(name, location)
        g.load_constant(None, location)
        _alias(g, node, name)
    g.store_name(name, location)


def _alias(g: Generator, node: ast.TypeAlias, name: str) -> None:
    """Make the alias of its name and its type parameters, which stand on the stack, and of its lazy value."""
    location = location_of(node)
    g.enter(node, name, UnitKind.FUNCTION, node.lineno)
    g.unit.add_constant(None)  # a string must not become the docstring of the evaluating function
    g.visit(node.value)
    g.emit(op.RETURN_VALUE, location)
    g.make_function(g.leave(returns_none=False), location)
    g.emit(op.BUILD_TUPLE, location, 3)
    g.emit(op.CALL_INTRINSIC_1, location, arguments.TYPEALIAS)
