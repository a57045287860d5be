"""Future statements: which features of later versions of the language a module asks for (PEP 236)."""

import __future__

import ast
from typing import NamedTuple

from kaa.compiler.errors import beginning_at, location_of

__all__ = [
    "CO_FUTURE_ANNOTATIONS",
    "FLAGS",
    "OBSOLETE_FLAGS",
    "FutureFeatures",
    "future_features",
    "is_future",
]

_MANDATORY = {
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "generator_stop",
}
"""Features that every Python 3 has: their future statements say nothing new."""

CO_FUTURE_BARRY_AS_BDFL: int = __future__.barry_as_FLUFL.compiler_flag
CO_FUTURE_ANNOTATIONS: int = __future__.annotations.compiler_flag

_OPTIONAL = {"barry_as_FLUFL": CO_FUTURE_BARRY_AS_BDFL, "annotations": CO_FUTURE_ANNOTATIONS}

OBSOLETE_FLAGS: int = __future__.nested_scopes.compiler_flag
"""Bits of features that once were optional, which `compile` still takes: today they mean something else."""

FLAGS = 0
"""All bits that a future statement may set in `co_flags`, or a caller hand to `compile`."""

for _name in __future__.all_feature_names:
    FLAGS |= getattr(__future__, _name).compiler_flag & ~OBSOLETE_FLAGS


class FutureFeatures(NamedTuple):
    """The bits that the future statements set, and line and column of the last of them."""

    flags: int
    last_place: tuple[int, int]


_NOWHERE = (-1, -1)
"""The place of the last future statement where there is none."""


def future_features(tree: ast.mod, filename: str) -> FutureFeatures:
    """Return the features that the future statements at the head of `tree` switch on.

    Raises `SyntaxError` for a feature that does not exist. A future statement further down is found by the
    code generator, when it comes to it.
    """
    flags, last_place = 0, _NOWHERE
    if isinstance(tree, ast.Module | ast.Interactive):
        for number, statement in enumerate(tree.body):
            if number == 0 and _is_docstring(statement):
                continue
            if not (isinstance(statement, ast.ImportFrom) and is_future(statement)):
                break
            for alias in statement.names:
                flags |= _feature_flag(alias, statement, filename)
            last_place = (statement.lineno, statement.col_offset)
    return FutureFeatures(flags, last_place)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and type(statement.value.value) is str
    )


def is_future(statement: ast.ImportFrom) -> bool:
    """Say whether a statement is `from __future__ import ...`."""
    return statement.module == "__future__" and not statement.level


def _feature_flag(alias: ast.alias, statement: ast.ImportFrom, filename: str) -> int:
    if alias.name in _MANDATORY:
        return 0
    if alias.name in _OPTIONAL:
        return _OPTIONAL[alias.name]
    message = "not a chance" if alias.name == "braces" else f"future feature {alias.name:.100} is not defined"
    raise beginning_at(location_of(statement), message, filename)
