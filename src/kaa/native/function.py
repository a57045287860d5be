"""What a native function *is* before it is translated: its Python source, its types, and how it wants to be
called.

In: an ordinary function under `@native`. Out: a `NativeFunction` that plain Python can still call (its
arithmetic is the same), and that `translate` turns into LLVM IR.

    @native
    def area(width: i64, height: i64) -> i64:
        return width * height

A parameter annotated `Static[T]` is known at translation time: each set of values makes one specialised
copy, and an `if` on it keeps only the branch that is taken.
"""

from __future__ import annotations

import ast
import functools
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from kaa.native.errors import NativeError
from kaa.native.types import CSTRING, Function, Type, resolve

STATIC: Final = "static"
type Static[T] = Annotated[T, STATIC]

TEMPLATE: Final = "ghccc"
"""LLVM's name of the convention of templates: every argument in a register, and calls that are jumps."""
NEXT, AFTER = "NEXT", "AFTER"
"""The holes for what stands behind a template: the next instruction's, or behind one that does the work of two the one
after these.
"""
OWN_PARTS: Final = ("HOT", "COLD")
"""The holes for where the parts of a template itself are: the likely one, the unlikely one."""

REGISTERS: Final = 5
"""How many arguments of a template survive calls of C functions in their registers."""


@dataclass(frozen=True, slots=True)
class Extern:
    """A C function or a C variable of the host, by its symbol's name. `type` None stands for a result of
    `void`.
    """

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that is filled in when a template is copied. Its symbol is the hole's name.

    `bits` says how the value gets into code: 64, an address, and 32, a number from 0 to 2**31 - 1, are loaded into a
    register; 31, such a number too, is folded into addresses (but not computed with); 0 is a place near the
    code, reached relative to it.
    """

    name: str
    type: Type
    bits: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Memory of the loaded image itself, shared by all its code, zero at first: the machine's own global
    state.
    """

    name: str
    type: Type
    size: int = 8


class NativeFunction:
    """One native function; `types` are read late, so that functions and structs may be declared in any
    order.
    """

    def __init__(
        self,
        python: types.FunctionType,
        *,
        convention: str = "",
        inline: bool = False,
        cold: bool = False,
        apart: bool = False,
    ) -> None:
        self.python = python
        self.apart = apart
        self.convention = convention
        self.inline = inline
        self.cold = cold
        functools.update_wrapper(self, python)

    def __call__(self, *arguments: Any) -> Any:
        return self.python(*arguments)

    def __repr__(self) -> str:
        return f"<native {self.python.__module__}.{self.python.__qualname__}>"

    @functools.cached_property
    def tree(self) -> ast.FunctionDef:
        return find_tree(self.python)

    @functools.cached_property
    def hints(self) -> dict[str, Any]:
        return typing.get_type_hints(self.python, include_extras=True)

    @functools.cached_property
    def parameters(self) -> dict[str, Type]:
        """The run-time parameters, in order."""
        found: dict[str, Type] = {}
        for argument in self.tree.args.args:
            name = argument.arg
            if name not in self.hints:
                raise self.error(argument, f"parameter {name!r} needs a type, for example `{name}: i64`")
            if not _is_static(self.hints[name]):
                try:
                    kind = resolve(self.hints[name])
                except TypeError as problem:
                    raise self.error(argument, str(problem)) from None
                if kind is None:
                    raise self.error(argument, f"parameter {name!r} cannot be None")
                found[name] = kind
        return found

    @functools.cached_property
    def static_parameters(self) -> list[str]:
        return [a.arg for a in self.tree.args.args if _is_static(self.hints.get(a.arg))]

    @functools.cached_property
    def result(self) -> Type | None:
        if "return" not in self.hints:
            raise self.error(self.tree, "the result needs a type, for example `-> i64` or `-> None`")
        return resolve(self.hints["return"])

    @property
    def type(self) -> Function:
        kinds = tuple(self.parameters.values())
        if self.convention == TEMPLATE:
            kinds += (CSTRING,) * (REGISTERS - len(kinds))
        return Function(kinds, self.result, convention=self.convention)

    def error(self, node: ast.AST, message: str) -> NativeError:
        line = getattr(node, "lineno", 1)
        return NativeError(self.python.__code__.co_filename, line, message)


def _is_static(hint: Any) -> bool:
    return typing.get_origin(hint) is Static


@functools.cache
def _module_functions(file: str) -> dict[tuple[str, int], ast.FunctionDef]:
    with open(file, encoding="utf-8") as stream:
        tree = ast.parse(stream.read(), file)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name, first] = node
    return found


def find_tree(python: types.FunctionType) -> ast.FunctionDef:
    """The tree of a function, read once a file."""
    code = python.__code__
    try:
        return _module_functions(code.co_filename)[code.co_name, code.co_firstlineno]
    except (OSError, KeyError):
        raise NativeError(
            code.co_filename, code.co_firstlineno, "native functions need their source file"
        ) from None


@typing.overload
def native[F: Callable[..., Any]](function: F, /) -> F: ...
@typing.overload
def native[F: Callable[..., Any]](
    *, inline: bool = ..., cold: bool = ..., apart: bool = ..., convention: str = ...
) -> Callable[[F], F]: ...
def native(
    function: Any = None,
    /,
    *,
    inline: bool = False,
    cold: bool = False,
    apart: bool = False,
    convention: str = "",
) -> Any:
    """Declare a function native. `inline` puts a copy into every caller; `apart` has one copy only, and so has
    `cold`, which is not expected to run often."""

    def declare(python: types.FunctionType) -> NativeFunction:
        return NativeFunction(python, inline=inline, cold=cold, apart=apart, convention=convention)

    return declare if function is None else declare(function)


def externs(namespace: dict[str, Any]) -> None:
    """Turn a module's bare declarations (`PyNumber_Add: Callable[...]`) into `Extern`s."""
    module = types.ModuleType(namespace["__name__"])
    module.__dict__.update(namespace)
    for name, hint in typing.get_type_hints(module, include_extras=True).items():
        if name not in namespace:
            kind = resolve(hint)
            assert kind is not None, name
            namespace[name] = Extern(name, kind)
