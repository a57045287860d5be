"""Turning a process over to Kaa: from here on what is compiled, imported and called is Kaa's.

The host's modules look up `compile`, `exec` and `eval` in `builtins` each time they need them, so putting
Kaa's there reaches the modules that were loaded before, too: `ast`, `importlib`, `runpy`, `codeop`,
`timeit`, `doctest`. In the same way `tokenize` looks up its tokenizer in the built-in module `_tokenize`,
and `symtable` the scopes of a program in `_symtable`.
"""

from __future__ import annotations

import _frozen_importlib_external as machinery
import _symtable  # type: ignore[import-not-found]  # typeshed does not know it
import _tokenize  # type: ignore[import-not-found]  # typeshed does not know it
import atexit
import builtins
import marshal
import os
import sys
from _ctypes import Py_INCREF
from _frozen_importlib_external import PathFinder

import kaa
from kaa.loading import APART, CACHE_TAG, together
from kaa.runtime import caches, collector, extra_modules, front, on_demand, places, texts
from kaa.runtime.engines import NativeEngine
from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Final

    from kaa.runtime.engines import Engine

REPLACED: Final[list[tuple[Any, str]]] = [
    *((builtins, name) for name in ("compile", "exec", "eval")),
    (_symtable, "symtable"),
    (_tokenize, front.TokenizerIter.__name__),
    (sys.implementation, "cache_tag"),
    *((machinery, name) for name in caches.WRAPPERS),
    (marshal, "load"),
    *((sys, f"{what}_stack_trampoline") for what in ("activate", "deactivate")),
    (sys, "is_stack_trampoline_active"),
    (sys, "addaudithook"),
    (PathFinder, "find_spec"),
]
"""What `replace` puts something else in the place of."""


def take_over(engine: Engine) -> None:
    """Give the process to `engine`, once, before the first guest code."""
    prepare(engine)
    engine.start()


def prepare(engine: Engine) -> None:
    """The same but for the start of the machine, which need not run what comes before the guest's code."""
    own = frozenset(name for name in sys.modules if name.partition(".")[0] == kaa.__name__)
    atexit.register(outlive_finalization, sys.modules, own)
    replace(engine)
    hide_own_imports()
    together.end()
    if collector.start is not None:
        collector.end(collector.start)
    if sys.warnoptions:
        import warnings  # noqa: F401  # it reads the options, as at the host's start


def replace(engine: Engine) -> None:
    """Let Kaa compile and import from now on, and make the engine ready."""
    on_demand.install()
    texts.prepare()
    substitutes = front.make_builtins(engine)
    engine.install({getattr(builtins, name): substitute for name, substitute in substitutes.items()})
    for name, substitute in substitutes.items():
        setattr(builtins, name, substitute)
    _symtable.symtable = front.symtable
    setattr(_tokenize, front.TokenizerIter.__name__, front.TokenizerIter)
    places.install(engine)
    caches.install()
    extra_modules.install()


@invisible
def outlive_finalization(modules: dict[str, ModuleType], started: frozenset[str]) -> None:
    """Take Kaa's modules that hold nothing of the guest's out of the host's hands, before it clears all that it finds.

    Destructors may still call them then, and clearing them would be a few percent of a start.
    """
    names = [name for name in modules if name in started or str(name).startswith(APART)]
    Py_INCREF([modules.pop(name) for name in names])


_host: list[tuple[Any, str, Any]] = []
"""What `enable` has replaced, with what was there; empty where it has nothing to undo."""


def enable() -> None:
    """Turn a running process over to Kaa: every frame that begins from now on, also those of functions that exist,
    runs on machine code, and what is compiled and imported goes through Kaa's front end. A process of the reference
    machine's stays with that.

    Raises:
        UnsupportedHost: the native machine does not run here.
    """
    if places.current.machine is not None:
        return
    engine = NativeEngine()
    if sys.implementation.cache_tag == CACHE_TAG:  # the process is Kaa's
        engine.start()
        return
    _host[:] = [(place, name, vars(place)[name]) for place, name in REPLACED]
    replace(engine)
    engine.start()


def disable() -> None:
    """Undo `enable`. Frames that run stay on machine code until they end, the rest is the host's again."""
    if places.current.machine is not None:
        return
    NativeEngine().stop()
    for place, name, value in _host:
        setattr(place, name, value)
    _host.clear()


def hide_own_imports() -> None:
    """Take out of `sys.modules` what only Kaa has imported from the standard library.

    Kaa goes on with its own copies. The guest finds the modules that a Python has at its start, and what it imports
    itself comes through Kaa's compiler. Modules written in C stay, because there is one of each in a process, and
    so does `warnings`, through which C code and the machine show theirs.
    """
    library = os.path.join(os.path.dirname(os.__file__), "")
    for name in [name for name in sys.modules if name not in kaa.HOST_MODULES and name != "warnings"]:
        file = getattr(sys.modules[name], "__file__", None) or ""
        in_library = file.startswith(library) and not file.startswith(library + "site-packages")
        if in_library and file.endswith(".py"):
            del sys.modules[name]
