"""How Kaa's own modules are loaded: with built-ins of their own.

A guest may replace `len`, `open` or `__import__` in `builtins`, and Kaa puts its own `compile`, `exec` and `eval`
there. None of that is meant for Kaa's code. So the built-ins are copied before anything else happens, and each module
of Kaa's finds the copy as its `__builtins__`.
"""

from __future__ import annotations

import builtins
import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from types import ModuleType

OWN_BUILTINS = dict(vars(builtins))


class OwnLoader(SourceFileLoader):
    """Loads a module of Kaa's."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = OWN_BUILTINS
        super().exec_module(module)


def load_with_own_builtins(folder: str) -> None:
    """Let the modules in a folder and in the folders below be loaded by `OwnLoader` from now on."""
    for place, folders, _ in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        sys.path_importer_cache[place] = FileFinder(place, (OwnLoader, SOURCE_SUFFIXES))
