"""Trees from outside: checked as CPython checks them, and copied, since the compiler changes its tree."""

import ast
from typing import Any

__all__ = ["checked_copy"]


def checked_copy(tree: ast.AST, root: type[ast.mod]) -> ast.mod:
    """Return a copy of `tree`, whose root must be a `root`, in which no node occurs twice."""
    if not isinstance(tree, root):
        raise TypeError(f"expected {root.__name__} node, got {type(tree).__name__}")
    copy: ast.mod = _copy(tree)
    return copy


def _copy(value: Any) -> Any:
    if isinstance(value, ast.AST):
        fields = {name: _copy(getattr(value, name, None)) for name in value._fields}
        copy = type(value)(**fields)
        for name in value._attributes:
            if hasattr(value, name):
                setattr(copy, name, getattr(value, name))
        return copy
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
