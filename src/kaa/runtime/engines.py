"""The engines: which machine runs the guest's code objects.

`reference` is Kaa's own readable PVM. `host` leaves the running to CPython's evaluation loop and exists to
look at Kaa's compiler alone: half of the compiler-and-machine matrix that the conformance runs fill in.
Chosen by `-X engine=`, else by `KAA_ENGINE`, else the default.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from types import CellType, CodeType
from typing import Any, Protocol

from kaa.runtime.invisible import invisible

DEFAULT = "host"


class Engine(Protocol):
    """What the runtime asks of a machine."""

    name: str

    def execute(
        self,
        code: CodeType,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        closure: tuple[CellType, ...] | None = None,
    ) -> object:
        """Run a code object in these namespaces, as `exec` and `eval` do, and hand back its value."""

    def call[R](self, function: Callable[..., R], *arguments: object) -> R:
        """Call a function, so that the frames that it makes are guest frames."""

    def caller_flags(self) -> int:
        """`co_flags` of the guest code that called the built-in that asks."""

    def install(self) -> None:
        """Take what the machine needs to take over in the process, once, before the first guest code."""


class HostEngine:
    """CPython's own evaluation loop."""

    name = "host"

    def __init__(self) -> None:
        # The run-time built-ins, before the take-over puts Kaa's in their place.
        self._exec = builtins.exec
        self._eval = builtins.eval

    @invisible
    def execute(
        self,
        code: CodeType,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        closure: tuple[CellType, ...] | None = None,
    ) -> object:
        if closure is not None:
            return self._exec(code, globals, locals, closure=closure)
        return self._eval(code, globals, locals)

    @invisible
    def call[R](self, function: Callable[..., R], *arguments: object) -> R:
        return function(*arguments)

    @invisible
    def caller_flags(self) -> int:
        # From one frame up on, the host passes over invisible frames.
        return sys._getframe(1).f_code.co_flags

    def install(self) -> None:
        pass


ENGINES: dict[str, Callable[[], Engine]] = {"host": HostEngine}


class UnknownEngine(Exception):
    """No engine has this name."""


def choose(name: str) -> Engine:
    """Make the engine of this name ("" for the default).

    Raises:
        UnknownEngine: there is none.
    """
    try:
        make = ENGINES[name or DEFAULT]
    except KeyError:
        raise UnknownEngine(f"unknown engine {name!r}: choose one of {', '.join(ENGINES)}") from None
    return make()
