"""`sys.settrace`: guest code that watches guest code, as debuggers and coverage tools do.

A thread with a trace function runs in `Machine._trace`, which tells it of calls, lines, returns, exceptions and, for
frames that ask, opcodes. (Library reference, `sys.settrace`.) The trace function itself is not traced.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kaa.reference.calls import BUILTINS
from kaa.reference.frame import HOST_FRAME, Frame

if TYPE_CHECKING:
    from kaa.reference.machine import Thread


def before(thread: Thread, frame: Frame, name: str, offset: int) -> None:
    """Tell of what an instruction begins: the frame, a line. It is already the frame's current one."""
    if name == "RESUME":
        frame.f_trace = None if thread.tracer is None else tell(thread, thread.tracer, frame, "call", None)
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


def event(thread: Thread, frame: Frame, name: str, argument: Any) -> None:
    """Tell a frame's own trace function of an event."""
    if frame.f_trace is not None:
        result = tell(thread, frame.f_trace, frame, name, argument)
        if result is not None:
            frame.f_trace = result


def tell(thread: Thread, tracer: Any, frame: Frame, name: str, argument: Any) -> Any:
    """Call a trace function. One that fails is taken away."""
    outer, thread.tracer = thread.tracer, None
    try:
        result = thread.machine.call(tracer, (frame, name, argument))
    except BaseException:
        outer = frame.f_trace = None
        raise
    finally:
        # It may have put another one in its place.
        thread.tracer = outer if thread.tracer is None else thread.tracer
    return result


def _settrace(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    if len(arguments) != 1 or keywords:
        raise TypeError(f"sys.settrace() takes exactly one argument ({len(arguments)} given)")
    (tracer,) = arguments
    thread = frame.thread
    thread.tracer = tracer
    frame.stack.append(None)
    if frame.is_boundary:
        return None
    thread.changes_loop = True
    return HOST_FRAME


def _gettrace(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
    frame.stack.append(frame.thread.tracer)


BUILTINS[sys.settrace] = _settrace
BUILTINS[sys.gettrace] = _gettrace
