"""Templates that make functions and classes."""

from __future__ import annotations

from kaa.baseline.cells import STRINGS
from kaa.baseline.holes import NEXT, OPARG, Continuation, Jump, Stack
from kaa.baseline.objects import decref, here
from kaa.baseline.template import brief, template
from kaa.baseline.unwinding import raised
from kaa.native.externs import (
    PyErr_SetString,
    PyExc_NameError,
    PyFunction_New,
    PyMapping_GetOptionalItem,
    _PyFunction_SetVersion,
)
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import NULL, cast, reserve, unlikely
from kaa.native.layouts import CodeObject, Frame, FunctionObject, Object, ThreadState, TupleObject
from kaa.native.types import i32

DEFAULTS, KEYWORD_DEFAULTS, ANNOTATIONS, CLOSURE = 1, 2, 4, 8
_build_class = STRINGS["__build_class__"]


@native(apart=True)
def make_function(code: CodeObject, frame: Frame) -> Object:
    """A function with the frame's globals, new; NULL with an exception. Takes the reference to the code."""
    function = PyFunction_New(code, frame.f_globals)
    version = code.co_version
    decref(code)
    if function:
        _PyFunction_SetVersion(function, i32(version))
    return function


@template()
def MAKE_FUNCTION(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    function = make_function(cast(CodeObject, sp[-1]), frame)
    if unlikely(not function):
        return raised(frame, sp - 1, thread)
    sp[-1] = function
    return NEXT(sp)


@native(convention=TEMPLATE, apart=True)
def push_function(frame: Frame, sp: Stack, thread: ThreadState, onward: Continuation) -> Jump:
    """MAKE_FUNCTION; on at `onward`."""
    function = make_function(cast(CodeObject, sp[-1]), frame)
    if unlikely(not function):
        return raised(frame, sp - 1, thread)
    sp[-1] = function
    return onward(frame, sp, thread)


@brief("MAKE_FUNCTION")
def MAKE_FUNCTION_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_function(frame, sp, thread, NEXT)


@template()
def SET_FUNCTION_ATTRIBUTE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The function is new: the attribute is not set yet."""
    value = sp[-2]
    function = cast(FunctionObject, sp[-1])
    if OPARG == CLOSURE:
        function.func_closure = cast(TupleObject, value)
    elif OPARG == ANNOTATIONS:
        function.func_annotations = value
    elif OPARG == KEYWORD_DEFAULTS:
        function.func_kwdefaults = value
    else:
        function.func_defaults = cast(TupleObject, value)
    sp[-2] = function
    return NEXT(sp - 1)


@native
def build_class(frame: Frame) -> Object:
    """The function behind `class`, as the frame's built-ins have it; new, NULL with NameError."""
    found = reserve(Object)
    if PyMapping_GetOptionalItem(frame.f_builtins, _build_class, found) < 0:
        return NULL
    if not found[0]:
        PyErr_SetString(PyExc_NameError[0], "__build_class__ not found")
    return found[0]


@template()
def LOAD_BUILD_CLASS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    function = build_class(frame)
    if unlikely(not function):
        return raised(frame, sp, thread)
    sp[0] = function
    return NEXT(sp + 1)
