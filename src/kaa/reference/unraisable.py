"""Exceptions that nobody can handle: `sys.unraisablehook` with what the guest knows.

C code that reports one names the callable that failed and shows the traceback as the host has it. Here that callable
may be a bound method of the machine's own making, and the traceback may lead through the machine.
"""

from __future__ import annotations

import sys
from functools import cache
from types import MethodType
from typing import TYPE_CHECKING, Any

from kaa.reference.traceback import entry, guest_traceback

if TYPE_CHECKING:
    from kaa.reference.machine import Machine


def take_over(machine: Machine) -> None:
    """Stand in front of the process's hook, and behind the one that a program may set."""
    show = sys.unraisablehook

    def unraisablehook(unraisable: Any, /) -> None:
        """Show an exception that nobody can handle, on stderr."""
        error, owner = unraisable.exc_value, unraisable.object
        if error is not None:
            show(_arguments(machine, error, unraisable.err_msg, _as_named(owner)))
        else:
            show(unraisable)

    sys.unraisablehook = sys.__unraisablehook__ = unraisablehook


def _as_named(owner: Any) -> Any:
    """The host calls a `__del__` as a function of its class, and names that."""
    return owner.__func__ if type(owner) is MethodType and owner.__name__ == "__del__" else owner


def report(machine: Machine, error: BaseException, owner: Any) -> None:
    """Tell of an exception that nobody can handle; `owner` is what failed."""
    sys.unraisablehook(_arguments(machine, error, None, owner))


def _arguments(machine: Machine, error: BaseException, message: str | None, owner: Any) -> Any:
    """What a hook gets. An exception that no guest frame has seen is blamed on the one that runs."""
    if guest_traceback(error) is None and (frame := machine.thread.guest_frame) is not None:
        error.__traceback__ = entry(None, frame, frame.current)
    return _kind_of_arguments()((type(error), error, error.__traceback__, message, owner))


@cache
def _kind_of_arguments() -> Any:
    """The type of what `sys.unraisablehook` gets. It has no name, so an unraisable exception must show it."""
    kinds: list[Any] = []

    class Failing:
        def __del__(self) -> None:
            raise ValueError

    hook, sys.unraisablehook = sys.unraisablehook, lambda arguments: kinds.append(type(arguments))
    try:
        Failing()
    finally:
        sys.unraisablehook = hook
    return kinds[0]
