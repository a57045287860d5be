"""Instructions for imports. Finding and loading modules is the import system's."""

import builtins
import sys
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL


def IMPORT_NAME(frame: Frame, name: str) -> None:
    wanted = frame.stack.pop()
    level = frame.stack.pop()
    find = frame.builtins.get("__import__", NULL)
    if find is NULL:
        raise ImportError("__import__ not found")
    if find is builtins.__import__:
        frame.stack.append(find(name, frame.globals, frame.names, wanted, level))
    else:
        frame.stack.append(frame.call(find, name, frame.globals, frame.names, wanted, level))


def IMPORT_FROM(frame: Frame, name: str) -> None:
    module = frame.peek()
    value = getattr(module, name, NULL)
    if value is NULL:
        package = getattr(module, "__name__", NULL)
        if isinstance(package, str):
            value = sys.modules.get(f"{package}.{name}", NULL)
    if value is NULL:
        raise cannot_import(module, name)
    frame.stack.append(value)


def cannot_import(module: Any, name: str) -> ImportError:
    """The error of `from module import name`, with the host's guesses at the reason."""
    package = getattr(module, "__name__", None)
    if not isinstance(package, str):
        package = "<unknown module name>"
    specification = getattr(module, "__spec__", None)
    origin = getattr(specification, "origin", None) if getattr(specification, "has_location", 0) else None
    shadows = origin is not None and is_possibly_shadowing(origin)
    path = origin if origin is not None else getattr(module, "__file__", None)
    what = f"cannot import name {name!r} from"
    if shadows and package in sys.stdlib_module_names:
        text = (
            f"{what} {package!r} (consider renaming {origin!r} since it has the same name as the standard "
            f"library module named {package!r} and prevents importing that standard library module)"
        )
    elif getattr(specification, "_initializing", False):
        if shadows:
            text = (
                f"{what} {package!r} (consider renaming {origin!r} if it has the same name as a library "
                "you intended to import)"
            )
        else:
            where = f" ({path})" if path is not None else ""
            text = (
                f"{what} partially initialized module {package!r} "
                f"(most likely due to a circular import){where}"
            )
    else:
        text = f"{what} {package!r} ({path if path is not None else 'unknown location'})"
    make: Any = ImportError  # the stubs do not know `name_from`
    error: ImportError = make(text, name=package, path=path, name_from=name)
    return error


def is_possibly_shadowing(origin: str) -> bool:
    """True if a module stands in the script's folder, where it may hide one of the library."""
    if sys.flags.safe_path or not sys.path:
        return False
    folder = origin.rpartition("/")[0]
    if folder.endswith("/__init__.py"):
        folder = folder.rpartition("/")[0]
    return folder == (sys.path[0] or ".")
