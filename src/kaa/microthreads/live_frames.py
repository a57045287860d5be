"""The frames of a tasklet that is suspended, taken apart while it stands still.

In: the calling thread, which is inside the tasklet's greenlet for a moment. Out: a `FrameState` for each frame of the
guest's, the innermost first, and what the innermost one waits for. Nothing else may lie between: a C function that has
called back keeps its state where nobody can read it.

On an engine on the host's frames they are read from the host's structs (`_PyInterpreterFrame`). A frame that waits for
a function written in Python has its stack pointer stored; one that waits for C has not.
"""

from __future__ import annotations

import ctypes
import inspect
import os
from _ctypes import PyObj_FromPtr
from collections.abc import Iterator
from functools import partial
from types import CellType, CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from kaa.bytecode import opcodes
from kaa.bytecode.instructions import BY_NUMBER
from kaa.microthreads.frame_check import INTERRUPTIBLE, WAITING, previous_places, slots, waiting
from kaa.microthreads.frozen import object_at
from kaa.native import layouts
from kaa.native.types import layout
from kaa.reference.calls import initialized
from kaa.reference.machine import Machine
from kaa.reference.suspension import FrameState
from kaa.runtime import places
from kaa.runtime.own import OWN_FOLDER, is_own

if TYPE_CHECKING:
    from kaa.microthreads.tasklets import tasklet
    from kaa.reference.frame import Frame

_FRAME, _THREAD = (layout(struct).fields for struct in (layouts.Frame, layouts.ThreadState))
_CODE_UNITS = layout(layouts.CodeObject).fields["co_code_adaptive"].offset
_LOCALS = _FRAME["localsplus"].offset
_WORDS = _LOCALS // 8
_WORD = {name: field.offset // 8 for name, field in _FRAME.items()}
_OWNER, _OWNER_BIT = _WORD["owner"], _FRAME["owner"].offset % 8 * 8
OWNED_BY_GENERATOR, OWNED_BY_C_STACK = 1, 3
_HELD = tuple(_WORD[name] for name in ("f_funcobj", "f_locals", "frame_obj"))
_thread_state = ctypes.pythonapi.PyThreadState_Get
_thread_state.restype = ctypes.c_void_p
KAA_REFERENCE = os.path.join(OWN_FOLDER, "reference", "")
_LOOPS = {function.__code__ for function in (Machine._execute, Machine._trace, Machine._watch)}


class HostFrame(NamedTuple):
    """A frame of the host's that is on the thread's stack. `entry`: C code has called it."""

    at: int
    code: CodeType
    entry: bool
    words: list[int]

    @property
    def function(self) -> Any:
        return PyObj_FromPtr(self.words[_WORD["f_funcobj"]])

    @property
    def unit(self) -> int:
        """The code unit at which it is."""
        return (self.words[_WORD["instr_ptr"]] - id(self.code) - _CODE_UNITS) // 2

    @property
    def depth(self) -> int:
        """Of the stack; below 0 while the frame runs, or waits for C code."""
        return ctypes.c_int32.from_address(self.at + _FRAME["stacktop"].offset).value - len(slots(self.code))

    def stack(self, depth: int) -> list[Any]:
        """The lowest values on the stack."""
        start = self.at + _LOCALS + 8 * len(slots(self.code))
        return [object_at(start + 8 * index) for index in range(depth)]

    def variables(self) -> list[Any]:
        return [object_at(self.at + _LOCALS + 8 * index) for index in range(len(slots(self.code)))]

    def identities(self) -> list[int]:
        """Of what it holds, and the collector does not see; 0 for nothing. A stack that C code uses is left out."""
        count = len(slots(self.code))
        if self._owner == OWNED_BY_GENERATOR:  # the collector goes by the stored stack pointer
            return self._held(0 if self.depth >= 0 else count)
        return [self.words[word] for word in _HELD] + self._held(count + max(self.depth, 0))

    def _held(self, count: int) -> list[int]:
        return (ctypes.c_uint64 * count).from_address(self.at + _LOCALS)[:]

    @property
    def _owner(self) -> int:
        return self.words[_OWNER] >> _OWNER_BIT & 0xFF

    def local(self, name: str) -> Any:
        """A local variable of a frame of Kaa's own."""
        return self.variables()[slots(self.code).index(name)]


def host_frames() -> list[HostFrame]:
    """All frames of the calling thread's current greenlet, the innermost first, down to the tasklet's beginning."""
    return _frames_from(_word_of_thread(_thread_state(), "current_frame"))


def frames_of_strand(task: tasklet) -> list[HostFrame]:
    """Those of a tasklet that waits without a C stack."""
    return _frames_from(task._scheduler.strands.innermost(task._strand))


def handled_in_strand(task: tasklet) -> BaseException | None:
    """The exception that is handled there."""
    identity = task._scheduler.strands.handled(task._strand)
    return PyObj_FromPtr(identity) if identity else None


def threads() -> set[int]:
    """The identities of the threads that run Python. (`sys._current_frames` leaves out those with invisible frames.)"""
    state: int = _thread_state()
    while before := _word_of_thread(state, "prev"):
        state = before
    found = set()
    while state:
        found.add(_word_of_thread(state, "thread_id"))
        state = _word_of_thread(state, "next")
    return found


def _word_of_thread(state: int, name: str) -> int:
    return ctypes.c_uint64.from_address(state + _THREAD[name].offset).value


def turns_of_threads() -> int:
    """How often another thread than before has come to run so far."""
    interpreter = _word_of_thread(_thread_state(), "interp")
    gil = ctypes.c_uint64.from_address(interpreter + layout(layouts.Interpreter).fields["gil"].offset).value
    return ctypes.c_uint64.from_address(gil + layout(layouts.Gil).fields["switch_number"].offset).value


def _frames_from(at: int) -> list[HostFrame]:
    found: list[HostFrame] = []
    while at:
        words = (ctypes.c_uint64 * _WORDS).from_address(at)[:]
        if words[_OWNER] >> _OWNER_BIT & 0xFF != OWNED_BY_C_STACK:
            found.append(HostFrame(at, PyObj_FromPtr(words[_WORD["f_executable"]]), False, words))
        elif found:
            found[-1] = found[-1]._replace(entry=True)
        at = words[_WORD["previous"]]
    return found


def frames_of_waiting() -> list[HostFrame]:
    """Those of a tasklet that waits, called in its greenlet by `measure`: without those that this takes."""
    frames = host_frames()
    return frames[next(index for index, frame in enumerate(frames) if frame.code.co_name == "obey") + 1 :]


def frames_of_turn() -> list[HostFrame]:
    """Those of the tasklet that runs, Kaa's own among them, the innermost first."""
    frames = host_frames()
    end = next((index for index, frame in enumerate(frames) if _is_driver(frame.code)), len(frames))
    return frames[:end]


class Stop(NamedTuple):
    """Where a tasklet has left its own code: Kaa's frames above it, the innermost first, and whether the last one
    of these, the function that was called, was called by the instruction itself."""

    own: list[HostFrame]
    direct: bool

    @property
    def interrupted(self) -> bool:
        """It has not left it: its turn was taken from it."""
        return bool(self.own) and self.own[-1].code.co_name == INTERRUPT


def stop_of(frames: list[HostFrame]) -> tuple[Stop, list[HostFrame]]:
    """Where the tasklet stopped, and the frames below."""
    reference = places.current.machine is not None
    count = next(index for index, frame in enumerate(frames) if _ends_stop(frame.code, reference))
    own, rest = frames[:count], frames[count:]
    called = len(own)
    if reference:  # the machine's own functions lie above its loop
        while called and own[called - 1].code.co_filename.startswith(KAA_REFERENCE):
            called -= 1
    elif called > 1 and own[called - 2].code.co_name == INTERRUPT:
        called -= 1
    return Stop(own[:called], not any(frame.entry for frame in own[called - 1 :])), rest


def _ends_stop(code: CodeType, reference: bool) -> bool:
    if _is_driver(code):
        return True
    return code in _LOOPS if reference else not is_own(code.co_filename)


def _is_between(frame: HostFrame) -> bool:
    """Whether it is at an instruction at which a frame can be left: the machine also counts the ends of calls."""
    return frame.code.co_code[2 * frame.unit] in INTERRUPTIBLE


def _is_driver(code: CodeType, *more: str) -> bool:
    return code.co_name in (*_DRIVERS, *more) and is_own(code.co_filename)


_DRIVERS = ("_run", "go_on")
"""The functions of `tasklets` and `chains` that a tasklet's frames lie upon."""
_CARRIERS = ("repeat", "_run_one", "_run_all")
"""Those that stand between the last of these and a tasklet's frames, if it was stored."""
INTERRUPT = "interrupt"
"""The function of `preemption` that takes a tasklet's turn from it."""
_TELLS_OF_END = "_expired"
"""The function of the native machine's that calls it."""
_MICROTHREADS = os.path.join(OWN_FOLDER, "microthreads", "")


def standing() -> tuple[int, bool]:
    """Of the tasklet that `interrupt` is called in: how many C functions have called its code, and whether it stands
    in the middle of an instruction or of the scheduler."""
    frames = host_frames()
    top = next(index for index, frame in enumerate(frames) if frame.code.co_name == INTERRUPT) + 1
    end = next((index for index, frame in enumerate(frames) if _is_driver(frame.code, *_CARRIERS)), top)
    below = frames[top:end]
    if not below:  # the tasklet is about to begin or to end
        return 0, True
    if places.current.machine is not None:
        nesting = max(0, sum(frame.code in _LOOPS for frame in below) - 1)
    else:
        below = [frame for frame in below if frame.code.co_name != _TELLS_OF_END]
        if not below or is_own(below[0].code.co_filename) or not _is_between(below[0]):
            return 0, True
        carried = frames[end].code.co_name in _CARRIERS
        nesting = sum(frame.entry for frame in below if not is_own(frame.code.co_filename)) - carried
    return nesting, any(frame.code.co_filename.startswith(_MICROTHREADS) for frame in below)


def nesting(frames: list[HostFrame]) -> int:
    """Of the tasklet whose frames these are: how many C functions have called its code."""
    if places.current.machine is not None:
        return max(0, sum(frame.code in _LOOPS for frame in frames) - 1)
    end = next((frame for frame in frames if _is_driver(frame.code, *_CARRIERS)), None)
    above = frames if end is None else frames[: frames.index(end)]
    calls = sum(frame.entry for frame in above if not is_own(frame.code.co_filename))
    is_begun = end is not None and end.code.co_name not in _CARRIERS
    return calls if is_begun else max(0, calls - 1)


def freeze_frames(
    frames: list[HostFrame], place: Frame | None, stop: Stop, handled: BaseException | None
) -> list[FrameState]:
    """The guest's frames, the innermost first.

    Raises:
        ValueError: one of them cannot be stored; the message names it.
    """
    if place is not None:
        states = _guest_frames(place, stop.interrupted)
    else:
        states = list(_frames_of_host(frames, stop.interrupted, handled))
    for depth, state in enumerate(states):
        _check(state, stop if depth == 0 else None)
    return states


def _check(state: FrameState, stop: Stop | None) -> None:
    """Make sure that a frame waits for what can be made again. `stop`: of the innermost one, where it stopped."""
    if state.interrupted:
        return
    before = _opcode_before(state.code, state.next)
    if before == opcodes.FOR_ITER and stop is not None:
        called = stop.own[-1]
        if called.code.co_name == "__next__" and state.stack and called.local("self") is state.stack[-1]:
            return
    elif before in WAITING and (stop is None or stop.direct):
        return
    raise ValueError(f"a C function, or an operator, waits in the frame of {state.qualified_name!r}")


def _opcode_before(code: CodeType, offset: int) -> int:
    place = waiting(code, offset)
    return place.run.packed[place.at] & 0xFF


def _frames_of_host(
    frames: list[HostFrame], interrupted: bool, handled: BaseException | None
) -> Iterator[FrameState]:
    called: HostFrame | None = None  # above the frame
    for frame in frames:
        if is_own(frame.code.co_filename):
            return
        name = frame.code.co_qualname
        if frame.code.co_flags & _GENERATOR_FLAGS or frame.words[_WORD["f_locals"]]:
            raise ValueError(f"the frame of {name!r} is no plain function's")
        offset = frame.unit + 1 + BY_NUMBER[frame.code.co_code[2 * frame.unit]].caches
        depth, previous = previous_places(frame.code, offset, interrupted)
        stack = frame.stack(max(depth, frame.depth))
        instance = None
        if called is not None:
            if _opcode_before(frame.code, offset) not in WAITING - {opcodes.FOR_ITER}:
                above = called.code.co_qualname
                raise ValueError(f"an operator, or C code, in the frame of {name!r} has called {above!r}")
            if called.entry:
                instance = _instance_made(frame, depth, called)
            elif frame.depth == depth + 1:
                instance = stack.pop()
        if len(stack) != depth:
            raise ValueError(f"the frame of {name!r} waits in the middle of an instruction")
        state = _state(frame, offset, stack, instance)
        state.interrupted, interrupted = interrupted, False
        if previous:
            state.handled = handled
            handled = stack[previous[0]]
            stack[previous[0]] = None
        called = frame
        yield state


_GENERATOR_FLAGS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def _instance_made(frame: HostFrame, depth: int, called: HostFrame) -> Any:
    """What a frame will get that has called a class, by way of C, whose `__init__` runs."""
    kind = frame.stack(depth + 1)[depth]
    instance = called.variables()[0] if called.code.co_argcount else None
    instance = instance.cell_contents if type(instance) is CellType else instance
    makes = isinstance(kind, type) and type(kind).__call__ is type.__call__ and type(instance) is kind
    if not (makes and getattr(kind.__init__, "__code__", None) is called.code):
        raise ValueError(f"a C function has called {called.code.co_qualname!r}")
    return instance


def _state(frame: HostFrame, offset: int, stack: list[Any], instance: Any) -> FrameState:
    function = frame.function
    return FrameState(
        frame.code,
        offset,
        frame.variables(),
        stack,
        None,
        function.__globals__,
        function.__closure__,
        function.__name__,
        function.__qualname__,
        True,
        False,
        instance,
    )


def _guest_frames(frame: Frame | None, interrupted: bool) -> list[FrameState]:
    """Of the reference machine; the innermost was interrupted, or not."""
    states: list[FrameState] = []
    instance: Any = None
    while frame is not None and not frame.is_boundary:
        name = frame.code.co_qualname
        if frame.generator is not None or frame.names is not None:
            raise ValueError(f"the frame of {name!r} is no plain function's")
        state = FrameState.of(frame, frame.function, started=True, delegating=False, instance=instance)
        state.interrupted, interrupted = interrupted, False
        if previous_places(frame.code, frame.next, state.interrupted)[0] != len(frame.stack):
            raise ValueError(f"the frame of {name!r} waits in the middle of an instruction")
        states.append(state)
        instance = None
        if frame.finish is not None:
            if not (isinstance(frame.finish, partial) and frame.finish.func is initialized):
                raise ValueError(f"the frame of {name!r} was not entered by a plain call")
            instance = frame.finish.args[0]
        frame = frame.caller
    if frame is not None and frame.caller is not None:
        raise ValueError(f"a C function has called {states[-1].qualified_name!r}")
    return states
