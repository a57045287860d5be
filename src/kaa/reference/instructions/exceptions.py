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
    exception = frame.stack.pop()
    frame.stack.append(frame.handled)
    frame.stack.append(exception)
    frame.handled = exception


def POP_EXCEPT(frame: Frame, _: int) -> None:
    frame.handled = frame.stack.pop()


def CHECK_EXC_MATCH(frame: Frame, _: int) -> None:
    kind = frame.stack.pop()
    check_catchable(kind)
    frame.stack.append(matches(frame.peek(), kind))


def CHECK_EG_MATCH(frame: Frame, _: int) -> None:
    kind = frame.stack.pop()
    check_catchable_group(kind)
    match, rest = split_group(frame, frame.stack.pop(), kind)
    frame.stack.append(rest)
    frame.stack.append(match)
    if match is not None:
        frame.handled = match


def RAISE_VARARGS(frame: Frame, count: int) -> Frame:
    if count == 0:
        return raise_again(frame)
    cause = frame.stack.pop() if count == 2 else NULL
    return raise_new(frame, frame.stack.pop(), cause)


def RERAISE(frame: Frame, depth: int) -> Frame:
    error = frame.stack.pop()
    return unwind(frame, error, again=True, reported=frame.peek(depth) if depth else None)


def LOAD_ASSERTION_ERROR(frame: Frame, _: int) -> None:
    frame.stack.append(AssertionError)


def BEFORE_WITH(frame: Frame, _: int) -> Frame | None:
    manager = frame.stack.pop()
    enter = lookup_special(manager, "__enter__")
    if enter is NULL:
        raise TypeError(f"'{type(manager).__name__}' object does not support the context manager protocol")
    leave = lookup_special(manager, "__exit__")
    if leave is NULL:
        raise TypeError(
            f"'{type(manager).__name__}' object does not support the context manager protocol "
            "(missed __exit__ method)"
        )
    frame.stack.append(leave)
    return call(frame, enter, [], None)


def WITH_EXCEPT_START(frame: Frame, _: int) -> Frame | None:
    error: Any = frame.peek()
    return call(frame, frame.peek(4), [type(error), error, error.__traceback__], None)
