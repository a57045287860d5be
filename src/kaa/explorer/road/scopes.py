"""The third stage: symbol tables, one for each scope."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any

from kaa.compiler.symbols import Resolution, Scope, ScopeKind
from kaa.compiler.symbols import scopes as flags
from kaa.explorer.road.places import Place, Places

_LIVES = {
    Resolution.NONE: "nowhere",
    Resolution.LOCAL: "local",
    Resolution.GLOBAL_EXPLICIT: "global, as declared",
    Resolution.GLOBAL_IMPLICIT: "global or built-in",
    Resolution.FREE: "free: a cell of an outer function",
    Resolution.CELL: "cell: shared with inner functions",
}

_USES = {
    flags.DEF_PARAM: "parameter",
    flags.DEF_LOCAL: "assigned",
    flags.USE: "used",
    flags.DEF_IMPORT: "imported",
    flags.DEF_GLOBAL: "declared global",
    flags.DEF_NONLOCAL: "declared nonlocal",
    flags.DEF_ANNOT: "annotated",
    flags.DEF_COMP_ITER: "comprehension's variable",
    flags.DEF_TYPE_PARAM: "type parameter",
    flags.DEF_FREE_CLASS: "free in a method, bound in the class",
}


_NAMED = {
    ast.Lambda: "lambda",
    ast.GeneratorExp: "genexpr",
    ast.ListComp: "listcomp",
    ast.SetComp: "setcomp",
    ast.DictComp: "dictcomp",
}


def describe_scopes(top: Scope, tree: ast.AST, places: Places) -> list[dict[str, Any]]:
    """The scopes of a program, outer ones first, each with its names: where they live and how they are used.

    A scope's place is that of the function, class or comprehension; the module, and what is no node, has none.
    """
    nodes = _places_of_nodes(tree, places)
    described = []
    pending = [(top, 0)]
    while pending:
        scope, depth = pending.pop()
        kind = ScopeKind(scope.type).name.lower().replace("_", " ")
        names = [_symbol(scope, name) for name in scope.symbols]
        row = {"name": scope.name, "kind": kind, "line": scope.lineno, "depth": depth, "symbols": names}
        found = nodes[scope.name, scope.lineno] if scope.type in _WITH_NODES else []
        row["place"] = found.pop(0) if found else None
        described.append(row | {"inlined": scope.inlined})
        pending += [(child, depth + 1) for child in reversed(scope.children)]
    return described


_WITH_NODES = (ScopeKind.FUNCTION, ScopeKind.CLASS)


def _places_of_nodes(tree: ast.AST, places: Places) -> defaultdict[tuple[str, int], list[Place]]:
    """By name and first line, in the order of the source, where the nodes stand that have a scope."""
    found: defaultdict[tuple[str, int], list[Place]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = node.name
        elif isinstance(node, (ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
            name = _NAMED[type(node)]
        else:
            continue
        place = places.place(node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
        if place is not None:
            found[name, node.lineno].append(place)
    for rows in found.values():
        rows.sort()
    return found


def _symbol(scope: Scope, name: str) -> dict[str, Any]:
    lives = Resolution(scope.resolution(name))
    if scope.type is ScopeKind.MODULE and lives is Resolution.LOCAL:
        words = "module's namespace"
    elif scope.type is ScopeKind.CLASS and lives is Resolution.LOCAL:
        words = "class's namespace"
    else:
        words = _LIVES[lives]
    uses = [text for flag, text in _USES.items() if scope.symbols[name] & flag]
    return {"name": name, "lives": lives.name.lower(), "words": words, "uses": uses}
