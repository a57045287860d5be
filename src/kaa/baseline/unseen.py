"""Calling the guest so that Kaa's own frames do not lie in between.

The frames of Kaa that start a program, and those of its `exec` and `eval`, are there while the guest's code runs.
Python code cannot see them (`runtime.invisible`), but what walks the frames of a thread from C, as `faulthandler`
does, would show them, and they would count against the guest's recursion limit.
"""

from __future__ import annotations

from kaa.baseline.attention import is_visible
from kaa.baseline.frames import OWNED_BY_C_STACK
from kaa.native.externs import PyObject_Call, PyThreadState_Get
from kaa.native.function import native
from kaa.native.layouts import Frame, Object
from kaa.native.types import i32


@native
def visible_frame(frame: Frame) -> Frame:
    """The first frame from here down that can be seen; NULL if there is none."""
    while frame and (frame.owner == OWNED_BY_C_STACK or not is_visible(frame.f_executable)):
        frame = frame.previous
    return frame


@native
def call_unseen(callable: Object, arguments: Object, keywords: Object) -> Object:
    """Call an object as the first frame below that can be seen would; the thread has its frames back afterwards."""
    thread = PyThreadState_Get()
    top = thread.current_frame
    caller = visible_frame(top)
    hidden = i32(0)
    frame: Frame = top
    while frame != caller:
        if frame.owner != OWNED_BY_C_STACK:
            hidden += 1
        frame = frame.previous
    thread.current_frame = caller
    thread.py_recursion_remaining += hidden
    result = PyObject_Call(callable, arguments, keywords)
    thread.py_recursion_remaining -= hidden
    thread.current_frame = top
    return result


@native
def caller_flags() -> i32:
    """`co_flags` of the code of the first frame that can be seen, without the audit event of `sys._getframe`."""
    caller = visible_frame(PyThreadState_Get().current_frame)
    if not caller:
        return 0
    return caller.f_executable.co_flags
