"""What the code generator hands to the flow-graph optimizer and the assembler: a `CompilationUnit`.

A unit holds the linear sequence of instructions as it was emitted, pseudo-instructions included, with jumps
that name `Label`s; and everything else that a code object needs: names, constants, variables, argument
counts, flags.
"""

from __future__ import annotations

from typing import Any

from kaa.compiler.cfg import Instruction
from kaa.compiler.constants import ConstantCache

__all__ = ["CompilationUnit", "Label"]


class Label:
    """A place in the instruction sequence of a unit: jumps hold it as their `target`.

    `position` is the index of the instruction that the label stands before (the length of the sequence for
    a label at its end), or -1 while the label has not been placed.
    """

    __slots__ = ("position",)

    def __init__(self) -> None:
        self.position = -1


class CompilationUnit:
    """The code object in the making.

    `names`, `varnames`, `cellvars` and `freevars` map a name to its index; `freevars` count on from the
    last of `cellvars`. `constants` is the list that becomes `co_consts`, before unused ones are removed.
    `hidden` names the fast locals that belong to an inlined comprehension of a class or module: True while
    it is being compiled, False after it.
    """

    __slots__ = (
        "argcount",
        "cache",
        "cellvars",
        "constant_numbers",
        "constants",
        "filename",
        "first_line",
        "flags",
        "freevars",
        "hidden",
        "instructions",
        "kwonlyargcount",
        "name",
        "names",
        "posonlyargcount",
        "qualname",
        "varnames",
    )

    def __init__(
        self, name: str, qualname: str, filename: str, first_line: int, cache: ConstantCache
    ) -> None:
        self.name = name
        self.qualname = qualname
        self.filename = filename
        self.first_line = first_line
        self.flags = 0
        self.argcount = 0  # positional-only ones included, as in co_argcount
        self.posonlyargcount = 0
        self.kwonlyargcount = 0
        self.names: dict[str, int] = {}
        self.varnames: dict[str, int] = {}
        self.cellvars: dict[str, int] = {}
        self.freevars: dict[str, int] = {}
        self.hidden: dict[str, bool] = {}
        self.constants: list[Any] = []
        self.constant_numbers: dict[Any, int] = {}
        self.cache = cache
        self.instructions: list[Instruction] = []

    def add_constant(self, value: Any) -> int:
        """Return the index of `value` in `constants`, where it is added unless it is there."""
        numbers = self.constant_numbers
        if type(value) is str and value in numbers:
            return numbers[value]  # a string is its own key
        key, value = self.cache.merge(value)
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(self.constants)
            self.constants.append(value)
        return number

    def add_name(self, name: str) -> int:
        """Return the index of `name` in `names`, where it is added unless it is there."""
        return self.names.setdefault(name, len(self.names))

    def prepend(self, instruction: Instruction) -> None:
        """Put an instruction before all others, and every label that is in use one further."""
        self.instructions.insert(0, instruction)
        for label in {other.target for other in self.instructions if other.target is not None}:
            label.position += 1
