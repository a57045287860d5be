"""`SyntaxError`s and `SyntaxWarning`s of the compiler: what they say about the place in the source.

The parser counts columns in characters; the compiler, as CPython's, gives the tree's UTF-8 byte offsets
plus one, and takes the line of text from the file on disk, if there is one (the source text itself is gone
by then).
"""

from typing import Any

from kaa.syntax.warning import warn_explicit

__all__ = ["Location", "at", "beginning_at", "in_scope", "location_of", "program_text", "warn"]

type Location = tuple[int, int, int, int]
"""Line, end line, column, end column; lines count from 1, columns are UTF-8 bytes and count from 0."""

_CHUNK = 999
"""CPython reads the line through a buffer of 1,000 bytes and shows the last piece of a longer one."""


def location_of(node: Any) -> Location:
    """Return where `node`, an expression, statement or any other located node, stands."""
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def program_text(filename: str, line: int) -> str | None:
    """Return that line of that file, with its end of line, or None if it cannot be read."""
    try:
        with open(filename, "rb") as file:
            for number, text in enumerate(file, 1):
                if number == line:
                    start = max(0, len(text) - 1) // _CHUNK * _CHUNK
                    return text[start:].decode("utf-8", "replace")
    except (OSError, ValueError):
        pass
    return None


def at(location: Location, message: str, filename: str) -> SyntaxError:
    """Return a `SyntaxError` with this message that spans `location`: the code generator's way."""
    line, end_line, column, end_column = location
    text = program_text(filename, line)
    return SyntaxError(message, (filename, line, column + 1, text, end_line, end_column + 1))


def in_scope(location: Location, message: str, filename: str) -> SyntaxError:
    """Return what `at` returns, but with the message as its only argument: the symbol table's way."""
    line, end_line, column, end_column = location
    error = SyntaxError(message)
    error.filename = filename
    error.lineno, error.offset, error.text = line, column + 1, program_text(filename, line)
    error.end_lineno, error.end_offset = end_line, end_column + 1
    return error


def beginning_at(location: Location, message: str, filename: str) -> SyntaxError:
    """Return what `in_scope` returns, without an end: the future statements' way."""
    error = in_scope(location, message, filename)
    error.end_lineno, error.end_offset = error.lineno, None
    return error


def warn(location: Location, message: str, filename: str) -> None:
    """Issue a `SyntaxWarning`; where warnings are errors, raise it as a `SyntaxError` at `location`."""
    try:
        warn_explicit(message, SyntaxWarning, filename, location[0])
    except SyntaxWarning:
        raise at(location, message, filename) from None
