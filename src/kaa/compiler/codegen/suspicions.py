"""What is legal but hardly meant: the compiler's `SyntaxWarning`s."""

import ast
from types import FunctionType, GeneratorType

from kaa.compiler.codegen.generator import Generator
from kaa.compiler.errors import location_of

__all__ = ["assertion", "call", "comparison", "subscript"]

_TYPES: dict[type[ast.expr], type] = {
    ast.Tuple: tuple,
    ast.List: list,
    ast.ListComp: list,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
    ast.GeneratorExp: GeneratorType,
    ast.Lambda: FunctionType,
    ast.JoinedStr: str,
    ast.FormattedValue: str,
}
"""Expressions whose type is plain to see."""

_NOT_CALLABLE = frozenset({*_TYPES, ast.Constant} - {ast.Lambda})
_NOT_SUBSCRIPTABLE = frozenset({ast.Set, ast.SetComp, ast.GeneratorExp, ast.Lambda})
_NOT_SUBSCRIPTABLE_CONSTANTS = (type(None), type(Ellipsis), bool, int, float, complex, frozenset)
_SEQUENCES = frozenset({ast.Tuple, ast.List, ast.ListComp, ast.JoinedStr, ast.FormattedValue})
_SEQUENCE_CONSTANTS = (str, bytes, tuple)


def _type_of(node: ast.expr) -> type | None:
    return type(node.value) if isinstance(node, ast.Constant) else _TYPES.get(type(node))


def _name_of_type(node: ast.expr) -> str:
    kind = _type_of(node)
    assert kind is not None
    return kind.__name__


def call(g: Generator, function: ast.expr) -> None:
    """Warn about `"text" (x)`: a comma is missing before it."""
    if type(function) in _NOT_CALLABLE:
        message = f"'{_name_of_type(function)}' object is not callable; perhaps you missed a comma?"
        g.warn(location_of(function), message)


def _is_plain_literal(node: ast.expr) -> bool:
    """Say whether `is` with this operand depends on which literals share an object."""
    return isinstance(node, ast.Constant) and not (
        node.value is None or node.value is Ellipsis or node.value is True or node.value is False
    )


def comparison(g: Generator, node: ast.Compare) -> None:
    """Warn about `x is 1`."""
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        kind = type(operator)
        if kind is ast.Is or kind is ast.IsNot:
            literal = next((side for side in (left, right) if _is_plain_literal(side)), None)
            if literal is not None:
                words, better = ("is", "==") if kind is ast.Is else ("is not", "!=")
                message = f'"{words}" with \'{_name_of_type(literal)}\' literal. Did you mean "{better}"?'
                g.warn(location_of(node), message)
                return
        left = right


def subscript(g: Generator, node: ast.Subscript) -> None:
    """Warn about `{1} [0]` and `(1, 2) ["x"]`: a comma is missing before the bracket."""
    value = node.value
    kind = type(value)
    if kind in _NOT_SUBSCRIPTABLE or (
        isinstance(value, ast.Constant) and type(value.value) in _NOT_SUBSCRIPTABLE_CONSTANTS
    ):
        message = f"'{_name_of_type(value)}' object is not subscriptable; perhaps you missed a comma?"
        g.warn(location_of(value), message)
    elif kind in _SEQUENCES or (isinstance(value, ast.Constant) and type(value.value) in _SEQUENCE_CONSTANTS):
        _index(g, value, node.slice)


def _index(g: Generator, value: ast.expr, index: ast.expr) -> None:
    kind = _type_of(index)
    if kind is None or issubclass(kind, int):
        return
    message = (
        f"{_name_of_type(value)} indices must be integers or slices, not {kind.__name__}; "
        "perhaps you missed a comma?"
    )
    g.warn(location_of(value), message)


def assertion(g: Generator, node: ast.Assert) -> None:
    """Warn about `assert (test, "message")`, which tests a tuple."""
    test = node.test
    if (isinstance(test, ast.Tuple) and test.elts) or (
        isinstance(test, ast.Constant) and isinstance(test.value, tuple) and test.value
    ):
        g.warn(location_of(node), "assertion is always true, perhaps remove parentheses?")
