"""Small ints and floats, as templates compute with them.

A *compact* int has at most one digit of 30 bits; sums and products of two such fit a machine word. `lv_tag`
of a compact int is below 16: the number of digits (0 or 1) times 8, plus its sign (0 positive, 1 zero, 2 negative).
"""

from __future__ import annotations

from typing import Any, Final

from kaa.native.externs import (
    PyErr_NoMemory,
    PyFloat_FromDouble,
    PyFloat_Type,
    PyLong_FromLongLong,
    PyLong_Type,
    PyObject_Free,
    PyObject_Malloc,
    _PyRuntime,
)
from kaa.native.function import Cell, native
from kaa.native.intrinsics import address, cast, likely, unlikely
from kaa.native.layouts import FloatObject, LongObject, Object, ThreadState, TypeObject
from kaa.native.types import Embedded, Ptr, Reference, f64, i1, i32, i64, u8, u32, u64

_WORD: Any = u64
FIRST_SMALL, SMALL_COUNT = -5, 262
"""The ints that exist once, in the host's run-time state."""
SMALL_INTS: Final = 13840
SMALL_INT_SIZE: Final = 32
INT_SIZE: Final = 32
ONE_DIGIT: Final = 1 << 30
SPARE_INTS: Any = Cell("SPARE_INTS", Embedded(Reference(Object), array=True))
SPARE_INT_COUNT: Any = Cell("SPARE_INT_COUNT", Embedded(_WORD, array=True))
"""Ints of one digit that nobody has any more, each with the next one in the place of its type."""
NEGATIVE_OR_LARGE: Final = ~9 & 0xFFFF_FFFF_FFFF_FFFF
"""The bits of `lv_tag` that are zero for a compact int from 0 on."""
MOST_SPARE_INTS: Final = 100
MOST_SPARE_FLOATS: Final = 100
"""How many the host keeps (PyFloat_MAXFREELIST)."""


@native(inline=True)
def are_compact(left: Object, right: Object) -> i1:
    """Whether two ints are both compact."""
    return (cast(LongObject, left).lv_tag | cast(LongObject, right).lv_tag) < 16


@native(inline=True)
def compact_value(value: Object) -> i64:
    """The number that a compact int holds."""
    number = cast(LongObject, value)
    return (1 - i64(number.lv_tag & u64(3))) * i64(number.ob_digit[0])


@native(apart=True)
def box_int(value: i64) -> Object:
    """A new reference to an int; NULL with MemoryError."""
    index = value - FIRST_SMALL
    if u64(index) < SMALL_COUNT:
        return cast(Object, address(_PyRuntime) + SMALL_INTS + index * SMALL_INT_SIZE)
    magnitude = value if value >= 0 else -value
    if magnitude >= ONE_DIGIT:
        return PyLong_FromLongLong(value)
    made = cast(LongObject, SPARE_INTS[0])
    if likely(made):
        SPARE_INTS[0] = cast(Object, made.ob_type)
        SPARE_INT_COUNT[0] -= 1
    else:
        made = cast(LongObject, PyObject_Malloc(INT_SIZE))
        if unlikely(not made):
            return PyErr_NoMemory()
    made.ob_refcnt = 1
    made.ob_type = PyLong_Type
    made.lv_tag = u64(8) if value >= 0 else u64(10)
    made.ob_digit[0] = u32(magnitude)
    return made


@native(inline=True)
def loses_last(value: Object) -> i1:
    """Give up a reference; whether it was the last one. An immortal object, whose low half is negative, has no last."""
    count = value.ob_refcnt
    if i32(count) < 0:
        return False
    value.ob_refcnt = count - 1
    return count == 1


@native(inline=True)
def fits_used_int(value: i64) -> i1:
    """Whether an int that nobody else has can be overwritten with this number: it is of one digit, positive, and none
    of those that exist once.
    """
    return u64(value - (FIRST_SMALL + SMALL_COUNT)) < u64(ONE_DIGIT - (FIRST_SMALL + SMALL_COUNT))


@native(inline=True)
def overwrite_int(used: Object, value: i64) -> None:
    """Let a compact int be another number, one that `fits_used_int`."""
    number = cast(LongObject, used)
    number.lv_tag = u64(8)
    number.ob_digit[0] = u32(value)


@native(inline=True)
def is_spare_int(old: Object, left: Object, right: Object) -> i1:
    """Whether a variable's old value (or NULL) is a compact int that only the variable has, besides the two operands.

    Every reference counts: what is borrowed must not be overwritten.
    """
    if not old or old.ob_type != PyLong_Type or cast(LongObject, old).lv_tag >= 16:
        return False
    return old.ob_refcnt == 1 + i64(old == left) + i64(old == right)


@native(apart=True)
def int_of_operands(left: Object, right: Object, value: i64) -> Object:
    """An int as the result of an operation on two compact ones, whose references it takes over: in an operand that
    nobody else has, or new. NULL with MemoryError.
    """
    if fits_used_int(value):
        if left.ob_refcnt == 1:
            overwrite_int(left, value)
            release_int(right)
            return left
        if right.ob_refcnt == 1:
            overwrite_int(right, value)
            release_int(left)
            return right
    result = box_int(value)
    release_int(left)
    release_int(right)
    return result


@native(inline=True)
def release_int(value: Object) -> None:
    """`decref`, of an exact int."""
    if unlikely(loses_last(value)):  # most small ints are immortal
        free_int(value)


@native(apart=True)
def free_int(value: Object) -> None:
    """Keep an int that nobody has any more for `box_int`, if it is as small as those."""
    if cast(LongObject, value).lv_tag >= 16 or SPARE_INT_COUNT[0] >= MOST_SPARE_INTS:
        PyObject_Free(cast(Ptr[u8], value))
        return
    value.ob_type = cast(TypeObject, SPARE_INTS[0])
    SPARE_INTS[0] = value
    SPARE_INT_COUNT[0] += 1


@native(inline=True)
def release_float(thread: ThreadState, value: Object) -> None:
    """`decref`, of an exact float."""
    if loses_last(value):
        free_float(thread, value)


@native(apart=True)
def free_float(thread: ThreadState, value: Object) -> None:
    """Give a float that nobody has any more to the host's list of spare ones."""
    interpreter = thread.interp
    count = interpreter.spare_float_count
    if unlikely(count >= MOST_SPARE_FLOATS):
        PyObject_Free(cast(Ptr[u8], value))
        return
    value.ob_type = cast(TypeObject, interpreter.spare_floats)
    interpreter.spare_floats = value
    interpreter.spare_float_count = count + 1


@native(apart=True)
def box_float(thread: ThreadState, value: f64) -> Object:
    """A new reference to a float; NULL with MemoryError."""
    interpreter = thread.interp
    made = interpreter.spare_floats
    if unlikely(not made):
        return PyFloat_FromDouble(value)
    interpreter.spare_floats = cast(Object, made.ob_type)
    interpreter.spare_float_count -= 1
    made.ob_refcnt = 1
    made.ob_type = PyFloat_Type
    cast(FloatObject, made).ob_fval = value
    return made


@native(inline=True)
def float_value(value: Object) -> f64:
    return cast(FloatObject, value).ob_fval


@native(inline=True)
def is_number(value: Object) -> i1:
    """Whether this is a float or a compact int, neither of a class of its own."""
    if value.ob_type == PyLong_Type:
        return cast(LongObject, value).lv_tag < 16
    return value.ob_type == PyFloat_Type


@native(inline=True)
def as_float(value: Object) -> f64:
    """What a number is as a float: exactly the same."""
    return f64(compact_value(value)) if value.ob_type == PyLong_Type else float_value(value)


@native(inline=True)
def is_spare_float(old: Object, left: Object, right: Object) -> i1:
    """Whether a variable's old value (or NULL) is a float that only the variable has, besides the two operands."""
    if not old or old.ob_type != PyFloat_Type:
        return False
    return old.ob_refcnt == 1 + i64(old == left) + i64(old == right)


@native(inline=True)
def reuse_or_box(thread: ThreadState, left: Object, right: Object, value: f64) -> Object:
    """A float as the result of an operation on two floats: in an operand that nobody else has, or new.

    The result takes over one reference to the operand; the caller releases both operands all the same.
    """
    if left.ob_refcnt == 1:
        cast(FloatObject, left).ob_fval = value
        left.ob_refcnt = 2
        return left
    if right.ob_refcnt == 1:
        cast(FloatObject, right).ob_fval = value
        right.ob_refcnt = 2
        return right
    return box_float(thread, value)
