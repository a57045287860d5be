"""The code generator's state and its vocabulary: what every emitter of this package is written in.

A `Generator` walks one program. It holds the compilation unit that is being written (`unit`), the scope it
belongs to, the open `FrameBlock`s, and the units around it. Emitters are plain functions, one for each type
of node, registered by `emits`; they take the generator and a node, and write instructions with `emit`,
`jump`, `place` and the name and constant operations.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from enum import Enum, auto
from types import CodeType
from typing import Any

from kaa.bytecode import opcodes as op
from kaa.compiler import errors, future
from kaa.compiler.cfg import NO_LOCATION, Instruction, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import MAX_BLOCKS, BlockKind, FrameBlock
from kaa.compiler.constants import ConstantCache
from kaa.compiler.future import FutureFeatures
from kaa.compiler.symbols.scopes import (
    DEF_COMP_CELL,
    DEF_FREE_CLASS,
    RESOLUTION_SHIFT,
    Resolution,
    Scope,
    ScopeKind,
    SymbolTable,
    mangle,
)
from kaa.compiler.unit import CompilationUnit, Label

__all__ = ["Generator", "UnitKind", "emits"]

CO_OPTIMIZED, CO_NEWLOCALS, CO_VARARGS, CO_VARKEYWORDS = 0x1, 0x2, 0x4, 0x8
CO_NESTED, CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x10, 0x20, 0x80, 0x200


class UnitKind(Enum):
    """What a compilation unit is the code of."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    ASYNC_FUNCTION = auto()
    LAMBDA = auto()
    COMPREHENSION = auto()
    ANNOTATION_SCOPE = auto()  # type parameters, bounds and defaults, values of aliases


class _Access(Enum):
    """How a name is reached at run time."""

    FAST = auto()  # a slot of the frame
    CELL = auto()  # a cell in a slot of the frame
    GLOBAL = auto()  # the globals, then the built-ins
    DYNAMIC = auto()  # the namespace of the module or class, then as GLOBAL


class _Outer:
    """A unit that waits while one inside of it is generated."""

    __slots__ = ("blocks", "class_name", "inlining", "kind", "scope", "static_attributes", "unit")

    def __init__(self, generator: Generator) -> None:
        self.unit = generator.unit
        self.scope = generator.scope
        self.kind = generator.kind
        self.class_name = generator.class_name
        self.blocks = generator.blocks
        self.static_attributes = generator.static_attributes
        self.inlining = generator.inlining


type Emitter = Callable[[Generator, Any], None]

_EMITTERS: dict[type[ast.AST], Emitter] = {}
"""The function that emits each type of statement, expression and pattern-free node."""


def emits(*kinds: type[ast.AST]) -> Callable[[Emitter], Emitter]:
    """Register a function as the emitter of these types of nodes."""

    def register(emitter: Emitter) -> Emitter:
        _EMITTERS.update(dict.fromkeys(kinds, emitter))
        return emitter

    return register


class Generator:
    """The state of code generation for one program; see the module."""

    def __init__(
        self,
        symbols: SymbolTable,
        filename: str,
        features: FutureFeatures,
        optimize: int,
        assemble: Callable[[CompilationUnit], CodeType],
    ) -> None:
        self.symbols = symbols
        self.filename = filename
        self.future = features
        self.optimize = optimize
        self.assemble = assemble
        self.cache = ConstantCache()
        self.interactive = False
        self.outer: list[_Outer] = []
        self._open(CompilationUnit("<module>", "<module>", filename, 1, self.cache), symbols.top)
        self.kind = UnitKind.MODULE
        self.class_name: str | None = None
        self.emit(op.RESUME, (0, 1, 0, 0), arguments.AT_START)

    # Units

    def _open(self, unit: CompilationUnit, scope: Scope) -> None:
        unit.varnames.update({variable: number for number, variable in enumerate(scope.varnames)})
        self._number_cells(unit, scope)
        self.unit = unit
        self.scope = scope
        self.append = unit.instructions.append
        self.blocks: list[FrameBlock] = []
        self.static_attributes: set[str] = set()
        self.inlining = 0  # how many inlined comprehensions are open
        self.loads: dict[str, tuple[int, int]] = {}

    def enter(self, key: Any, name: str, kind: UnitKind, first_line: int) -> None:
        """Begin the unit of the scope that the symbol table has under `key`."""
        scope = self.symbols.scopes[key]
        self.outer.append(_Outer(self))
        qualname = self._qualified(name, kind)
        unit = CompilationUnit(name, qualname, self.filename, first_line, self.cache)
        self.kind = kind
        self._open(unit, scope)
        self.emit(op.RESUME, (first_line, first_line, 0, 0), arguments.AT_START)

    def take_parameters(self, parameters: ast.arguments) -> None:
        """Note the parameters of the unit, a function's, that has just been entered."""
        unit = self.unit
        unit.posonlyargcount = len(parameters.posonlyargs)
        unit.argcount = len(parameters.args) + unit.posonlyargcount
        unit.kwonlyargcount = len(parameters.kwonlyargs)
        unit.flags |= CO_VARARGS if parameters.vararg is not None else 0
        unit.flags |= CO_VARKEYWORDS if parameters.kwarg is not None else 0

    @staticmethod
    def _number_cells(unit: CompilationUnit, scope: Scope) -> None:
        cells, free = [], []
        for name, flags in scope.symbols.items():
            resolution = flags >> RESOLUTION_SHIFT
            if resolution == Resolution.CELL or flags & DEF_COMP_CELL:
                cells.append(name)
            if resolution == Resolution.FREE or flags & DEF_FREE_CLASS:
                free.append(name)
        cells.sort()
        free.sort()
        if scope.needs_class_closure:
            cells.append("__class__")
        if scope.needs_classdict:
            cells.append("__classdict__")
        for name in cells:
            unit.cellvars[name] = len(unit.cellvars)
        for number, name in enumerate(free, len(unit.cellvars)):
            unit.freevars[name] = number

    def _qualified(self, name: str, kind: UnitKind) -> str:
        """Return the qualified name of a unit inside of the current one (PEP 3155)."""
        outer = self.outer
        if len(outer) == 1:
            return name
        parent = outer[-1]
        if parent.kind is UnitKind.ANNOTATION_SCOPE:
            if len(outer) == 2:
                return name
            parent = outer[-2]
        if kind in (UnitKind.FUNCTION, UnitKind.ASYNC_FUNCTION, UnitKind.CLASS):
            mangled = mangle(parent.class_name, name)
            if parent.scope.resolution(mangled) == Resolution.GLOBAL_EXPLICIT:
                return name
        if parent.kind in (UnitKind.FUNCTION, UnitKind.ASYNC_FUNCTION, UnitKind.LAMBDA):
            return f"{parent.unit.qualname}.<locals>.{name}"
        return f"{parent.unit.qualname}.{name}"

    def leave(self, *, returns_none: bool) -> CompilationUnit:
        """End the unit with a return, of None or of what stands on the stack, and go on with the one
        around it.
        """
        unit = self.finish(returns_none=returns_none)
        outer = self.outer.pop()
        self.unit, self.scope, self.kind = outer.unit, outer.scope, outer.kind
        self.class_name = outer.class_name
        self.blocks, self.inlining = outer.blocks, outer.inlining
        self.static_attributes = outer.static_attributes
        self.loads = {}
        self.append = self.unit.instructions.append
        return unit

    def finish(self, *, returns_none: bool) -> CompilationUnit:
        """Write the return at the end of the current unit, and its flags."""
        if returns_none:
            self.load_constant(None, NO_LOCATION)
        self.emit(op.RETURN_VALUE, NO_LOCATION)
        self.unit.flags |= self._code_flags()
        return self.unit

    def _code_flags(self) -> int:
        scope, flags = self.scope, self.future.flags & future.FLAGS
        if scope.is_function_like:
            flags |= CO_OPTIMIZED | CO_NEWLOCALS
            flags |= CO_NESTED if scope.nested else 0
            flags |= _GENERATOR_FLAGS[scope.is_generator, scope.is_coroutine]
        elif self.allows_top_level_await and scope.is_coroutine and not scope.is_generator:
            flags |= CO_COROUTINE
        return flags

    @property
    def has_future_annotations(self) -> bool:
        return bool(self.future.flags & future.CO_FUTURE_ANNOTATIONS)

    @property
    def allows_top_level_await(self) -> bool:
        flag = self.future.flags & ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return bool(flag) and self.scope.type is ScopeKind.MODULE

    # Walking

    def visit(self, node: ast.AST) -> None:
        """Emit a statement, or an expression: its value ends on top of the stack."""
        _EMITTERS[type(node)](self, node)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        emitters = _EMITTERS
        for node in nodes:
            emitters[type(node)](self, node)

    # Instructions

    def emit(self, opcode: int, location: Location, oparg: int = 0) -> None:
        self.append(Instruction(opcode, oparg, location))

    def jump(self, opcode: int, location: Location, target: Label) -> None:
        self.append(Instruction(opcode, 0, location, target))

    def place(self, label: Label) -> None:
        """Let `label` stand for the next instruction."""
        label.position = len(self.unit.instructions)

    def load_constant(self, value: Any, location: Location) -> None:
        self.append(Instruction(op.LOAD_CONST, self.unit.add_constant(value), location))

    # Names

    def mangled(self, name: str) -> str:
        """Return `name` as it is spelled inside of the current class."""
        if self.class_name is None or name[:2] != "__":
            return name
        only = self.scope.mangled_names
        if only is not None and name not in only:
            return name
        return mangle(self.class_name, name)

    def load_name(self, name: str, location: Location) -> None:
        """Push the value of a variable.

        Most names of a unit are loaded often, and always alike: `loads` remembers instruction and argument.
        It is emptied where names change their meaning, around inlined comprehensions.
        """
        known = self.loads.get(name)
        if known is not None:
            self.append(Instruction(known[0], known[1], location))
            return
        instructions = self.unit.instructions
        before = len(instructions)
        self._load_name(self.mangled(name), location)
        if len(instructions) == before + 1:
            last = instructions[-1]
            self.loads[name] = last.opcode, last.oparg

    def _load_name(self, name: str, location: Location) -> None:
        match self._access(name):
            case _Access.FAST:
                self.emit(op.LOAD_FAST, location, self._local_number(name))
            case _Access.CELL:
                self._load_cell(name, location)
            case _Access.GLOBAL:
                self._load_global(name, location)
            case _Access.DYNAMIC if self.inlining and self.scope.type is ScopeKind.CLASS:
                self.emit(op.LOAD_GLOBAL, location, self.unit.add_name(name) << 1)
            case _Access.DYNAMIC:
                self.emit(op.LOAD_NAME, location, self.unit.add_name(name))

    def _access(self, name: str) -> _Access:
        """Say how a (mangled) name is reached from here."""
        scope = self.scope
        resolution = scope.symbols.get(name, 0) >> RESOLUTION_SHIFT
        if resolution >= Resolution.FREE:
            return _Access.CELL
        if resolution == Resolution.LOCAL:
            return _Access.FAST if scope.is_function_like or self.unit.hidden.get(name) else _Access.DYNAMIC
        if resolution == Resolution.GLOBAL_EXPLICIT:
            return _Access.GLOBAL
        implicit = resolution == Resolution.GLOBAL_IMPLICIT
        return _Access.GLOBAL if implicit and scope.is_function_like else _Access.DYNAMIC

    def _local_number(self, name: str) -> int:
        varnames = self.unit.varnames
        return varnames.setdefault(name, len(varnames))

    def _load_cell(self, name: str, location: Location) -> None:
        opcode = op.LOAD_FROM_DICT_OR_DEREF
        if self.scope.type is ScopeKind.CLASS and not self.inlining:
            self.emit(op.LOAD_LOCALS, location)
        elif self.scope.can_see_class:
            self._load_classdict(location)
        else:
            opcode = op.LOAD_DEREF
        self.emit(opcode, location, self._cell_number(name, self.scope.resolution(name)))

    def _load_classdict(self, location: Location) -> None:
        self.emit(op.LOAD_DEREF, location, self.unit.freevars["__classdict__"])

    def _cell_number(self, name: str, resolution: int) -> int:
        unit = self.unit
        return (unit.cellvars if resolution == Resolution.CELL else unit.freevars)[name]

    def _load_global(self, name: str, location: Location) -> None:
        scope = self.scope
        if scope.can_see_class and scope.resolution(name) == Resolution.GLOBAL_IMPLICIT:
            self._load_classdict(location)
            self.emit(op.LOAD_FROM_DICT_OR_GLOBALS, location, self.unit.add_name(name))
        else:
            self.emit(op.LOAD_GLOBAL, location, self.unit.add_name(name) << 1)

    def store_name(self, name: str, location: Location) -> None:
        self.refuse_debug(name, location)
        self._bind(name, location, _STORES)

    def delete_name(self, name: str, location: Location) -> None:
        if name == "__debug__":
            raise self.error(location, "cannot delete __debug__")
        self._bind(name, location, _DELETES)

    def unbind(self, name: str, location: Location) -> None:
        """Delete a name that may have been deleted already: it is set to None first."""
        self.load_constant(None, location)
        self.store_name(name, location)
        self.delete_name(name, location)

    def refuse_debug(self, name: str, location: Location) -> None:
        """Raise a `SyntaxError` if `name`, of a variable, parameter, keyword or attribute, is `__debug__`."""
        if name == "__debug__":
            raise self.error(location, "cannot assign to __debug__")

    def _bind(self, name: str, location: Location, opcodes: dict[_Access, int]) -> None:
        name = self.mangled(name)
        access = self._access(name)
        if access is _Access.FAST:
            number = self._local_number(name)
        elif access is _Access.CELL:
            number = self._cell_number(name, self.scope.resolution(name))
        else:
            number = self.unit.add_name(name)
        self.emit(opcodes[access], location, number)

    def closure_resolution(self, name: str) -> int:
        """Return whether an inner function that uses `name` finds it in a cell of this unit or in an
        outer one.
        """
        if self.kind is UnitKind.CLASS and name in ("__class__", "__classdict__"):
            return Resolution.CELL
        return self.scope.resolution(name)

    def load_closure(self, names: Iterable[str], location: Location) -> None:
        """Push the cells themselves."""
        for name in names:
            number = self._cell_number(name, self.closure_resolution(name))
            self.emit(op.LOAD_CLOSURE, location, number)

    # Attributes, with the low bits of the argument that say what is pushed

    def load_attribute(self, name: str, location: Location) -> None:
        self.emit(op.LOAD_ATTR, location, self.unit.add_name(self.mangled(name)) << 1)

    def load_method(self, name: str, location: Location) -> None:
        self.emit(op.LOAD_ATTR, location, self.unit.add_name(self.mangled(name)) << 1 | 1)

    def name_operation(self, opcode: int, name: str, location: Location) -> None:
        """Emit an instruction whose argument is the number of a name: an attribute, a module..."""
        self.emit(opcode, location, self.unit.add_name(self.mangled(name)))

    # Frame blocks

    def push_block(
        self,
        kind: BlockKind,
        location: Location,
        start: Label | None = None,
        exit: Label | None = None,
        datum: Any = None,
    ) -> None:
        if len(self.blocks) >= MAX_BLOCKS:
            raise self.error(location, "too many statically nested blocks")
        self.blocks.append(FrameBlock(kind, start, exit, datum))

    def pop_block(self) -> None:
        self.blocks.pop()

    # Shapes that several constructs share

    def call_exit_with_nones(self, location: Location) -> None:
        """Call the `__exit__` on top of the stack as a with statement that ends well does."""
        for _ in range(3):
            self.load_constant(None, location)
        self.emit(op.CALL, location, 2)

    def await_value(self, location: Location, awaitable: int) -> None:
        """Await the object on top of the stack; `awaitable` says what made it (0: await, 1, 2: async
        with).
        """
        self.emit(op.GET_AWAITABLE, location, awaitable)
        self.load_constant(None, location)
        self.yield_from(location, arguments.AFTER_AWAIT)

    def yield_from(self, location: Location, resume: int) -> None:
        """Delegate to the iterator below the value to send, until it is exhausted: its result stays.

        The virtual try handles a StopIteration that `throw` or `close` makes the inner iterator raise.
        """
        send, fail, end = Label(), Label(), Label()
        self.place(send)
        self.jump(op.SEND, location, end)
        self.jump(op.SETUP_FINALLY, location, fail)
        self.emit(op.YIELD_VALUE, location, 1)
        self.emit(op.POP_BLOCK, NO_LOCATION)
        self.emit(op.RESUME, location, resume)
        self.jump(op.JUMP_NO_INTERRUPT, location, send)
        self.place(fail)
        self.emit(op.CLEANUP_THROW, location)
        self.place(end)
        self.emit(op.END_SEND, location)

    def yield_value(self, location: Location) -> None:
        if self.scope.is_generator and self.scope.is_coroutine:
            self.emit(op.CALL_INTRINSIC_1, location, arguments.ASYNC_GEN_WRAP)
        self.emit(op.YIELD_VALUE, location, 0)
        self.emit(op.RESUME, location, arguments.AFTER_YIELD)

    def handle_stop_iteration(self) -> None:
        """Wrap the unit so far in a handler that makes a RuntimeError of an escaping StopIteration (PEP
        479).
        """
        handler = Label()
        self.load_constant(None, NO_LOCATION)
        self.emit(op.RETURN_VALUE, NO_LOCATION)
        self.place(handler)
        self.emit(op.CALL_INTRINSIC_1, NO_LOCATION, arguments.STOPITERATION_ERROR)
        self.emit(op.RERAISE, NO_LOCATION, 1)
        self.unit.prepend(Instruction(op.SETUP_CLEANUP, 0, NO_LOCATION, handler))

    def pop_except_and_reraise(self) -> None:
        """End a handler of handlers: restore the exception that was handled before, raise the new one."""
        self.emit(op.COPY, NO_LOCATION, 3)
        self.emit(op.POP_EXCEPT, NO_LOCATION)
        self.emit(op.RERAISE, NO_LOCATION, 1)

    def make_function(self, unit: CompilationUnit, location: Location, attributes: int = 0) -> None:
        """Push a function made of a finished unit.

        `attributes` are the bits of SET_FUNCTION_ATTRIBUTE whose values stand on the stack.
        """
        if unit.freevars:
            self.load_closure(unit.freevars, location)
            self.emit(op.BUILD_TUPLE, location, len(unit.freevars))
            attributes |= arguments.CLOSURE
        self.load_constant(self.assemble(unit), location)
        self.emit(op.MAKE_FUNCTION, location)
        for bit in (arguments.CLOSURE, arguments.ANNOTATIONS, arguments.KWDEFAULTS, arguments.DEFAULTS):
            if attributes & bit:
                self.emit(op.SET_FUNCTION_ATTRIBUTE, location, bit)

    # Errors

    def error(self, location: Location, message: str) -> SyntaxError:
        return errors.at(location, message, self.filename)

    def warn(self, location: Location, message: str) -> None:
        errors.warn(location, message, self.filename)


_STORES = {
    _Access.FAST: op.STORE_FAST,
    _Access.CELL: op.STORE_DEREF,
    _Access.GLOBAL: op.STORE_GLOBAL,
    _Access.DYNAMIC: op.STORE_NAME,
}
_DELETES = {
    _Access.FAST: op.DELETE_FAST,
    _Access.CELL: op.DELETE_DEREF,
    _Access.GLOBAL: op.DELETE_GLOBAL,
    _Access.DYNAMIC: op.DELETE_NAME,
}

_GENERATOR_FLAGS = {
    (False, False): 0,
    (True, False): CO_GENERATOR,
    (False, True): CO_COROUTINE,
    (True, True): CO_ASYNC_GENERATOR,
}
"""By: is a generator, is a coroutine."""
