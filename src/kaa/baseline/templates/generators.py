"""Templates for generators, coroutines and asynchronous iteration."""

from __future__ import annotations

from kaa.baseline.calling import has_returned, resume_generator
from kaa.baseline.cells import STRINGS
from kaa.baseline.frames import (
    CREATED,
    EXECUTING,
    OWNED_BY_GENERATOR,
    SUSPENDED,
    generator_of,
    hand_over,
    proceed,
    proceed_at_target,
    save_stack_pointer,
)
from kaa.baseline.holes import FOLLOWING, NEXT, OPARG, RESUMED, Jump, Stack
from kaa.baseline.objects import None_, decref, here
from kaa.baseline.template import second, template
from kaa.baseline.templates.control import get_iterator
from kaa.baseline.unwinding import raised, tell_raise
from kaa.native.externs import (
    PyAsyncGen_Type,
    PyCoro_Type,
    PyErr_ExceptionMatches,
    PyErr_Format,
    PyErr_SetString,
    PyExc_RuntimeError,
    PyExc_StopIteration,
    PyExc_TypeError,
    PyGen_Type,
    PyIter_Check,
    PyObject_VectorcallMethod,
    _Py_MakeCoro,
    _PyCoro_GetAwaitableIter,
    _PyErr_FormatFromCause,
    _PyEval_FormatAwaitableError,
    _PyGen_FetchStopIterationValue,
    _PyGen_yf,
    _PyThreadState_PopFrame,
)
from kaa.native.function import native
from kaa.native.intrinsics import NULL, address, cast, copy_memory, reserve, unlikely
from kaa.native.layouts import Frame, GeneratorObject, Object, ThreadState
from kaa.native.types import Ptr, i1, i8, i32, i64

COROUTINE_FLAGS = 0x180
"""CO_COROUTINE and CO_ITERABLE_COROUTINE: who may delegate to a coroutine."""
LOCALS = 72

_send = STRINGS["send"]


@template()
def RETURN_GENERATOR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    made = _Py_MakeCoro(frame.f_funcobj)
    if unlikely(not made):
        return raised(frame, sp, thread)
    frame.instr_ptr = FOLLOWING
    save_stack_pointer(frame, sp)
    move_frame(frame, cast(GeneratorObject, made))
    caller = wait_in(frame, thread)
    _PyThreadState_PopFrame(thread, frame)
    return hand_over(caller, sp, thread, made)


@native
def move_frame(frame: Frame, generator: GeneratorObject) -> None:
    """Move a frame from the thread's stack into its generator."""
    target = generator.gi_iframe
    copy_memory(target, frame, LOCALS + 8 * i64(frame.stacktop))
    target.previous = NULL
    target.owner = OWNED_BY_GENERATOR
    generator.gi_frame_state = CREATED


@native(inline=True)
def wait_in(frame: Frame, thread: ThreadState) -> Frame:
    """Leave a frame that may run again; returns the one below."""
    thread.py_recursion_remaining += 1
    caller = frame.previous
    thread.current_frame = caller
    return caller


@template()
def YIELD_VALUE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """Suspend; the argument is 1 while delegating to another generator. It never raises."""
    frame.instr_ptr = FOLLOWING
    generator = generator_of(frame)
    generator.gi_frame_state = i8(SUSPENDED + OPARG)
    save_stack_pointer(frame, sp - 1)
    thread.exc_info = generator.gi_exc_state.previous_item
    generator.gi_exc_state.previous_item = NULL
    caller = wait_in(frame, thread)
    frame.previous = NULL
    return hand_over(caller, sp, thread, sp[-1])


@template()
def GET_YIELD_FROM_ITER(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value.ob_type == PyCoro_Type:
        if unlikely(i64(frame.f_executable.co_flags) & COROUTINE_FLAGS == 0):
            here(frame)
            PyErr_SetString(
                PyExc_TypeError[0], "cannot 'yield from' a coroutine object in a non-coroutine generator"
            )
            return raised(frame, sp, thread)
        return NEXT(sp)
    if value.ob_type == PyGen_Type:
        return NEXT(sp)
    here(frame)
    return get_iterator(frame, sp, thread, RESUMED, NEXT)


@native
def send(receiver: Object, value: Object) -> Object:
    """`receiver.send(value)`; NULL with an exception, or with none at the end."""
    if value == None_ and PyIter_Check(receiver):
        return receiver.ob_type.tp_iternext(receiver)
    arguments = reserve(Object, 2)
    arguments[0] = receiver
    arguments[1] = value
    return PyObject_VectorcallMethod(_send, arguments, 2, NULL)


@native
def returned_value(thread: ThreadState, frame: Frame) -> Object:
    """What a delegate that gave NULL has returned; NULL if it has raised."""
    if thread.current_exception and PyErr_ExceptionMatches(PyExc_StopIteration[0]):
        tell_raise(thread, frame)
    result = reserve(Object)
    result[0] = NULL
    if _PyGen_FetchStopIterationValue(result) != 0:
        return NULL
    return result[0]


@template()
def SEND(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    receiver, value = sp[-2], sp[-1]
    if receiver.ob_type in (PyGen_Type, PyCoro_Type):
        generator = cast(GeneratorObject, receiver)
        if generator.gi_frame_state < EXECUTING:
            sp[-1] = cast(Object, RESUMED)
            return resume_generator(frame, sp - 1, thread, generator, value)
    ended = reserve(i64)
    result = send_otherwise(frame, thread, receiver, value, ended)
    if unlikely(not result):
        return raised(frame, sp, thread)
    sp[-1] = result
    decref(value)
    if ended[0]:
        return proceed_at_target(frame, sp, thread)
    return proceed(frame, sp, thread)


@native
def send_otherwise(
    frame: Frame, thread: ThreadState, receiver: Object, value: Object, ended: Ptr[i64]
) -> Object:
    """What comes of a value that is sent to what is no suspended generator; NULL with an exception.

    `ended` gets whether it is the receiver's result.
    """
    result = send(receiver, value)
    ended[0] = i64(not result)
    return result if result else returned_value(thread, frame)


@second("SEND")
def SEND_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The delegate has yielded or returned `value`."""
    sp[0] = value
    if has_returned(sp[-1]):
        return proceed_at_target(frame, sp + 1, thread)
    return proceed(frame, sp + 1, thread)


@template()
def END_SEND(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    receiver = sp[-2]
    sp[-2] = sp[-1]
    decref(receiver)
    return NEXT(sp - 1)


# -- await, async for


@native
def awaitable_of(thread: ThreadState, value: Object, argument: i64) -> Object:
    """The iterator behind `await value`; new, NULL with an exception."""
    result = _PyCoro_GetAwaitableIter(value)
    if not result:
        _PyEval_FormatAwaitableError(thread, value.ob_type, i32(argument))
        return NULL
    if result.ob_type == PyCoro_Type:
        delegate = _PyGen_yf(cast(GeneratorObject, result))
        if delegate:
            decref(delegate)
            decref(result)
            PyErr_SetString(PyExc_RuntimeError[0], "coroutine is being awaited already")
            return NULL
    return result


@template()
def GET_AWAITABLE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = sp[-1]
    result = awaitable_of(thread, value, OPARG)
    decref(value)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return proceed(frame, sp, thread)


@native
def has_next(value: Object) -> i1:
    """Whether the type is an asynchronous iterator's."""
    methods = value.ob_type.tp_as_async
    return address(methods) != 0 and address(methods.am_anext) != 0


@native
def asynchronous_iterator(value: Object) -> Object:
    """`aiter(value)`, new; NULL with an exception."""
    methods = value.ob_type.tp_as_async
    if not methods or address(methods.am_aiter) == 0:
        PyErr_Format(
            PyExc_TypeError[0],
            "'async for' requires an object with __aiter__ method, got %.100s",
            value.ob_type.tp_name,
        )
        return NULL
    result = methods.am_aiter(value)
    if result and not has_next(result):
        PyErr_Format(
            PyExc_TypeError[0],
            "'async for' received an object from __aiter__ that does not implement __anext__: %.100s",
            result.ob_type.tp_name,
        )
        decref(result)
        return NULL
    return result


@template()
def GET_AITER(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = sp[-1]
    result = asynchronous_iterator(value)
    decref(value)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return proceed(frame, sp, thread)


@native
def next_awaitable(iterator: Object) -> Object:
    """What `async for` awaits next, new; NULL with an exception."""
    if not has_next(iterator):
        PyErr_Format(
            PyExc_TypeError[0],
            "'async for' requires an iterator with __anext__ method, got %.100s",
            iterator.ob_type.tp_name,
        )
        return NULL
    value = iterator.ob_type.tp_as_async.am_anext(iterator)
    if not value or iterator.ob_type == PyAsyncGen_Type:
        return value
    result = _PyCoro_GetAwaitableIter(value)
    if not result:
        _PyErr_FormatFromCause(
            PyExc_TypeError[0],
            "'async for' received an invalid object from __anext__: %.100s",
            value.ob_type.tp_name,
        )
    decref(value)
    return result


@template()
def GET_ANEXT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    result = next_awaitable(sp[-1])
    if unlikely(not result):
        return raised(frame, sp, thread)
    sp[0] = result
    return proceed(frame, sp + 1, thread)
