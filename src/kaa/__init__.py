"""Kaa: Python written in Python."""

import sys

HOST_MODULES = frozenset(sys.modules)
"""The modules that the host had loaded before Kaa. What Kaa itself imports is hidden from the guest."""

from kaa.loading import load_with_own_builtins  # noqa: E402  # after the line above

for _folder in __path__:
    load_with_own_builtins(_folder)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kaa.baseline import native_code
    from kaa.compiler import compile
    from kaa.runtime.takeover import disable, enable

__all__ = ["compile", "disable", "enable", "native_code", "version"]

version = "0.1.0"

_HOMES = {
    "compile": "kaa.compiler",
    "disable": "kaa.runtime.takeover",
    "enable": "kaa.runtime.takeover",
    "native_code": "kaa.baseline",
}
"""The modules of the public functions, which are imported when they are first asked for."""


def __getattr__(name: str) -> object:
    if name in _HOMES:
        __import__(_HOMES[name])
        value: object = getattr(sys.modules[_HOMES[name]], name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
