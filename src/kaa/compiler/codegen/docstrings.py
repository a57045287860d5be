"""Docstrings: which statement is one, and how its indentation is taken away at compile time."""

import ast

__all__ = ["clean", "docstring_of"]

_TAB = 8


def docstring_of(body: list[ast.stmt]) -> str | None:
    """Return the text of the docstring that `body` begins with, or None."""
    if body:
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            text = first.value.value
            return text if type(text) is str else None
    return None


def clean(text: str) -> str:
    """Return a docstring without the indentation that all its lines but the first have in common.

    As `inspect.cleandoc`, but blank lines at the beginning and the end stay. The first line loses all its
    leading spaces.
    """
    text = text.expandtabs(_TAB)
    first, *others = text.split("\n")
    margin = min((len(line) - len(line.lstrip(" ")) for line in others if line.strip(" ")), default=0)
    return "\n".join([first.lstrip(" "), *(line[margin:] for line in others)])
