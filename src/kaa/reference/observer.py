"""Watching a run: an observer gets every event, and limits end a run that goes too far.

    machine = Machine(compile, observer=Trace(), limits=Limits(instructions=1_000_000))

With either of them the machine's loop is `Machine._watch`; without, there is nothing to pay.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import Handler


class Observer:
    """Gets a run's events. Each method does nothing until a subclass says what."""

    def instruction(self, frame: Frame, offset: int) -> None:
        """The instruction at this offset (in code units) is next."""

    def call(self, frame: Frame) -> None:
        """A frame is entered: it is new, or its generator is resumed."""

    def returned(self, frame: Frame, value: Any) -> None:
        """A frame is left with a value that it returns or yields."""

    def raised(self, frame: Frame, error: BaseException) -> None:
        """An exception has come to a frame."""

    def allocated(self, frame: Frame, value: Any) -> None:
        """A container or an instance of a class has been made."""


class LimitReached(BaseException):
    """A run has reached one of its limits. Guest code cannot go on after it, whatever it catches."""


@dataclass
class Limits:
    """How far a run may go; None is without end.

    `instructions` counts those of all threads, `depth` frames on top of each other, `seconds` the time since the
    first instruction.
    """

    instructions: int | None = None
    depth: int | None = None
    seconds: float | None = None
    executed: int = 0
    deadline: float | None = None

    def check(self, frame: Frame) -> None:
        """Count one instruction of a frame."""
        self.executed += 1
        if self.instructions is not None and self.executed > self.instructions:
            raise LimitReached(f"the program has run {self.instructions} instructions, which is its limit")
        if self.depth is not None and frame.depth > self.depth:
            raise LimitReached(f"the program is {self.depth} calls deep, which is its limit")
        if self.seconds is not None:
            now = time.monotonic()
            if self.deadline is None:
                self.deadline = now + self.seconds
            if now > self.deadline:
                raise LimitReached(f"the program has run for {self.seconds} seconds, which is its limit")


def value_handed_over(handler: Handler, frame: Frame, argument: Any) -> Any:
    """What an instruction that leaves the frame is about to hand over."""
    return argument if handler.__name__ == "RETURN_CONST" else frame.peek()


LEAVING = frozenset(("RETURN_VALUE", "RETURN_CONST", "YIELD_VALUE"))
"""The instructions that leave a frame with a value."""

ALLOCATING = frozenset(("BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_MAP", "BUILD_CONST_KEY_MAP"))
"""The instructions that make containers. Instances are reported by `calls`."""

CALLING = frozenset(("CALL", "CALL_KW", "CALL_FUNCTION_EX"))
"""The instructions that call anything."""
