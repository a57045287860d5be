"""Instructions for operators, subscripts and formatting. What an operator means is up to the objects."""

from collections.abc import Callable
from typing import Any

from kaa.reference.frame import Frame


def BINARY_OP(frame: Frame, operator: Callable[[Any, Any], Any]) -> None:
    right = frame.pop()
    left = frame.pop()
    frame.push(operator(left, right))


def UNARY_NEGATIVE(frame: Frame, _: int) -> None:
    frame.push(-frame.pop())


def UNARY_INVERT(frame: Frame, _: int) -> None:
    frame.push(~frame.pop())


def UNARY_NOT(frame: Frame, _: int) -> None:
    frame.push(not frame.pop())


def TO_BOOL(frame: Frame, _: int) -> None:
    value = frame.pop()
    frame.push(value if value is True or value is False else bool(value))


def COMPARE_OP(frame: Frame, argument: tuple[Callable[[Any, Any], Any], bool]) -> None:
    compare, to_bool = argument
    right = frame.pop()
    left = frame.pop()
    result = compare(left, right)
    frame.push(bool(result) if to_bool else result)


def IS_OP(frame: Frame, invert: int) -> None:
    right = frame.pop()
    left = frame.pop()
    frame.push(left is not right if invert else left is right)


def CONTAINS_OP(frame: Frame, invert: int) -> None:
    container = frame.pop()
    item = frame.pop()
    frame.push(item not in container if invert else item in container)


def BINARY_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.pop()
    container = frame.pop()
    frame.push(container[key])


def STORE_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.pop()
    container = frame.pop()
    container[key] = frame.pop()


def DELETE_SUBSCR(frame: Frame, _: int) -> None:
    key = frame.pop()
    container = frame.pop()
    del container[key]


def BINARY_SLICE(frame: Frame, _: int) -> None:
    stop = frame.pop()
    start = frame.pop()
    container = frame.pop()
    frame.push(container[start:stop])


def STORE_SLICE(frame: Frame, _: int) -> None:
    stop = frame.pop()
    start = frame.pop()
    container = frame.pop()
    container[start:stop] = frame.pop()


def CONVERT_VALUE(frame: Frame, convert: Callable[[Any], str]) -> None:
    frame.push(convert(frame.pop()))


def FORMAT_SIMPLE(frame: Frame, _: int) -> None:
    value = frame.pop()
    frame.push(value if type(value) is str else format(value, ""))


def FORMAT_WITH_SPEC(frame: Frame, _: int) -> None:
    specification = frame.pop()
    frame.push(format(frame.pop(), specification))
