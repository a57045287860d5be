"""The verifier: proves that a code object cannot crash the machine that runs it.

In: a `CodeImage` that the reader made of a file, or a real code object. Out: nothing, or `DamagedCode` that says
what is wrong and where.

CPython trusts bytecode; a wrong byte in a cache makes it read beyond an array or take NULL for an object. What is
proved here, for the code object and all those in its constants:

- the fields fit each other: counts, flags, names, kinds of variables; constants are constants;
- `co_code` is a sequence of instructions with empty caches, and each argument is one that its instruction knows:
  indices lie within constants, names and variables, jumps and handlers lead to instructions;
- both tables are well formed, within the code, and the exception table is in order;
- the code starts the way frames start: closure copied, cells made, generator returned, RESUME;
- on every path (`abstract_run`) the stack stays within its bounds and each instruction finds the operands that it
  trusts.

What is not proved is that the code means anything: a program that loops for ever, or adds a number to a text, is
an ordinary program.
"""

from collections.abc import Collection, Iterator
from types import CodeType, EllipsisType
from typing import Any

from kaa.bytecode import code_units, exception_table, line_table, opcodes
from kaa.bytecode.abstract_run import AbstractRun, Instructions
from kaa.bytecode.code_image import CELL, FREE, HIDDEN, LOCAL, CodeImage, DamagedCode, image_of
from kaa.bytecode.exception_table import Entry
from kaa.bytecode.instructions import (
    AWAITABLE_ORIGINS,
    BINARY_OPERATORS,
    BY_NUMBER,
    COMPARISON_MASKS,
    COMPARISON_SHIFT,
    COMPARISON_TO_BOOL,
    CONVERSIONS,
    FUNCTION_ATTRIBUTES,
    INTRINSICS_1,
    INTRINSICS_2,
    Argument,
    Flow,
    Instruction,
)
from kaa.bytecode.kinds import ANY, ASKS_NOTHING, NONE, TEXT, Kinds, Signature

_CO_OPTIMIZED = 0x1
_CO_VARARGS = 0x4
_CO_VARKEYWORDS = 0x8
_GENERATOR_FLAGS = {0, 0x20, 0x80, 0x200, 0x20 | 0x100}
_CO_ANY_GENERATOR = 0x20 | 0x80 | 0x100 | 0x200
_KNOWN_FLAGS = 0x3FF | 0x1FE0000
"""The flags that the machine looks at, and those of `from __future__ import`."""

_MAX_NESTING = 300
_MAX_STACK_WORK = 1 << 35
"""Code units times stack size. Far above what a compiler emits; it bounds the time spent here."""

_ONLY_STR = {str}
_SLOT_ORDER = (LOCAL, CELL, FREE)
_CONSTANT_KINDS = {
    **dict.fromkeys((bool, int, float, complex, bytes, EllipsisType), ANY),
    type(None): NONE,
    str: TEXT,
}

_NEEDS_NAMESPACE = code_units.any_of(
    *(
        opcodes.LOAD_NAME,
        opcodes.STORE_NAME,
        opcodes.DELETE_NAME,
        opcodes.LOAD_LOCALS,
        opcodes.SETUP_ANNOTATIONS,
    )
)
"""What only runs in a frame that has a mapping for its names."""


def verify(code: CodeImage | CodeType) -> None:
    """Prove a module's code object safe to run."""
    signature = _Verifier().code(code)
    if signature != ASKS_NOTHING:
        raise DamagedCode(f"{_name(code)}: a program cannot have free variables, nor trust its arguments")


def verify_function(code: CodeImage | CodeType) -> Signature:
    """Prove the code object of a function safe, and say what it asks of those who make and call it."""
    return _Verifier().code(code)


def analyse_function(code: CodeType) -> AbstractRun:
    """Prove the code object of a function safe, and give what is known of each place in it."""
    try:
        return _Verifier().analyse(image_of(code))
    except ValueError as error:
        raise (
            error if isinstance(error, DamagedCode) else DamagedCode(f"{code.co_qualname}: {error}")
        ) from None


def _name(code: CodeImage | CodeType) -> str:
    return code.qualname if isinstance(code, CodeImage) else code.co_qualname


class _Verifier:
    """What is shared by all code objects of one file: the kinds, and the signatures found so far."""

    __slots__ = ("kinds", "nesting", "signatures")

    def __init__(self) -> None:
        self.kinds = Kinds()
        self.nesting = 0
        self.signatures: dict[int, Signature] = {}

    def code(self, code: CodeImage | CodeType) -> Signature:
        """Verify a code object and those in its constants, those first."""
        known = self.signatures.get(id(code))
        if known is not None:
            return known
        image = image_of(code) if isinstance(code, CodeType) else code
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise DamagedCode(f"{image.qualname}: code objects are nested too deeply")
        try:
            signature = self.analyse(image).signature()
        except ValueError as error:
            raise (
                error if isinstance(error, DamagedCode) else DamagedCode(f"{image.qualname}: {error}")
            ) from None
        self.nesting -= 1
        self.signatures[id(code)] = signature
        return signature

    def analyse(self, code: CodeImage) -> AbstractRun:
        """All checks of one code object; what is known of each place in it."""
        _check_fields(code)
        kind_of = _CONSTANT_KINDS.get
        constant_kinds = [kind_of(type(constant)) or self.constant(constant) for constant in code.consts]
        starts, packed = code_units.split(code.code)
        in_order = code_units.opcodes_in_order(code.code)
        _check_arguments(code, set(packed))
        if code.flags & _CO_OPTIMIZED and _NEEDS_NAMESPACE.search(in_order):
            raise ValueError("a function looks for names in a namespace")
        _check_lines(code)
        entries = _check_exception_table(code, starts)
        body = _check_beginning(code, packed, in_order)
        instructions = Instructions(starts, packed, in_order, body)
        run = AbstractRun(code, instructions, entries, constant_kinds, self.kinds)
        run.run()
        return run

    def constant(self, constant: Any) -> str:
        """Check a constant that is not of a simple type; return its kind."""
        if isinstance(constant, CodeImage | CodeType):
            return self.kinds.code(self.code(constant))
        _check_constant(constant)
        return self.kinds.tuple_of(len(constant)) if type(constant) is tuple else ANY


def _check_fields(code: CodeImage) -> None:
    """The fields that are not instructions: types, counts, flags, names."""
    if not _ONLY_STR.issuperset(map(type, code.names + code.slots)):
        raise ValueError("a name is not a str")
    if len(code.slots) != len(code.kinds):
        raise ValueError("there is not one kind for each variable")
    variables = code.kinds.count(LOCAL)
    if variables != len(code.kinds):
        order = [_SLOT_ORDER.index(_main_kind(kind)) for kind in code.kinds]
        if order != sorted(order):
            raise ValueError("the variables are out of order")
        variables = order.count(0)
    stars = bool(code.flags & _CO_VARARGS) + bool(code.flags & _CO_VARKEYWORDS)
    if not 0 <= code.posonlyargcount <= code.argcount or code.kwonlyargcount < 0:
        raise ValueError("the argument counts contradict each other")
    if code.argcount + code.kwonlyargcount + stars > variables:
        raise ValueError("there are more arguments than variables")
    if code.flags & ~_KNOWN_FLAGS or code.flags & _CO_ANY_GENERATOR not in _GENERATOR_FLAGS:
        raise ValueError(f"flags {code.flags:#x}")
    units = len(code.code) // 2
    if not 0 <= code.stacksize <= 2 * units + 8 or units * code.stacksize > _MAX_STACK_WORK:
        raise ValueError(f"a stack size of {code.stacksize} for {units} code units")
    if code.firstlineno < 0:
        raise ValueError(f"the first line is {code.firstlineno}")


def _main_kind(kind: int) -> int:
    """LOCAL, CELL or FREE."""
    for main in _SLOT_ORDER:
        if kind & main:
            extra = kind & ~main
            if extra & ~(CELL | HIDDEN if main == LOCAL else 0) == 0:
                return main
    raise ValueError(f"a variable of kind {kind:#x}")


def _check_constant(constant: Any) -> None:
    """A tuple or frozenset of constants."""
    if type(constant) not in (tuple, frozenset):
        raise ValueError(f"a constant of type {type(constant).__name__}")
    for item in constant:
        if type(item) not in _CONSTANT_KINDS:
            _check_constant(item)


def _check_arguments(code: CodeImage, instructions: set[int]) -> None:
    """The argument of each packed instruction must be one that the instruction knows, wherever it stands."""
    lengths = len(code.consts), len(code.names), len(code.slots), 0
    for instruction in instructions - _ALWAYS_GOOD:
        field, shift = _INDICES[instruction & 0xFF]
        if instruction >> shift < lengths[field]:
            continue
        oparg = instruction >> 8
        row = BY_NUMBER[instruction & 0xFF]
        if field != _NO_INDEX or not _knows(code, row, oparg):
            raise ValueError(f"{row.name} with an argument of {oparg}")


def _knows(code: CodeImage, row: Instruction, oparg: int) -> bool:
    """Whether an instruction can do with an argument that is no plain index."""
    known = _KNOWN_ARGUMENTS.get(row.name)
    if known is not None:
        return oparg in known
    match row.argument:
        case Argument.NONE:
            return oparg == 0
        case Argument.LOCAL_PAIR:
            return oparg < 256 and max(oparg >> 4, oparg & 15) < len(code.slots)
        case Argument.CELL:
            return oparg < len(code.slots) and bool(code.kinds[oparg] & (CELL | FREE))
        case Argument.DEPTH:
            return 1 <= oparg <= code.stacksize
    return isinstance(row.pushes, int) or row.pushes(oparg) <= code.stacksize


_CONSTS, _NAMES, _SLOTS, _NO_INDEX = range(4)

_INDEX_ARGUMENTS = {
    Argument.CONST: (_CONSTS, 8),
    Argument.NAME: (_NAMES, 8),
    Argument.NAME_1: (_NAMES, 9),
    Argument.NAME_2: (_NAMES, 10),
    Argument.LOCAL: (_SLOTS, 8),
}
"""Arguments that are indices: of what, and how far they are shifted in a packed instruction."""

_INDICES = [(_NO_INDEX, 0)] * 256
"""The same by opcode."""

for _row in BY_NUMBER.values():
    if not _row.is_pseudo:
        _INDICES[_row.number] = _INDEX_ARGUMENTS.get(_row.argument, (_NO_INDEX, 0))


_COMPARISON_ARGUMENTS = {
    index << COMPARISON_SHIFT | mask | to_bool
    for index, mask in enumerate(COMPARISON_MASKS)
    for to_bool in (0, COMPARISON_TO_BOOL)
}

_KNOWN_ARGUMENTS: dict[str, Collection[int]] = {
    "BINARY_OP": range(len(BINARY_OPERATORS)),
    "BUILD_SLICE": (2, 3),
    "CALL_FUNCTION_EX": (0, 1),
    "CALL_INTRINSIC_1": range(1, len(INTRINSICS_1)),
    "CALL_INTRINSIC_2": range(1, len(INTRINSICS_2)),
    "COMPARE_OP": _COMPARISON_ARGUMENTS,
    "CONTAINS_OP": (0, 1),
    "CONVERT_VALUE": range(1, len(CONVERSIONS)),
    "GET_AWAITABLE": range(len(AWAITABLE_ORIGINS)),
    "IS_OP": (0, 1),
    "RAISE_VARARGS": range(3),
    "RESUME": range(8),
    # The host keeps the distance to the end of a delegation in sixteen bits.
    "SEND": range(0x8000),
    "SET_FUNCTION_ATTRIBUTE": FUNCTION_ATTRIBUTES.keys(),
    "YIELD_VALUE": (0, 1),
}


def _always_good() -> Iterator[int]:
    """The packed instructions with a small argument that are good in every code object."""
    depending = {*_INDEX_ARGUMENTS, Argument.LOCAL_PAIR, Argument.CELL, Argument.DEPTH}
    for row in BY_NUMBER.values():
        if row.argument is Argument.NONE:
            yield row.number
        elif row.argument not in depending and isinstance(row.pushes, int):
            small = 64 if row.flow is Flow.NEXT else 256
            for oparg in _KNOWN_ARGUMENTS.get(row.name, range(small)):
                if oparg < small:
                    yield oparg << 8 | row.number


_ALWAYS_GOOD = frozenset(_always_good())


def _check_lines(code: CodeImage) -> None:
    """The location table is well formed and stays within the code."""
    if line_table.covered(code.linetable) > len(code.code) // 2:
        raise ValueError("the location table is longer than the code")


def _check_exception_table(code: CodeImage, starts: list[int]) -> list[Entry]:
    """The exception table is in order, and refers to instructions."""
    if not code.exceptiontable:
        return []
    entries = exception_table.decode(code.exceptiontable)
    positions = {*starts, len(code.code) // 2}
    end = 0
    for entry in entries:
        if not end <= entry.start < entry.end:
            raise ValueError("the exception table is out of order")
        end = entry.end
        if entry.target < end:
            raise ValueError("an exception handler does not lie behind what it protects")
        if not positions.issuperset((entry.start, end, entry.target)) or entry.target == len(code.code) // 2:
            raise ValueError("the exception table refers to what is no instruction")
    return entries


def _check_beginning(code: CodeImage, packed: list[int], in_order: bytes) -> int:
    """A frame starts in one way only; return the index of the first instruction behind that.

    The order is: closure copied, cells made, generator returned and the first value sent to it dropped, RESUME.
    """
    free = code.kinds.count(FREE)
    generator = code.flags & _CO_ANY_GENERATOR
    if in_order.count(opcodes.COPY_FREE_VARS) != bool(free):
        raise ValueError("the closure is not copied once")
    if in_order.count(opcodes.RETURN_GENERATOR) != bool(generator):
        raise ValueError("a generator is not returned once")
    index = 0
    if free:
        if packed[0] != opcodes.COPY_FREE_VARS | free << 8:
            raise ValueError("the closure is not copied first")
        index = 1
    while packed[index : index + 1] and packed[index] & 0xFF == opcodes.MAKE_CELL:
        index += 1
    if generator:
        if packed[index : index + 2] != [opcodes.RETURN_GENERATOR, opcodes.POP_TOP]:
            raise ValueError("the generator is not returned at the beginning")
        index += 2
    if packed[index : index + 1] != [opcodes.RESUME]:
        raise ValueError("there is no RESUME at the beginning")
    return index + 1
