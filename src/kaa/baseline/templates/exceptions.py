"""Templates for raising, handling and matching exceptions, and for `with`."""

from __future__ import annotations

from kaa.baseline.calling import is_guest, push_any, run_callee
from kaa.baseline.cells import STRINGS
from kaa.baseline.frames import proceed, save_stack_pointer
from kaa.baseline.holes import INSTRUCTION, NEXT, OPARG, RESUMED, Continuation, Jump, Stack
from kaa.baseline.objects import None_, boolean, decref, decref_maybe, here, incref, new, release_maybe
from kaa.baseline.template import second, template
from kaa.baseline.templates.calls import IS_METHOD, call_native
from kaa.baseline.unwinding import handle, raised
from kaa.native.externs import (
    PyErr_Format,
    PyErr_GivenExceptionMatches,
    PyErr_SetHandledException,
    PyErr_SetObject,
    PyErr_SetString,
    PyExc_AssertionError,
    PyExc_RuntimeError,
    PyExc_StopAsyncIteration,
    PyExc_StopIteration,
    PyExc_SystemError,
    PyExc_TypeError,
    PyException_GetTraceback,
    PyException_SetCause,
    PyLong_AsLong,
    PyObject_CallNoArgs,
    PyObject_Vectorcall,
    _PyEval_CheckExceptStarTypeValid,
    _PyEval_CheckExceptTypeValid,
    _PyEval_ExceptionGroupMatch,
    _PyObject_LookupSpecial,
    _PyType_Lookup,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, reserve, unlikely
from kaa.native.layouts import Frame, FunctionObject, Object, StopIteration_, ThreadState, TypeObject
from kaa.native.types import CString, i1, i64, u64

IS_INT = 1 << 24
IS_EXCEPTION = 1 << 30
IS_TYPE = 1 << 31
"""`tp_flags` of the subclasses of int, BaseException and type."""
ARGUMENTS_OFFSET = -(1 << 63)
"""In a count of arguments: the callee may use the place before the first one."""

_enter, _exit = STRINGS["__enter__"], STRINGS["__exit__"]
_aenter, _aexit = STRINGS["__aenter__"], STRINGS["__aexit__"]


@native
def is_exception_class(value: Object) -> i1:
    if value.ob_type.tp_flags & IS_TYPE == 0:
        return False
    return cast(TypeObject, value).tp_flags & IS_EXCEPTION != 0


@native
def is_exception(value: Object) -> i1:
    return value.ob_type.tp_flags & IS_EXCEPTION != 0


# -- raising


@native(apart=True)
def raise_again(thread: ThreadState) -> i1:
    """A bare `raise`. True: the handled exception is set again; False: there is none, RuntimeError is set."""
    state = thread.exc_info
    while (not state.exc_value or state.exc_value == None_) and state.previous_item:
        state = state.previous_item
    value = state.exc_value
    if not value or value == None_:
        PyErr_SetString(PyExc_RuntimeError[0], "No active exception to reraise")
        return False
    thread.current_exception = new(value)
    return True


@native
def make_exception(given: Object) -> Object:
    """An exception instance of what stands after `raise`; takes the reference. NULL with another exception
    set.
    """
    if is_exception_class(given):
        value = PyObject_CallNoArgs(given)
        if value and not is_exception(value):
            PyErr_Format(
                PyExc_TypeError[0],
                "calling %R should have returned an instance of BaseException, not %R",
                given,
                value.ob_type,
            )
            decref(value)
            value = NULL
        decref(given)
        return value
    if is_exception(given):
        return given
    decref(given)
    PyErr_SetString(PyExc_TypeError[0], "exceptions must derive from BaseException")
    return NULL


@native
def set_cause(value: Object, cause: Object) -> i1:
    """`from cause`; takes the reference to the cause. False with an exception set."""
    if is_exception_class(cause):
        cause = make_exception(cause)
        if not cause:
            return False
    elif cause == None_:
        cause = NULL
    elif not is_exception(cause):
        decref(cause)
        PyErr_SetString(PyExc_TypeError[0], "exception causes must derive from BaseException")
        return False
    PyException_SetCause(value, cause)
    return True


@native(apart=True)
def raise_exception(given: Object, cause: Object) -> None:
    """`raise given from cause`; takes the references. An exception is set, this one or what went wrong."""
    value = make_exception(given)
    if not value:
        decref_maybe(cause)
        return
    if not cause or set_cause(value, cause):
        PyErr_SetObject(value.ob_type, value)
    decref(value)


@template()
def RAISE_VARARGS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    if OPARG == 0:
        if raise_again(thread):
            return handle(frame, sp, thread, INSTRUCTION)
        return raised(frame, sp, thread)
    if OPARG == 2:
        raise_exception(sp[-2], sp[-1])
        return raised(frame, sp - 2, thread)
    raise_exception(sp[-1], NULL)
    return raised(frame, sp - 1, thread)


@template()
def RERAISE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The argument says how far below lies the offset of the instruction that raised first."""
    here(frame)
    exception = sp[-1]
    if OPARG:
        offset = sp[-1 - OPARG]
        if unlikely(offset.ob_type.tp_flags & IS_INT == 0):
            PyErr_SetString(PyExc_SystemError[0], "lasti is not an int")
            return raised(frame, sp, thread)
        frame.instr_ptr = frame.f_executable.co_code_adaptive + PyLong_AsLong(offset)
    thread.current_exception = exception
    return handle(frame, sp - 1, thread, INSTRUCTION)


@template()
def LOAD_ASSERTION_ERROR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = new(PyExc_AssertionError[0])
    return NEXT(sp + 1)


# -- handling


@template()
def PUSH_EXC_INFO(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    state = thread.exc_info
    before = state.exc_value
    sp[-1] = before if before else None_
    state.exc_value = new(value)
    sp[0] = value
    return NEXT(sp + 1)


@template()
def POP_EXCEPT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    before = sp[-1]
    state = thread.exc_info
    handled = state.exc_value
    state.exc_value = before if before != None_ else NULL
    release_maybe(frame, handled)
    return NEXT(sp - 1)


@template()
def CHECK_EXC_MATCH(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value, kind = sp[-2], sp[-1]
    if unlikely(_PyEval_CheckExceptTypeValid(thread, kind) < 0):
        decref(kind)
        return raised(frame, sp - 1, thread)
    sp[-1] = boolean(PyErr_GivenExceptionMatches(value, kind))
    decref(kind)
    return NEXT(sp)


@template()
def CHECK_EG_MATCH(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value, kind = sp[-2], sp[-1]
    parts = reserve(Object, 2)
    parts[0] = NULL
    parts[1] = NULL
    failed = _PyEval_CheckExceptStarTypeValid(thread, kind)
    if failed >= 0:
        failed = _PyEval_ExceptionGroupMatch(value, kind, parts, parts + 1)
    decref(value)
    decref(kind)
    if unlikely(failed < 0):
        return raised(frame, sp - 2, thread)
    if parts[0] != None_:
        PyErr_SetHandledException(parts[0])
    sp[-2] = parts[1]
    sp[-1] = parts[0]
    return NEXT(sp)


@template()
def END_ASYNC_FOR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    iterator, value = sp[-2], sp[-1]
    if PyErr_GivenExceptionMatches(value, PyExc_StopAsyncIteration[0]):
        decref(iterator)
        decref(value)
        return NEXT(sp - 2)
    thread.current_exception = value
    return handle(frame, sp - 1, thread, INSTRUCTION)


@template()
def CLEANUP_THROW(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """What was thrown into a delegating generator has come out of its delegate; StopIteration is its
    result.
    """
    here(frame)
    exception = sp[-1]
    if PyErr_GivenExceptionMatches(exception, PyExc_StopIteration[0]):
        result = new(cast(StopIteration_, exception).value)
        decref(sp[-3])
        decref(sp[-2])
        decref(exception)
        sp[-3] = None_
        sp[-2] = result
        return NEXT(sp - 1)
    thread.current_exception = exception
    return handle(frame, sp - 1, thread, INSTRUCTION)


# -- with


@native(cold=True)
def no_context_manager(thread: ThreadState, manager: Object, message: CString) -> None:
    """Raise TypeError, unless the lookup has raised."""
    if not thread.current_exception:
        PyErr_Format(PyExc_TypeError[0], message, manager.ob_type.tp_name)


@native
def enter_context(thread: ThreadState, place: Stack, found: Object, asynchronous: Static[bool]) -> i1:
    """`place` holds a context manager, and gets its exit method and what its enter method gave. `found` is
    what its class has for the latter, borrowed, or NULL. False: raised.

    The manager is left in place if a method is missing.
    """
    manager = place[0]
    unbound = address(found) != 0 and found.ob_type.tp_flags & IS_METHOD != 0
    method = new(found) if unbound else _PyObject_LookupSpecial(manager, _aenter if asynchronous else _enter)
    if not method:
        no_context_manager(thread, manager, NO_ASYNC_PROTOCOL if asynchronous else NO_PROTOCOL)
        return False
    leave = find_exit(thread, manager, asynchronous)
    if not leave:
        decref(method)
        return False
    result = call_native(thread, method, place, i64(unbound))
    decref(method)
    if not result:
        decref(leave)
        return False
    place[0] = leave
    place[1] = result
    decref(manager)
    return True


@native
def find_exit(thread: ThreadState, manager: Object, asynchronous: Static[bool]) -> Object:
    """A context manager's exit method; NULL with an exception."""
    leave = _PyObject_LookupSpecial(manager, _aexit if asynchronous else _exit)
    if not leave:
        no_context_manager(thread, manager, NO_ASYNC_EXIT if asynchronous else NO_EXIT)
    return leave


@native(convention=TEMPLATE, apart=True)
def enter_guest(
    frame: Frame, sp: Stack, thread: ThreadState, function: FunctionObject, resumed: Continuation
) -> Jump:
    """Push a frame for the `__enter__` of the context manager on the stack, whose exit method takes its place; on at
    `resumed` with what it returns.
    """
    incref(function)
    leave = find_exit(thread, sp[-1], False)
    if unlikely(not leave):
        decref(function)
        return raised(frame, sp, thread)
    called = push_any(thread, function, sp - 1, 1, NULL)
    sp[-1] = leave
    if not called:
        return raised(frame, sp, thread)
    sp[0] = cast(Object, resumed)
    save_stack_pointer(frame, sp)
    return run_callee(frame, sp, thread, cast(Object, called))


NO_PROTOCOL = "'%.200s' object does not support the context manager protocol"
NO_EXIT = "'%.200s' object does not support the context manager protocol (missed __exit__ method)"
NO_ASYNC_PROTOCOL = "'%.200s' object does not support the asynchronous context manager protocol"
NO_ASYNC_EXIT = (
    "'%.200s' object does not support the asynchronous context manager protocol (missed __aexit__ method)"
)


@template()
def BEFORE_WITH(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    found = _PyType_Lookup(sp[-1].ob_type, _enter)
    if found and is_guest(found):
        return enter_guest(frame, sp, thread, cast(FunctionObject, found), RESUMED)
    if unlikely(not enter_context(thread, sp - 1, found, False)):
        return raised(frame, sp, thread)
    return proceed(frame, sp + 1, thread)


@second("BEFORE_WITH")
def BEFORE_WITH_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@template()
def BEFORE_ASYNC_WITH(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    if unlikely(not enter_context(thread, sp - 1, _PyType_Lookup(sp[-1].ob_type, _aenter), True)):
        return raised(frame, sp, thread)
    return proceed(frame, sp + 1, thread)


@native
def exit_with_exception(leave: Object, value: Object) -> Object:
    """Call an exit method with an exception's type, value and traceback."""
    traceback = PyException_GetTraceback(value)
    arguments = reserve(Object, 4)
    arguments[1] = value.ob_type
    arguments[2] = value
    arguments[3] = traceback if traceback else None_
    result = PyObject_Vectorcall(leave, arguments + 1, u64(3 + ARGUMENTS_OFFSET), NULL)
    decref_maybe(traceback)
    return result


@template()
def WITH_EXCEPT_START(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    result = exit_with_exception(sp[-4], sp[-1])
    if unlikely(not result):
        return raised(frame, sp, thread)
    sp[0] = result
    return proceed(frame, sp + 1, thread)
