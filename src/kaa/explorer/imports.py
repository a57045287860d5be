"""The modules that a program imports from its folder, found without running it, so that breakpoints can be set there.

In: a source and its folder. Out: `{"name": ..., "source": ...}` for each file, as `files` writes them in a recording.
What is imported in another way than by a statement is found when it runs.
"""

from __future__ import annotations

import ast
import os
import tokenize
from collections import deque
from collections.abc import Iterator

from kaa.explorer.files import is_own
from kaa.syntax.parser import parse
from kaa.syntax.source import text_of

MOST = 40
"""Files that are looked at; those that are imported first, come first."""

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)


def imported_files(source: str, filename: str, folder: str) -> list[dict[str, str]]:
    """The files that a program imports, and those that these import, in the order of their distance from it."""
    found: dict[str, str] = {}
    pending = deque([(source, os.path.abspath(filename))])
    while pending and len(found) < MOST:
        for path in _imports(*pending.popleft(), folder):
            if path in found or path == os.path.abspath(filename) or not is_own(path, folder):
                continue
            try:
                with tokenize.open(path) as file:
                    found[path] = file.read()
            except (OSError, SyntaxError, UnicodeDecodeError):
                continue
            pending.append((found[path], path))
    return [{"name": name, "source": text} for name, text in [*found.items()][:MOST]]


def _imports(source: str, path: str, folder: str) -> Iterator[str]:
    """Where the modules lie that the statements of a source can import, whether there are such files or not."""
    try:
        tree = parse(text_of(source, path, "exec"), path, "exec")
    except _BROKEN:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _candidates(folder, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = folder
            if node.level:
                base = os.path.abspath(os.path.join(os.path.dirname(path), *[os.pardir] * (node.level - 1)))
            for alias in node.names:
                yield from _candidates(base, f"{node.module}.{alias.name}" if node.module else alias.name)


def _candidates(base: str, module: str) -> Iterator[str]:
    """The files of a dotted name and of the packages around it, outer ones first."""
    for name in module.split("."):
        base = os.path.join(base, name)
        yield os.path.join(base, "__init__.py")
        yield base + ".py"
