"""Where a thread is, for those who switch it to another stack.

A machine on the host's frames needs nothing: greenlet switches them. The reference machine keeps the current frame of
each thread in a Python object, which must be switched as well: `take` before, `put` after.
"""

from __future__ import annotations

import sys

from kaa.runtime.engines import HostEngine, NativeEngine
from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kaa.runtime.engines import Engine


class HostPlaces:
    """Of an engine on the host's frames."""

    machine: Any = None
    """The machine that keeps frames in Python objects, if one does."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self._countdown: Any = None

    @property
    def countdown(self) -> Any:
        """What counts the backward jumps and calls of a thread; None if the machine cannot."""
        if self._countdown is None and self._engine is not None:
            self._countdown = self._engine.countdown()
        return self._countdown

    def strands(self) -> Any:
        """What makes and enters strands (`kaa.baseline.strands`); None where nothing does."""
        return self._engine.strands if isinstance(self._engine, NativeEngine) else None

    @property
    def engine_name(self) -> str:
        """By which `-X engine=` chooses it; the host's, where Kaa has not taken over."""
        return "host" if self._engine is None else self._engine.name

    def take(self) -> Any:
        """Where the calling thread is."""
        return None

    def put(self, place: Any) -> None:
        """Be there again; None is the bottom of a new stack."""

    def attend(self) -> None:
        """Have the handlers of signals that have come in run, if they wait for the machine."""

    @invisible
    def caller(self) -> Any:
        """The frame of the guest's code that called the function that asks."""
        return sys._getframe(1)  # from one frame up on, the host passes over invisible frames

    @invisible
    def watchers(self) -> tuple[Any, Any]:
        """What the guest has given to `sys.settrace` and `sys.setprofile` in this thread."""
        return sys.gettrace(), sys.getprofile()

    @invisible
    def set_watchers(self, trace: Any, profile: Any) -> None:
        """Give it these instead."""
        sys.setprofile(profile)
        sys.settrace(trace)


current = HostPlaces()
"""Of the engine that has the process."""


def install(engine: Engine) -> None:
    """Switch for this engine from now on."""
    global current
    if isinstance(engine, HostEngine):
        current = HostPlaces(engine)
    else:
        from kaa.runtime.reference_engine import ReferenceEngine, ReferencePlaces

        assert isinstance(engine, ReferenceEngine)
        current = ReferencePlaces(engine)
