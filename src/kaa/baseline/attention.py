"""What a running frame must attend to now and then: signals, the GIL, the collector, a countdown, tracing, deep
recursion.

In: native code of templates. Out: to go on, to raise, or to leave the frame to the host's evaluation loop,
which is what happens while anything traces or monitors it.
"""

from __future__ import annotations

from kaa.baseline.block import Block, find_block
from kaa.baseline.countdown import COUNTING, count_down
from kaa.bytecode.instructions import INSTRUMENTED
from kaa.native.externs import (
    PyCode_Addr2Line,
    PyErr_SetString,
    PyExc_RecursionError,
    _Py_HandlePending,
    _PyMonitoring_FireLineEvent,
)
from kaa.native.function import native
from kaa.native.intrinsics import reserve
from kaa.native.layouts import LINE_EVENT, LOCAL_EVENTS, MONITORED_EVENTS, CodeObject, Frame, ThreadState
from kaa.native.types import Ptr, i1, i32, i64, u8, u16, u64

EVENTS = 0xFF
"""The part of `eval_breaker` that holds requests; the rest is the version of monitoring."""
LINE = INSTRUMENTED["INSTRUMENTED_LINE"]
"""The host's instruction in the place of one with which a line begins that tools want to know of."""
UNIT = 2
"""Bytes of a code unit."""
GO_ON, RAISED, TO_HOST = 0, 1, 2


@native
def is_watched(thread: ThreadState) -> i1:
    """Whether a tool wants any event of all code."""
    monitors = thread.interp.monitors
    for event in range(MONITORED_EVENTS):
        if monitors[event] != 0:
            return True
    return False


@native
def is_visible(code: CodeObject) -> i1:
    """Whether the code has a RESUME, the instruction from which on the host takes a frame for complete."""
    return i64(code.co_firsttraceable) < code.ob_size


@native
def is_monitored(thread: ThreadState, code: CodeObject) -> i1:
    """Whether a tool wants any event of this code object. Without RESUME it has none, as in the host's loop."""
    if not is_visible(code):
        return False
    if is_watched(thread):
        return True
    if code.co_monitoring:
        wanted = code.co_monitoring.local_monitors
        for event in range(LOCAL_EVENTS):
            if wanted[event] != 0:
                return True
    return False


@native
def accept_version(thread: ThreadState, code: CodeObject, block: Block) -> i1:
    """Bring a block up to the thread's version of monitoring, if nothing monitors its code.

    What once did may have left instrumented instructions in the code. They stay there, as machine code knows nothing of
    them, and so does the version that says so: the host sees to them when it gets the code next.
    """
    version = thread.eval_breaker & ~u64(EVENTS)
    if block.version == version:
        return True
    if is_monitored(thread, code):
        return False
    if not code.co_monitoring:
        code.co_instrumentation_version = version
    block.version = version
    return True


@native(cold=True)
def arrive_at(frame: Frame, unit: Ptr[u16]) -> i1:
    """Move a frame, which is going to be left to the host's loop, to the code unit `unit`. False: a tool has raised.

    The host's loop tells of a line when it comes to it from another one. It would take the place where it starts for
    the one that it comes from, so this line is told of here.
    """
    code = frame.f_executable
    before = PyCode_Addr2Line(code, offset_of(code, frame.instr_ptr))
    frame.instr_ptr = unit
    if unit[0] & u16(0xFF) != LINE:
        return True
    offset = offset_of(code, unit)
    line = PyCode_Addr2Line(code, offset)
    if line == before:
        return True
    tools = reserve(u8, 2)
    tools[1] = 0
    tools[0] = code.co_monitoring.active_monitors[LINE_EVENT]
    if code.co_monitoring.line_tools:
        tools[0] = code.co_monitoring.line_tools[offset // UNIT]
    return _PyMonitoring_FireLineEvent(tools, code, offset, line) >= 0


@native
def offset_of(code: CodeObject, unit: Ptr[u16]) -> i32:
    """Bytes from the start of the code to a code unit."""
    return i32(unit - code.co_code_adaptive) * UNIT


@native(cold=True)
def attend(thread: ThreadState, code: CodeObject) -> i32:
    """Do what is asked of the thread. GO_ON, RAISED, or TO_HOST: the host's loop is to run the frame."""
    if thread.eval_breaker & EVENTS and _Py_HandlePending(thread):
        return RAISED
    if thread.eval_breaker & COUNTING and is_visible(code) and not count_down(thread):
        return RAISED
    if not accept_version(thread, code, find_block(code)):
        return TO_HOST
    return GO_ON


@native(cold=True)
def too_deep(thread: ThreadState) -> i1:
    """Raise RecursionError, unless the thread may use the room that is kept for handling one."""
    if thread.recursion_headroom or thread.py_recursion_remaining > 0:
        return False
    thread.recursion_headroom += 1
    PyErr_SetString(PyExc_RecursionError[0], "maximum recursion depth exceeded")
    thread.recursion_headroom -= 1
    return True
