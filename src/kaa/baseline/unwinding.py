"""Exceptions: from the instruction that raised to its handler, or out of the frame.

In: a frame whose `instr_ptr` is the instruction that raised, its stack pointer, and the thread's current
exception. Out: a jump to the handler found in the code's exception table, with the stack that it expects, or
the frame's end. The table's format is in the host's Objects/exception_handling_notes.txt: entries of four
numbers in groups of six bits, the first group of an entry marked by bit 7.
"""

from __future__ import annotations

from typing import Final

from kaa.baseline import frames
from kaa.baseline.attention import accept_version, is_visible, offset_of
from kaa.baseline.block import machine_code_at
from kaa.baseline.holes import NEXT, Continuation, Jump, Stack
from kaa.baseline.linker import block_of
from kaa.baseline.objects import decref, decref_maybe, here
from kaa.native.externs import (
    PyErr_NoMemory,
    PyLong_FromLong,
    PyThreadState_GetFrame,
    PyTraceBack_Here,
    _PyEval_MonitorRaise,
    _PyMonitoring_FirePyUnwindEvent,
)
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import NULL, cast, reserve, unlikely
from kaa.native.layouts import UNWIND_EVENT, CodeObject, Frame, Object, ThreadState
from kaa.native.types import Ptr, i1, i64, u8, u16

MORE: Final = 64
VALUE_BITS: Final = 63


@native
def read_number(table: Ptr[u8], at: Ptr[i64]) -> i64:
    """One number of the exception table; moves `at[0]` behind it."""
    position = at[0]
    byte = i64(table[position])
    value = byte & VALUE_BITS
    while byte & MORE:
        position += 1
        byte = i64(table[position])
        value = (value << 6) | (byte & VALUE_BITS)
    at[0] = position + 1
    return value


@native
def find_handler(code: CodeObject, unit: i64, found: Ptr[i64]) -> i1:
    """The handler for a code unit: `found` gets its unit, its stack depth, and whether it wants the
    raiser's offset.
    """
    table = code.co_exceptiontable
    at = reserve(i64, 1)
    at[0] = 0
    while at[0] < table.ob_size:
        start = read_number(table.ob_sval, at)
        length = read_number(table.ob_sval, at)
        target = read_number(table.ob_sval, at)
        depth = read_number(table.ob_sval, at)
        if unit < start:
            return False
        if unit < start + length:
            found[0] = target
            found[1] = depth >> 1
            found[2] = depth & 1
            return True
    return False


@native
def add_traceback(frame: Frame, thread: ThreadState) -> None:
    """Note the frame in the traceback of the current exception, unless it has not begun."""
    code = frame.f_executable
    begun = frame.instr_ptr - code.co_code_adaptive >= i64(code.co_firsttraceable)
    if frame.owner != frames.OWNED_BY_GENERATOR and not begun:
        return
    if frame.frame_obj:
        PyTraceBack_Here(frame.frame_obj)
        return
    made = PyThreadState_GetFrame(thread)
    if made:
        PyTraceBack_Here(made)
        decref(made)
    else:
        PyErr_NoMemory()  # the host has dropped the exception when it found no room for the frame


@native(cold=True)
def tell_raise(thread: ThreadState, frame: Frame) -> None:
    """Tell the tools that want to know of it that an exception has come up. Of Kaa's own frames nobody is told."""
    if is_visible(frame.f_executable):
        _PyEval_MonitorRaise(thread, frame, frame.instr_ptr)


@native(convention=TEMPLATE, cold=True)
def raised(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """An instruction has raised: the traceback grows, and a handler is looked for."""
    add_traceback(frame, thread)
    tell_raise(thread, frame)
    return handle(frame, sp, thread, frame.instr_ptr)


@native(convention=TEMPLATE, cold=True)
def throw_into(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """Raise in a suspended generator: it waits at the RESUME after the instruction that suspended it."""
    add_traceback(frame, thread)
    tell_raise(thread, frame)
    return handle(frame, sp, thread, frame.instr_ptr - 1)


@native(cold=True)
def tell_unwinding(thread: ThreadState, frame: Frame) -> None:
    """Tell the tools that want to know of it that an exception leaves a frame. A tool may raise another one."""
    code = frame.f_executable
    tools = reserve(u8, 2)
    tools[0] = thread.interp.monitors[UNWIND_EVENT]
    tools[1] = 0
    if tools[0] != 0 and is_visible(code):
        _PyMonitoring_FirePyUnwindEvent(tools, code, offset_of(code, frame.instr_ptr))


@native(convention=TEMPLATE, cold=True)
def handle(frame: Frame, sp: Stack, thread: ThreadState, raiser: Ptr[u16]) -> Jump:
    """Go to the handler of the current exception for the code unit `raiser`, or out of the frame."""
    code = frame.f_executable
    unit = raiser - code.co_code_adaptive
    found = reserve(i64, 3)
    base = frames.stack_base(frame)
    if not find_handler(code, unit, found):
        empty(sp, base)
        frames.save_stack_pointer(frame, base)
        tell_unwinding(thread, frame)
        return frames.abandon(frame, base, thread)
    top = base + found[1]
    empty(sp, top)
    if found[2]:
        offset = PyLong_FromLong(frame.instr_ptr - code.co_code_adaptive)
        if not offset:
            return handle(frame, top, thread, raiser)
        top[0] = offset
        top += 1
    top[0] = thread.current_exception
    thread.current_exception = NULL
    frame.instr_ptr = code.co_code_adaptive + found[0]
    block = block_of(code)
    if not accept_version(thread, code, block):
        return frames.leave_to_host(frame, top + 1, thread)
    return cast(Continuation, machine_code_at(block, found[0]))(frame, top + 1, thread)


@native(convention=TEMPLATE, inline=True)
def push_result(frame: Frame, sp: Stack, thread: ThreadState, result: Object) -> Jump:
    """The end of an instruction whose operands are gone: push what came out, or raise, if it is NULL."""
    if unlikely(not result):
        here(frame)
        return raised(frame, sp, thread)
    sp[0] = result
    return NEXT(sp + 1)


@native(convention=TEMPLATE, inline=True)
def push_returned(frame: Frame, sp: Stack, thread: ThreadState, result: Object) -> Jump:
    """`push_result` of something that may have run code of the guest's (see `frames.proceed`)."""
    if unlikely(not result):
        here(frame)
        return raised(frame, sp, thread)
    sp[0] = result
    return frames.proceed(frame, sp + 1, thread)


@native
def empty(sp: Stack, base: Stack) -> None:
    """Drop the values of [base, sp), the last one first."""
    while sp > base:
        sp -= 1
        decref_maybe(sp[0])
