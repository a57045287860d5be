"""Templates for operators: arithmetic, comparison, containment, truth."""

from __future__ import annotations

from kaa.baseline.holes import NEXT, OPARG, Continuation, Jump, Stack
from kaa.baseline.numbers import (
    are_compact,
    box_int,
    compact_value,
    float_value,
    release_float,
    release_int,
    reuse_or_box,
)
from kaa.baseline.objects import False_, None_, True_, boolean, decref, here, release
from kaa.baseline.template import template, variant
from kaa.baseline.unwinding import raised
from kaa.bytecode.instructions import BY_NAME
from kaa.native.externs import (
    PyFloat_Type,
    PyList_Type,
    PyLong_Type,
    PyNumber_Invert,
    PyNumber_Negative,
    PyObject_IsTrue,
    PyObject_RichCompare,
    PySequence_Contains,
    PyTuple_Type,
    PyUnicode_Append,
    PyUnicode_Type,
    _PyEval_BinaryOps,
    _PyUnicode_Equal,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, unlikely
from kaa.native.layouts import Frame, LongObject, Object, ThreadState, UnicodeObject, VarObject
from kaa.native.types import f64, i1, i32, i64, u16, u64

ADD, IN_PLACE = 0, 13
"""Numbers of BINARY_OP: of `+`, and what is added for `+=` and its kin."""
STORE_FAST = BY_NAME["STORE_FAST"].number
AS_BOOLEAN = 16
"""The bit of COMPARE_OP's argument that asks for True or False; the operator stands above it."""


@native(convention=TEMPLATE, apart=True)
def binary_operation(
    frame: Frame, sp: Stack, thread: ThreadState, argument: Object, onward: Continuation
) -> Jump:
    """Any binary operation, by its number; on at `onward`."""
    left, right = sp[-2], sp[-1]
    if left.ob_type == PyUnicode_Type and right.ob_type == PyUnicode_Type and appends(frame, left, argument):
        PyUnicode_Append(sp - 2, right)
        decref(right)
        if unlikely(not sp[-2]):
            return raised(frame, sp - 2, thread)
        return onward(frame, sp - 1, thread)
    result = _PyEval_BinaryOps[address(argument)](left, right)
    decref(left)
    decref(right)
    if unlikely(not result):
        return raised(frame, sp - 2, thread)
    sp[-2] = result
    return onward(frame, sp - 1, thread)


@native
def appends(frame: Frame, left: Object, argument: Object) -> i1:
    """Whether this is `name = name + text`: if so, the variable gives its reference up, so that the text can grow.

    The next instruction, behind one unit of inline cache, is then the store into that variable.
    """
    if address(argument) not in (ADD, ADD + IN_PLACE):
        return False
    following = frame.instr_ptr[2]
    place: Stack = frame.localsplus + i64(following >> 8)
    if following & u16(0xFF) != STORE_FAST or place[0] != left:
        return False
    place[0] = NULL
    decref(left)
    return True


@template()
def BINARY_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return binary_operation(frame, sp, thread, cast(Object, OPARG), NEXT)


@native(inline=True)
def integer_result(left: i64, right: i64, operator: Static[str]) -> i64:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "&":
        return left & right
    if operator == "|":
        return left | right
    if operator == "^":
        return left ^ right
    if operator == "//":
        return left // right
    return left % right


@native(inline=True)
def float_result(left: f64, right: f64, operator: Static[str]) -> f64:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    return left / right


def arithmetic(frame: Frame, sp: Stack, thread: ThreadState, operator: Static[str]) -> Jump:
    """An operation with two compact ints or two floats done here; all else in `binary_operation`."""
    left, right = sp[-2], sp[-1]
    kind = left.ob_type
    if right.ob_type == kind:
        if operator != "/" and kind == PyLong_Type and are_compact(left, right):
            divisor = compact_value(right)
            if operator not in ("//", "%") or divisor != 0:
                result = box_int(integer_result(compact_value(left), divisor, operator))
                release_int(left)
                release_int(right)
                sp[-2] = result
                if unlikely(not result):
                    here(frame)
                    return raised(frame, sp - 2, thread)
                return NEXT(sp - 1)
        elif operator in ("+", "-", "*", "/") and kind == PyFloat_Type:
            if operator != "/" or float_value(right) != 0.0:
                value = float_result(float_value(left), float_value(right), operator)
                boxed = reuse_or_box(left, right, value)
                release_float(left)
                release_float(right)
                sp[-2] = boxed
                if unlikely(not boxed):
                    here(frame)
                    return raised(frame, sp - 2, thread)
                return NEXT(sp - 1)
    here(frame)
    return binary_operation(frame, sp, thread, cast(Object, OPARG), NEXT)


for _operator, _number in (
    ("+", 0),
    ("&", 1),
    ("//", 2),
    ("*", 5),
    ("%", 6),
    ("|", 7),
    ("-", 10),
    ("/", 11),
    ("^", 12),
):
    for _value in (_number, _number + IN_PLACE):
        variant("BINARY_OP", _value, operator=_operator)(arithmetic)


@template()
def UNARY_NEGATIVE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    operand = sp[-1]
    result = PyNumber_Negative(operand)
    decref(operand)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return NEXT(sp)


@template()
def UNARY_INVERT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    operand = sp[-1]
    result = PyNumber_Invert(operand)
    decref(operand)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return NEXT(sp)


@template()
def UNARY_NOT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[-1] = True_ if sp[-1] == False_ else False_
    return NEXT(sp)


@native(apart=True)
def truth_of(value: Object) -> i32:
    """`bool(value)` as 0 or 1; -1 with an exception."""
    kind = value.ob_type
    if kind == PyLong_Type:
        return i32(cast(LongObject, value).lv_tag & u64(3) != 1)
    if kind in (PyList_Type, PyTuple_Type):
        return i32(cast(VarObject, value).ob_size != 0)
    if kind == PyUnicode_Type:
        return i32(cast(UnicodeObject, value).length != 0)
    return PyObject_IsTrue(value)


@template()
def TO_BOOL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value in (True_, False_):
        return NEXT(sp)
    if value == None_:
        sp[-1] = False_
        return NEXT(sp)
    here(frame)
    truth = truth_of(value)
    decref(value)
    if unlikely(truth < 0):
        return raised(frame, sp - 1, thread)
    sp[-1] = boolean(truth)
    return NEXT(sp)


@native
def compare(left: Object, right: Object, argument: i64) -> Object:
    """The result of a comparison, a new reference; NULL with an exception."""
    result = PyObject_RichCompare(left, right, i32(argument >> 5))
    if not result or argument & AS_BOOLEAN == 0 or result in (True_, False_):
        return result
    truth = PyObject_IsTrue(result)
    decref(result)
    if truth < 0:
        return NULL
    return boolean(truth)


@native(convention=TEMPLATE, apart=True)
def comparison(frame: Frame, sp: Stack, thread: ThreadState, argument: Object, onward: Continuation) -> Jump:
    """Any comparison; on at `onward`."""
    left, right = sp[-2], sp[-1]
    result = compare(left, right, address(argument))
    decref(left)
    decref(right)
    if unlikely(not result):
        return raised(frame, sp - 2, thread)
    sp[-2] = result
    return onward(frame, sp - 1, thread)


@template()
def COMPARE_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return comparison(frame, sp, thread, cast(Object, OPARG), NEXT)


@native(inline=True)
def integers_compare(left: i64, right: i64, operator: Static[str]) -> i1:
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == ">":
        return left > right
    return left >= right


@native(inline=True)
def floats_compare(left: f64, right: f64, operator: Static[str]) -> i1:
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == ">":
        return left > right
    return left >= right


def compare_values(frame: Frame, sp: Stack, thread: ThreadState, operator: Static[str]) -> Jump:
    """A comparison of two compact ints, floats or strings done here; all else in `comparison`."""
    left, right = sp[-2], sp[-1]
    kind = left.ob_type
    if right.ob_type == kind:
        if kind == PyLong_Type and are_compact(left, right):
            truth = integers_compare(compact_value(left), compact_value(right), operator)
            release_int(left)
            release_int(right)
            sp[-2] = boolean(i32(truth))
            return NEXT(sp - 1)
        if kind == PyFloat_Type:
            truth = floats_compare(float_value(left), float_value(right), operator)
            release_float(left)
            release_float(right)
            sp[-2] = boolean(i32(truth))
            return NEXT(sp - 1)
        if operator in ("==", "!=") and kind == PyUnicode_Type:
            equal = _PyUnicode_Equal(left, right)
            release(frame, left)
            release(frame, right)
            sp[-2] = boolean(equal) if operator == "==" else boolean(equal ^ 1)
            return NEXT(sp - 1)
    here(frame)
    return comparison(frame, sp, thread, cast(Object, OPARG), NEXT)


for _value, _operator in enumerate(("<", "<=", "==", "!=", ">", ">=")):
    variant("COMPARE_OP", _value, shift=5, mask=7, operator=_operator)(compare_values)


@template()
def IS_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    left, right = sp[-2], sp[-1]
    same = i64(left == right)
    decref(left)
    decref(right)
    sp[-2] = boolean(i32(same ^ OPARG))
    return NEXT(sp - 1)


@template()
def CONTAINS_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    item, container = sp[-2], sp[-1]
    found = PySequence_Contains(container, item)
    decref(item)
    decref(container)
    if unlikely(found < 0):
        return raised(frame, sp - 2, thread)
    sp[-2] = boolean(found ^ i32(OPARG))
    return NEXT(sp - 1)
