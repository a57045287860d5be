"""The ImportError of `from module import name`, with the host's words.

In: a module and a name that it does not have. Out: the exception (not raised: it belongs to the guest's frame).
"""

from __future__ import annotations

import os.path
import sys


def import_failure(module: object, name: str) -> ImportError:
    """Say what is missing, and what is the likely reason."""
    module_name = getattr(module, "__name__", None)
    if not isinstance(module_name, str):
        module_name = "<unknown module name>"
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) if getattr(spec, "has_location", False) else None
    if not isinstance(origin, str):
        origin = None
    if spec is None:
        file = getattr(module, "__file__", None)
        origin = file if isinstance(file, str) else None
    shadowing = origin is not None and _is_possibly_shadowing(origin)
    start = f"cannot import name {name!r} from {module_name!r}"
    if shadowing and module_name in sys.stdlib_module_names:
        text = (
            f"{start} (consider renaming {origin!r} since it has the same name as the standard library "
            f"module named {module_name!r} and the import system gives it precedence)"
        )
    elif getattr(spec, "_initializing", False):
        partial = f"cannot import name {name!r} from partially initialized module {module_name!r}"
        if shadowing:
            text = (
                f"{start} (consider renaming {origin!r} if it has the same name as a library you "
                "intended to import)"
            )
        elif origin is not None:
            text = f"{partial} (most likely due to a circular import) ({origin})"
        else:
            text = f"{partial} (most likely due to a circular import)"
    else:
        text = f"{start} ({origin if origin is not None else 'unknown location'})"
    failure = ImportError(text, name=module_name, path=origin)
    failure.name_from = name
    return failure


def _is_possibly_shadowing(origin: str) -> bool:
    """Whether a module's file lies where scripts do, at the front of the path."""
    if sys.flags.safe_path or not sys.path:
        return False
    folder, file = os.path.split(origin)
    if file == "__init__.py":
        folder = os.path.dirname(folder)
    return folder == (sys.path[0] or os.getcwd())
