"""Parts of Kaa that are loaded when they are first needed, which is in the midst of the guest's program.

A start with warm caches compiles nothing and proves nothing, so neither the front end nor the verifier is loaded for
it. `part` loads them where the guest does not notice: the modules import apart from it (`kaa.loading`), its tracers are
not told, and its recursion limit does not count. Only auditing hooks would be, so the first one is preceded by all.
"""

from __future__ import annotations

import sys

from kaa.loading import load_apart
from kaa.runtime import collector
from kaa.runtime.builtin_function import Builtin
from kaa.runtime.invisible import invisible
from kaa.runtime.unwatched import unwatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COMPILER, PYC, VERIFIER, SOURCE, TOKENS, WARNING = PARTS = (
    "kaa.compiler",
    "kaa.bytecode.pyc",
    "kaa.bytecode.verifier",
    "kaa.syntax.source",
    "kaa.syntax.tokens",
    "kaa.syntax.warning",
)

_ROOM = 1000
"""Frames that loading may take, wherever the guest stands."""

hears = False
"""Whether the guest has an auditing hook, which would hear of files that are opened and objects that are read."""

_loaded: dict[str, Any] = {}


@invisible
def part(name: str) -> Any:
    """The module of this name, one of `PARTS`."""
    if name in _loaded:
        return _loaded[name]
    watch_again = unwatch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _ROOM)
    loading = collector.begin()
    try:
        module = _loaded[name] = load_apart(name)
    finally:
        collector.end(loading)
        sys.setrecursionlimit(limit)
        if watch_again is not None:
            watch_again()
    return module


@invisible
def load_all() -> None:
    """Load every part."""
    for name in PARTS:
        part(name)


def install() -> None:
    """Load everything before the guest can hear of what is loaded."""
    if (
        sys.flags.dev_mode
    ):  # in which the names of codecs are looked up, so that loading may import for the guest
        load_all()
    add_hook = sys.addaudithook

    @invisible
    def addaudithook(*arguments: Any, **keywords: Any) -> None:
        global hears
        hears = True
        load_all()
        add_hook(*arguments, **keywords)

    setattr(sys, addaudithook.__name__, Builtin(addaudithook, add_hook))
