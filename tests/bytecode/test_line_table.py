"""The host's own tables survive a round trip, and say what `co_positions` says; damage is reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.bytecode import line_table
from kaa.bytecode.line_table import NO_LOCATION

from .corpus import sample


def locations(rows):
    return [location for units, location in rows for _ in range(units)]


def positions(code):
    """co_positions, in our terms: -1 for None."""
    return [tuple(-1 if x is None else x for x in position) for position in code.co_positions()]


def small(maximum):
    return st.integers(0, maximum) | st.integers(0, 1 << 20)


@st.composite
def location_rows(draw):
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        line, lines = draw(small(6)), draw(st.sampled_from([0, 0, 0, 1, 70]))
        columns = draw(st.sampled_from([(-1, -1)]) | st.tuples(small(130), small(130)))
        location = draw(st.sampled_from([NO_LOCATION, (line, line + lines, *columns)]))
        rows.append((draw(st.integers(1, 20)), location))
    return rows


def test_host_tables():
    for code in sample():
        rows = line_table.decode(code.co_firstlineno, code.co_linetable)
        assert locations(rows) == positions(code)
        assert line_table.encode(code.co_firstlineno, rows) == code.co_linetable


@given(st.integers(0, 100), location_rows())
def test_round_trip(first_line, rows):
    table = line_table.encode(first_line, rows)
    assert locations(line_table.decode(first_line, table)) == locations(rows)


@given(st.integers(1, 100), location_rows())
def test_host_reads_ours(first_line, rows):
    units = sum(units for units, _ in rows)
    code = compile("pass", "<test>", "exec")
    code = code.replace(
        co_code=b"\x1e\0" * units + code.co_code,
        co_firstlineno=first_line,
        co_linetable=line_table.encode(first_line, rows),
    )
    assert positions(code)[:units] == locations(rows)


@given(st.integers(0, 9), location_rows().filter(bool))
def test_cut(cut, rows):
    table = line_table.encode(1, rows)
    try:
        found = line_table.decode(1, table[: -1 - cut])
    except ValueError as error:
        assert "within an entry" in str(error)
    else:
        assert locations(found) == locations(rows)[: len(locations(found))]


@pytest.mark.parametrize("table", [b"\x00", b"\x7f\x80", b"\x80\x00\x01"])
def test_entry_without_its_mark(table):
    with pytest.raises(ValueError, match="no entry starts at byte"):
        line_table.decode(1, table)


@given(st.binary())
def test_any_bytes(table):
    try:
        rows = line_table.decode(1, table)
    except ValueError:
        return
    assert sum(units for units, _ in rows) >= len(table) // 30
