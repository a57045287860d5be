"""The ImportError of `from module import name`, in the words of CPython 3.13.0; both machines raise it."""

from __future__ import annotations

from kaa.own_types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def import_failure(module: object, name: str) -> ImportError:
    """Say what is missing and the likely reason. The error is not raised: it belongs to the guest's frame."""
    package = getattr(module, "__name__", None)
    if not isinstance(package, str):
        package = None
    file = module.__dict__.get("__file__") if isinstance(module, ModuleType) else None
    if not isinstance(file, str):
        file = None
    what = f"cannot import name {name!r} from"
    whom = repr(package if package is not None else "<unknown module name>")
    specification = getattr(module, "__spec__", None) if file is not None else None
    if file is None:
        text = f"{what} {whom} (unknown location)"
    elif getattr(specification, "_initializing", False):
        text = f"{what} partially initialized module {whom} (most likely due to a circular import) ({file})"
    else:
        text = f"{what} {whom} ({file})"
    make: Any = ImportError  # the stubs do not know `name_from`
    failure: ImportError = make(text, name=package, path=file, name_from=name)
    return failure
