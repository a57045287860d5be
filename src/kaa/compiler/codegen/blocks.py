"""Frame blocks: the parts of a program in which something waits on the value stack or the block stack."""

from enum import Enum, auto
from typing import Any

from kaa.compiler.unit import Label

__all__ = ["MAX_BLOCKS", "BlockKind", "FrameBlock"]

MAX_BLOCKS = 21
"""How many frame blocks may be open in one code object (CPython's `CO_MAXBLOCKS`)."""


class BlockKind(Enum):
    """What stands on the value stack and the block stack of a frame while a part of a statement runs."""

    WHILE_LOOP = auto()
    FOR_LOOP = auto()
    TRY_EXCEPT = auto()
    FINALLY_TRY = auto()
    FINALLY_END = auto()
    WITH = auto()
    ASYNC_WITH = auto()
    HANDLER_CLEANUP = auto()
    POP_VALUE = auto()
    EXCEPTION_HANDLER = auto()
    EXCEPTION_GROUP_HANDLER = auto()
    ASYNC_COMPREHENSION = auto()
    STOP_ITERATION = auto()


class FrameBlock:
    """An open block: `start` and `exit` are where continue and break go.

    `datum` is what unwinding needs: a finally block's statements, the name of a handler, where a with
    statement's expression stands.
    """

    __slots__ = ("datum", "exit", "kind", "start")

    def __init__(
        self, kind: BlockKind, start: Label | None = None, exit: Label | None = None, datum: Any = None
    ) -> None:
        self.kind = kind
        self.start = start
        self.exit = exit
        self.datum = datum
