"""Records a run: an observer of the reference machine that writes down what every instruction changed.

In: the machine's events. Out: lines for a journal, each a step (a list, see `recording`) or an object: `{"code": ...}`
describes the code that frames refer to by number, `{"file": ...}` and `{"thread": ...}` do so for files and threads,
and `{"end": ...}` says how the run ended.

Only frames of the program's own files are recorded (see `files`), not the library's. Threads are recorded as they take
turns: the frames of the others are set aside. After every instruction the recorder looks at the
frame it ran in and at the objects it could reach, and compares them with what it wrote down last. It holds one
reference to every object that it has shown, so that no address comes twice; when that is the last one, the object
is gone.
"""

from __future__ import annotations

import gc
import json
import sys
from _thread import RLock, get_ident
from collections.abc import Callable
from types import BuiltinMethodType, CodeType
from typing import Any
from weakref import WeakKeyDictionary

from kaa.explorer.files import Files
from kaa.explorer.heap import Label, describe, own_modules, plain
from kaa.explorer.road.bytecode import describe_code
from kaa.reference.frame import Frame
from kaa.reference.machine import Thread
from kaa.reference.observer import Observer
from kaa.reference.program import NULL

_SMALL = 60
"""A heap of so few objects is compared as a whole after every call."""

_EVERYTHING = 2000
"""Steps after which the whole heap is compared, however large."""

_PURE: tuple[str, ...] = (
    "LOAD_FAST",
    "LOAD_CONST",
    "LOAD_GLOBAL",
    "LOAD_DEREF",
    "STORE_FAST",
    "COPY",
    "SWAP",
    "NOP",
    "RESUME",
    "JUMP",
)
_PURE += ("PUSH_NULL", "POP_", "LOAD_NAME", "RETURN_", "CACHE", "IS_OP", "LOAD_GLOBAL_AND_NULL")
"""Beginnings of the names of instructions that change no object."""

_OWN = 2
"""References to an object while `_references` counts: the table's, and the argument."""


class _Shadow:
    """What was written down last of a frame."""

    def __init__(self, frame: Frame, number: int) -> None:
        self.frame, self.number = frame, number
        self.variables: list[Any] = []
        self.stack: list[Any] = []


class Recorder(Observer):
    """`write` gets each line; `filename` is the name of the program's code, `folder` where its modules lie."""

    def __init__(
        self, write: Callable[[str], None], filename: str, source: str, folder: str | None = None
    ) -> None:
        self._write, self._files = write, Files(write, filename, source, folder)
        self._codes: dict[CodeType, int] = {}
        self._frames: list[_Shadow] = []
        self._frame_numbers: WeakKeyDictionary[Frame, int] = WeakKeyDictionary()
        self._frame_count = 0
        self._namespaces: dict[int, tuple[int, dict[str, Any]]] = {}  # by identity
        self._numbers: dict[int, int] = {}  # by identity
        self._alive: dict[int, Any] = {}
        self._slots: dict[int, list[Any]] = {}
        self._counts: dict[int, int] = {}
        self._object_count = 0
        self._changes: list[Any] = []
        self._candidates: set[int] = set()
        self._bound: set[int] = set()  # whose methods of C stand on a stack
        self._bound_before: set[int] = set()
        self._last_name = ""
        self._last_argument: Any = None
        self._outside = False
        self._lock = RLock()
        self._busy = 0  # the thread whose step is being written down
        self._held: dict[int, int] = {}
        self._threads: list[Thread] = []  # by number
        self._thread = 0
        self._aside: dict[int, list[_Shadow]] = {}  # the frames of the other threads
        self.steps = 0
        gc.disable()  # garbage goes when the guest says `gc.collect()`
        gc.callbacks.append(self._collecting)

    # Events of the machine, and of the program's streams.

    def instruction(self, frame: Frame, offset: int) -> None:
        if self._is_others(frame):
            self._outside = True
            return
        if frame.is_boundary:
            return
        with self._lock:
            self._busy = get_ident()
            try:
                self._switch(frame.thread)
                self._step(frame, offset)
            finally:
                self._busy = 0
            handler, self._last_argument, _ = frame.program.instructions[offset]
            self._last_name = handler.__name__

    def raised(self, frame: Frame, error: BaseException) -> None:
        if self._is_others(frame) or frame not in self._frame_numbers:
            return
        entry = frame.program.exception_handler(frame.current)
        text = type(error).__name__
        if len(error.args) == 1 and (value := plain(error.args[0])) is not None:
            text += f"({value})"
        with self._lock:
            self._changes.append(["e", self._frame_numbers[frame], text, entry.target if entry else None])

    def printed(self, stream: int, text: str) -> None:
        """The program has written to its output (1) or errors (2)."""
        with self._lock:
            self._changes.append(["w", stream, text])

    def end(self, how: dict[str, Any]) -> None:
        """Write the last step, and how it ended."""
        with self._lock:
            self._busy = get_ident()
            self._leave(0)
            self._free()
            self._emit(-1)
            self._write(json.dumps({"end": how}))

    def _is_others(self, frame: Frame) -> bool:
        """Whether a frame is not the program's, or runs because the recorder lets go of an object."""
        return self._busy == get_ident() or self._files.number(frame.code.co_filename) is None

    # Threads.

    def _switch(self, thread: Thread) -> None:
        """Make the recorded frames those of the thread that runs now."""
        if self._threads and self._threads[self._thread] is thread:
            return
        if thread not in self._threads:
            self._threads.append(thread)
            self._write(json.dumps({"thread": _name_of_this_thread()}))
        number = self._threads.index(thread)
        if number != self._thread:
            self._aside[self._thread] = self._frames
            self._frames = self._aside.pop(number, [])
            self._thread, self._outside = number, True
            self._changes.append(["t", number])
        for other in [*self._aside]:
            if self._threads[other].guest_frame is None:
                self._give_up(self._aside.pop(other))
                self._changes.append(["z", other])

    # One step.

    def _step(self, frame: Frame, offset: int) -> None:
        self._find(frame)
        for depth in range(max(0, len(self._frames) - 2), len(self._frames)):
            self._compare_frame(depth)
        self._compare_names(frame)
        self._compare_objects(frame)
        self._free()
        self._emit(offset)

    def _emit(self, offset: int) -> None:
        self._write(json.dumps([offset, *self._changes], separators=(",", ":"), ensure_ascii=False))
        self._changes.clear()
        self.steps += 1

    def _find(self, frame: Frame) -> None:
        """Make the recorded frames those that are on top of each other now."""
        if self._frames and self._frames[-1].frame is frame:
            return
        entered: list[Frame] = []
        step: Frame | None = frame
        known = {id(shadow.frame): depth for depth, shadow in enumerate(self._frames)}
        while step is not None and id(step) not in known:
            if not step.is_boundary and self._files.number(step.code.co_filename) is not None:
                entered.append(step)
            step = step.caller
        self._leave(0 if step is None else known[id(step)] + 1)
        for new in reversed(entered):
            self._enter(new)

    def _leave(self, depth: int) -> None:
        if depth == len(self._frames):
            return
        self._give_up(self._frames[depth:])
        del self._frames[depth:]
        self._changes.append(["x", depth])

    def _give_up(self, shadows: list[_Shadow]) -> None:
        for shadow in shadows:
            self._candidates.update(v for v in (*shadow.variables, *shadow.stack) if type(v) is int)

    def _enter(self, frame: Frame) -> None:
        number = self._frame_numbers.get(frame)
        if number is None:
            number = self._frame_numbers[frame] = self._frame_count
            self._frame_count += 1
        code = self._codes.get(frame.code)
        if code is None:
            code = self._describe(frame)
        shadow = _Shadow(frame, number)
        shadow.variables = [self._value(value) for value in frame.variables]
        shadow.stack = [self._value(value) for value in frame.stack]
        self._frames.append(shadow)
        namespace = None
        if type(frame.names) is dict:
            namespace = self._namespace(frame.names)
        self._changes.append(["f", number, code, namespace, [*shadow.variables], [*shadow.stack]])

    def _describe(self, frame: Frame) -> int:
        """Write down a frame's code, and answer with its number."""
        file = self._files.number(frame.code.co_filename)
        assert file is not None
        module = frame.globals.get("__name__")
        if type(module) is str:
            own_modules.add(module)
        described = describe_code(frame.code, self._files.places(file))
        self._write(json.dumps({"code": described | {"file": file}}))
        self._codes[frame.code] = len(self._codes)
        return self._codes[frame.code]

    def _compare_frame(self, depth: int) -> None:
        shadow = self._frames[depth]
        frame = shadow.frame
        variables = [self._value(value) for value in frame.variables]
        if variables != shadow.variables:
            for index, (old, new) in enumerate(zip(shadow.variables, variables, strict=True)):
                if old != new:
                    self._changes.append(["v", depth, index, new])
                    self._touch(old, new)
            shadow.variables = variables
        stack = [self._value(value) for value in frame.stack]
        if stack != shadow.stack:
            kept = _common(stack, shadow.stack)
            self._changes.append(["s", depth, kept, stack[kept:]])
            self._touch(*shadow.stack[kept:], *stack[kept:])
            shadow.stack = stack

    def _touch(self, *values: Any) -> None:
        self._candidates.update(value for value in values if type(value) is int)

    # Namespaces: of modules and class bodies.

    def _namespace(self, names: dict[str, Any]) -> int:
        self._namespaces.setdefault(id(names), (len(self._namespaces), {}))
        self._compare_namespace(names)
        return self._namespaces[id(names)][0]

    def _compare_names(self, frame: Frame) -> None:
        whole = self._outside or self.steps % _EVERYTHING == 0 or self._last_name in ("CALL", "IMPORT_NAME")
        if not whole and not self._last_name.startswith(("STORE_", "DELETE_", "IMPORT_", "CALL_", "SETUP_")):
            return
        for shadow in self._frames[-2:]:
            for names in (shadow.frame.names, shadow.frame.globals):
                if type(names) is dict and id(names) in self._namespaces:
                    only = self._last_argument if not whole and self._last_name in _NAMED else None
                    self._compare_namespace(names, only)

    def _compare_namespace(self, names: dict[str, Any], only: str | None = None) -> None:
        number, known = self._namespaces[id(names)]
        looked_at = [only] if only is not None else [*names.keys() | known.keys()]
        for name in looked_at:
            if type(name) is not str or name.startswith("__"):
                continue
            if name not in names:
                if name in known:
                    self._touch(known.pop(name))
                    self._changes.append(["n", number, name])
            elif known.get(name, NULL) != (value := self._value(names[name])):
                self._touch(known.get(name), value)
                known[name] = value
                self._changes.append(["n", number, name, value])

    # Objects.

    def _value(self, value: Any) -> Any:
        """What stands for a value in a recording; new objects are written down with all they refer to."""
        if value is NULL:
            return None
        if type(value) is Label:
            return str(value)
        number = self._numbers.get(id(value))
        if number is not None:
            return number
        text = plain(value)
        if text is None:
            return self._new(value)
        if type(value) is BuiltinMethodType and (owner := self._numbers.get(id(value.__self__))) is not None:
            self._bound.add(owner)
        return text

    def _new(self, value: Any) -> int:
        number = self._object_count
        self._object_count += 1
        self._numbers[id(value)] = number
        self._alive[number] = value
        self._slots[number] = []
        name, shape, length, slots = describe(value)
        change = ["o", number, name, shape, length, []]
        self._changes.append(change)
        change[-1] = self._slots[number] = self._encode(slots, shape)
        self._candidates.add(number)
        return number

    def _encode(self, slots: list[Any], shape: str) -> list[Any]:
        if shape == "sequence":
            return [self._value(slot) for slot in slots]
        return [[self._value(key), self._value(held)] for key, held in slots]

    def _compare_objects(self, frame: Frame) -> None:
        name = self._last_name
        self._last_name = ""
        outside, self._outside = self._outside, False
        calls = outside or name.startswith(("CALL", "SEND", "FOR_ITER", "BINARY", "COMPARE", "STORE_ATTR"))
        if (calls and len(self._alive) <= _SMALL) or self.steps % _EVERYTHING == 0:
            numbers = [*self._alive]
        elif name.startswith(_PURE) and not outside and not name.startswith("RETURN_GENERATOR"):
            return
        else:
            numbers = [n for n in self._candidates if n in self._alive]
            if name.endswith("DEREF"):
                numbers += [n for n in self._frames[-1].variables if type(n) is int]
            if calls:
                inner = [_numbers(self._slots[n]) for n in numbers]
                numbers += [n for found in inner for n in found[:20]]
        for number in dict.fromkeys(numbers):
            self._compare_object(number)

    def _compare_object(self, number: int) -> None:
        _, shape, length, slots = describe(self._alive[number])
        new, old = self._encode(slots, shape), self._slots[number]
        if new == old:
            return
        start = _common(new, old)
        end = _common([*reversed(new[start:])], [*reversed(old[start:])])
        added, dropped = new[start : len(new) - end], old[start : len(old) - end]
        self._changes.append(["c", number, start, len(dropped), added, length])
        self._candidates.update(_numbers(added) + _numbers(dropped))
        self._slots[number] = new

    def _free(self) -> None:
        """Count the references that may have changed; what nobody refers to any more is gone."""
        self._candidates |= self._bound_before  # a bound method that has gone took a reference with it
        self._bound, self._bound_before = set(), self._bound
        counts: list[int] = []
        freed: list[int] = []
        while self._candidates:
            number = self._candidates.pop()
            if number not in self._alive:
                continue
            references = sys.getrefcount(self._alive[number]) - _OWN
            if references <= 0:
                freed.append(number)
                self._forget(number)
            elif self._counts.get(number) != references:
                self._counts[number] = references
                counts += [number, references]
        if counts:
            self._changes.append(["r", *counts])
        if freed:
            self._changes.append(["d", *freed])

    def _forget(self, number: int) -> None:
        value = self._alive.pop(number)
        del self._numbers[id(value)]
        self._candidates.update(_numbers(self._slots.pop(number)))
        self._counts.pop(number, None)
        del value

    def _collecting(self, phase: str, _: dict[str, int]) -> None:
        """The collector must not find the recorder's own references: it lets go of all, and takes up what is left."""
        if phase == "start":
            self._lock.acquire()  # until it stops
            self._held = {id(value): n for n, value in self._alive.items() if gc.is_tracked(value)}
            for number in self._held.values():
                del self._alive[number]
            return
        self._candidates.update(self._alive)
        left = {id(value): value for value in gc.get_objects() if id(value) in self._held}
        freed = []
        for identity, number in self._held.items():
            if identity in left:
                self._alive[number] = left[identity]
            else:
                freed.append(number)
                self._numbers.pop(identity, None)
                self._slots.pop(number, None)
                self._counts.pop(number, None)
        self._held = {}
        if freed:
            self._changes.append(["g", *freed])
        self._lock.release()


_NAMED = {"STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL"}
"""Instructions whose argument is the one name that they change."""


def _name_of_this_thread() -> str:
    """As the guest's `threading`, which is not Kaa's, has it."""
    module = sys.modules.get("threading")
    known = vars(module)["_active"].get(get_ident()) if module is not None else None
    name = vars(known).get("_name") if known is not None else None
    return name if type(name) is str else "MainThread"


def _common(one: list[Any], other: list[Any]) -> int:
    """How many values two lists begin with in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _numbers(slots: list[Any]) -> list[int]:
    """The objects that slots refer to."""
    values = (value for slot in slots for value in (slot if type(slot) is list else (slot,)))
    return [value for value in values if type(value) is int]
