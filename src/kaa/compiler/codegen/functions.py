"""Functions: `def`, `async def`, `lambda`."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.annotations import parameter_annotations
from kaa.compiler.codegen.blocks import BlockKind
from kaa.compiler.codegen.docstrings import clean, docstring_of
from kaa.compiler.codegen.generator import (
    Generator,
    UnitKind,
    emits,
)
from kaa.compiler.codegen.type_parameters import enter_generic, type_parameters
from kaa.compiler.errors import location_of

__all__ = ["apply_decorators", "first_line"]


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Return the line of the definition's first decorator or, without one, of the definition."""
    line = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return line


def apply_decorators(g: Generator, decorators: list[ast.expr]) -> None:
    """Call the decorators, which stand on the stack below the decorated object."""
    for decorator in reversed(decorators):
        g.emit(op.CALL, location_of(decorator), 0)


@emits(ast.FunctionDef, ast.AsyncFunctionDef)
def function(g: Generator, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    _refuse_debug_parameters(g, node.args)
    g.visit_all(node.decorator_list)
    location = location_of(node)
    attributes = _defaults(g, location, node.args)
    if node.type_params:
        _generic_function(g, node, attributes)
    else:
        _plain_function(g, node, attributes)
    apply_decorators(g, node.decorator_list)
    g.store_name(node.name, location)


def _plain_function(g: Generator, node: ast.FunctionDef | ast.AsyncFunctionDef, attributes: int) -> None:
    """Push the function; the defaults that `attributes` names stand on the stack."""
    location = location_of(node)
    if parameter_annotations(g, location, node.args, node.returns):
        attributes |= arguments.ANNOTATIONS
    kind = UnitKind.FUNCTION if type(node) is ast.FunctionDef else UnitKind.ASYNC_FUNCTION
    g.enter(node, node.name, kind, first_line(node))
    g.take_parameters(node.args)
    _body(g, node.body)
    unit = g.leave(returns_none=True)
    g.make_function(unit, location, attributes)


def _generic_function(g: Generator, node: ast.FunctionDef | ast.AsyncFunctionDef, attributes: int) -> None:
    """Push a generic function: the result of a call of the scope of its type parameters.

    The defaults are evaluated outside of that scope and handed to it as its arguments.
    """
    location = location_of(node)
    defaults = [bit for bit in (arguments.DEFAULTS, arguments.KWDEFAULTS) if attributes & bit]
    if len(defaults) == 2:
        g.emit(op.SWAP, location, 2)
    enter_generic(g, node, node.name, first_line(node))
    g.unit.argcount = len(defaults)
    type_parameters(g, node.type_params)
    for number in range(len(defaults)):
        g.emit(op.LOAD_FAST, location, number)
    _plain_function(g, node, attributes)
    g.emit(op.SWAP, location, 2)
    g.emit(op.CALL_INTRINSIC_2, location, arguments.SET_FUNCTION_TYPE_PARAMS)
    unit = g.leave(returns_none=False)
    g.make_function(unit, location)
    if defaults:
        g.emit(op.SWAP, location, len(defaults) + 1)
        g.emit(op.CALL, location, len(defaults) - 1)
    else:
        g.emit(op.PUSH_NULL, location)
        g.emit(op.CALL, location, 0)


def _body(g: Generator, body: list[ast.stmt]) -> None:
    docstring = docstring_of(body)
    if docstring is not None:
        body = body[1:]
    # The first constant is the docstring: None where there is none.
    g.unit.add_constant(clean(docstring) if docstring is not None and g.optimize < 2 else None)
    if g.scope.is_generator or g.scope.is_coroutine:
        g.push_block(BlockKind.STOP_ITERATION, NO_LOCATION)
        g.visit_all(body)
        g.handle_stop_iteration()
        g.pop_block()
    else:
        g.visit_all(body)


@emits(ast.Lambda)
def lambda_(g: Generator, node: ast.Lambda) -> None:
    _refuse_debug_parameters(g, node.args)
    location = location_of(node)
    attributes = _defaults(g, location, node.args)
    g.enter(node, "<lambda>", UnitKind.LAMBDA, node.lineno)
    g.take_parameters(node.args)
    g.unit.add_constant(None)  # a string that comes first must not become the docstring
    g.visit(node.body)
    if g.scope.is_generator:
        unit = g.leave(returns_none=False)
    else:
        g.emit(op.RETURN_VALUE, location_of(node.body))
        unit = g.leave(returns_none=True)
    g.make_function(unit, location, attributes)


def _refuse_debug_parameters(g: Generator, arguments: ast.arguments) -> None:
    parameters = arguments.posonlyargs + arguments.args
    parameters += [arguments.vararg] if arguments.vararg is not None else []
    parameters += arguments.kwonlyargs
    parameters += [arguments.kwarg] if arguments.kwarg is not None else []
    for parameter in parameters:
        if parameter.arg == "__debug__":
            g.refuse_debug(parameter.arg, location_of(parameter))


def _defaults(g: Generator, location: Location, parameters: ast.arguments) -> int:
    """Push the tuple of defaults and the dictionary of keyword-only ones; return which there are."""
    attributes = 0
    if parameters.defaults:
        g.visit_all(parameters.defaults)
        g.emit(op.BUILD_TUPLE, location, len(parameters.defaults))
        attributes |= arguments.DEFAULTS
    names = []
    for parameter, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        if default is not None:
            names.append(g.mangled(parameter.arg))
            g.visit(default)
    if names:
        g.load_constant(tuple(names), location)
        g.emit(op.BUILD_CONST_KEY_MAP, location, len(names))
        attributes |= arguments.KWDEFAULTS
    return attributes
