"""Instructions for generators, coroutines, and what is asynchronous."""

from functools import partial
from types import CoroutineType, GeneratorType
from typing import Any

from kaa.reference.awaitables import ITERABLE_COROUTINE, awaitable_iterator, is_awaitable
from kaa.reference.calls import call, lookup_special
from kaa.reference.exceptions import unwind
from kaa.reference.frame import Frame
from kaa.reference.generator import (
    RUNNING,
    Coroutine,
    CoroutineWrapper,
    Generator,
    make_resumable,
    yield_value,
)
from kaa.reference.program import NULL

_COROUTINE = 0x80  # code flag


def RETURN_GENERATOR(frame: Frame, _: int) -> Frame | None:
    caller = frame.caller
    assert caller is not None
    resumable = make_resumable(frame)
    finish, frame.finish = frame.finish, None
    following: Frame | None = caller
    if finish is None:
        caller.stack.append(resumable)
    else:
        following = finish(frame, resumable)
    frame.caller = frame.handled_outside = None
    return following


def YIELD_VALUE(frame: Frame, delegating: int) -> Frame:
    return yield_value(frame, frame.stack.pop(), bool(delegating))


def SEND(frame: Frame, target: int) -> Frame | None:
    value = frame.stack.pop()
    receiver = frame.peek()
    if type(receiver) is CoroutineWrapper:
        receiver = receiver._coroutine
    if type(receiver) in (Generator, Coroutine):
        if receiver.is_resumable:
            receiver.check_send(value)
            resumed: Frame = receiver.resume(frame, value, partial(_delegate_ended, target))
            return resumed
    elif value is None and hasattr(type(receiver), "__next__"):
        _advance(frame, target, receiver.__next__)
        return None
    _advance(frame, target, partial(receiver.send, value))
    return None


def _advance(frame: Frame, target: int, step: Any) -> None:
    try:
        frame.stack.append(step())
    except StopIteration as stopped:
        frame.stack.append(stopped.value)
        frame.jump(target)


def _delegate_ended(target: int, entered: Frame, value: Any) -> Frame:
    frame = entered.caller
    assert frame is not None
    frame.stack.append(value)
    frame.jump(target)
    return frame


def END_SEND(frame: Frame, _: int) -> None:
    value = frame.stack.pop()
    frame.stack.pop()
    frame.stack.append(value)


def CLEANUP_THROW(frame: Frame, _: int) -> Frame | None:
    error = frame.peek()
    if not isinstance(error, StopIteration):
        return unwind(frame, error, again=True)
    frame.pop_many(3)
    frame.stack.append(None)
    frame.stack.append(error.value)
    return None


def GET_YIELD_FROM_ITER(frame: Frame, _: int) -> None:
    iterable = frame.stack.pop()
    if isinstance(iterable, CoroutineType):
        if not frame.code.co_flags & (_COROUTINE | ITERABLE_COROUTINE):
            raise TypeError("cannot 'yield from' a coroutine object in a non-coroutine generator")
        frame.stack.append(iterable)
    else:
        frame.stack.append(iterable if isinstance(iterable, GeneratorType) else iter(iterable))


_ORIGINS = {1: "__aenter__", 2: "__aexit__"}


def GET_AWAITABLE(frame: Frame, origin: int) -> None:
    awaitable = frame.stack.pop()
    if origin in _ORIGINS and not is_awaitable(awaitable):
        raise TypeError(
            f"'async with' received an object from {_ORIGINS[origin]} that does not implement __await__: "
            f"{type(awaitable).__name__}"
        )
    iterator = awaitable_iterator(awaitable)
    if type(iterator) is Coroutine and (iterator.delegate is not None or iterator.state is RUNNING):
        raise RuntimeError("coroutine is being awaited already")
    frame.stack.append(iterator)


def GET_AITER(frame: Frame, _: int) -> None:
    iterable = frame.stack.pop()
    method = lookup_special(iterable, "__aiter__")
    if method is NULL or method is None:
        raise TypeError(
            f"'async for' requires an object with __aiter__ method, got {type(iterable).__name__}"
        )
    iterator = method()
    if lookup_special(iterator, "__anext__") is NULL:
        raise TypeError(
            "'async for' received an object from __aiter__ that does not implement __anext__: "
            f"{type(iterator).__name__}"
        )
    frame.stack.append(iterator)


def GET_ANEXT(frame: Frame, _: int) -> None:
    iterator = frame.peek()
    method = lookup_special(iterator, "__anext__")
    if method is NULL or method is None:
        raise TypeError(
            f"'async for' requires an iterator with __anext__ method, got {type(iterator).__name__}"
        )
    step = method()
    try:
        awaitable = awaitable_iterator(step)
    except Exception as error:
        raise TypeError(
            f"'async for' received an invalid object from __anext__: {type(step).__name__}"
        ) from error
    frame.stack.append(awaitable)


def END_ASYNC_FOR(frame: Frame, _: int) -> Frame | None:
    error = frame.stack.pop()
    if not isinstance(error, StopAsyncIteration):
        return unwind(frame, error, again=True)
    frame.stack.pop()
    return None


def BEFORE_ASYNC_WITH(frame: Frame, _: int) -> Frame | None:
    manager = frame.stack.pop()
    words = f"'{type(manager).__name__}' object does not support the asynchronous context manager protocol"
    enter = lookup_special(manager, "__aenter__")
    if enter is NULL:
        raise TypeError(words)
    leave = lookup_special(manager, "__aexit__")
    if leave is NULL:
        raise TypeError(f"{words} (missed __aexit__ method)")
    frame.stack.append(leave)
    return call(frame, enter, [], None)
