"""Modules that a program finds only under Kaa.

In: the name in an import. Out: the file of Kaa's that answers to it. The host's finder of files is asked first, so a
module of the user's with the same name wins. The answer comes through that finder, because `sys.meta_path` is the
guest's to look at, and holds what it holds under the host.
"""

from __future__ import annotations

import os
from _frozen_importlib_external import PathFinder, spec_from_file_location

from kaa.loading import OwnLoader
from kaa.runtime.invisible import invisible
from kaa.runtime.own import OWN_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

EXTRA_MODULES = {"stackless": "microthreads/stackless.py"}
"""Places of the files, under Kaa's own folder, by the name that the guest imports."""

_find_on_path = PathFinder.find_spec


@invisible
def find_spec(
    cls: type[PathFinder], fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
) -> ModuleSpec | None:
    """Find a module's file: on the path, else among `EXTRA_MODULES`."""
    spec = _find_on_path(fullname, path, target)
    if spec is not None or path is not None or fullname not in EXTRA_MODULES:
        return spec
    file = os.path.join(OWN_FOLDER, EXTRA_MODULES[fullname])
    return spec_from_file_location(fullname, file, loader=OwnLoader(fullname, file))


def install() -> None:
    """Let the guest import them."""
    PathFinder.find_spec = classmethod(find_spec)  # type: ignore[assignment, method-assign]  # the host's own class
