"""The second stage: the syntax tree, as rows in the order of a walk from the root."""

from __future__ import annotations

import ast
from typing import Any

from kaa.explorer.road.places import Places

_SILENT = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
"""Nodes that are one word; the row of their parent says it."""


def describe_tree(tree: ast.AST, places: Places) -> list[dict[str, Any]]:
    """One row a node: its kind, what its plain fields hold, its depth, the field of its parent that it stands in."""
    rows: list[dict[str, Any]] = []
    pending: list[tuple[ast.AST, int, str, int]] = [(tree, 0, "", -1)]
    while pending:
        node, depth, field, parent = pending.pop()
        number = len(rows)
        rows.append(_row(node, places) | {"depth": depth, "field": field, "parent": parent})
        children = [(child, depth + 1, name, number) for name, child in _children(node)]
        pending += reversed(children)
    return rows


def _children(node: ast.AST) -> list[tuple[str, ast.AST]]:
    return [
        (name, item)
        for name, value in ast.iter_fields(node)
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, ast.AST) and not isinstance(item, _SILENT)
    ]


def _row(node: ast.AST, places: Places) -> dict[str, Any]:
    words = []
    for name, value in ast.iter_fields(node):
        items = value if isinstance(value, list) else [value]
        plain = [_word(item) for item in items if not isinstance(item, ast.AST) or isinstance(item, _SILENT)]
        if plain and not (value is None and (name == "kind" or not isinstance(node, ast.Constant))):
            words.append(f"{name}={' '.join(plain)}")
    place = None
    if hasattr(node, "lineno"):
        place = places.place(node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]  # asked for above
    return {"kind": type(node).__name__, "words": words, "place": place}


def _word(value: Any) -> str:
    if isinstance(value, ast.AST):
        return type(value).__name__
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
