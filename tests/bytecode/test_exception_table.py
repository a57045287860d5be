"""The host's own tables survive a round trip, and say what `dis` says; damage is reported, never misread."""

import dis

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.bytecode import exception_table
from kaa.bytecode.exception_table import Entry

from .corpus import sample

ENTRIES = st.lists(
    st.builds(
        lambda start, length, target, depth, lasti: Entry(start, start + length, target, depth, lasti),
        *(st.integers(0, 1 << 22) for _ in range(4)),
        st.booleans(),
    )
)


def test_host_tables():
    tables = [code for code in sample() if code.co_exceptiontable]
    assert len(tables) > 200
    for code in tables:
        entries = exception_table.decode(code.co_exceptiontable)
        expected = [
            (entry.start // 2, entry.end // 2, entry.target // 2, entry.depth, entry.lasti)
            for entry in dis._parse_exception_table(code)
        ]
        assert entries == expected
        assert exception_table.encode(entries) == code.co_exceptiontable


@given(ENTRIES)
def test_round_trip(entries):
    assert exception_table.decode(exception_table.encode(entries)) == entries


@given(ENTRIES.filter(bool), st.data())
def test_cut(entries, data):
    table = exception_table.encode(entries)
    whole = {len(exception_table.encode(entries[:count])) for count in range(len(entries) + 1)}
    cut = data.draw(st.integers(0, len(table)))
    if cut in whole:
        assert exception_table.decode(table[:cut]) == entries[: sorted(whole).index(cut)]
    else:
        with pytest.raises(ValueError, match="within an entry"):
            exception_table.decode(table[:cut])


@given(st.binary())
def test_any_bytes(table):
    """Either an error, or entries that stand for these very bytes (up to leading zeros)."""
    try:
        entries = exception_table.decode(table)
    except ValueError:
        return
    assert exception_table.decode(exception_table.encode(entries)) == entries
