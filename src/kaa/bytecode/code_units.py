"""Code units to instructions: the one place that takes `co_code` apart.

In: the bytes of a code object's instructions. Out: its instructions in order, with their arguments completed from
the EXTENDED_ARG units in front, and the inline caches left out. The disassembler, the verifier and the machines
share it.

All positions are counted in code units of two bytes.
"""

import re
import sys
from array import array
from itertools import compress
from typing import NamedTuple

from kaa.bytecode.instructions import BY_NAME, BY_NUMBER, CACHES, Argument

_EXTENDED_ARG = BY_NAME["EXTENDED_ARG"].number
_CACHE = bytes((BY_NAME["CACHE"].number,))
_NO_INSTRUCTIONS = _CACHE + bytes((_EXTENDED_ARG,))
_NOT_IN_CODE = {"CACHE", "RESERVED", "EXTENDED_ARG", "INTERPRETER_EXIT", "EXIT_INIT_CHECK", "ENTER_EXECUTOR"}
"""Real opcodes that stand for no instruction of a program."""


class CodeInstruction(NamedTuple):
    """An instruction in its place: `start` is that of its first EXTENDED_ARG, `end` lies behind its caches."""

    start: int
    opcode: int
    oparg: int
    end: int

    @property
    def target(self) -> int | None:
        """Where it jumps to; None if it does not jump."""
        match BY_NUMBER[self.opcode].argument:
            case Argument.FORWARD:
                return self.end + self.oparg
            case Argument.BACKWARD:
                return self.end - self.oparg
            case _:
                return None


def instructions(code: bytes) -> list[CodeInstruction]:
    """The instructions of a code object's `co_code`; ValueError if the bytes are no sequence of instructions."""
    starts, packed = split(code)
    ends = [*starts[1:], len(code) // 2]
    return [
        CodeInstruction(start, instruction & 0xFF, instruction >> 8, end)
        for start, instruction, end in zip(starts, packed, ends, strict=False)
    ]


def split(code: bytes) -> tuple[list[int], list[int]]:
    """The same in two lists, for those who cannot wait: starts, and *packed* instructions, `oparg << 8 | opcode`.

    Everything here happens in the regular expression engine and in `itertools`: a twentieth of a microsecond
    an instruction.
    """
    structure = _STRUCTURE.match(code)
    if structure is None or structure.end() != len(code):
        raise ValueError(_structural_fault(code, structure.end() if structure else 0))
    units = array("H", code)
    if sys.byteorder == "big":
        units.byteswap()
    opcodes = code[::2]
    starts = list(compress(range(len(units)), opcodes))
    packed = list(filter(None, units))
    if _EXTENDED_ARG in opcodes:
        return _fold_extended(starts, packed, opcodes.translate(None, _CACHE))
    return starts, packed


def opcodes_in_order(code: bytes) -> bytes:
    """The opcode of each instruction, a byte each, of code that `split` has accepted."""
    return code[::2].translate(None, _NO_INSTRUCTIONS)


def any_of(*opcodes: int) -> re.Pattern[bytes]:
    """A pattern for one of these opcodes, to search what `opcodes_in_order` returns."""
    return re.compile(b"[%b]" % re.escape(bytes(opcodes)), re.DOTALL)


def encode(opcode: int, oparg: int = 0) -> bytes:
    """The code units of an instruction, with its EXTENDED_ARGs and empty caches."""
    extensions = b"".join(
        bytes((_EXTENDED_ARG, oparg >> shift & 0xFF)) for shift in (24, 16, 8) if oparg >> shift
    )
    return extensions + bytes((opcode, oparg & 0xFF)) + bytes(2 * CACHES[opcode])


def _structure() -> re.Pattern[bytes]:
    """A pattern for any sequence of instructions, each followed by as many zeroed cache units as it wants."""
    by_caches: dict[int, bytes] = {}
    for row in BY_NUMBER.values():
        if not row.is_pseudo and row.name not in _NOT_IN_CODE:
            by_caches[row.caches] = by_caches.get(row.caches, b"") + re.escape(bytes((row.number,)))
    forms = b"|".join(
        b"[%b].%b" % (opcodes, rb"\0" * (2 * caches)) for caches, opcodes in sorted(by_caches.items())
    )
    extended = re.escape(bytes((_EXTENDED_ARG,)))
    return re.compile(b"(?:(?:%b.){0,3}+(?:%b))*+" % (extended, forms), re.DOTALL)


_STRUCTURE = _structure()


def _structural_fault(code: bytes, end: int) -> str:
    """Say why no instruction starts at a byte of the code."""
    place = f"at code unit {end // 2}"
    while code[end : end + 1] == bytes((_EXTENDED_ARG,)):
        end += 2
    row = BY_NUMBER.get(code[end]) if end + 1 < len(code) else None
    if end + 1 >= len(code):
        return f"the code ends within an instruction, {place}"
    if row is None or row.name in _NOT_IN_CODE:
        return f"there is no instruction with the number {code[end]}, {place}"
    return f"{row.name} is not followed by {row.caches} empty caches, or has too many EXTENDED_ARGs, {place}"


def _fold_extended(starts: list[int], packed: list[int], in_order: bytes) -> tuple[list[int], list[int]]:
    """Join EXTENDED_ARGs with the instructions they belong to, which start where the first of them stands."""
    for extensions in _EXTENSIONS.finditer(in_order):
        first, last = extensions.span()
        high = 0
        for extension in packed[first:last]:
            high = high << 8 | extension >> 8
        packed[last] |= high << 16
        starts[last] = starts[first]
    others = in_order.translate(_WITHOUT_EXTENSIONS)
    return list(compress(starts, others)), list(compress(packed, others))


_EXTENSIONS = re.compile(re.escape(bytes((_EXTENDED_ARG,))) + b"+")
_WITHOUT_EXTENSIONS = bytes(0 if opcode == _EXTENDED_ARG else opcode for opcode in range(256))
