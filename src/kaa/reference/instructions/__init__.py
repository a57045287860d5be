"""The instructions: for each theme of `kaa.bytecode.instructions` a module, for each instruction a function.

A function bears its instruction's name. It gets the frame and what the argument stands for, and answers the frame
to go on in, or None for the same one. Importing this package fills the machine's table of handlers.
"""

from importlib import import_module

from kaa.bytecode.instructions import INSTRUCTIONS
from kaa.reference.program import HANDLERS

for _row in INSTRUCTIONS:
    if not _row.is_pseudo:
        HANDLERS[_row.name] = getattr(import_module(f"{__name__}.{_row.theme.value}"), _row.name)
