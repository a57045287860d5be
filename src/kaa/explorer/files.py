"""The files that belong to a program: its own, and the modules that it imports from its folder.

In: the names of files that code objects bear. Out: their numbers in a recording, which has a line for each,
`{"file": {"name": ..., "source": ...}}`. The library, what is installed and what is hidden (`.venv`) is not of it.
"""

from __future__ import annotations

import json
import os
import sysconfig
import tokenize
from collections.abc import Callable

from kaa.explorer.road.places import Places

_OTHERS = [os.path.join(path, "") for path in set(sysconfig.get_paths().values())]
_KAA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


def is_own(filename: str, folder: str) -> bool:
    """Whether a file lies in the folder of a program, and is not of the library, installed or hidden."""
    inside = os.path.join(folder, "")
    if not filename.startswith(inside):
        return False
    parts = filename.removeprefix(inside).split(os.sep)
    is_hidden = "site-packages" in parts or any(part.startswith(".") for part in parts)
    return not is_hidden and not filename.startswith((*_OTHERS, _KAA))


class Files:
    """`filename` is the name of the program's code, `folder` where its modules lie; None if it has no others."""

    def __init__(self, write: Callable[[str], None], filename: str, source: str, folder: str | None) -> None:
        self._write = write
        self._folder = folder
        self._numbers: dict[str, int | None] = {}
        self._places: list[Places] = []
        self._add(filename, source)

    def number(self, filename: str) -> int | None:
        """The number of a file of the program's; None for any other."""
        try:
            return self._numbers[filename]
        except KeyError:
            return self._look_at(filename)

    def places(self, number: int) -> Places:
        """Where things stand in a file."""
        return self._places[number]

    def _look_at(self, filename: str) -> int | None:
        self._numbers[filename] = None  # also while the file is read: that runs code of the library
        if self._folder is None or not is_own(filename, self._folder):
            return None
        try:
            with tokenize.open(filename) as file:
                source = file.read()
        except (OSError, SyntaxError, UnicodeDecodeError):
            return None
        return self._add(filename, source)

    def _add(self, filename: str, source: str) -> int:
        number = self._numbers[filename] = len(self._places)
        self._places.append(Places(source))
        self._write(json.dumps({"file": {"name": filename, "source": source}}))
        return number
