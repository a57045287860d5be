"""Instructions that raise exceptions, catch them, and guard blocks."""

from typing import Any

from kaa.reference.calls import call, lookup_special
from kaa.reference.exceptions import (
    check_catchable,
    check_catchable_group,
    matches,
    raise_again,
    raise_new,
    split_group,
    unwind,
)
from kaa.reference.frame import Frame
from kaa.reference.program import NULL


def PUSH_EXC_INFO(frame: Frame, _: int) -> None:
    exception = frame.pop()
    frame.push(frame.handled)
    frame.push(exception)
    frame.handled = exception


def POP_EXCEPT(frame: Frame, _: int) -> None:
    frame.handled = frame.pop()


def CHECK_EXC_MATCH(frame: Frame, _: int) -> None:
    kind = frame.pop()
    check_catchable(kind)
    frame.push(matches(frame.peek(), kind))


def CHECK_EG_MATCH(frame: Frame, _: int) -> None:
    kind = frame.pop()
    check_catchable_group(kind)
    match, rest = split_group(frame, frame.pop(), kind)
    frame.push(rest)
    frame.push(match)
    if match is not None:
        frame.handled = match


def RAISE_VARARGS(frame: Frame, count: int) -> Frame:
    if count == 0:
        return raise_again(frame)
    cause = frame.pop() if count == 2 else NULL
    return raise_new(frame, frame.pop(), cause)


def RERAISE(frame: Frame, depth: int) -> Frame:
    error = frame.pop()
    return unwind(frame, error, again=True, reported=frame.peek(depth) if depth else None)


def LOAD_ASSERTION_ERROR(frame: Frame, _: int) -> None:
    frame.push(AssertionError)


def BEFORE_WITH(frame: Frame, _: int) -> Frame | None:
    manager = frame.pop()
    enter = lookup_special(manager, "__enter__")
    if enter is NULL:
        raise TypeError(f"'{type(manager).__name__}' object does not support the context manager protocol")
    leave = lookup_special(manager, "__exit__")
    if leave is NULL:
        raise TypeError(
            f"'{type(manager).__name__}' object does not support the context manager protocol "
            "(missed __exit__ method)"
        )
    frame.push(leave)
    return call(frame, enter, [], None)


def WITH_EXCEPT_START(frame: Frame, _: int) -> Frame | None:
    error: Any = frame.peek()
    return call(frame, frame.peek(4), [type(error), error, error.__traceback__], None)
