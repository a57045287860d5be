"""A recorded run: the state of the program at every step, forward and back.

In: the lines of a journal (see `recorder`). Out: a `State` for any step. A journal holds differences only; keyframes,
made as they are passed, bound the way to any step. The page's `player.js` is the same in JavaScript.

A step is `[offset, *changes]`: the instruction at this offset of the innermost frame is next, and these changes led
here from the step before. A value is None (NULL: unbound), a text (a plain value, as it is written) or a number (an
object of the heap).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

KEYFRAME = 1000
"""Steps between keyframes."""


@dataclass(frozen=True)
class FrameState:
    """A frame: its code's number, its namespace's number or None, the offset of its instruction, its values."""

    number: int
    code: int
    namespace: int | None
    offset: int
    variables: list[Any]
    stack: list[Any]


@dataclass(frozen=True)
class ObjectState:
    """An object: its type, its shape (`sequence` or `mapping`), its length, and the slots that are shown."""

    type: str
    shape: str
    length: int
    slots: list[Any]


@dataclass
class State:
    """What there is at one step. Its parts are replaced, never changed, so that a copy is shallow."""

    frames: list[FrameState] = field(default_factory=list)
    namespaces: dict[int, dict[str, Any]] = field(default_factory=dict)
    heap: dict[int, ObjectState] = field(default_factory=dict)
    references: dict[int, int] = field(default_factory=dict)
    thread: int = 0
    aside: dict[int, list[FrameState]] = field(default_factory=dict)  # the frames of the other threads

    def copy(self) -> State:
        aside = {number: list(frames) for number, frames in self.aside.items()}
        parts = (list(self.frames), dict(self.namespaces), dict(self.heap), dict(self.references))
        return State(*parts, self.thread, aside)

    def apply(self, step: list[Any]) -> None:
        """Go one step forward."""
        offset, *changes = step
        for kind, *details in changes:
            change = _CHANGES.get(kind)
            if change is not None:
                change(self, *details)
        if self.frames:
            self.frames[-1] = replace(self.frames[-1], offset=offset)

    def _enter(
        self, number: int, code: int, namespace: int | None, variables: Any, stack: Any, offset: int = 0
    ) -> None:
        self.frames.append(FrameState(number, code, namespace, offset, variables, stack))

    def _switch(self, thread: int) -> None:
        if self.frames:
            self.aside[self.thread] = self.frames
        self.frames, self.thread = self.aside.pop(thread, []), thread

    def _end_thread(self, thread: int) -> None:
        self.aside.pop(thread, None)

    def _leave(self, depth: int) -> None:
        del self.frames[depth:]

    def _variable(self, depth: int, index: int, value: Any) -> None:
        frame = self.frames[depth]
        variables = [*frame.variables]
        variables[index] = value
        self.frames[depth] = replace(frame, variables=variables)

    def _stack(self, depth: int, kept: int, values: list[Any]) -> None:
        frame = self.frames[depth]
        self.frames[depth] = replace(frame, stack=frame.stack[:kept] + values)

    def _name(self, namespace: int, name: str, *value: Any) -> None:
        names = {**self.namespaces.get(namespace, {})}
        if value:
            names[name] = value[0]
        else:
            names.pop(name, None)
        self.namespaces[namespace] = names

    def _object(self, number: int, kind: str, shape: str, length: int, slots: list[Any]) -> None:
        self.heap[number] = ObjectState(kind, shape, length, slots)

    def _slots(self, number: int, start: int, dropped: int, slots: list[Any], length: int) -> None:
        known = self.heap[number]
        new = known.slots[:start] + slots + known.slots[start + dropped :]
        self.heap[number] = replace(known, length=length, slots=new)

    def _count(self, *numbers: int) -> None:
        self.references.update(zip(numbers[::2], numbers[1::2], strict=True))

    def _free(self, *numbers: int) -> None:
        for number in numbers:
            self.heap.pop(number, None)
            self.references.pop(number, None)


_CHANGES: dict[str, Any] = {
    "f": State._enter,
    "x": State._leave,
    "t": State._switch,
    "z": State._end_thread,
    "v": State._variable,
    "s": State._stack,
    "n": State._name,
    "o": State._object,
    "c": State._slots,
    "r": State._count,
    "d": State._free,
    "g": State._free,  # by the collector, for want of a reference from outside of a cycle
}
"""By letter. Two more are events that change nothing here: `w` (output) and `e` (an exception)."""


class Recording:
    """The steps of a journal, and the state at each."""

    def __init__(self, lines: list[str]) -> None:
        """Lines that hold no JSON (a crash cuts the last one off) end the recording."""
        self.steps: list[list[Any]] = []
        self.codes: list[dict[str, Any]] = []
        self.files: list[dict[str, str]] = []
        self.threads: list[str] = []
        self.events: list[dict[str, Any]] = []
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:
                break
            if isinstance(row, list):
                self.steps.append(row)
            elif "code" in row:
                self.codes.append(row["code"])
            elif "file" in row:
                self.files.append(row["file"])
            elif "thread" in row:
                self.threads.append(row["thread"])
            else:
                self.events.append(row)
        self._keyframes: dict[int, State] = {}

    def state(self, step: int) -> State:
        """The state at a step, counted from 0. IndexError if there is no such step."""
        if not 0 <= step < len(self.steps):
            raise IndexError(f"the recording has {len(self.steps)} steps, and no step {step}")
        start = max((key for key in self._keyframes if key <= step), default=-1)
        state = self._keyframes[start].copy() if start >= 0 else State()
        for number in range(start + 1, step + 1):
            state.apply(self.steps[number])
            if number % KEYFRAME == 0:
                self._keyframes.setdefault(number, state.copy())
        return state

    def output(self, step: int) -> str:
        """What the program has printed up to a step."""
        return "".join(change[2] for row in self.steps[: step + 1] for change in row[1:] if change[0] == "w")
