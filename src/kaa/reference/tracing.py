"""`sys.settrace` and `sys.setprofile`: guest code that watches guest code, as debuggers and profilers do.

A thread with a trace function or a profiler runs in `Machine._trace`. A trace function is told of calls, lines,
returns, exceptions and, for frames that ask, opcodes; a profiler of calls and returns, also those of C functions.
(Library reference, `sys.settrace`, `sys.setprofile`.) While one of them runs, nothing is watched.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from kaa.reference.arguments import is_iterable
from kaa.reference.calls import BUILTINS, is_opaque
from kaa.reference.frame import HOST_FRAME, Frame
from kaa.reference.program import NULL, Handler

if TYPE_CHECKING:
    from kaa.reference.machine import Thread


def before(thread: Thread, frame: Frame, name: str, offset: int) -> None:
    """Tell of what an instruction begins: the frame, a line. It is already the frame's current one."""
    if name == "RESUME":
        entered(thread, frame)
        if offset < frame.traced_offset or frame.traced_offset < 0:
            frame.traced_line = None  # a generator that is resumed goes on in its line
        return
    if frame.f_trace is None:
        return
    line = frame.program.line_of(frame.code, offset)
    if line is not None and (line != frame.traced_line or offset <= frame.traced_offset):
        frame.traced_line = line
        if frame.f_trace_lines:
            event(thread, frame, "line", None)
    frame.traced_offset = offset
    if frame.f_trace_opcodes:
        event(thread, frame, "opcode", None)


def entered(thread: Thread, frame: Frame) -> None:
    """Tell of a frame that begins, or goes on after a `yield`."""
    profile(thread, frame, "call", None)
    frame.f_trace = None if thread.tracer is None else tell(thread, "tracer", frame, "call", None)


def left(thread: Thread, frame: Frame, value: Any) -> None:
    """Tell of a frame that is left with a value; None also where an exception leaves it."""
    profile(thread, frame, "return", value)
    event(thread, frame, "return", value)


def event(thread: Thread, frame: Frame, name: str, argument: Any) -> None:
    """Tell a frame's own trace function of an event."""
    if frame.f_trace is not None and thread.tracer is not None:
        result = tell(thread, "tracer", frame, name, argument, frame.f_trace)
        if result is not None:
            frame.f_trace = result


def profile(thread: Thread, frame: Frame, name: str, argument: Any) -> None:
    """Tell the profiler of an event."""
    if thread.profiler is not None:
        tell(thread, "profiler", frame, name, argument)


def tell(thread: Thread, role: str, frame: Frame, name: str, argument: Any, function: Any = None) -> Any:
    """Call the thread's function in a role, or another in its place. One that fails is taken away."""
    thread.telling = True
    try:
        return thread.machine.call(function or getattr(thread, role), (frame, name, argument))
    except BaseException:
        setattr(thread, role, None)
        if role == "tracer":
            frame.f_trace = None
        raise
    finally:
        thread.telling = False


def call(thread: Thread, frame: Frame, handler: Handler, argument: Any) -> Frame | None:
    """Carry out an instruction that calls. A profiler is told of the call if it is one of a C function."""
    function = _c_function(frame, handler.__name__, argument)
    if function is None:
        return handler(frame, argument)
    profile(thread, frame, "c_call", function)
    try:
        step = handler(frame, argument)
    except BaseException:
        profile(thread, frame, "c_exception", function)
        raise
    if step is None:
        profile(thread, frame, "c_return", function)
    elif step is not HOST_FRAME and step.caller is frame:
        step.carries_out = function  # `exec`, say
    return step


def carried_out(thread: Thread, frame: Frame, caller: Frame) -> None:
    """Tell of the end of a C function's call that a frame, which was left just now, has carried out."""
    function, frame.carries_out = frame.carries_out, None
    profile(thread, caller, "c_return", function)


def _c_function(frame: Frame, name: str, argument: int) -> Any:
    """The C function that an instruction is about to call, bound to its object; None if it calls anything else."""
    stack = frame.stack
    if name == "CALL_FUNCTION_EX":
        place = -1 - (argument & 1)
        if not is_iterable(stack[place]):
            return None  # nothing will be called
        stack[place] = arguments = tuple(stack[place])  # it may be an iterator, which can be read only once
        callable, *first = stack[place - 2], *arguments[:1]
    else:
        end = len(stack) - (name == "CALL_KW")
        callable, *first = (value for value in stack[end - argument - 2 : end] if value is not NULL)
    if isinstance(callable, types.BuiltinFunctionType):
        return callable
    if type(callable) is types.MethodDescriptorType and first:
        return callable.__get__(first[0])
    if type(callable) is types.FunctionType and first and is_opaque(callable):
        callable = types.MethodType(callable, first[0])
    # A method of a generator, say: on the host it is in C.
    is_own = type(callable) is types.MethodType and type(callable.__func__) is types.FunctionType
    return callable if is_own and is_opaque(callable.__func__) else None


def _settrace(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    return _set(frame, "tracer", "settrace", arguments, keywords)


def _setprofile(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    return _set(frame, "profiler", "setprofile", arguments, keywords)


def _set(frame: Frame, role: str, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    if keywords:
        raise TypeError(f"sys.{name}() takes no keyword arguments")
    if len(arguments) != 1:
        raise TypeError(f"sys.{name}() takes exactly one argument ({len(arguments)} given)")
    setattr(frame.thread, role, arguments[0])
    frame.stack.append(None)
    if frame.is_boundary:
        return None
    frame.thread.changes_loop = True
    return HOST_FRAME


def _gettrace(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
    frame.stack.append(frame.thread.tracer)


def _getprofile(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
    frame.stack.append(frame.thread.profiler)


BUILTINS[sys.settrace] = _settrace
BUILTINS[sys.gettrace] = _gettrace
BUILTINS[sys.setprofile] = _setprofile
BUILTINS[sys.getprofile] = _getprofile
