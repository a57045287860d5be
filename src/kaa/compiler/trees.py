"""Trees from outside: copied, since the compiler changes its tree, and checked as CPython checks them.

A program may make trees by hand. `checked_copy` converts a tree, driven by the field types that the `ast`
classes declare, and refuses missing fields and values of the wrong type; then `validation` looks for what
no parser would have made.
"""

import ast
from functools import cache
from types import GenericAlias, UnionType
from typing import Any, NamedTuple, get_args

from kaa.compiler.depth import room
from kaa.compiler.validation import validate

__all__ = ["checked_copy"]

_POSITIONS = ("lineno", "col_offset")
_ENDS = (("end_lineno", "lineno"), ("end_col_offset", "col_offset"))
_TEXT_FIELDS = frozenset({"type_comment", "kind", "tag"})
"""Fields of type `str` that hold text, not identifiers."""


def checked_copy(tree: ast.AST, root: type[ast.mod]) -> ast.mod:
    """Return a copy of `tree` in which no node occurs twice.

    Raises TypeError if its root is not a `root`, and TypeError, ValueError or RecursionError as CPython
    does for what is wrong in it.
    """
    if not isinstance(tree, root):
        raise TypeError(f"expected {root.__name__} node, got {type(tree).__name__}")
    with room():
        try:
            copy = _node(tree, ast.mod)
        except RecursionError:
            raise RecursionError("maximum recursion depth exceeded while traversing 'expr' node") from None
        try:
            validate(copy)
        except RecursionError:
            raise RecursionError("maximum recursion depth exceeded during compilation") from None
    assert isinstance(copy, root)
    return copy


# Conversion


class _Field(NamedTuple):
    """What a field of a node holds: values of `kind`, `many` of them in a list, or one that may be
    missing.
    """

    name: str
    kind: type
    many: bool
    optional: bool


@cache
def _fields(kind: Any) -> list[_Field]:
    """Return what the fields of a type of node hold, in their order."""
    types: dict[str, Any] = getattr(kind, "_field_types", {})
    fields = []
    for name in kind._fields:
        declared = types[name]
        if isinstance(declared, GenericAlias):
            fields.append(_Field(name, get_args(declared)[0], True, False))
        elif isinstance(declared, UnionType):
            fields.append(_Field(name, get_args(declared)[0], False, True))
        else:
            fields.append(_Field(name, declared, False, False))
    return fields


def _concrete(value: Any, base: type[ast.AST]) -> type[ast.AST] | None:
    """Return which of the kinds of `base` a value is: a subclass that a program made counts as its base."""
    for kind in type(value).__mro__:
        if base in kind.__bases__ and kind.__module__ == "ast":
            return kind
    return None


def _node(value: Any, base: type[ast.AST]) -> Any:
    """Return a copy of a node that has to be a `base`; None stays."""
    if base in _PRODUCTS:
        copy = base.__new__(base)
        _copy_fields(value, base, copy)
        _copy_positions(value, base, copy)
        return copy
    if value is None and base not in _ENUMERATIONS:
        return None
    place = ast.AST()
    _copy_positions(value, base, place)
    kind = _concrete(value, base)
    if kind is None:
        raise TypeError(f"expected some sort of {base.__name__}, but got {value!r}")
    copy = kind.__new__(kind)
    _copy_fields(value, kind, copy)
    vars(copy).update(vars(place))
    return copy


_PRODUCTS = frozenset(
    {
        ast.arguments,
        ast.arg,
        ast.keyword,
        ast.alias,
        ast.withitem,
        ast.match_case,
        ast.comprehension,
    }
)
"""Types of nodes that have no kinds of their own: `arguments`, `alias`... Anything with their fields will
do.
"""

_ENUMERATIONS = frozenset({ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop})
"""Types of nodes whose kinds have no fields."""


def _copy_positions(value: Any, kind: type[ast.AST], copy: Any) -> None:
    if "lineno" not in kind._attributes:
        return
    for name in _POSITIONS:
        if not hasattr(value, name):
            raise TypeError(f'required field "{name}" missing from {kind.__name__}')
        setattr(copy, name, _integer(getattr(value, name)))
    for name, default in _ENDS:
        end = getattr(value, name, None)
        setattr(copy, name, getattr(copy, default) if end is None else _integer(end))


def _copy_fields(value: Any, kind: Any, copy: Any) -> None:
    owner = kind.__name__
    for field in _fields(kind):
        name = field.name
        if field.many:
            items = getattr(value, name, [])
            if not isinstance(items, list):
                raise TypeError(f'{owner} field "{name}" must be a list, not a {type(items).__name__}')
            setattr(copy, name, [_convert(item, field) for item in items])
            continue
        if not hasattr(value, name):
            if not field.optional:
                raise TypeError(f'required field "{name}" missing from {owner}')
            setattr(copy, name, None)
            continue
        item = getattr(value, name)
        if item is None and field.optional:
            setattr(copy, name, None)
            continue
        converted = _convert(item, field)
        if converted is None and field.kind is not object:
            raise ValueError(f"field '{name}' is required for {owner}")
        setattr(copy, name, converted)


def _convert(value: Any, field: _Field) -> Any:
    kind = field.kind
    if kind is object:
        return value
    if kind is int:
        return _integer(value)
    if kind is str:
        return _text(value, field)
    return _node(value, kind)


def _text(value: Any, field: _Field) -> Any:
    if type(value) is str or (value is None and not field.many):
        return value
    if field.name in _TEXT_FIELDS:
        if type(value) is bytes:
            return value
        raise TypeError("AST string must be of type str")
    raise TypeError("AST identifier must be of type str")


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"invalid integer value: {value!r}")
    return value
