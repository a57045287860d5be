"""Instructions for operators, subscripts and formatting. What an operator means is up to the objects."""

from collections.abc import Callable
from typing import Any

from kaa.reference.frame import Frame


def BINARY_OP(frame: Frame, operator: Callable[[Any, Any], Any]) -> None:
    right = frame.stack.pop()
    left = frame.stack.pop()
    frame.stack.append(operator(left, right))


def UNARY_NEGATIVE(frame: Frame, _: int) -> None:
    frame.stack.append(-frame.stack.pop())


def UNARY_INVERT(frame: Frame, _: int) -> None:
    frame.stack.append(~frame.stack.pop())


def UNARY_NOT(frame: Frame, _: int) -> None:
    frame.stack.append(not frame.stack.pop())


def TO_BOOL(frame: Frame, _: int) -> None:
    value = frame.stack.pop()
    frame.stack.append(value if value is True or value is False else bool(value))


def COMPARE_OP(frame: Frame, argument: tuple[Callable[[Any, Any], Any], bool]) -> None:
    compare, to_bool = argument
    right = frame.stack.pop()
    left = frame.stack.pop()
    result = compare(left, right)
    frame.stack.append(bool(result) if to_bool else result)


def IS_OP(frame: Frame, invert: int) -> None:
    right = frame.stack.pop()
    left = frame.stack.pop()
    frame.stack.append(left is not right if invert else left is right)


def CONTAINS_OP(frame: Frame, invert: int) -> None:
    container = frame.stack.pop()
    item = frame.stack.pop()
    frame.stack.append(item not in container if invert else item in container)


def BINARY_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.stack.pop()
    container = frame.stack.pop()
    frame.stack.append(container[key])


def STORE_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.stack.pop()
    container = frame.stack.pop()
    container[key] = frame.stack.pop()


def DELETE_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.stack.pop()
    container = frame.stack.pop()
    del container[key]


def BINARY_SLICE(frame: Frame, _: int) -> None:
    stop = frame.stack.pop()
    start = frame.stack.pop()
    container = frame.stack.pop()
    frame.stack.append(container[start:stop])


def STORE_SLICE(frame: Frame, _: int) -> None:
    stop = frame.stack.pop()
    start = frame.stack.pop()
    container = frame.stack.pop()
    container[start:stop] = frame.stack.pop()


def CONVERT_VALUE(frame: Frame, convert: Callable[[Any], str]) -> None:
    frame.stack.append(convert(frame.stack.pop()))


def FORMAT_SIMPLE(frame: Frame, _: int) -> None:
    value = frame.stack.pop()
    frame.stack.append(value if type(value) is str else format(value, ""))


def FORMAT_WITH_SPEC(frame: Frame, _: int) -> None:
    specification = frame.stack.pop()
    frame.stack.append(format(frame.stack.pop(), specification))
