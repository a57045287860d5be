"""Every instruction that a code object can hold has a template, and the linker's numbers are the table's."""

import kaa.baseline.checks  # declares the template of checks
import kaa.baseline.templates  # noqa: F401  # declares those of instructions
from kaa.baseline import linker, tables
from kaa.baseline.template import TEMPLATES
from kaa.bytecode.instructions import BY_NAME, INSTRUCTIONS, SPECIALIZED

NEVER_RUN = {"CACHE", "EXTENDED_ARG", "RESERVED", "ENTER_EXECUTOR"}
HOST_ONLY = {"INTERPRETER_EXIT", "EXIT_INIT_CHECK"}
"""What only the host's own trampolines hold."""


def test_every_instruction_has_a_template():
    wanted = {
        row.name for row in INSTRUCTIONS if row.number < 256 and not row.name.startswith("INSTRUMENTED_")
    }
    missing = {name for name in wanted if name not in TEMPLATES or TEMPLATES[name].general is None}
    assert missing == NEVER_RUN | HOST_ONLY
    assert TEMPLATES.keys() - wanted == {"CHECK"}


def test_prefix():
    assert BY_NAME["EXTENDED_ARG"].number == linker.EXTENDED_ARG
    assert BY_NAME["STORE_FAST"].number == linker.STORE_FAST


def test_specialised_opcodes_are_recognised():
    table = tables.deoptimized_opcodes()
    for family, members in SPECIALIZED.items():
        assert {table[number] for number in members.values()} == {BY_NAME[family].number}
    assert table[BY_NAME["NOP"].number] == BY_NAME["NOP"].number
