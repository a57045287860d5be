"""How the host names a callable in its messages."""

from typing import Any


def called(callable: Any) -> str:
    """`module.function()`, as messages about arguments have it."""
    name = getattr(callable, "__qualname__", None)
    if name is None:
        return str(callable)
    module = getattr(callable, "__module__", None)
    if module is not None and module != "builtins":
        return f"{module}.{name}()"
    return f"{name}()"
