"""A code object that is not one yet: its fields as plain values.

The reader makes an image of what a file says, the verifier judges it, and only then does a real code object come
into being: the host's constructor trusts what it is given. `image_of` takes a real one apart the same way.
"""

from types import CodeType
from typing import Any, NamedTuple

LOCAL = 0x20
CELL = 0x40
FREE = 0x80
HIDDEN = 0x10
"""Bits of `kinds`. A hidden variable belongs to a comprehension that was inlined into a module or class body."""


class DamagedCode(ValueError):
    """Bytes that are no code object, or a code object that must not be run. The message names the fault."""


class CutOffCode(DamagedCode):
    """Bytes that end before the code object does."""


class CodeImage(NamedTuple):
    """The fields of a code object, in the order in which `marshal` writes them.

    `slots` are the names of the frame's variables: locals, then cells that are not among them, then free
    variables; `kinds` has a byte for each.
    """

    argcount: int
    posonlyargcount: int
    kwonlyargcount: int
    stacksize: int
    flags: int
    code: bytes
    consts: tuple[Any, ...]
    names: tuple[str, ...]
    slots: tuple[str, ...]
    kinds: bytes
    filename: str
    name: str
    qualname: str
    firstlineno: int
    linetable: bytes
    exceptiontable: bytes


def image_of(code: CodeType) -> CodeImage:
    """The image of a real code object; those in its constants stay what they are."""
    cells = set(code.co_cellvars)
    variables = code.co_varnames
    pure_cells = tuple(name for name in code.co_cellvars if name not in variables)
    kinds = bytes(LOCAL | CELL if name in cells else LOCAL for name in variables)
    return CodeImage(
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_stacksize,
        code.co_flags,
        code.co_code,
        code.co_consts,
        code.co_names,
        variables + pure_cells + code.co_freevars,
        kinds + bytes((CELL,)) * len(pure_cells) + bytes((FREE,)) * len(code.co_freevars),
        code.co_filename,
        code.co_name,
        code.co_qualname,
        code.co_firstlineno,
        code.co_linetable,
        code.co_exceptiontable,
    )
