"""A code object, unfolded for the machine: what the loop fetches, and what a call needs to know.

In: a `CodeType`. Out: its `Program`, with one entry per code unit, so that an index into `instructions` *is* an
instruction offset in code units and a jump target needs no translation. An entry is `(handler, argument,
next)`: the function that carries the instruction out, what its argument stands for (a constant, a name, a jump
target: the table in `kaa.bytecode.instructions` says which), and the offset behind its inline caches.
"""

from __future__ import annotations

import operator
import weakref
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any

from kaa.bytecode import opcodes
from kaa.bytecode.exception_table import Entry
from kaa.bytecode.exception_table import decode as decode_exception_table
from kaa.bytecode.instructions import (
    BINARY_OPERATORS,
    BY_NUMBER,
    COMPARISON_SHIFT,
    COMPARISON_TO_BOOL,
    COMPARISONS,
    CONVERSIONS,
    INTRINSICS_1,
    INTRINSICS_2,
    Argument,
)

if TYPE_CHECKING:
    from kaa.reference.frame import Frame

type Handler = Callable[[Frame, Any], Frame | None]
"""Carries one instruction out. It answers the frame to go on in, or None: the same one."""

HANDLERS: dict[str, Handler] = {}
"""By name of instruction; `kaa.reference.instructions` fills it from its themes."""

FUSED: dict[tuple[str, str], Handler] = {}
"""By the names of two handlers: the one that carries both out; `kaa.reference.fusion` fills it."""

INTRINSICS: dict[str, Callable[..., Any]] = {}
"""By name of intrinsic; `kaa.reference.intrinsics` fills it."""


class Null:
    """The type of NULL: an unbound variable's content, and the place where a call has no `self`."""

    def __repr__(self) -> str:
        return "<NULL>"

    def __reduce__(self) -> str:
        return "NULL"


NULL: Any = Null()

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "&": operator.and_, "//": operator.floordiv, "<<": operator.lshift,
    "@": operator.matmul, "*": operator.mul, "%": operator.mod, "|": operator.or_, "**": operator.pow,
    ">>": operator.rshift, "-": operator.sub, "/": operator.truediv, "^": operator.xor,
    "+=": operator.iadd, "&=": operator.iand, "//=": operator.ifloordiv, "<<=": operator.ilshift,
    "@=": operator.imatmul, "*=": operator.imul, "%=": operator.imod, "|=": operator.ior,
    "**=": operator.ipow, ">>=": operator.irshift, "-=": operator.isub, "/=": operator.itruediv,
    "^=": operator.ixor,
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
"""The operators' meanings are the object library's."""


def _compare_argument(oparg: int) -> tuple[Callable[[Any, Any], Any], bool]:
    return _OPERATORS[COMPARISONS[oparg >> COMPARISON_SHIFT]], bool(oparg & COMPARISON_TO_BOOL)


_MEANINGS: dict[Argument, Callable[[CodeType, int, int], Any]] = {
    Argument.CONST: lambda code, oparg, _: code.co_consts[oparg],
    Argument.NAME: lambda code, oparg, _: code.co_names[oparg],
    Argument.NAME_1: lambda code, oparg, _: code.co_names[oparg >> 1],
    Argument.NAME_2: lambda code, oparg, _: (code.co_names[oparg >> 2], oparg & 3),
    Argument.LOCAL_PAIR: lambda _, oparg, __: (oparg >> 4, oparg & 15),
    Argument.FORWARD: lambda _, oparg, following: following + oparg,
    Argument.BACKWARD: lambda _, oparg, following: following - oparg,
    Argument.OPERATOR: lambda _, oparg, __: _OPERATORS[BINARY_OPERATORS[oparg]],
    Argument.COMPARISON: lambda _, oparg, __: _compare_argument(oparg),
    Argument.CONVERSION: lambda _, oparg, __: CONVERSIONS[oparg],
    Argument.INTRINSIC_1: lambda _, oparg, __: INTRINSICS[INTRINSICS_1[oparg]],
    Argument.INTRINSIC_2: lambda _, oparg, __: INTRINSICS[INTRINSICS_2[oparg]],
}
"""What an argument stands for, given the code, the number and the offset behind the instruction. The kinds
that are not here stand for themselves."""


class Program:
    """What the machine has worked out about one code object."""

    __slots__ = (
        "argument_count",
        "carrier",
        "cells",
        "entries",
        "first_free",
        "fused",
        "instructions",
        "keyword_places",
        "lines",
        "local_names",
        "optimized",
        "positional_only",
        "reference",
        "simple",
        "starts",
        "total_arguments",
        "unbound",
        "variable_keywords",
        "variable_positionals",
    )

    def __init__(self, code: CodeType) -> None:
        names = code.co_varnames
        names += tuple(name for name in code.co_cellvars if name not in names) + code.co_freevars
        self.local_names = names
        self.first_free = len(names) - len(code.co_freevars)
        self.cells = frozenset(
            index for index, name in enumerate(names) if index >= self.first_free or name in code.co_cellvars
        )
        self.argument_count = code.co_argcount
        self.positional_only = code.co_posonlyargcount
        self.total_arguments = code.co_argcount + code.co_kwonlyargcount
        self.keyword_places = {names[i]: i for i in range(self.positional_only, self.total_arguments)}
        self.variable_positionals = bool(code.co_flags & 0x04)
        self.variable_keywords = bool(code.co_flags & 0x08)
        self.optimized = bool(code.co_flags & 0x01)
        self.simple = not (code.co_kwonlyargcount or code.co_flags & 0x0C)
        self.unbound = [NULL] * (len(names) - self.argument_count)
        self.instructions, self.starts = decode(code)
        self.fused = fuse(self.instructions)
        self.entries = decode_exception_table(code.co_exceptiontable)
        self.carrier: CodeType | None = None
        self.lines: list[int | None] | None = None
        self.reference: weakref.ref[CodeType] | None = None

    def line_of(self, code: CodeType, offset: int) -> int | None:
        """The line of the instruction at an offset, if it has one."""
        if self.lines is None:
            self.lines = [line for start, end, line in code.co_lines() for _ in range(start // 2, end // 2)]
        return self.lines[offset]

    def exception_handler(self, offset: int) -> Entry | None:
        """The entry of the exception table that covers an instruction offset."""
        index = bisect_right(self.entries, offset, key=operator.attrgetter("start")) - 1
        if index >= 0 and offset < self.entries[index].end:
            return self.entries[index]
        return None


_FORMS = {"LOAD_ATTR": "LOAD_METHOD", "LOAD_GLOBAL": "LOAD_GLOBAL_AND_NULL"}
"""Instructions whose flag bit, if it is set, makes another instruction of them."""

_VIEWED = frozenset(("tb_frame", "__traceback__"))
"""Attributes that may be frames or tracebacks of the host's own."""


def _form(name: str, oparg: int, argument: Any) -> str:
    """The name of the handler for an instruction."""
    if name in _FORMS and oparg & 1:
        return _FORMS[name]
    if name == "LOAD_ATTR" and argument in _VIEWED:
        return "LOAD_VIEW"
    return name


_UNKNOWN = BY_NUMBER[opcodes.RESERVED]


def decode(code: CodeType) -> tuple[list[tuple[Handler, Any, int]], list[int]]:
    """The entries of a code object, and, for each offset at which one ends, the offset where it starts."""
    units = code.co_code
    count = len(units) // 2
    missing = HANDLERS["RESERVED"]
    instructions: list[tuple[Handler, Any, int]] = [(missing, 0, offset + 1) for offset in range(count)]
    starts = [0] * (count + 1)
    offset, first, high = 0, 0, 0
    while offset < count:
        row = BY_NUMBER.get(units[2 * offset], _UNKNOWN)
        oparg = high << 8 | units[2 * offset + 1]
        following = offset + 1 + row.caches
        if row.number == opcodes.EXTENDED_ARG:
            high = oparg
        else:
            meaning = _MEANINGS.get(row.argument)
            argument = meaning(code, oparg, following) if meaning else oparg
            if row is _UNKNOWN:
                argument = units[2 * offset]
            entry = HANDLERS[_form(row.name, oparg, argument)], argument, following
            # A prefixed instruction starts at its first EXTENDED_ARG, which is where jumps lead.
            for start in range(first, offset + 1):
                instructions[start] = entry
            starts[following] = offset
            first, high = following, 0
        offset = following
    return instructions, starts


def fuse(instructions: list[tuple[Handler, Any, int]]) -> list[tuple[Handler, Any, int]]:
    """The same entries, but that the first of a pair in `FUSED` carries out both: its argument is theirs."""
    fused = instructions.copy()
    for offset in reversed(range(len(instructions))):
        handler, argument, following = instructions[offset]
        if following < len(instructions):
            second = fused[following]
            pair = FUSED.get((handler.__name__, second[0].__name__))
            if pair is not None:
                fused[offset] = pair, (argument, second[1]), second[2]
    return fused


_programs: dict[int, Program] = {}


def _forget(programs: dict[int, Program], identity: int, _: object) -> None:
    programs.pop(identity, None)


def program_of(code: CodeType) -> Program:
    """The program of a code object, worked out on first use and kept as long as the code object lives."""
    identity = id(code)
    program = _programs.get(identity)
    if program is None:
        program = Program(code)
        program.reference = weakref.ref(code, partial(_forget, _programs, identity))
        _programs[identity] = program
    return program
