"""Places in a source: the compiler counts columns in UTF-8 bytes, a page in characters."""

from __future__ import annotations

type Place = list[int]
"""First line, column, last line, end column: lines from 1, columns in characters from 0."""


class Places:
    """Turns the compiler's places of one source into those of a page."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._ascii = source.isascii()

    def column(self, line: int, offset: int) -> int:
        """The character at a byte offset of a line."""
        if self._ascii or not 0 < line <= len(self._lines):
            return offset
        return len(self._lines[line - 1].encode()[:offset].decode(errors="replace"))

    def place(
        self, line: int | None, end_line: int | None, column: int | None, end_column: int | None
    ) -> Place | None:
        """None for what stands nowhere in the source."""
        if line is None or end_line is None or column is None or end_column is None or min(line, column) < 0:
            return None
        return [line, self.column(line, column), end_line, self.column(end_line, end_column)]
