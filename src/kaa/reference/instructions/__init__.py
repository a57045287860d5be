"""The instructions: for each theme of `kaa.bytecode.instructions` a module, for each instruction a function.

A function bears its instruction's name. It gets the frame and what the argument stands for, and answers the frame
to go on in, or None for the same one. An instruction that a bit of its argument makes two of has two functions.
Importing this package fills the machine's table of handlers.
"""

from importlib import import_module

from kaa.bytecode.instructions import Theme
from kaa.reference.program import HANDLERS

for _theme in Theme:
    _module = import_module(f"{__name__}.{_theme.value}")
    HANDLERS.update(
        (name, handler) for name, handler in vars(_module).items() if name.isupper() and callable(handler)
    )
