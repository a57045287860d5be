"""Warnings are told with the guest's positions.

`warnings.warn` counts its stack level over frames; in C these would be the machine's own. So the machine looks
the guest frame up and leaves the rest to `warn_explicit`. What C code warns of by itself is located in the
machine's modules at first; `relocate` is the hook that gives it the position of the guest instruction behind it.
"""

from __future__ import annotations

import _warnings
import sys
import warnings
from typing import TYPE_CHECKING, Any

from kaa.reference.builtins import answers
from kaa.reference.frame import Frame
from kaa.reference.places import KAA

if TYPE_CHECKING:
    from kaa.reference.machine import Machine


@answers(_warnings.warn)
def warn(
    frame: Frame,
    message: Any,
    category: Any = None,
    stacklevel: int = 1,
    source: Any = None,
    *,
    skip_file_prefixes: tuple[str, ...] = (),
) -> None:
    """`warnings.warn`, seen from a guest frame."""
    if isinstance(message, Warning):
        category = type(message)
    elif category is None:
        category = UserWarning
    if not (isinstance(category, type) and issubclass(category, Warning)):
        raise TypeError(f"category must be a Warning subclass, not '{type(category).__name__}'")
    if not isinstance(skip_file_prefixes, tuple):
        kind = type(skip_file_prefixes).__name__
        raise TypeError(f"warn() argument 'skip_file_prefixes' must be tuple, not {kind}")
    if skip_file_prefixes:
        if not all(isinstance(prefix, str) for prefix in skip_file_prefixes):
            kind = next(type(prefix).__name__ for prefix in skip_file_prefixes if not isinstance(prefix, str))
            raise TypeError(f"Found non-str '{kind}' in skip_file_prefixes.")
        stacklevel = max(stacklevel, 2)
    position = _position(frame, stacklevel, skip_file_prefixes)
    explicitly(position, message, category, source)


class _MachineModules:
    """In a warning filter: matches the machine's own modules."""

    def match(self, module: str) -> bool:
        return module.startswith("kaa.reference")


def take_over(machine: Machine) -> None:
    """Relocate what C code warns of: let it pass the filters at first, to filter it with its guest position."""
    show: Any = warnings._showwarnmsg  # type: ignore[attr-defined]  # what C code calls to show a warning

    def relocate(shown: warnings.WarningMessage) -> None:
        frame = machine.thread.frame
        if shown.filename.startswith(KAA) and frame is not None:
            _forget_registries()
            guest = frame.f_back if frame.is_boundary else frame
            explicitly(guest, shown.message, shown.category, shown.source)
        else:
            show(shown)

    warnings._showwarnmsg = relocate  # type: ignore[attr-defined]
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    filters.insert(0, ("always", None, Warning, _MachineModules(), 0))
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _forget_registries() -> None:
    """The host keeps its once-per-place book where it thinks that the place is."""
    for name, module in list(sys.modules.items()):
        if name.startswith("kaa.reference"):
            vars(module).pop("__warningregistry__", None)


def explicitly(position: Frame | None, message: Any, category: Any, source: Any) -> None:
    """Warn at the current instruction of a frame."""
    names = sys.__dict__ if position is None else position.globals
    filename = "<sys>" if position is None else position.code.co_filename
    line = 0 if position is None else position.f_lineno or 0
    module = names.get("__name__") or "<string>"
    registry = names.setdefault("__warningregistry__", {})
    _warnings.warn_explicit(message, category, filename, line, module, registry, None, source)


def _position(frame: Frame, level: int, prefixes: tuple[str, ...]) -> Frame | None:
    """The frame that so many levels mean: 1 is the caller's own."""
    position: Frame | None = frame
    count_all = level <= 0 or _is_internal(frame)
    while level > 1 and position is not None:
        position = position.f_back
        while not count_all and position is not None and _is_skipped(position, prefixes):
            position = position.f_back
        level -= 1
    return position


def _is_skipped(frame: Frame, prefixes: tuple[str, ...]) -> bool:
    return _is_internal(frame) or frame.code.co_filename.startswith(prefixes)


def _is_internal(frame: Frame) -> bool:
    """True for the import system's frames."""
    filename = frame.code.co_filename
    return "importlib" in filename and "_bootstrap" in filename
