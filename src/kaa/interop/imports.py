"""Which foreign runtime answers an import that no Python module answers.

In: a top-level name that the host's finders do not know. Out: the runtime that has it is running and its own finder
is in `sys.meta_path`, or nothing has happened and the import fails as it does in any Python.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec

JAVA_ROOTS = frozenset({"java", "javax"})
"""Roots that can only mean Java. Others (`com`, `org`) are looked for on the class path first."""

DOTNET_ROOTS = frozenset({"clr", "System"})


def provide(name: str, spec: ModuleSpec | None) -> bool:
    """Make a foreign root importable.

    Args:
        name: a top-level name.
        spec: what the host's finders have for it; only `clr` is asked for when they have something.
    Returns:
        Whether the import should be tried once more.
    Raises:
        ImportError: the runtime is not installed or does not start.
    """
    if name in DOTNET_ROOTS:
        from kaa.interop import dotnet

        return dotnet.provide(name, spec)
    from kaa.interop import java

    return java.provide(name, name in JAVA_ROOTS)
