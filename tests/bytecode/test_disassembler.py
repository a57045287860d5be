"""The text that explains itself."""

import doctest
from pathlib import Path

from kaa.bytecode import disassembler
from kaa.bytecode.__main__ import page
from kaa.bytecode.instructions import INSTRUCTIONS

from .corpus import sample

SOURCE = """
def greet(name):
    try:
        return f"hello {name!r}"
    except ValueError:
        pass
"""


def test_example():
    assert doctest.testmod(disassembler).failed == 0


def test_exceptions_and_documentation():
    code = compile(SOURCE, "<test>", "exec").co_consts[0]
    lines = disassembler.disassemble(code, documentation=True).splitlines()
    assert [line.split()[:4] for line in lines[:4]] == [
        ["2", "0", "RESUME", "0"],
        ["3", "1", "NOP", "#"],
        ["4", "2", "LOAD_CONST", "1"],
        ["3", "LOAD_FAST", "0", "name"],
    ]
    assert "# Convert for an f-string" in lines[4]
    assert lines[4].split()[:4] == ["4", "CONVERT_VALUE", "2", "repr"]
    assert lines[-3:] == [
        "2 to 7: handler 8, stack depth 0",
        "8 to 18: handler 21, stack depth 1, with the instruction's offset",
        "20 to 21: handler 21, stack depth 1, with the instruction's offset",
    ]


def test_every_code_object():
    for code in sample():
        text = disassembler.disassemble(code, documentation=True)
        assert text.count("  # ") >= len(set(code.co_code[::2])) - 2


def test_page():
    assert all(f"| {row.name} |" in page() for row in INSTRUCTIONS)
    committed = Path(__file__).parents[2] / "docs" / "instructions.md"
    assert committed.read_text() == page(), "run: python -m kaa.bytecode > docs/instructions.md"
