"""The frames of a suspended tasklet as data, and how a tasklet goes on from them.

In: a tasklet that has begun and waits. Out: its *chain*, a `FrameState` for each of its frames, the outermost first,
and what the innermost call is to give (`Outcome`). A tasklet with a chain goes on from there when it runs: on the
reference machine all frames are put back at once; on the host's frames one after the other, as each is returned to.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import CodeType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

from kaa.bytecode import opcodes
from kaa.bytecode.code_image import DamagedCode
from kaa.microthreads.frame_check import check_call, previous_places, waiting
from kaa.microthreads.frozen import carry, repeat
from kaa.microthreads.greenlets import getcurrent
from kaa.microthreads.live_frames import (
    HostFrame,
    Stop,
    frames_of_strand,
    frames_of_waiting,
    freeze_frames,
    handled_in_strand,
    host_frames,
    stop_of,
)
from kaa.microthreads.parcels import ABSENT, bomb
from kaa.reference.calls import initialized
from kaa.reference.exceptions import chain as chain_exceptions
from kaa.reference.exceptions import unwind
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.suspension import FrameState
from kaa.runtime import places
from kaa.runtime.invisible import invisible

if TYPE_CHECKING:
    from kaa.microthreads.tasklets import tasklet


class Outcome(NamedTuple):
    """What the call in which a tasklet waits will give: a value, or what a partner puts into its parcel."""

    value: Any = None
    by_parcel: bool = False


NOTHING = Outcome()
"""Of a tasklet that has not been stored; others have an `Outcome` of their own, also where that is equal."""


class Inquiry:
    """A question that a suspended tasklet answers in its own greenlet, before it goes on waiting."""

    def __init__(self, task: tasklet) -> None:
        self.task = task
        self.asker = getcurrent()
        self.states: list[FrameState] = []
        self.outcome = NOTHING
        self.root: CodeType | None = None  # of the outermost frame
        self.failure: Exception | None = None

    def make(self) -> None:
        """Ask, and raise the ValueError that is the answer, if it is one."""
        if self.task._greenlet is None:
            self._answer(frames_of_strand(self.task), handled_in_strand(self.task))
        else:
            self.task._greenlet.switch([self])
        if self.failure is not None:
            raise self.failure

    @invisible
    def start(self) -> Any:
        """Answer, and wait for the next order."""
        self._answer(host_frames(), sys.exception())
        return self.asker.switch()

    def _answer(self, frames: list[HostFrame], handled: BaseException | None) -> None:
        """Note what frames are there, the innermost first, one of which may handle an exception."""
        try:
            stop, frames = stop_of(frames)
            place = None if places.current.machine is None else self.task._place
            self.outcome = _outcome(stop, self.task)
            self.states = freeze_frames(frames, place, stop, handled)
            if self.states:
                self.root = self.states[-1].code
            else:  # a function of Kaa's is all that it runs
                self.root = stop.own[-1].code
        except DamagedCode as error:
            self.failure = ValueError(str(error))
        except Exception as error:
            self.failure = error


class _Measurement:
    """A function that a suspended tasklet calls in its own greenlet, before it goes on waiting."""

    def __init__(self, function: Callable[[list[HostFrame]], Any]) -> None:
        self._function = function
        self._asker = getcurrent()
        self.result: Any = None

    @invisible
    def start(self) -> Any:
        self.result = self._function(frames_of_waiting())
        return self._asker.switch()


def measure(task: tasklet, function: Callable[[list[HostFrame]], Any]) -> Any:
    """What a function gives for the frames of a tasklet that waits. It must not raise."""
    if task._greenlet is None:
        return function(frames_of_strand(task))
    measurement = _Measurement(function)
    task._greenlet.switch([measurement])
    return measurement.result


def freeze_tasklet(task: tasklet) -> tuple[list[FrameState], Outcome]:
    """The chain and the outcome of a tasklet that has begun, and waits.

    Raises:
        ValueError: it is running, or one of its frames cannot be stored; the message names it.
    """
    if task.is_current or task.is_main:
        raise ValueError(f"{task!r} is running: only a tasklet that waits can be stored")
    if not task._has_begun:
        return list(task._chain), task._outcome
    inquiry = Inquiry(task)
    inquiry.make()
    if inquiry.root is None or inquiry.root is not (task._root or root_code(task._function)):
        name = inquiry.states[-1].qualified_name if inquiry.states else "a channel"
        raise ValueError(f"a C function has called {name!r}")
    return [*task._chain, *reversed(inquiry.states)], inquiry.outcome


def root_code(function: Any) -> Any:
    """The code of a tasklet's function."""
    return getattr(function.__func__ if type(function) is MethodType else function, "__code__", None)


_GIVES_NOTHING = {
    "send", "send_exception", "send_throw", "run", "switch", "raise_exception", "throw", "kill", "close", "open",
}  # fmt: skip
_GIVES_RETVAL = {"schedule", "schedule_remove"}
_GIVES_VALUE = {"receive", "__next__"}


def _outcome(stop: Stop, task: tasklet) -> Outcome:
    """What the function of Kaa's in which a tasklet waits will give."""
    if stop.interrupted:
        return Outcome()
    called = stop.own[-1]
    name = called.code.co_name
    if name in _GIVES_NOTHING:
        return Outcome(None, _has_left(stop))
    if name in _GIVES_RETVAL:
        value = called.local("retval")
        return Outcome(task if value is ABSENT else value)
    if name in _GIVES_VALUE:
        if _has_left(stop):
            return Outcome(RECEIVES, True)
        return Outcome(next(frame for frame in stop.own if frame.code.co_name == "_meet").local("value"))
    raise ValueError(f"the tasklet waits in {called.code.co_qualname!r}, which cannot be stored")


def _has_left(stop: Stop) -> bool:
    """Whether the tasklet waits for somebody else in a channel."""
    return any(frame.code.co_name == "leave" for frame in stop.own)


RECEIVES = "receives"


@invisible
def _result(task: tasklet) -> Any:
    """What the call in which the tasklet waited gives now. Raises what was thrown at it."""
    task._scheduler.raise_pending()
    value, by_parcel = task._outcome
    if by_parcel:
        parcel, task.tempval = task.tempval, None
        came = parcel[0] if type(parcel) is tuple else None
        value = came if value == RECEIVES or type(came) is bomb else None
    if type(value) is bomb:
        raise value.error()
    return value


@invisible
def go_on(task: tasklet) -> None:
    """Run a tasklet from its chain to its end."""
    value: Any = None
    error: BaseException | None = None
    try:
        value = _result(task)
    except BaseException as raised:
        error = raised
    task._outcome = NOTHING
    if isinstance(error, StopIteration) and _end_loop(task._chain):
        error = None
    machine = places.current.machine
    while task._chain:
        sent = [error, value]
        value = error = None
        try:
            value = _run_one(task, sent) if machine is None else _run_all(machine, task, sent)
        except BaseException as raised:
            error = raised
    if error is not None:
        try:
            raise error
        finally:
            del error


def _end_loop(chain: Sequence[FrameState]) -> bool:
    """If the innermost frame waits for its loop's iterator, have it find one that has ended; whether it does."""
    if not chain or chain[-1].interrupted:
        return False
    state = chain[-1]
    place = waiting(state.code, state.next)
    if place.run.packed[place.at] & 0xFF != opcodes.FOR_ITER:
        return False
    state.stack[-1] = iter(())
    state.interrupted = True  # what it does is to ask again
    return True


def _with_outer(state: FrameState, outer: list[FrameState]) -> FrameState:
    """A frame by itself sees what its callers handle, too."""
    handled = next((frame.handled for frame in reversed(outer) if frame.handled is not None), None)
    if handled is not None:
        _, previous = previous_places(state.code, state.next, state.interrupted)
        if previous:
            state.stack[previous[0]] = handled
        else:
            state.handled = handled
    return state


@invisible
def _run_one(task: tasklet, sent: list[Any]) -> Any:
    """Go on in the innermost frame, on the host's frames; what it returns.

    `sent` are the value and the exception to go on with; they are taken out of the list.
    """
    *outer, state = task._chain
    task._chain = outer
    state = _with_outer(state, outer)
    task._root = state.code
    value, error = _given(state, sent), sent[0]
    frame = carry(state)
    code, repeated = state.code, first_unit(state) if state.interrupted and error is None else None
    del state
    _renew(task)
    if repeated is not None:
        return repeat(frame, code, repeated)
    if error is None:
        result = ctypes.c_void_p()
        _send(frame, value, ctypes.byref(result))
        return _owned(result)
    shown = frame.gi_frame
    try:
        frame.throw(error)
    except StopIteration as stop:
        position = stop.__traceback__
        while position is not None and position.tb_frame is not shown:
            position = position.tb_next
        if position is not None:  # the function has raised it
            raise
        return stop.value
    finally:
        del error, shown, frame
    raise SystemError("a function has yielded")


def _renew(task: tasklet) -> None:
    """What Kaa itself has done to go on in a frame is not to be counted."""
    allowance = task._scheduler.allowance
    if allowance is not None:
        allowance.renew()


def _given(state: FrameState, sent: list[Any]) -> Any:
    """What a frame's call gives: the callee's value, or the instance whose `__init__` has returned."""
    value = sent.pop()
    return value if state.instance is None else state.instance


def first_unit(state: FrameState) -> int:
    """Where the instruction in front of which a frame goes on begins, in code units."""
    place = waiting(state.code, state.next)
    return place.run.starts[place.at]


_send = ctypes.pythonapi.PyIter_Send
_send.argtypes = [ctypes.py_object, ctypes.py_object, ctypes.c_void_p]
_send.restype = ctypes.c_int


def _owned(place: ctypes.c_void_p) -> Any:
    """The object that a pointer owns, whose reference is taken over."""
    value = ctypes.cast(place, ctypes.py_object).value
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(value))
    return value


@invisible
def _run_all(machine: Any, task: tasklet, sent: list[Any]) -> Any:
    """Put all frames back on the reference machine, and go on in the innermost; what the outermost returns."""
    states, task._chain = task._chain, []
    task._root = states[0].code
    value, error = _given(states[-1], sent), sent[0]
    boundary = machine.boundary()
    caller: Frame = boundary
    instance: Any = None
    for state in states:
        function = Function(machine, state.code, state.globals, boundary.builtins, state.closure)
        function.__name__, function.__qualname__ = state.name, state.qualified_name
        frame = Frame(function, function.program, list(state.variables), caller)
        frame.next = state.next
        frame.stack.extend(state.stack)
        frame.handled = state.handled
        if instance is not None:
            frame.finish = partial(initialized, instance)
        instance, caller = state.instance, frame
    thread = boundary.thread
    thread.frame = caller
    if error is None:
        if states[-1].interrupted:
            caller.next = first_unit(states[-1])
        else:
            caller.stack.append(value)
        return machine.run(boundary, caller)
    chain_exceptions(error, caller.exception)
    return machine.run(boundary, unwind(caller, error))


def check_chain(chain: list[FrameState]) -> None:
    """Make sure that these can be the frames of a tasklet."""
    for state in chain:
        if type(state) is not FrameState:
            raise ValueError("a tasklet's chain holds something that is no frame")
        check_call(state)
        if state.interrupted and state is not chain[-1]:
            raise ValueError("a frame that was interrupted has called another one")
