"""Every row of the table against the host's own."""

import _opcode
import _opcode_metadata
import dis
import opcode

import pytest

from kaa.bytecode import instructions, opcodes
from kaa.bytecode.instructions import BY_NAME, INSTRUCTIONS, Argument, Flow

ROWS = pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
HOST = {name: number for name, number in opcode.opmap.items() if not name.startswith("INSTRUMENTED_")}

INDEXED = {
    _opcode.has_const: {Argument.CONST},
    _opcode.has_name: {Argument.NAME, Argument.NAME_1, Argument.NAME_2},
    _opcode.has_local: {Argument.LOCAL, Argument.LOCAL_PAIR},
    _opcode.has_free: {Argument.CELL},
}


def test_the_same_instructions():
    assert {row.name: row.number for row in INSTRUCTIONS} == HOST


def test_numbers_as_attributes():
    assert {name: getattr(opcodes, name) for name in HOST} == HOST
    with pytest.raises(AttributeError, match="no instruction LOAD_FASTER"):
        _ = opcodes.LOAD_FASTER


@ROWS
def test_argument(row):
    assert _opcode.has_arg(row.number) == (row.argument is not Argument.NONE)
    for host_says, arguments in INDEXED.items():
        exception = row.name == "COPY_FREE_VARS"
        assert host_says(row.number) == (row.argument in arguments) or exception


@ROWS
def test_caches(row):
    assert row.caches == opcode._inline_cache_entries.get(row.name, 0)
    if not row.is_pseudo:
        assert instructions.CACHES[row.number] == row.caches


@ROWS
@pytest.mark.parametrize("jump", [False, True, None])
def test_stack_effect(row, jump):
    if row.name == "LOAD_ZERO_SUPER_ATTR":
        return  # The host counts one value too many; it never asks for this one.
    arguments = [None] if row.argument is Argument.NONE else [*range(1, 20), 255, 256, 257, 1000]
    for argument in arguments:
        if row.name == "BUILD_SLICE" and argument not in (2, 3):
            continue
        expected = _opcode.stack_effect(row.number, argument, jump=jump)
        assert instructions.stack_effect(row.number, argument or 0, jump) == expected, argument


@ROWS
def test_stack_picture_is_exact(row):
    """The picture's difference is the effect, and no side can be negative."""
    for argument in (1, 2, 3, 255, 256):
        for effect in (row.pops, row.pushes):
            assert (effect if isinstance(effect, int) else effect(argument)) >= 0


@ROWS
def test_flow(row):
    jumps = row.flow in (Flow.JUMP, Flow.BRANCH)
    assert _opcode.has_jump(row.number) == jumps
    assert _opcode.has_exc(row.number) == (row.flow is Flow.SETUP)
    targets = {Argument.FORWARD, Argument.BACKWARD, Argument.LABEL}
    assert (row.argument in targets) == (row.flow in (Flow.JUMP, Flow.BRANCH, Flow.SETUP))


@ROWS
def test_documentation(row):
    assert row.documentation.endswith(".")


def test_argument_meanings():
    assert list(instructions.BINARY_OPERATORS) == [symbol for _, symbol in opcode._nb_ops]
    assert opcode.cmp_op == instructions.COMPARISONS
    assert list(instructions.INTRINSICS_1) == opcode._intrinsic_1_descs
    assert list(instructions.INTRINSICS_2) == opcode._intrinsic_2_descs
    flags = {bit: f"__{name}__" for bit, name in zip((1, 2, 4, 8), dis.FUNCTION_ATTR_FLAGS, strict=True)}
    assert {**flags, 1: "__defaults__"} == instructions.FUNCTION_ATTRIBUTES


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("to_bool", [False, True])
def test_comparison_argument(index, to_bool):
    source = f"a {instructions.COMPARISONS[index]} b"
    code = compile(f"1 if {source} else 2" if to_bool else source, "<test>", "eval")
    expected = index << instructions.COMPARISON_SHIFT | instructions.COMPARISON_MASKS[index]
    expected |= to_bool * instructions.COMPARISON_TO_BOOL
    number = BY_NAME["COMPARE_OP"].number
    assert [i.arg for i in dis.get_instructions(code) if i.opcode == number] == [expected]


def test_forms_of_the_running_loop():
    specialized = {
        name: number for family in instructions.SPECIALIZED.values() for name, number in family.items()
    }
    assert specialized == _opcode_metadata._specialized_opmap
    assert {base: sorted(family) for base, family in instructions.SPECIALIZED.items()} == {
        base: sorted(family) for base, family in _opcode_metadata._specializations.items()
    }
    host = {name: number for name, number in opcode.opmap.items() if name.startswith("INSTRUMENTED_")}
    assert host == instructions.INSTRUMENTED
