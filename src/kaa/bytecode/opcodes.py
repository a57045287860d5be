"""Every opcode's number under its name: `opcodes.LOAD_FAST`. Pseudo-instructions are here too.

The numbers come from the table in `instructions`; this module only makes them quick and pleasant to write.
"""

from kaa.bytecode.instructions import INSTRUCTIONS


def __getattr__(name: str) -> int:
    # Never finds anything at run time: it tells type checkers what the attributes are.
    raise AttributeError(f"CPython 3.13 has no instruction {name}")


globals().update({row.name: row.number for row in INSTRUCTIONS})
