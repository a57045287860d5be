"""What a symbol table is made of: scopes, and flags that say how a scope uses each of its names."""

import ast
from enum import IntEnum
from typing import Any

from kaa.compiler.errors import Location


class ScopeKind(IntEnum):
    """What a scope is; the numbers are those of `_symtable`'s TYPE_ constants."""

    FUNCTION = 0  # a def, a lambda, a comprehension or a generator expression
    CLASS = 1
    MODULE = 2
    ANNOTATION = 3  # only under `from __future__ import annotations`, where it swallows the names
    TYPE_ALIAS = 4  # the value of a `type` statement
    TYPE_PARAMETERS = 5  # around a generic function, class or alias
    TYPE_VARIABLE = 6  # a bound, a constraint or a default


class Resolution(IntEnum):
    """Where a name of a scope lives."""

    NONE = 0
    LOCAL = 1
    GLOBAL_EXPLICIT = 2
    GLOBAL_IMPLICIT = 3
    FREE = 4
    CELL = 5


# How a scope uses a name. The numbers are those of `_symtable`, since `Scope.symbols` is what `symtable`
# reads.
DEF_GLOBAL = 1  # named in a global statement
DEF_LOCAL = 2  # assigned
DEF_PARAM = 4
DEF_NONLOCAL = 8  # named in a nonlocal statement
USE = 16
DEF_FREE_CLASS = 64  # free in a method, and bound in the class around it
DEF_IMPORT = 128
DEF_ANNOT = 256
DEF_COMP_ITER = 512  # an iteration variable of a comprehension
DEF_TYPE_PARAM = 1024
DEF_COMP_CELL = 2048  # a cell in a comprehension that was inlined here
DEF_BOUND = DEF_LOCAL | DEF_PARAM | DEF_IMPORT | DEF_TYPE_PARAM
RESOLUTION_SHIFT = 12
FLAGS_MASK = (1 << RESOLUTION_SHIFT) - 1

FUNCTION_LIKE = frozenset(
    {ScopeKind.FUNCTION, ScopeKind.TYPE_ALIAS, ScopeKind.TYPE_PARAMETERS, ScopeKind.TYPE_VARIABLE}
)
"""Scopes that run as functions: with fast locals, cells, and names that inner scopes can see."""


class Scope:
    """One block of the program that has names of its own.

    `symbols` maps each (mangled) name to its flags and, shifted by `RESOLUTION_SHIFT`, its `Resolution`;
    `varnames` are the parameters. Name, type, lineno, nested, children, symbols, varnames and id are what
    `symtable` reads.
    """

    __slots__ = (
        "can_see_class",
        "children",
        "comprehension",
        "directives",
        "inlined",
        "is_coroutine",
        "is_generator",
        "iterable_depth",
        "lineno",
        "mangled_names",
        "name",
        "needs_class_closure",
        "needs_classdict",
        "nested",
        "returns_value",
        "role",
        "symbols",
        "targets_iteration",
        "type",
        "varnames",
    )

    def __init__(self, name: str, kind: ScopeKind, lineno: int, outer: "Scope | None") -> None:
        self.name = name
        self.type = kind
        self.lineno = lineno
        self.nested: bool = outer is not None and (outer.nested or outer.type in FUNCTION_LIKE)
        self.symbols: dict[str, int] = {}
        self.varnames: list[str] = []
        self.children: list[Scope] = []
        self.directives: list[tuple[str, Location]] = []
        # Around the body of a generic class only these names are mangled; in the body, as in any class, all.
        inherits = outer is not None and kind is not ScopeKind.CLASS
        self.mangled_names: set[str] | None = outer.mangled_names if outer is not None and inherits else None
        self.comprehension: type[ast.expr] | None = None
        self.role = ""  # of a TYPE_VARIABLE scope: what its expression is for
        self.is_generator = False
        self.is_coroutine = False
        self.returns_value = False
        self.inlined = False  # a comprehension that runs in the frame of the scope around it
        self.can_see_class = False  # an annotation scope right inside a class
        self.needs_class_closure = False  # a method uses __class__ or super
        self.needs_classdict = False  # an annotation scope looks names up in the class
        self.targets_iteration = False  # while the targets of a comprehension's `for` are collected
        self.iterable_depth: int = outer.iterable_depth if outer is not None else 0

    @property
    def id(self) -> int:
        return id(self)

    @property
    def is_function_like(self) -> bool:
        return self.type in FUNCTION_LIKE

    def resolution(self, name: str) -> int:
        """Return the `Resolution` of the mangled `name`, NONE for a name that the scope does not use."""
        return self.symbols.get(name, 0) >> RESOLUTION_SHIFT

    def __repr__(self) -> str:
        return f"<symtable entry {self.name}({self.id}), line {self.lineno}>"


class SymbolTable:
    """The scopes of a program: `top`, the module's, and by the tree's nodes.

    The key of a scope is the node that opens it. A generic definition opens two: `(node, "type
    parameters")` is the outer one. A type parameter with a default has `(node, "default")` beside the one
    of its bound.
    """

    __slots__ = ("scopes", "top")

    def __init__(self, top: Scope, scopes: dict[Any, Scope]) -> None:
        self.top = top
        self.scopes = scopes


def mangle(class_name: str | None, name: str) -> str:
    """Return the name that `name` has inside of class `class_name`: `__x` becomes `_C__x`.

    Names that end in two underscores and dotted names (of imports) stay; so does everything in a class
    whose name is only underscores.
    """
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name
