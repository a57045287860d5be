"""The reference machine as an engine: Kaa's own PVM, in plain Python (`kaa.reference`).

It keeps the current frame of each thread in a Python object, so that its places are Python objects, too.
"""

from __future__ import annotations

import sys

from kaa.runtime.builtin_function import Builtin
from kaa.runtime.front import translate
from kaa.runtime.invisible import invisible
from kaa.runtime.places import HostPlaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CellType, CodeType, TracebackType
    from typing import Any


class ReferenceEngine:
    """Runs code objects on `kaa.reference`."""

    name = "reference"

    def __init__(self) -> None:
        from kaa.reference.machine import Machine

        self._machine = Machine(translate)

    def execute(
        self,
        code: CodeType,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        closure: tuple[CellType, ...] | None = None,
    ) -> object:
        if globals is None:
            caller = self._machine.thread.frame
            assert caller is not None
            globals, locals = caller.f_globals, caller.f_locals if locals is None else locals
        sys.audit("exec", code)
        return self._machine.run_code(code, globals, locals, closure)

    def call[R](self, function: Callable[..., R], *arguments: object) -> R:
        result: R = self._machine.call(function, arguments)
        return result

    def caller_flags(self) -> int:
        caller = self._machine.thread.frame
        return 0 if caller is None else caller.code.co_flags

    def clean(self, error: BaseException) -> TracebackType | None:
        from kaa.reference.machine import guest_traceback

        return guest_traceback(error)

    def builtin(self, function: Callable[..., Any], host: Any) -> Any:
        return Builtin(function, host)

    def countdown(self) -> Any:
        from kaa.reference.countdown import Countdown

        return Countdown()

    def install(self, substitutes: dict[Any, Any]) -> None:
        from kaa.reference import calls
        from kaa.reference.function import Function

        self._machine.enter()
        machine: Any = type(self._machine)
        for entrance in (Function.__call__, machine.call, machine.run_code, machine.run):
            invisible(entrance)  # it stands between a frame of the host's and the guest's
        for host_function, substitute in substitutes.items():
            calls.stand_for(substitute, host_function)

    def start(self) -> None:
        """Each frame is run where the host's calls arrive (`install`)."""


class ReferencePlaces(HostPlaces):
    """Of the reference machine: its current frame."""

    def __init__(self, engine: ReferenceEngine) -> None:
        super().__init__(engine)
        self.machine = engine._machine

    def take(self) -> Any:
        return self.machine.thread.frame

    def put(self, place: Any) -> None:
        self.machine.thread.frame = place

    def caller(self) -> Any:
        return self.machine.thread.frame

    def attend(self) -> None:
        from kaa.reference.signals import PENDING, handle_pending

        if PENDING:
            handle_pending()

    def watchers(self) -> tuple[Any, Any]:
        thread = self.machine.thread
        return thread.tracer, thread.profiler

    def set_watchers(self, trace: Any, profile: Any) -> None:
        thread = self.machine.thread
        # The loop that runs goes by them if it was watched before.
        thread.tracer, thread.profiler = trace, profile
