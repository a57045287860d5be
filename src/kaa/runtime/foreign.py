"""Imports that no finder of the host's answers: Java packages and .NET namespaces, say.

`runtime` is below `interop` in the layers, so it knows no provider: who starts Kaa registers one by its name
(`kaa.__main__`), and it is imported when the first import needs it. Starting costs nothing, and the finders that
the guest sees in `sys.meta_path` are the host's.
"""

from __future__ import annotations

import _frozen_importlib as bootstrap
import sys

from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

providers: list[str] = []
"""Names of modules with a function `provide(name, spec) -> bool`: whether looking once more is worth while."""

HOST_LOADERS_OF_PROVIDERS = frozenset({"clr"})
"""Names that the host's finders answer, but whose module works only when its provider has prepared it."""


def install() -> None:
    """Ask the providers for top-level names that nobody finds. The host's finders, and so the user's files, win."""
    functions = vars(bootstrap)
    functions["_find_spec"] = _asking(functions["_find_spec"])


def _asking(find: Callable[..., Any]) -> Callable[..., Any]:
    """The function by which the host looks for a module, with the providers behind it."""

    @invisible
    def find_spec(name: str, path: Any, target: Any = None) -> Any:
        spec = find(name, path, target)
        if path is not None or (spec is not None and name not in HOST_LOADERS_OF_PROVIDERS):
            return spec
        import importlib

        before = sys.modules.get(name)  # a module that is reloaded
        for provider in providers:
            try:
                again = importlib.import_module(provider).provide(name, spec)
            except ImportError as error:
                raise error.with_traceback(None) from None  # the provider's frames say nothing to the guest
            module = sys.modules.get(name)
            if module is not None and module is not before:  # the provider had to import it
                loader: Any = _Ready(module)
                return bootstrap.ModuleSpec(name, loader)
            if again:
                return find(name, path, target)
        return spec

    return find_spec


class _Ready:
    """The loader of a module that exists."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""
