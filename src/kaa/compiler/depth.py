"""How deep a tree may be: as deep as CPython lets it, whatever the recursion limit of the program that compiles.

CPython's compiler recurses in C, where a limit of its own holds; Kaa's recurses in Python, where the program's
`sys.setrecursionlimit` would. `room` takes that limit out of the way for as long as a stage runs.
"""

import ast
import sys
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["check_depth", "check_parsed_depth", "room"]

MAX_DEPTH = 9_998
"""How many expressions, statements and patterns may nest: CPython's C recursion limit, less what stands below."""

_FRAMES = 4 * MAX_DEPTH
"""A level of the tree takes no more than four frames of the code generator."""

_lock = allocate_lock()
_users = 0
_limit_outside = 0


def check_depth(tree: ast.AST, during: str = "compilation") -> None:
    """Raise `RecursionError` if `tree` is deeper than CPython lets it be. Takes no recursion itself."""
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        if depth > MAX_DEPTH:
            raise RecursionError(f"maximum recursion depth exceeded during {during}")
        depth += 1
        level = [child for node in level for child in _next_level(node)]


def check_parsed_depth(tree: ast.mod, text: str, during: str) -> None:
    """Do what `check_depth` does for a tree that was made of `text`, but look at long statements only.

    A level of an expression takes at least one character of the text.
    """
    if len(text) <= MAX_DEPTH:
        return
    body = getattr(tree, "body", None)
    if not isinstance(body, list):
        check_depth(tree, during)
        return
    longest_line = max(map(len, text.splitlines())) or 1
    lines_of_deep = MAX_DEPTH // longest_line
    statements: list[Any] = list(body)
    while statements:
        statement = statements.pop()
        if statement.end_lineno - statement.lineno < lines_of_deep:
            continue
        inner = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
        if inner and not isinstance(statement, ast.If):  # a chain of elif nests
            statements += inner
        else:
            check_depth(statement, during)


def _next_level(node: ast.AST) -> Iterator[ast.AST]:
    """The nearest nodes below `node` that count as a level."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        child = waiting.pop()
        if isinstance(child, ast.expr | ast.stmt | ast.pattern):
            yield child
        else:
            waiting += ast.iter_child_nodes(child)


@contextmanager
def room() -> Iterator[None]:
    """Let this block recurse as deep as any tree needs it."""
    global _users, _limit_outside
    with _lock:
        if not _users:
            _limit_outside = sys.getrecursionlimit()
            sys.setrecursionlimit(_limit_outside + _FRAMES)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                sys.setrecursionlimit(_limit_outside)
