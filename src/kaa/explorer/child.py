"""The process in which a recorded program runs: `python -m kaa.explorer.child`, started by `sandbox`.

In: on standard input a line of JSON (`source`, `filename`, `journal`, `limits`), after it what the program reads.
Out: the lines of a recording in the journal.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from math import inf
from typing import IO, Any, NoReturn

from kaa.explorer.guest import code_of, folder_of, prepare
from kaa.explorer.journal import Journal
from kaa.explorer.limits import Limits
from kaa.explorer.recorder import Recorder
from kaa.explorer.window import Window
from kaa.reference import observer
from kaa.reference.machine import Machine
from kaa.runtime.front import translate
from kaa.runtime.reference_engine import ReferenceEngine

_leave = os._exit


class _Output(io.TextIOBase):
    """The program's `sys.stdout` or `sys.stderr`."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, recorder: _Watch, stream: int, room: list[int]) -> None:
        self._recorder, self._stream, self._room = recorder, stream, room

    def write(self, text: str) -> int:
        if not issubclass(type(text), str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._room[0] -= len(text)
        if self._room[0] < 0:
            self._recorder.printed(self._stream, text[: max(0, self._room[0] + len(text))])
            self._recorder.finish("the program has printed more than its limit of output")
        self._recorder.printed(self._stream, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Input(io.TextIOBase):
    """The program's `sys.stdin`: it asks in the journal, and waits for the parent's line."""

    encoding = "utf-8"

    def __init__(self, journal: Journal, lines: IO[bytes]) -> None:
        self._journal, self._lines = journal, lines

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # always text
        self._journal.write(json.dumps({"ask": True}))
        line = self._lines.readline().decode("utf-8", "replace")
        self._journal.write(json.dumps({"answer": line}))
        return line

    def read(self, size: int | None = -1, /) -> str:
        return "".join(iter(self.readline, ""))

    def readable(self) -> bool:
        return True


class _RecordedEngine(ReferenceEngine):
    """The reference engine on a machine that is observed."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine


class _Watch(Recorder):
    """A recorder that ends the process after so many steps. An exception would be the guest's to catch.

    With breakpoints, half of the steps are those before the first breakpoint is reached, half those after it.
    """

    def __init__(self, journal: Journal, order: dict[str, Any], limits: Limits) -> None:
        self._window = Window(journal.write, limits.steps // 2)
        self._breakpoints = frozenset((file, line) for file, line in limits.breakpoints)
        self._broken_files = {file for file, _ in self._breakpoints}
        self._limit: float = inf if self._breakpoints else limits.steps
        self._half = limits.steps // 2
        if not self._breakpoints:
            self._window.open()
        folder = None if limits.public else folder_of(order["filename"])
        super().__init__(self._window.write, order["filename"], order["source"], folder)

    def _step(self, frame: Any, offset: int) -> None:
        if self.steps >= self._limit:
            self.finish(f"{self._half * 2} steps are recorded, which is the limit")
        if not self._window.is_open and self._is_breakpoint(frame, offset):
            self._window.open()
            self._limit = self.steps + self._half
        super()._step(frame, offset)

    def _is_breakpoint(self, frame: Any, offset: int) -> bool:
        if frame.code.co_filename not in self._broken_files:
            return False
        return (frame.code.co_filename, frame.program.line_of(frame.code, offset)) in self._breakpoints

    def end(self, how: dict[str, Any]) -> None:
        self._window.open()
        super().end(how)

    def finish(self, words: str) -> NoReturn:
        """End the process at a limit."""
        self.end({"kind": "limit", "words": words})
        _leave(0)


def main() -> None:
    """Read the order, run the program, write how it ended."""
    lines = sys.stdin.buffer
    order = json.loads(lines.readline())
    limits = Limits(**order["limits"])
    filename, source = order["filename"], order["source"]
    journal = Journal(order["journal"])
    watch = _Watch(journal, order, limits)
    bounds = observer.Limits(limits.instructions, None, limits.seconds)
    engine = _RecordedEngine(Machine(translate, watch, bounds))
    room = [limits.output]
    sys.stdout, sys.stderr = _Output(watch, 1, room), _Output(watch, 2, room)
    sys.stdin = _Input(journal, lines)
    show = traceback.format_exception
    program = prepare(engine, filename, limits)
    how = _run(engine, source, filename, program, watch, show)
    for name in ("stdout", "stderr"):
        setattr(sys, name, getattr(sys, f"__{name}__"))
    try:
        watch.end(how)
    except observer.LimitReached:
        pass  # the parent sees that the end is missing
    _leave(0)


def _run(
    engine: ReferenceEngine, source: str, filename: str, program: Any, watch: Recorder, show: Any
) -> dict[str, Any]:
    """How the program ended: `kind` is `done`, `exit`, `error` or `limit`."""
    try:
        engine.execute(code_of(source, filename), vars(program))
    except observer.LimitReached as limit:
        return {"kind": "limit", "words": str(limit)}
    except SystemExit as error:
        return {"kind": "exit", "words": f"the program left with sys.exit({error.code!r})"}
    except MemoryError:
        return {"kind": "limit", "words": "the program needs more memory than its limit"}
    except BaseException as error:
        trace = engine.clean(error)
        watch.printed(2, "".join(show(type(error), error, trace)))
        return {"kind": "error", "words": f"uncaught {type(error).__name__}"}
    return {"kind": "done", "words": "the program ran to its end"}


if __name__ == "__main__":
    main()
