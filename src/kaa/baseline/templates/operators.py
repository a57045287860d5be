"""Templates for operators: arithmetic, comparison, containment, truth."""

from __future__ import annotations

from kaa.baseline.holes import NEXT, OPARG, Jump, Stack
from kaa.baseline.objects import False_, True_, boolean, decref, here
from kaa.baseline.template import template
from kaa.baseline.unwinding import raised
from kaa.native.externs import (
    PyNumber_Invert,
    PyNumber_Negative,
    PyObject_IsTrue,
    PyObject_RichCompare,
    PySequence_Contains,
    _PyEval_BinaryOps,
)
from kaa.native.function import native
from kaa.native.intrinsics import NULL, unlikely
from kaa.native.layouts import Frame, Object, ThreadState
from kaa.native.types import i32, i64

AS_BOOLEAN = 16
"""The bit of COMPARE_OP's argument that asks for True or False; the operator stands above it."""


@template()
def BINARY_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    left, right = sp[-2], sp[-1]
    result = _PyEval_BinaryOps[OPARG](left, right)
    decref(left)
    decref(right)
    if unlikely(not result):
        return raised(frame, sp - 2, thread)
    sp[-2] = result
    return NEXT(sp - 1)


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


@template()
def TO_BOOL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value in (True_, False_):
        return NEXT(sp)
    here(frame)
    truth = PyObject_IsTrue(value)
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


@template()
def COMPARE_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    left, right = sp[-2], sp[-1]
    result = compare(left, right, OPARG)
    decref(left)
    decref(right)
    if unlikely(not result):
        return raised(frame, sp - 2, thread)
    sp[-2] = result
    return NEXT(sp - 1)


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
