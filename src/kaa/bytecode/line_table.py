"""The location table: from which place in the source each instruction comes.

In and out: `co_linetable`, a string of bytes, and rows `(units, location)`: so many code units in a row come
from that location, a tuple `(line, end_line, column, end_column)`. Lines count from 1, columns from 0, in bytes
of UTF-8; -1 stands for what is not known, and `NO_LOCATION` for an instruction that stands for nothing in the
source.

An entry starts with a byte whose bit 7 is set; the next four bits are the form, the last three the number of
code units less one. What follows depends on the form, and lines are counted from the line of the entry before
(at first: `co_firstlineno`):

    0 to 9    short     same line; column below 80 (its upper bits are the form), less than 16 bytes long
    10 to 12  one line  zero to two lines on; columns below 128, a byte each
    13        no columns  a signed number: lines on
    14        long      lines on (signed), lines to the end, column + 1, end column + 1
    15        none      no location

Numbers are variable-length, six bits a byte, the lowest bits first, bit 6 says that a byte follows; signed
ones have their sign in bit 0.

Facts: CPython 3.13, `InternalDocs/locations.md`.
"""

import re
from collections.abc import Iterable

type Location = tuple[int, int, int, int]
"""Line, end line, column, end column."""

NO_LOCATION: Location = (-1, -1, -1, -1)

_FIRST_BYTE = 0x80
_ONE_LINE = 10
_NO_COLUMNS = 13
_LONG = 14
_NONE = 15
_MAX_UNITS = 8
_MORE = 0x40
_UNSIGNED = 0xFFFF_FFFF
"""A tree that is no parser's can end before it starts: such a number is CPython's 32-bit one without a sign."""


def encode(first_line: int, rows: Iterable[tuple[int, Location]]) -> bytes:
    """The table as bytes. Rows of the same location are joined, more than eight units are split."""
    table = bytearray()
    line = first_line
    units = 0
    location = NO_LOCATION
    for more_units, next_location in rows:
        if next_location is location or next_location == location:
            units += more_units
            continue
        if units:
            line = _add(table, units, location, line)
        units = more_units
        location = next_location
    if units:
        _add(table, units, location, line)
    return bytes(table)


def _add(table: bytearray, units: int, location: Location, line: int) -> int:
    """Append what stands for `units` code units; return the line that the next entry counts from."""
    while units > _MAX_UNITS:
        line = _add(table, _MAX_UNITS, location, line)
        units -= _MAX_UNITS
    start, end_line, column, end_column = location
    length_bits = _FIRST_BYTE | units - 1
    if start < 0:
        table.append(length_bits | _NONE << 3)
        return line
    lines_on = start - line
    if end_line == start and column >= 0 and end_column >= 0:
        if lines_on == 0 and column < 80 and 0 <= end_column - column < 16:
            table += bytes((length_bits | column >> 3 << 3, (column & 7) << 4 | end_column - column))
            return start
        if 0 <= lines_on < 3 and column < 128 and end_column < 128:
            table += bytes((length_bits | _ONE_LINE + lines_on << 3, column, end_column))
            return start
    elif (column < 0 or end_column < 0) and end_line in (start, -1):
        table.append(length_bits | _NO_COLUMNS << 3)
        _add_signed(table, lines_on)
        return start
    table.append(length_bits | _LONG << 3)
    _add_signed(table, lines_on)
    _add_number(table, end_line - start & _UNSIGNED)
    _add_number(table, column + 1)
    _add_number(table, end_column + 1)
    return start


def _add_number(table: bytearray, number: int) -> None:
    while number >= 64:
        table.append(number & 63 | _MORE)
        number >>= 6
    table.append(number)


def _add_signed(table: bytearray, number: int) -> None:
    _add_number(table, number << 1 if number >= 0 else -number << 1 | 1)


def decode(first_line: int, table: bytes) -> list[tuple[int, Location]]:
    """One row an entry; ValueError if the bytes are no location table."""
    rows = []
    line = first_line
    position = 0
    try:
        while position < len(table):
            byte = table[position]
            if not byte & _FIRST_BYTE:
                raise ValueError(f"location table: no entry starts at byte {position}")
            form = byte >> 3 & 15
            position += 1
            if form == _NONE:
                location = NO_LOCATION
            elif form < _ONE_LINE:
                columns = table[position]
                column = form << 3 | columns >> 4
                location = (line, line, column, column + (columns & 15))
                position += 1
            elif form < _NO_COLUMNS:
                line += form - _ONE_LINE
                location = (line, line, table[position], table[position + 1])
                position += 2
            else:
                number, position = _number(table, position)
                line += -(number >> 1) if number & 1 else number >> 1
                location = (line, line, -1, -1)
                if form == _LONG:
                    lines, position = _number(table, position)
                    column, position = _number(table, position)
                    end_column, position = _number(table, position)
                    location = (line, line + lines, column - 1, end_column - 1)
            rows.append(((byte & 7) + 1, location))
    except IndexError:
        raise ValueError("location table: it ends within an entry") from None
    return rows


def covered(table: bytes) -> int:
    """How many code units a table covers; ValueError if it is damaged. Quicker than decoding it."""
    entries = _TABLE.match(table)
    if entries is None or entries.end() != len(table):
        raise ValueError(f"location table: no entry starts at byte {entries.end() if entries else 0}")
    return sum(table.translate(_UNITS))


_UNITS = bytes((byte & 7) + 1 if byte & _FIRST_BYTE else 0 for byte in range(256))
_NUMBER = rb"[\x40-\x7f]{0,5}+[\x00-\x3f]"
_TABLE = re.compile(
    rb"""(?x: [\x80-\xcf] [\x00-\x7f]          # short
          | [\xd0-\xe7] [\x00-\x7f]{2}       # one line
          | [\xe8-\xef] (?:%b)               # no columns
          | [\xf0-\xf7] (?:%b){4}            # long
          | [\xf8-\xff]                      # none
          )*+"""
    % (_NUMBER, _NUMBER)
)


def _number(table: bytes, position: int) -> tuple[int, int]:
    """The variable-length number at a position, and the position after it."""
    number = shift = 0
    while True:
        byte = table[position]
        position += 1
        number |= (byte & 63) << shift
        shift += 6
        if not byte & _MORE:
            return number, position
