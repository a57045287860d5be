"""What a template leaves open, to be filled in for each instruction by the linker.

A hole's name is what its value means; `linker.py` computes it. `NEXT(sp)` goes on with the next instruction,
`TARGET(sp)` with the one that a jump aims at; frame and thread go along in their registers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kaa.native.function import OWN_PARTS, TEMPLATE, Hole
from kaa.native.layouts import Frame, Object, ThreadState
from kaa.native.types import CSTRING, Function, Pointer, Ptr, Reference, i64, u16, u64

if TYPE_CHECKING:

    class Jump:
        """The result of a template: none; it ends in a jump."""

    Continuation = Callable[..., Jump]
    Stack = Ptr[Object]
else:
    Jump = None
    Stack = Ptr[Object]
    Continuation = Function(
        (Reference(Frame), Pointer(Reference(Object)), Reference(ThreadState), CSTRING, CSTRING),
        None,
        convention=TEMPLATE,
    )

DONE: Any = None
"""What a template returns that ends the machine's run."""

_NUMBER: Final[Any] = i64
_UNITS: Final[Any] = Pointer(u16)  # type: ignore[arg-type]  # at run time u16 is a Scalar
_WORDS: Final[Any] = Pointer(u64)  # type: ignore[arg-type]
_OBJECT: Final[Any] = Reference(Object)


def _hole(name: str, kind: Any, bits: int) -> Any:
    return Hole(name, kind, bits)


NEXT: Continuation = _hole("NEXT", Continuation, 0)
"""The next instruction (or the next part of this one)."""
TARGET: Continuation = _hole("TARGET", Continuation, 0)
"""The instruction that a jump goes to."""
RESUMED: Continuation = _hole("RESUMED", Continuation, 0)
"""The second part of this instruction, where a callee's result arrives."""
OPARG: int = _hole("OPARG", _NUMBER, 32)
"""The instruction's argument, with all its prefixes."""
LOCAL: int = _hole("LOCAL", _NUMBER, 31)
"""Bytes from the frame to the local variable that the argument names."""
FIRST: int = _hole("FIRST", _NUMBER, 31)
"""The same for the first of two locals (argument >> 4)."""
SECOND: int = _hole("SECOND", _NUMBER, 31)
"""The same for the second of two locals (argument & 15)."""
CONSTANT: Object = _hole("CONSTANT", _OBJECT, 64)
"""The constant that the argument names."""
NAME: Object = _hole("NAME", _OBJECT, 64)
"""The name (an interned string) that the argument names."""
INSTRUCTION: Ptr[int] = _hole("INSTRUCTION", _UNITS, 64)
"""The host's code unit of this instruction."""
FOLLOWING: Ptr[int] = _hole("FOLLOWING", _UNITS, 64)
"""The host's code unit of the next instruction."""
VERSION: Ptr[int] = _hole("VERSION", _WORDS, 0)
"""The thread's `eval_breaker` for which this machine code is valid and nothing is asked of the thread."""
CACHE: Ptr[int] = _hole("CACHE", _WORDS, 0)
"""This instruction's own words of inline cache, zero at first."""
BRANCH: Continuation = _hole("BRANCH", Continuation, 0)
"""In a template that does the next instruction's work too: where that one jumps to."""
AFTER: Continuation = _hole("AFTER", Continuation, 0)
"""The same: the instruction behind that one."""
STORED: int = _hole("STORED", _NUMBER, 31)
"""The same: bytes from the frame to the local variable that the next instruction stores into."""
LOADED: int = _hole("LOADED", _NUMBER, 31)
"""The same, for the local variable that it loads then."""
FOLLOWER_CACHE: Ptr[int] = _hole("FOLLOWER_CACHE", _WORDS, 0)
"""The same: the next instruction's words of inline cache."""

HOLES: Final = (
    "",
    "NEXT",
    "TARGET",
    "RESUMED",
    "OPARG",
    "LOCAL",
    "FIRST",
    "SECOND",
    "CONSTANT",
    "NAME",
    "INSTRUCTION",
    "FOLLOWING",
    "VERSION",
    "CACHE",
    "BRANCH",
    "AFTER",
    "STORED",
    "LOADED",
    "FOLLOWER_CACHE",
    *OWN_PARTS,
)
"""Their order is the linker's numbering; the first is a place in the image."""
