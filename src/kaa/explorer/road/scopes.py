"""The third stage: symbol tables, one for each scope."""

from __future__ import annotations

from typing import Any

from kaa.compiler.symbols import Resolution, Scope, ScopeKind
from kaa.compiler.symbols import scopes as flags

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


def describe_scopes(top: Scope) -> list[dict[str, Any]]:
    """The scopes of a program, outer ones first, each with its names: where they live and how they are used."""
    described = []
    pending = [(top, 0)]
    while pending:
        scope, depth = pending.pop()
        kind = ScopeKind(scope.type).name.lower().replace("_", " ")
        names = [_symbol(scope, name) for name in scope.symbols]
        row = {"name": scope.name, "kind": kind, "line": scope.lineno, "depth": depth, "symbols": names}
        described.append(row | {"inlined": scope.inlined})
        pending += [(child, depth + 1) for child in reversed(scope.children)]
    return described


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
