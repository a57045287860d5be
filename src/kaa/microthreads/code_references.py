"""Code objects on their way to another process: a name and a digest where the module can be imported there, else bytes.

In: a code object and the name of its module. Out: a tuple of plain values. What comes back is the code itself; a name
whose code is another one by now is refused, and bytes are proved safe before they are used.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import marshal
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

from kaa.bytecode import reader, verifier
from kaa.bytecode.code_image import CodeImage, DamagedCode

type Reference = tuple[str, str, bytes]
"""By name: module, qualified name, digest. By value: "", "", bytes."""


def refer(code: CodeType, module: str | None) -> Reference:
    """How this code travels."""
    if module and module != "__main__" and module in sys.modules:
        mine = digest(code)
        if any(digest(other) == mine for other in _named(module, code.co_qualname)):
            return module, code.co_qualname, mine
    return "", "", marshal.dumps(code)


def find(reference: Reference) -> CodeType:
    """The code that a reference means.

    Raises:
        ValueError: the module holds other code under this name, or the bytes are damaged.
    """
    module, name, content = reference
    if not module:
        return _from_bytes(content)
    importlib.import_module(module)
    for code in _named(module, name):
        if digest(code) == content:
            return code
    raise ValueError(f"the code of {name!r} in module {module!r} is not the code that was stored")


def _from_bytes(content: bytes) -> CodeType:
    try:
        image, _ = reader.read(content, 0)
        if not isinstance(image, CodeImage):
            raise DamagedCode("no code object")
        verifier.verify_function(image)
        code = marshal.loads(content)
    except (DamagedCode, EOFError) as fault:
        raise ValueError(f"stored code is damaged: {fault}") from None
    assert isinstance(code, CodeType)
    return code


def digest(code: CodeType) -> bytes:
    """Of all that a suspended frame depends on: instructions, constants, names. Not of files and lines."""
    return hashlib.sha256(repr(_essence(code)).encode("utf-8", "surrogatepass")).digest()


def _essence(value: Any) -> Any:
    if isinstance(value, CodeType):
        return (
            value.co_code, value.co_exceptiontable, value.co_flags, value.co_stacksize, value.co_qualname,
            value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_names,
            value.co_varnames, value.co_cellvars, value.co_freevars, _essence(value.co_consts),
        )  # fmt: skip
    if isinstance(value, tuple):
        return tuple(map(_essence, value))
    if isinstance(value, frozenset):
        return "frozenset", sorted(repr(_essence(item)) for item in value)
    return value


def _named(module: str, name: str) -> Iterator[CodeType]:
    """The code objects that a module has under a qualified name: several, if a function defines some of one name."""
    owner: Any = sys.modules[module]
    outer, *inner = name.split(".<locals>.")
    for part in outer.split("."):
        owner = inspect.getattr_static(owner, part, None)
    for attribute in ("fget", "__func__"):
        owner = getattr(owner, attribute, owner)
    owner = inspect.unwrap(owner) if callable(owner) else owner
    codes = [getattr(owner, "__code__", None)]
    for _ in inner:
        codes = [code for outer in codes if isinstance(outer, CodeType) for code in _nested(outer)]
    for code in codes:
        if isinstance(code, CodeType) and code.co_qualname == name:
            yield code


def _nested(code: CodeType) -> Iterator[CodeType]:
    """The code objects in the constants, and in those of classes between."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            if not constant.co_flags & inspect.CO_OPTIMIZED:
                yield from _nested(constant)
