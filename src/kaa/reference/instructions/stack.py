"""Instructions that only move values about on the stack, and the units that are no instructions."""

from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL


def POP_TOP(frame: Frame, _: int) -> None:
    frame.stack.pop()


def PUSH_NULL(frame: Frame, _: int) -> None:
    frame.stack.append(NULL)


def COPY(frame: Frame, depth: int) -> None:
    frame.stack.append(frame.stack[-depth])


def SWAP(frame: Frame, depth: int) -> None:
    stack = frame.stack
    stack[-1], stack[-depth] = stack[-depth], stack[-1]


def LOAD_CONST(frame: Frame, constant: Any) -> None:
    frame.stack.append(constant)


def NOP(frame: Frame, _: int) -> None:
    pass


def EXTENDED_ARG(frame: Frame, _: int) -> None:
    raise SystemError("EXTENDED_ARG belongs to the instruction behind it")


def CACHE(frame: Frame, _: int) -> None:
    raise SystemError("an inline cache is no instruction")


def RESERVED(frame: Frame, number: int) -> None:
    raise SystemError(f"unknown opcode {number}")
