"""The error that the translator raises for Python that is not Native Python."""

from __future__ import annotations


class NativeError(Exception):
    """Says where (file and line), what is outside the subset, and what to write instead."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
