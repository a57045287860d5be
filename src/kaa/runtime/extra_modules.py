"""Modules that a program finds only under Kaa: its own, and those of other languages' runtimes.

In: the top-level name in an import that the host's finders do not answer, so that files of the user's win. Out: a file
of Kaa's; or what a provider has made importable: Java packages and .NET namespaces, say. The answer comes through the
host's finder of files, because `sys.meta_path` is the guest's to look at, and holds what it holds under the host.

`runtime` is below `interop` in the layers, so it knows no provider: who starts Kaa registers one by its name
(`kaa.__main__`), and it is imported when the first import needs it. Starting costs nothing.
"""

from __future__ import annotations

import _frozen_importlib as bootstrap
import os
import sys
from _frozen_importlib_external import PathFinder, spec_from_file_location

from kaa.loading import OwnLoader
from kaa.runtime.invisible import invisible
from kaa.runtime.own import OWN_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

EXTRA_MODULES = {"stackless": "microthreads/stackless.py", "jarray": "interop/jarray.py"}
"""Places of the files, under Kaa's own folder, by the name that the guest imports."""

providers: list[str] = []
"""Names of modules with a function `provide(name, spec) -> bool`: whether looking once more is worth while."""

HOST_LOADERS_OF_PROVIDERS = frozenset({"clr"})
"""Names that the host's finders answer, but whose module works only when its provider has prepared it."""

heralds: dict[str, Callable[[], object]] = {}
"""What is called before a module is imported for the first time, by its name."""

_find_on_path = PathFinder.find_spec


def install() -> None:
    """Let the guest import them."""
    PathFinder.find_spec = classmethod(find_spec)  # type: ignore[assignment, method-assign]  # the host's own class


@invisible
def find_spec(
    cls: type[PathFinder], fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
) -> ModuleSpec | None:
    """Find a module's file on the path, else among `EXTRA_MODULES`, else what a provider has."""
    if fullname in heralds:
        heralds.pop(fullname)()
    spec = _find_on_path(fullname, path, target)
    if path is not None or (spec is not None and fullname not in HOST_LOADERS_OF_PROVIDERS):
        return spec
    if fullname in EXTRA_MODULES:
        file = os.path.join(OWN_FOLDER, EXTRA_MODULES[fullname])
        return spec_from_file_location(fullname, file, loader=OwnLoader(fullname, file))
    return _provided(fullname, spec, target)


@invisible
def _provided(name: str, spec: ModuleSpec | None, target: ModuleType | None) -> ModuleSpec | None:
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
            find: Any = vars(bootstrap)["_find_spec"]  # with the finder that the provider has added
            found: ModuleSpec | None = find(name, None, target)
            return found
    return spec


class _Ready:
    """The loader of a module that exists."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""
