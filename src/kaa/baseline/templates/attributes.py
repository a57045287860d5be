"""Templates for attributes, methods and `super()`."""

from __future__ import annotations

from kaa.baseline.holes import NAME, NEXT, OPARG, Jump, Stack
from kaa.baseline.objects import decref, here
from kaa.baseline.template import template
from kaa.baseline.unwinding import raised
from kaa.native.externs import (
    PyObject_GenericGetAttr,
    PyObject_GetAttr,
    PyObject_SetAttr,
    PyObject_Vectorcall,
    PySuper_Type,
    _PyObject_GetMethod,
    _PySuper_Lookup,
)
from kaa.native.function import native
from kaa.native.intrinsics import NULL, address, cast, reserve, unlikely
from kaa.native.layouts import Frame, Object, ThreadState, TypeObject
from kaa.native.types import i32, i64

IS_TYPE = 1 << 31
"""`tp_flags` of classes."""


@template()
def LOAD_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    owner = sp[-1]
    if OPARG & 1:
        found = reserve(Object)
        found[0] = NULL
        if _PyObject_GetMethod(owner, NAME, found) != 0:
            sp[-1] = found[0]
            sp[0] = owner
            return NEXT(sp + 1)
        decref(owner)
        if unlikely(not found[0]):
            return raised(frame, sp - 1, thread)
        sp[-1] = found[0]
        sp[0] = NULL
        return NEXT(sp + 1)
    result = PyObject_GetAttr(owner, NAME)
    decref(owner)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return NEXT(sp)


@template()
def STORE_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value, owner = sp[-2], sp[-1]
    failed = PyObject_SetAttr(owner, NAME, value)
    decref(value)
    decref(owner)
    if unlikely(failed != 0):
        return raised(frame, sp - 2, thread)
    return NEXT(sp - 2)


@template()
def DELETE_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    owner = sp[-1]
    failed = PyObject_SetAttr(owner, NAME, NULL)
    decref(owner)
    if unlikely(failed != 0):
        return raised(frame, sp - 1, thread)
    return NEXT(sp - 1)


@native
def load_super(operands: Stack, name: Object, argument: i64, receiver: Stack) -> Object:
    """The attribute of `super(class, self)`, new. `receiver` gets self's reference if it is a method to be
    called with it.

    `operands` are the global `super`, the class and self; their references are taken.
    """
    super_, kind, self = operands[0], operands[1], operands[2]
    receiver[0] = NULL
    result: Object = NULL
    if super_ == PySuper_Type and kind.ob_type.tp_flags & IS_TYPE:
        method = reserve(i32)
        method[0] = 0
        plain = address(self.ob_type.tp_getattro) == address(PyObject_GenericGetAttr)
        wanted = method if argument & 1 and plain else NULL
        result = _PySuper_Lookup(cast(TypeObject, kind), self, name, wanted)
        decref(super_)
        decref(kind)
        if result and method[0]:
            receiver[0] = self
        else:
            decref(self)
        return result
    if argument & 2:
        proxy = PyObject_Vectorcall(super_, operands + 1, 2, NULL)
    else:
        proxy = PyObject_Vectorcall(super_, NULL, 0, NULL)
    decref(super_)
    decref(kind)
    decref(self)
    if proxy:
        result = PyObject_GetAttr(proxy, name)
        decref(proxy)
    return result


@template()
def LOAD_SUPER_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    receiver = reserve(Object)
    result = load_super(sp - 3, NAME, OPARG, receiver)
    if unlikely(not result):
        return raised(frame, sp - 3, thread)
    sp[-3] = result
    if OPARG & 1:
        sp[-2] = receiver[0]
        return NEXT(sp - 1)
    return NEXT(sp - 2)
