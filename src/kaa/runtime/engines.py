"""The engines: which machine runs the guest's code objects.

`native` is the PVM as machine code, `reference` Kaa's own readable one. `host` leaves the running to CPython's
evaluation loop and exists to look at Kaa's compiler alone: half of the compiler-and-machine matrix that the
conformance runs fill in. Chosen by `-X engine=`, else by `KAA_ENGINE`; else it is `native` where that runs.
"""

from __future__ import annotations

import builtins
import sys

from kaa.runtime.builtin_function import Builtin
from kaa.runtime.invisible import invisible
from kaa.runtime.own import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CellType, CodeType, TracebackType
    from typing import Any, Protocol

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

        def clean(self, error: BaseException) -> TracebackType | None:
            """Take Kaa's own frames out of the tracebacks of an uncaught exception, and answer with its traceback."""

        def builtin(self, function: Callable[..., Any], host: Any) -> Any:
            """A built-in function like one of the host's, which calls this function."""

        def countdown(self) -> Any:
            """What counts backward jumps and calls, or None if the machine cannot."""

        def install(self, substitutes: dict[Any, Any]) -> None:
            """Take over what the machine needs in the process, once, before the first guest code.

            `substitutes` maps the host's `compile`, `exec` and `eval` to what the guest will find in their place.
            """

        def start(self) -> None:
            """Run every frame that begins from now on, if that is not left to the host: once, and at the latest when
            the first code object is to be executed, or the first function called.
            """


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

    def clean(self, error: BaseException) -> TracebackType | None:
        position = error.__traceback__
        while position is not None and is_own(position.tb_frame.f_code.co_filename):
            position = position.tb_next
        error.__traceback__ = position
        return position

    def builtin(self, function: Callable[..., Any], host: Any) -> Any:
        return Builtin(function, host)

    def countdown(self) -> Any:
        return None

    def install(self, substitutes: dict[Any, Any]) -> None:
        pass

    def start(self) -> None:
        pass


def _runs(option: str | bool) -> int:
    """What `-X warm` says; raises UnusableEngine."""
    text = str(option)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UnusableEngine("-X warm=N needs a number of runs")
    return int(text)


class NativeEngine(HostEngine):
    """The PVM as machine code, on the host's frames: what the host starts to run, it runs.

    Raises UnsupportedHost where it cannot, and UnusableEngine for a wrong `-X warm`.
    """

    name = "native"

    def __init__(self) -> None:
        from kaa.baseline.engine import load

        super().__init__()
        self._machine = load()
        if "warm" in sys._xoptions:
            self._machine.warm_after(_runs(sys._xoptions["warm"]))
        self._strands: Any = None
        self._has_started = False
        invisible(type(self._machine).call_unseen)

    @invisible
    def execute(
        self,
        code: CodeType,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        closure: tuple[CellType, ...] | None = None,
    ) -> object:
        if not self._has_started:
            self.start()
        if closure is not None:
            return self._machine.call_unseen(self._exec, code, globals, locals, closure=closure)
        return self._machine.call_unseen(self._eval, code, globals, locals)

    @invisible
    def call[R](self, function: Callable[..., R], *arguments: object) -> R:
        if not self._has_started:
            self.start()
        result: R = self._machine.call_unseen(function, *arguments)
        return result

    @invisible
    def caller_flags(self) -> int:
        flags: int = self._machine.caller_flags()
        return flags

    def builtin(self, function: Callable[..., Any], host: Any) -> Any:
        return self._machine.builtin(function, host)

    def countdown(self) -> Any:
        from kaa.baseline.countdown import Countdown

        invisible(Countdown._expired)
        return Countdown(self._machine.loaded)

    @property
    def strands(self) -> Any:
        """What makes and enters strands."""
        if self._strands is None:
            from kaa.baseline.strands import Strands

            self._strands = Strands(self._machine.loaded)
        return self._strands

    def install(self, substitutes: dict[Any, Any]) -> None:
        from kaa.runtime import collector, perf_map

        collector.exempt_younger = self._machine.exempt_younger
        perf_map.install(self._machine)
        if "stats" in sys._xoptions:
            import atexit

            from kaa.baseline.statistics import report

            atexit.register(report, self._machine)

    def start(self) -> None:
        self._has_started = True
        self._machine.enable()

    def stop(self) -> None:
        """Leave frames that begin from now on to the host's loop."""
        self._machine.disable()


def _reference() -> Engine:
    from kaa.runtime.reference_engine import ReferenceEngine

    return ReferenceEngine()


ENGINES: dict[str, Callable[[], Engine]] = {
    "reference": _reference,
    "native": NativeEngine,
    "host": HostEngine,
}


class UnusableEngine(Exception):
    """There is no engine of this name, or it does not run here."""


def choose(name: str) -> Engine:
    """Make the engine of this name, or for "" the native one where it runs and the reference one elsewhere.

    Raises:
        UnusableEngine: there is none, or it does not run here.
    """
    if name not in ("", *ENGINES):
        raise UnusableEngine(f"unknown engine {name!r}: choose one of {', '.join(ENGINES)}")
    if name not in ("", NativeEngine.name):
        return ENGINES[name]()
    from kaa.native.host import UnsupportedHost

    try:
        return NativeEngine()
    except UnsupportedHost as error:
        if name:
            raise UnusableEngine(str(error)) from None
        if sys.flags.verbose:
            print(f"kaa: {error}; the reference engine takes its place", file=sys.stderr)
        return _reference()
