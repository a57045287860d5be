"""Instructions as `dis` sees them; encoding is the way back; damage is reported."""

import dis

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.bytecode import code_units, opcodes
from kaa.bytecode.instructions import BY_NUMBER

from .corpus import sample


def test_host_code():
    extended = 0
    for code in sample():
        found = code_units.instructions(code.co_code)
        extended += sum(step.oparg > 255 for step in found)
        expected = [
            (i.start_offset // 2, i.opcode, i.arg or 0, i.jump_target and i.jump_target // 2)
            for i in dis.get_instructions(code)
            if i.opname != "EXTENDED_ARG"
        ]
        assert [(step.start, step.opcode, step.oparg, step.target) for step in found] == expected
        assert b"".join(code_units.encode(step.opcode, step.oparg) for step in found) == code.co_code
    assert extended > 100


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted({opcodes.LOAD_ATTR, opcodes.CALL, opcodes.NOP})), st.integers(0, 2**32 - 1)
        )
    )
)
def test_round_trip(pairs):
    code = b"".join(code_units.encode(*pair) for pair in pairs)
    assert [(step.opcode, step.oparg) for step in code_units.instructions(code)] == pairs


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (b"\x1e", "ends within an instruction, at code unit 0"),
        (b"\x1e\0\x1e", "ends within an instruction, at code unit 1"),
        (b"\x1e\0" + bytes((opcodes.EXTENDED_ARG, 1)), "ends within an instruction, at code unit 1"),
        (bytes((opcodes.ENTER_EXECUTOR, 0)), "no instruction with the number 70"),
        (b"\x1e\0\xfe\0", "no instruction with the number 254, at code unit 1"),
        (b"\0\0", "no instruction with the number 0"),
        (bytes((opcodes.CALL, 0)) + bytes(4), "CALL is not followed by 3 empty caches"),
        (bytes((opcodes.CALL, 0)) + bytes(5) + b"\1", "CALL is not followed by 3 empty caches"),
        (bytes((opcodes.EXTENDED_ARG, 1)) * 4 + b"\x1e\0", "too many EXTENDED_ARGs, at code unit 0"),
    ],
)
def test_damage(code, fault):
    with pytest.raises(ValueError, match=fault):
        code_units.instructions(code)


@given(st.binary())
def test_any_bytes(code):
    try:
        found = code_units.instructions(code)
    except ValueError:
        return
    assert sum(step.end - step.start for step in found) == len(code) // 2
    assert all(step.opcode in BY_NUMBER for step in found)
