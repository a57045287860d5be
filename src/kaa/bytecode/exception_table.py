"""The exception table: which handler takes over when an instruction raises.

In and out: `co_exceptiontable`, a string of bytes, and a list of `Entry`s in the order of the code. All
positions are counted in code units.

Each entry is four variable-length numbers, six bits a byte, the highest bits first; bit 6 says that a byte
follows, and bit 7 marks the first byte of an entry, so that a binary search can find one. The numbers are:
start, length, target, and the stack depth to restore, doubled, with a low bit that asks for the offset of the
raising instruction to be pushed below the exception.

Facts: CPython 3.13, `InternalDocs/exception_handling.md`.
"""

from collections.abc import Iterable
from typing import NamedTuple

_START_OF_ENTRY = 0x80
_MORE = 0x40


class Entry(NamedTuple):
    """Instructions from `start` up to but without `end` are protected by the handler at `target`.

    The handler starts with the `depth` lowest values of the stack, then (`lasti`) the offset of the
    instruction that raised, then the exception.
    """

    start: int
    end: int
    target: int
    depth: int
    lasti: bool


def encode(entries: Iterable[Entry]) -> bytes:
    """The table as bytes; `decode` is its inverse."""
    table = bytearray()
    for start, end, target, depth, lasti in entries:
        first = len(table)
        for number in (start, end - start, target, depth << 1 | lasti):
            if number >= 64:
                for shift in range((number.bit_length() - 1) // 6 * 6, 0, -6):
                    table.append(number >> shift & 63 | _MORE)
            table.append(number & 63)
        table[first] |= _START_OF_ENTRY
    return bytes(table)


def decode(table: bytes) -> list[Entry]:
    """The entries; ValueError if the bytes are no exception table."""
    entries = []
    numbers: list[int] = []
    number = 0
    inside_number = False
    for position, byte in enumerate(table):
        if bool(byte & _START_OF_ENTRY) != (not numbers and not inside_number):
            raise ValueError(
                f"exception table: an entry ends or starts in the wrong place, at byte {position}"
            )
        number = number << 6 | byte & 63
        inside_number = bool(byte & _MORE)
        if not inside_number:
            numbers.append(number)
            number = 0
            if len(numbers) == 4:
                start, length, target, depth_lasti = numbers
                entries.append(Entry(start, start + length, target, depth_lasti >> 1, bool(depth_lasti & 1)))
                numbers = []
    if numbers or inside_number:
        raise ValueError("exception table: it ends within an entry")
    return entries
