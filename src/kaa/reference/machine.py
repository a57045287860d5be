"""The Python Virtual Machine: fetch an instruction, look it up, carry it out, handle what was raised.

In: code objects, and the namespaces to run them in. Out: what the program does. A `Machine` gets the `compile`
that `exec` and `eval` use handed in, because a machine never imports the compiler.

    machine = Machine(compile)
    machine.enter()                              # takes over signals, warnings …, for a whole process
    machine.run_code(code, namespace)            # runs a module's code object to its end
    machine.call(function, arguments, keywords)  # calls anything, guest code or not, on this machine
    guest_traceback(error)                       # leaves only guest frames in an uncaught exception's traceback

An exception that no guest frame handles leaves `run_code` as itself, with tracebacks of guest frames on it.

Guest code that is called by guest code gets a frame on top of its caller's, and the loop goes on in it: the
host's stack does not grow. Only where the host's own C code calls back (`sorted(key=f)`, `__add__`, `__del__`)
does a second loop start inside the first. A *boundary* frame marks the place; it runs INTERPRETER_EXIT.
"""

from __future__ import annotations

import builtins
import sys
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import kaa.reference.builtins
import kaa.reference.classes
import kaa.reference.fusion
import kaa.reference.instructions
import kaa.reference.intrinsics  # noqa: F401  (these five fill the machine's tables)
from kaa.bytecode import opcodes
from kaa.reference import calls, signals, tracing, unraisable, warning
from kaa.reference.exceptions import raised
from kaa.reference.frame import HOST_FRAME, Frame
from kaa.reference.observer import ALLOCATING, CALLING, LEAVING, Limits, Observer, value_handed_over
from kaa.reference.program import program_of
from kaa.reference.traceback import guest_traceback

__all__ = ["Machine", "Thread", "guest_traceback"]

_HOST_FRAMES = 20
"""More host frames than one guest frame can need."""

_BOUNDARY_CODE = compile("", "<boundary>", "exec").replace(
    co_code=bytes([opcodes.INTERPRETER_EXIT, 0]), co_exceptiontable=b"", co_linetable=b""
)


class Thread:
    """What one thread of the operating system runs."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.recursion_limit = machine.recursion_limit
        self.frame: Frame | None = None
        self.tracer: Any = None  # what `sys.settrace` was given
        self.profiler: Any = None  # what `sys.setprofile` was given
        self.telling = False  # one of these two is being called: it is not watched itself
        self.changes_loop = False  # the loop ends only to go on in another one

    @property
    def watched(self) -> bool:
        """True if guest code is to be told of what this thread does."""
        return not self.telling and (self.tracer is not None or self.profiler is not None)

    @property
    def guest_frame(self) -> Frame | None:
        """The innermost frame of guest code."""
        frame = self.frame
        while frame is not None and frame.is_boundary:
            frame = frame.caller
        return frame


class Boundary(Frame):
    """A frame where the host's C code has called guest code. It hands what it is given to the host."""

    is_boundary = True

    def __init__(self, thread: Thread) -> None:
        caller = thread.frame
        self.thread = thread
        self.code = _BOUNDARY_CODE
        self.program = _BOUNDARY_PROGRAM
        self.fused = _BOUNDARY_PROGRAM.fused
        self.builtins = builtins.__dict__
        self.names = self.function = self.generator = self.finish = self.handled = None
        self.variables = []
        self.next = 0
        self.stack = []
        self.finished = False
        self.failed = False  # what it hands over is an exception
        self.caller = caller
        # To guest code it is not there: what it shows is its caller's.
        self.globals = _NO_GLOBALS if caller is None else caller.globals
        self.depth = 0 if caller is None else caller.depth
        self.handled_outside = None if caller is None else caller.exception

    def fail(self, error: BaseException) -> None:
        self.stack.append(error)
        self.failed = True


_BOUNDARY_PROGRAM = program_of(_BOUNDARY_CODE)
_NO_GLOBALS: dict[str, Any] = {"__builtins__": builtins.__dict__}


class _Threads(threading.local):
    """The `Thread` of each thread of the operating system."""

    def __init__(self, machine: Machine) -> None:
        self.thread = Thread(machine)
        machine._all_threads[threading.get_ident()] = self.thread


class Machine:
    """One Python Virtual Machine. Threads share it."""

    def __init__(
        self, compile: Callable[..., Any], observer: Observer | None = None, limits: Limits | None = None
    ) -> None:
        """`compile` has the built-in's signature; `exec`, `eval` and `compile` of guest code come to it."""
        self.compile = compile
        self.observer = observer
        self.limits = limits
        self._loop = self._execute if observer is None and limits is None else self._watch
        self._all_threads: WeakValueDictionary[int, Thread] = WeakValueDictionary()
        self.set_recursion_limit(1000)
        self._threads = _Threads(self)

    @property
    def thread(self) -> Thread:
        """What the calling thread runs on this machine."""
        return self._threads.thread

    def enter(self) -> None:
        """Take over what a process has one of: Ctrl-C and the other signals, warnings, unraisable exceptions."""
        signals.take_over(self)
        warning.take_over(self)
        unraisable.take_over(self)

    def current_frames(self) -> dict[int, Frame]:
        """The current guest frame of every thread that runs guest code, by the thread's identity."""
        frames = {}
        for identity, thread in self._all_threads.items():
            if (frame := thread.guest_frame) is not None:
                frames[identity] = frame
        return frames

    def set_recursion_limit(self, limit: int) -> None:
        """How deep guest frames may nest. The host's frames behind them must not be what ends a program: its
        limit is raised with this one. Its C stack has a limit of its own."""
        self.recursion_limit = limit
        for thread in list(self._all_threads.values()):
            thread.recursion_limit = limit
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _HOST_FRAMES * limit))

    def run_code(
        self,
        code: types.CodeType,
        global_names: dict[str, Any],
        local_names: Any = None,
        closure: tuple[types.CellType, ...] | None = None,
    ) -> Any:
        """Run a code object as `exec` does, and return its value. Exceptions come out as themselves."""
        global_names.setdefault("__builtins__", builtins.__dict__)
        boundary = Boundary(self.thread)
        return self.run(boundary, calls.enter_code(boundary, code, global_names, local_names, closure))

    def boundary(self) -> Boundary:
        """A boundary on top of the current frame of the calling thread."""
        return Boundary(self.thread)

    def call(
        self, callable: Any, arguments: Sequence[Any] = (), keywords: Mapping[str, Any] | None = None
    ) -> Any:
        """Call something, guest code or not, and wait for its result."""
        boundary = Boundary(self.thread)
        frame = calls.call(boundary, callable, list(arguments), dict(keywords) if keywords else None)
        return boundary.stack.pop() if frame is None else self.run(boundary, frame)

    def run(self, boundary: Boundary, step: Frame) -> Any:
        """The loop: run a frame, and all that it calls, until the boundary hands over to the host."""
        thread = boundary.thread
        try:
            while step is not HOST_FRAME:
                thread.frame = step
                del step  # this loop must not keep frames alive
                try:
                    step = self._trace(thread) if thread.watched else self._loop(thread)
                    if thread.changes_loop:
                        thread.changes_loop = False
                        step = thread.frame
                    continue
                except BaseException as error:
                    caught = error
                step = raised(thread, caught)
                del caught
        finally:
            thread.frame = boundary.caller
        outcome = boundary.stack.pop()
        if not boundary.failed:
            return outcome
        try:
            raise outcome
        finally:
            del outcome  # its traceback refers to this frame

    def _execute(self, thread: Thread) -> Frame:
        """Carry out instructions until one hands over to the host, or raises."""
        frame = thread.frame
        assert frame is not None
        instructions = frame.fused
        while True:
            handler, argument, frame.next = instructions[frame.next]
            step = handler(frame, argument)
            if step is not None:
                if step is HOST_FRAME:
                    return step
                thread.frame = frame = step
                instructions = frame.fused

    def _trace(self, thread: Thread) -> Frame:
        """The same, under a trace function or a profiler of the guest's."""
        frame = thread.frame
        assert frame is not None
        while True:
            offset = frame.next
            handler, argument, frame.next = frame.program.instructions[offset]
            name = handler.__name__
            tracing.before(thread, frame, name, offset)
            if name in LEAVING:
                tracing.left(thread, frame, value_handed_over(handler, frame, argument))
            if name in CALLING and thread.profiler is not None:
                step = tracing.call(thread, frame, handler, argument)
            else:
                step = handler(frame, argument)
            if step is not None:
                if name in LEAVING and frame.carries_out is not None:
                    tracing.carried_out(thread, frame, step)
                if step is HOST_FRAME:
                    return step
                thread.frame = frame = step

    def _watch(self, thread: Thread) -> Frame:
        """The same, under the eyes of an observer and within limits."""
        frame = thread.frame
        assert frame is not None
        observer, limits = self.observer or Observer(), self.limits or Limits()
        while True:
            limits.check(frame)
            observer.instruction(frame, frame.next)
            handler, argument, frame.next = frame.program.instructions[frame.next]
            if handler.__name__ in LEAVING:
                observer.returned(frame, value_handed_over(handler, frame, argument))
            step = handler(frame, argument)
            if handler.__name__ in ALLOCATING:
                observer.allocated(frame, frame.peek())
            if step is not None:
                if step is HOST_FRAME:
                    return step
                if step.caller is frame:
                    observer.call(step)
                thread.frame = frame = step
