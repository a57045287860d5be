"""Pairs of instructions that often follow one another, carried out as one: what makes the plain loop quicker.

In: the entries of a program, one per code unit. Out: a copy for the loop that nobody watches, in which the first
entry of such a pair carries out both. The second keeps its own entry, for jumps that lead to it.

    LOAD_FAST  self             both, with the argument (self, "count")
    LOAD_ATTR  count     →      LOAD_ATTR  count

Such a pair may in turn be the second half of another. A pair shows no more of itself than its instructions do one
by one: where the first half can fail or call guest code, it is carried out alone. Tracers, observers and limits see
single instructions; their loops use the plain entries.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

from kaa.bytecode.instructions import BY_NAME
from kaa.reference.calls import go_on
from kaa.reference.frame import Frame
from kaa.reference.program import FUSED, NULL

_JUMP = 1 + BY_NAME["POP_JUMP_IF_FALSE"].caches
"""How many code units a conditional jump takes."""


def LOAD_FAST_then_LOAD_ATTR(frame: Frame, argument: tuple[int, str]) -> None:
    index, name = argument
    frame.stack.append(getattr(frame.variables[index], name))


def LOAD_FAST_then_LOAD_METHOD(frame: Frame, argument: tuple[int, str]) -> None:
    index, name = argument
    value = getattr(frame.variables[index], name)
    if type(value) is MethodType:
        frame.stack.append(value.__func__)
        frame.stack.append(value.__self__)
    else:
        frame.stack.append(value)
        frame.stack.append(NULL)


def LOAD_FAST_then_STORE_ATTR(frame: Frame, argument: tuple[int, str]) -> Frame | None:
    watched = frame.thread.watched
    index, name = argument
    setattr(frame.variables[index], name, frame.stack.pop())
    return go_on(frame, watched)


def LOAD_FAST_then_POP_JUMP_IF_NONE(frame: Frame, argument: tuple[int, int]) -> None:
    index, target = argument
    if frame.variables[index] is None:
        frame.next = target


def LOAD_FAST_then_POP_JUMP_IF_NOT_NONE(frame: Frame, argument: tuple[int, int]) -> None:
    index, target = argument
    if frame.variables[index] is not None:
        frame.next = target


def TO_BOOL_then_POP_JUMP_IF_FALSE(frame: Frame, argument: tuple[int, int]) -> None:
    value = frame.stack[-1]
    if value is True:
        frame.stack.pop()
    elif value is False or value is None:
        frame.stack.pop()
        _, frame.next = argument
    else:
        to_bool(frame)


def TO_BOOL_then_POP_JUMP_IF_TRUE(frame: Frame, argument: tuple[int, int]) -> None:
    value = frame.stack[-1]
    if value is False or value is None:
        frame.stack.pop()
    elif value is True:
        frame.stack.pop()
        _, frame.next = argument
    else:
        to_bool(frame)


def COPY_then_TO_BOOL_then_POP_JUMP_IF_FALSE(frame: Frame, argument: tuple[int, tuple[int, int]]) -> None:
    """The `and` of two operands."""
    depth, (_, target) = argument
    value = frame.stack[-depth]
    if value is False or value is None:
        frame.next = target
    elif value is not True:
        frame.stack.append(value)
        to_bool(frame)


def COPY_then_TO_BOOL_then_POP_JUMP_IF_TRUE(frame: Frame, argument: tuple[int, tuple[int, int]]) -> None:
    """The `or` of two operands."""
    depth, (_, target) = argument
    value = frame.stack[-depth]
    if value is True:
        frame.next = target
    elif value is not False and value is not None:
        frame.stack.append(value)
        to_bool(frame)


def to_bool(frame: Frame) -> None:
    """TO_BOOL alone: what `bool` calls may fail, or look at the frame."""
    frame.next -= _JUMP
    frame.stack.append(bool(frame.stack.pop()))


def _names_of(pair: Callable[..., Any]) -> tuple[str, str]:
    first, second = pair.__name__.split("_then_", 1)
    return first, second


FUSED.update((_names_of(pair), pair) for name, pair in list(globals().items()) if "_then_" in name)
