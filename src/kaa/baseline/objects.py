"""The vocabulary of templates: reference counts, truth, stacks.

In and out: native code. A *borrowed* value is not counted; a *new* one is the caller's to release.
"""

from __future__ import annotations

from kaa.baseline.holes import INSTRUCTION, NEXT, Continuation, Jump, Stack
from kaa.baseline.numbers import free_int, loses_last
from kaa.native.externs import PyLong_Type, _Py_Dealloc, _Py_FalseStruct, _Py_NoneStruct, _Py_TrueStruct
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import address, cast, likely, unlikely
from kaa.native.layouts import Frame, Object, ThreadState
from kaa.native.types import Ptr, i1, i32, i64, u8, u32

None_ = _Py_NoneStruct
True_ = _Py_TrueStruct
False_ = _Py_FalseStruct


@native(inline=True)
def incref(value: Object) -> None:
    """One reference more. An immortal object's low half is all ones; any other count fits into the low half.

    The host's C code writes the low half alone. But a processor waits, when a whole count is read of which a half was
    just written; and a decrement reads the whole.
    """
    more = u32(value.ob_refcnt) + u32(1)
    if likely(more != 0):
        value.ob_refcnt = i64(more)


@native(inline=True)
def is_immortal(value: Object) -> i1:
    """Whether nobody counts references to an object."""
    return i32(value.ob_refcnt) < 0


@native(apart=True)
def destroy(value: Object) -> None:
    """The end of an object that nobody has any more; most are numbers."""
    if value.ob_type == PyLong_Type:
        free_int(value)
    else:
        _Py_Dealloc(value)


@native(inline=True)
def decref(value: Object) -> None:
    """One reference less; the last one destroys the object."""
    if unlikely(loses_last(value)):
        destroy(value)


@native(inline=True)
def decref_maybe(value: Object) -> None:
    """`decref`, of what may be NULL."""
    if value:
        decref(value)


@native(inline=True)
def new(value: Object) -> Object:
    """The value, with a reference more."""
    incref(value)
    return value


@native(inline=True)
def release(frame: Frame, value: Object) -> None:
    """`decref` in a template: a destructor that looks at the frame sees the current instruction."""
    if unlikely(loses_last(value)):
        frame.instr_ptr = INSTRUCTION
        destroy(value)


@native(convention=TEMPLATE, inline=True)
def drop(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """`release`, as the last that a template does. No call returns to it, so that it need not prepare the C stack."""
    if unlikely(loses_last(value)):
        frame.instr_ptr = INSTRUCTION
        return destroy_and_go_on(frame, sp, thread, value, NEXT)
    return NEXT(sp)


@native(convention=TEMPLATE, inline=True)
def drop_maybe(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """`drop`, of what may be NULL. Two ways on would be two jumps, of which one stays."""
    if unlikely(address(value) != 0 and loses_last(value)):
        frame.instr_ptr = INSTRUCTION
        return destroy_and_go_on(frame, sp, thread, value, NEXT)
    return NEXT(sp)


@native(convention=TEMPLATE, apart=True)
def destroy_and_go_on(
    frame: Frame, sp: Stack, thread: ThreadState, value: Object, onward: Continuation
) -> Jump:
    """`destroy` on the way to the next instruction."""
    destroy(value)
    return onward(frame, sp, thread)


@native(inline=True)
def release_maybe(frame: Frame, value: Object) -> None:
    """`release`, of what may be NULL."""
    if value:
        release(frame, value)


@native(inline=True)
def here(frame: Frame) -> None:
    """Note the current instruction in the frame, before anything that may raise or look at frames."""
    frame.instr_ptr = INSTRUCTION


@native
def release_all(values: Stack, count: i64) -> None:
    """`decref` each of `count` values."""
    for index in range(count):
        decref(values[index])


@native
def release_all_maybe(values: Stack, count: i64) -> None:
    """`decref` each of `count` values that is not NULL."""
    for index in range(count):
        decref_maybe(values[index])


@native(inline=True)
def boolean(truth: i32) -> Object:
    """`True` or `False`, both immortal."""
    return True_ if truth else False_


@native(inline=True)
def has_type(value: Object, kind: Object) -> i1:
    """Whether the value's type is exactly `kind`."""
    return value.ob_type == kind


@native(inline=True)
def slot(frame: Frame, offset: i64) -> Stack:
    """The place of a local variable, `offset` bytes into the frame."""
    return cast(Ptr[Object], cast(Ptr[u8], frame) + offset)
