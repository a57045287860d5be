"""A window around a breakpoint: of a long run, the steps before and after a line is reached are kept.

In: the lines of a recorder. Out: the same, without the steps that lie too far back; a first step stands for them, which
makes the state that they have led to.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from kaa.explorer.recording import State

_PRINTED = 10_000
"""Characters that are kept of what was printed before the window."""


class Window:
    """Passes lines on to `write`. At most `size` steps go before the one that `open` is called for."""

    def __init__(self, write: Callable[[str], None], size: int) -> None:
        self._write, self._size = write, size
        self._kept: deque[str] = deque()
        self._state = State()
        self._printed: dict[int, str] = {}
        self._skipped = 0
        self.is_open = False

    def write(self, line: str) -> None:
        """A step waits until the window is open; all else goes through."""
        if self.is_open or not line.startswith("["):
            self._write(line)
            return
        self._kept.append(line)
        if len(self._kept) > self._size:
            self._fold(json.loads(self._kept.popleft()))

    def open(self) -> None:
        """Write what was kept. From now on steps go through."""
        if self.is_open:
            return
        self.is_open = True
        if self._skipped:
            self._write(json.dumps({"skipped": self._skipped}))
            self._write(json.dumps(self._first_step(), separators=(",", ":"), ensure_ascii=False))
        for line in self._kept:
            self._write(line)
        self._kept.clear()

    def _fold(self, step: list[Any]) -> None:
        self._state.apply(step)
        self._skipped += 1
        for kind, *details in step[1:]:
            if kind == "w":
                stream, text = details
                self._printed[stream] = (self._printed.get(stream, "") + text)[-_PRINTED:]

    def _first_step(self) -> list[Any]:
        """One step that makes the state of all those that are left out."""
        state = self._state
        changes: list[list[Any]] = [
            ["o", number, known.type, known.shape, known.length, known.slots]
            for number, known in state.heap.items()
        ]
        changes += [
            ["n", space, name, value]
            for space, names in state.namespaces.items()
            for name, value in names.items()
        ]
        for thread, frames in [*state.aside.items(), (state.thread, state.frames)]:
            changes.append(["t", thread])
            changes += [
                ["f", frame.number, frame.code, frame.namespace, frame.variables, frame.stack, frame.offset]
                for frame in frames
            ]
        changes.append(["r", *(value for pair in state.references.items() for value in pair)])
        changes += [["w", stream, text] for stream, text in self._printed.items()]
        return [state.frames[-1].offset if state.frames else -1, *changes]
