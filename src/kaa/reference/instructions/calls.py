"""Instructions for calls. `kaa.reference.calls` goes into the callable."""

from collections.abc import Callable
from typing import Any

from kaa.reference.arguments import is_iterable
from kaa.reference.calls import call, enter
from kaa.reference.errors import called
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.program import NULL


def CALL(frame: Frame, count: int) -> Frame | None:
    stack = frame.stack
    if count == 0:
        instance = stack.pop()
        arguments = [] if instance is NULL else [instance]
    elif count == 1:
        argument = stack.pop()
        instance = stack.pop()
        arguments = [argument] if instance is NULL else [instance, argument]
    else:
        arguments = frame.pop_many(count + 1)
        if arguments[0] is NULL:
            del arguments[0]
    callable = stack.pop()
    if type(callable) is Function:
        return enter(frame, callable, arguments, None)
    return call(frame, callable, arguments, None)


def CALL_KW(frame: Frame, count: int) -> Frame | None:
    names = frame.stack.pop()
    callable, *arguments = frame.pop_many(count + 2)
    if arguments[0] is NULL:
        del arguments[0]
    positional = len(arguments) - len(names)
    keywords = dict(zip(names, arguments[positional:], strict=True))
    del arguments[positional:]
    return call(frame, callable, arguments, keywords)


def CALL_FUNCTION_EX(frame: Frame, flags: int) -> Frame | None:
    keywords = frame.stack.pop() if flags & 1 else None
    iterable = frame.stack.pop()
    frame.stack.pop()  # NULL
    callable = frame.stack.pop()
    if keywords is not None and type(keywords) is not dict:
        keywords = _keywords(callable, keywords)
    if not is_iterable(iterable):
        kind = type(iterable).__name__
        raise TypeError(f"{called(callable)} argument after * must be an iterable, not {kind}")
    return call(frame, callable, list(iterable), keywords)


def _keywords(callable: Any, mapping: Any) -> dict[str, Any]:
    if not hasattr(mapping, "keys"):
        kind = type(mapping).__name__
        raise TypeError(f"{called(callable)} argument after ** must be a mapping, not {kind}")
    return dict(mapping)


def CALL_INTRINSIC_1(frame: Frame, intrinsic: Callable[[Frame, Any], Any]) -> None:
    frame.stack.append(intrinsic(frame, frame.stack.pop()))


def CALL_INTRINSIC_2(frame: Frame, intrinsic: Callable[[Frame, Any, Any], Any]) -> None:
    second = frame.stack.pop()
    frame.stack.append(intrinsic(frame, frame.stack.pop(), second))


def EXIT_INIT_CHECK(frame: Frame, _: int) -> None:
    value = frame.stack.pop()
    if value is not None:
        raise TypeError(f"__init__() should return None, not '{type(value).__name__}'")
