"""Native Python to LLVM IR: the translation of one function, and the module that collects functions.

In: `NativeFunction`s. Out: the text of an LLVM module. Each function is walked once. Locals become stack
slots, which LLVM promotes to registers; a local's type is that of its first value; an `if` over static
values keeps one branch.

    @native                                     define i64 @twice(i64 %n.in) {
    def twice(n: i64) -> i64:                     %n = alloca i64
        return n + n                              store i64 %n.in, ptr %n
                                                  %1 = load i64, ptr %n ...

Anything outside the subset raises `NativeError` with file and line, and says what to write instead.
"""

from __future__ import annotations

import ast
import builtins
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from kaa.native import intrinsics
from kaa.native.function import AFTER, NEXT, REGISTERS, TEMPLATE, Cell, Extern, Hole, NativeFunction
from kaa.native.types import (
    CSTRING,
    Embedded,
    Field,
    Function,
    Pointer,
    Reference,
    Scalar,
    Type,
    f64,
    i1,
    i32,
    i64,
    layout,
    resolve,
    size_of,
)

I1: Final[Type] = i1  # type: ignore[assignment]  # the names are numbers to mypy and Scalars at run time
I32: Final[Type] = i32  # type: ignore[assignment]
I64: Final[Type] = i64  # type: ignore[assignment]
F64: Final[Type] = f64  # type: ignore[assignment]

DIRECT_VALUES: Final = (int, float, str, bool, type(None), tuple, frozenset, dict, list)

INTEGER_OPERATORS: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("add", "add"),
    ast.Sub: ("sub", "sub"),
    ast.Mult: ("mul", "mul"),
    ast.BitAnd: ("and", "and"),
    ast.BitOr: ("or", "or"),
    ast.BitXor: ("xor", "xor"),
    ast.LShift: ("shl", "shl"),
    ast.RShift: ("ashr", "lshr"),
}
FLOAT_OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "fadd",
    ast.Sub: "fsub",
    ast.Mult: "fmul",
    ast.Div: "fdiv",
}
COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, str, str]]] = {
    # signed, unsigned and pointers, float
    ast.Eq: ("eq", "eq", "oeq"),
    ast.NotEq: ("ne", "ne", "une"),
    ast.Lt: ("slt", "ult", "olt"),
    ast.LtE: ("sle", "ule", "ole"),
    ast.Gt: ("sgt", "ugt", "ogt"),
    ast.GtE: ("sge", "uge", "oge"),
    ast.Is: ("eq", "eq", "oeq"),
    ast.IsNot: ("ne", "ne", "une"),
}
OVERFLOW: Final = {
    intrinsics.add_overflow: "sadd",
    intrinsics.subtract_overflow: "ssub",
    intrinsics.multiply_overflow: "smul",
}


def llvm_type(kind: Type | None) -> str:
    """LLVM's spelling of a type."""
    if kind is None:
        return "void"
    return kind.llvm if isinstance(kind, Scalar) else "ptr"


def is_pointer(kind: Type | None) -> bool:
    return isinstance(kind, (Pointer, Reference, Function))


@dataclass(slots=True)
class Value:
    """An operand: its type and LLVM text. A number literal has no type yet and takes that of its
    neighbour.
    """

    type: Type | None
    text: str
    literal: int | float | None = None


@dataclass(slots=True)
class Static:
    """Something known at translation time that is no machine value by itself: a function, a class, a
    module.
    """

    value: Any


NOTHING: Final = Value(None, "")


class Module:
    """Collects functions, and what they refer to, into one LLVM module."""

    def __init__(self, *, checking: bool = False) -> None:
        self.checking = checking
        self.bodies: list[str] = []
        self.declarations: dict[str, str] = {}
        self.constants: list[str] = []
        self.externs: dict[str, Extern] = {}
        self.holes: dict[str, Hole] = {}
        self.cells: dict[str, Cell] = {}
        self._named: dict[str, tuple[NativeFunction, tuple[Any, ...]]] = {}
        self._pending: list[tuple[str, NativeFunction, dict[str, Any], bool]] = []
        self._strings: dict[str, str] = {}

    def add(
        self,
        function: NativeFunction,
        static: dict[str, Any] | None = None,
        *,
        name: str = "",
        split: bool = False,
    ) -> str:
        """Have a function (one specialisation of it) in the module; returns its symbol.

        One that is `split` has a section of its own, and so have its unlikely parts: from symbol `NAME.cold` on.
        """
        static = static or {}
        values = tuple(static.get(p) for p in function.static_parameters)
        if not name:
            name = "_".join([function.python.__name__, *(_spell(v) for v in values)])
        known = self._named.get(name)
        if known is None:
            self._named[name] = (function, values)
            self._pending.append((name, function, static, split))
        elif known[0] is not function or known[1] != values:
            raise function.error(function.tree, f"two native functions want the name {name!r}; rename one")
        return name

    def text(self) -> str:
        """Translate everything asked for, and give the module's IR."""
        while self._pending:
            name, function, static, split = self._pending.pop()
            self.bodies.append(Translator(self, function, static, name, split).run())
        head = ["!0 = !{i64 0, i64 2147483648}", '!1 = !{!"function_entry_count", i64 100}']
        return "\n".join([*head, *self.declarations.values(), *self.constants, *self.bodies]) + "\n"

    def extern(self, extern: Extern) -> str:
        self.externs[extern.name] = extern
        if extern.name not in self.declarations:
            if isinstance(extern.type, Function):
                text = f"declare {signature(extern.type, extern.name)} nonlazybind nounwind"
            else:
                text = f"@{extern.name} = external global i8"
            self.declarations[extern.name] = text
        return f"@{extern.name}"

    def hole(self, hole: Hole) -> str:
        self.holes[hole.name] = hole
        if hole.name not in self.declarations:
            if isinstance(hole.type, Function):
                text = f"declare hidden {signature(hole.type, hole.name)}"
            else:
                metadata = ", !absolute_symbol !0" if hole.bits == 31 else ""
                # LLVM takes no symbol's address for 0, unless the symbol is weak.
                linkage = "extern_weak" if hole.bits == 31 else "external"
                text = f"@{hole.name} = {linkage} hidden global i8{metadata}"
            self.declarations[hole.name] = text
        return f"@{hole.name}"

    def cell(self, cell: Cell) -> str:
        self.cells[cell.name] = cell
        self.declarations.setdefault(cell.name, f"@{cell.name} = external hidden global i8")
        return f"@{cell.name}"

    def string(self, text: str) -> str:
        if text not in self._strings:
            name = self._strings[text] = f"@.string.{len(self._strings)}"
            data = text.encode() + b"\0"
            escaped = "".join(f"\\{byte:02X}" for byte in data)
            self.constants.append(
                f'{name} = private unnamed_addr constant [{len(data)} x i8] c"{escaped}", align 1'
            )
        return self._strings[text]


def _spell(value: Any) -> str:
    """A static value as a part of a symbol."""
    if isinstance(value, Extern):
        return value.name
    text = getattr(value, "__name__", None) or str(value)
    return re.sub(r"\W", lambda found: f".{ord(found[0]):x}", text)


def signature(kind: Function, name: str) -> str:
    parameters = [llvm_type(p) for p in kind.parameters or ()]
    if kind.variadic:
        parameters.append("...")
    convention = f"{kind.convention} " if kind.convention else ""
    return f"{convention}{llvm_type(kind.result)} @{name}({', '.join(parameters)})"


class Translator:
    """Translates one function into the text of an LLVM definition."""

    def __init__(
        self, module: Module, function: NativeFunction, static: dict[str, Any], name: str, split: bool
    ) -> None:
        self.module = module
        self.function = function
        self.name = name
        self.split = split
        self.scope = self._static_scope(static)
        self.locals: dict[str, tuple[Type, str]] = {}
        self.declared: dict[str, Type] = {}
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.loops: list[tuple[str, str]] = []
        self.counter = 0
        self.open = True
        self.assigned = _assigned_names(function.tree) - set(function.static_parameters)

    def _static_scope(self, static: dict[str, Any]) -> dict[str, Any]:
        python = self.function.python
        scope = dict(vars(builtins))
        scope.update(python.__globals__)
        if python.__closure__:
            for name, cell in zip(python.__code__.co_freevars, python.__closure__, strict=True):
                scope[name] = cell.cell_contents
        missing = [p for p in self.function.static_parameters if p not in static]
        if missing:
            raise self.function.error(self.function.tree, f"static parameter {missing[0]!r} has no value")
        scope.update(static)
        return scope

    # -- the function as a whole

    def run(self) -> str:
        function = self.function
        parameters = []
        for name, kind in function.parameters.items():
            parameters.append(f"{llvm_type(kind)} %{name}.in")
            slot = self.local(name, kind)
            self.emit(f"store {llvm_type(kind)} %{name}.in, ptr {slot}")
        if function.convention == TEMPLATE:
            parameters += [f"ptr %unused{i}" for i in range(len(parameters), REGISTERS)]
        self.statements(function.tree.body)
        if self.open:
            if function.result is not None:
                self.fail(function.tree, "the end of the function is reachable; return a value there")
            self.emit("ret void")
        if function.inline:
            linkage, attributes = "internal ", "alwaysinline nounwind"
        else:
            linkage = "hidden "
            attributes = "nounwind"
            if function.cold or function.apart:
                attributes = "noinline cold nounwind" if function.cold else "noinline nounwind"
        convention = f"{function.convention} " if function.convention else ""
        own_section = " comdat !prof !1" if self.split else ""
        group = f"${self.name} = comdat any\n" if self.split else ""
        head = (
            f"define {linkage}{convention}{llvm_type(function.result)} @{self.name}({', '.join(parameters)})"
        )
        body = "\n".join(["entry:", *self.slots, *self.lines])
        return f"{group}{head} {attributes}{own_section} {{\n{body}\n}}"

    # -- emission

    def emit(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def fresh(self) -> str:
        self.counter += 1
        return f"%t{self.counter}"

    def result(self, kind: Type, text: str) -> Value:
        """Emit an instruction that gives a value."""
        name = self.fresh()
        self.emit(f"{name} = {text}")
        return Value(kind, name)

    def label(self, stem: str) -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.open = True

    def branch(self, label: str) -> None:
        if self.open:
            self.emit(f"br label %{label}")
        self.open = False

    def fork(self, condition: Value, yes: str, no: str) -> None:
        self.emit(f"br i1 {condition.text}, label %{yes}, label %{no}")
        self.open = False

    def local(self, name: str, kind: Type) -> str:
        slot = f"%{name}.slot"
        self.locals[name] = (kind, slot)
        self.slots.append(f"  {slot} = alloca {llvm_type(kind)}")
        return slot

    def fail(self, node: ast.AST, message: str) -> NoReturn:
        raise self.function.error(node, message)

    # -- statements

    def statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if not self.open:
                return
            handler = STATEMENTS.get(type(statement))
            if handler is None:
                self.fail(statement, f"{type(statement).__name__} is not part of Native Python")
            handler(self, statement)

    def assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.fail(node, "assign to one target at a time")
        target = node.targets[0]
        if not isinstance(target, ast.Tuple):
            self.store(target, self.expression(node.value))
            return
        if isinstance(node.value, ast.Tuple):
            values = [self.value(part) for part in node.value.elts]
        else:
            values = self.pair(node.value)
        if len(values) != len(target.elts):
            self.fail(node, f"{len(target.elts)} targets but {len(values)} values")
        for part, value in zip(target.elts, values, strict=True):
            self.store(part, value)

    def settle(self, value: Value | Static) -> Value:
        if isinstance(value, Static):
            self.fail(self.function.tree, f"{value.value!r} is no machine value")
        return value

    def pair(self, node: ast.expr) -> list[Value]:
        """The two results of an arithmetic operation that reports overflow."""
        called = self.static(node.func) if isinstance(node, ast.Call) else None
        if not (isinstance(node, ast.Call) and isinstance(called, Static) and called.value in OVERFLOW):
            self.fail(node, "only add_overflow and its kin give two values; return results through a pointer")
        name = OVERFLOW[called.value]
        left, right = (self.coerce(self.expression(a), I64, a) for a in node.args)
        intrinsic = f"llvm.{name}.with.overflow.i64"
        self.module.declarations.setdefault(intrinsic, f"declare {{i64, i1}} @{intrinsic}(i64, i64)")
        both = self.fresh()
        self.emit(f"{both} = call {{i64, i1}} @{intrinsic}(i64 {left.text}, i64 {right.text})")
        return [
            self.result(I64, f"extractvalue {{i64, i1}} {both}, 0"),
            self.result(I1, f"extractvalue {{i64, i1}} {both}, 1"),
        ]

    def annotated_assign(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.fail(node, "only locals are annotated")
        kind = self.type_argument(node.annotation)
        self.declared[node.target.id] = kind
        if node.target.id not in self.locals:
            self.local(node.target.id, kind)
        if node.value is not None:
            self.store(node.target, self.expression(node.value))

    def augmented_assign(self, node: ast.AugAssign) -> None:
        place = self.place(node.target)
        old = self.load(place)
        value = self.binary(node.op, old, self.expression(node.value), node)
        self.write(place, value, node)

    def store(self, target: ast.expr, value: Value | Static) -> None:
        if isinstance(target, ast.Name) and target.id not in self.locals:
            value = self.settle(value)
            if value.type is None and value.literal is None:
                self.fail(target, f"annotate {target.id!r}: its first value has no type")
            kind = value.type or (F64 if isinstance(value.literal, float) else I64)
            self.local(target.id, kind)
        self.write(self.place(target), value, target)

    def place(self, target: ast.expr) -> tuple[Type, str]:
        """Where an assignment goes: the type and the address."""
        if isinstance(target, ast.Name):
            if target.id not in self.locals:
                self.fail(target, f"{target.id!r} is read before it is set")
            return self.locals[target.id]
        if isinstance(target, ast.Subscript):
            return self.element(target)
        if isinstance(target, ast.Attribute):
            return self.field(target)
        self.fail(target, f"cannot assign to {type(target).__name__}")

    def load(self, place: tuple[Type, str]) -> Value:
        kind, where = place
        if isinstance(kind, Embedded):
            inner = Pointer(kind.element) if kind.array else kind.element
            return Value(inner, where)
        return self.result(kind, f"load {llvm_type(kind)}, ptr {where}")

    def write(self, place: tuple[Type, str], value: Value | Static, node: ast.AST) -> None:
        kind, where = place
        if isinstance(kind, Embedded):
            self.fail(node, "memory inside a struct cannot be assigned; write its parts")
        operand = self.coerce(value, kind, node)
        self.emit(f"store {llvm_type(kind)} {operand.text}, ptr {where}")

    def if_statement(self, node: ast.If) -> None:
        known = self.static_truth(node.test)
        if known is not None:
            self.statements(node.body if known else node.orelse)
            return
        yes, no, end = self.label("then"), self.label("else"), self.label("end")
        self.decide(node.test, yes, no if node.orelse else end)
        self.start(yes)
        self.statements(node.body)
        finished = not self.open
        self.branch(end)
        if node.orelse:
            self.start(no)
            self.statements(node.orelse)
            finished = finished and not self.open
            self.branch(end)
        else:
            finished = False
        if not finished:
            self.start(end)

    def while_statement(self, node: ast.While) -> None:
        if node.orelse:
            self.fail(node, "loops have no `else` in Native Python")
        top, body, end = self.label("while"), self.label("body"), self.label("end")
        self.branch(top)
        self.start(top)
        known = self.static_truth(node.test)
        if known is None:
            self.decide(node.test, body, end)
        elif known:
            self.branch(body)
        else:
            self.branch(end)
        self.start(body)
        self.loops.append((top, end))
        self.statements(node.body)
        self.loops.pop()
        self.branch(top)
        if known and not any(line.endswith(f"%{end}") for line in self.lines):
            self.open = False
            return
        self.start(end)

    def for_statement(self, node: ast.For) -> None:
        call = node.iter
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            self.fail(node, "`for` goes over range(...) only")
        if node.orelse or not isinstance(node.target, ast.Name):
            self.fail(node, "`for name in range(...)` without `else`")
        bounds = [self.settle(self.expression(a)) for a in call.args]
        first, last = (Value(None, "0", 0), bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
        step = bounds[2].literal if len(bounds) == 3 else 1
        if not isinstance(step, int) or step == 0:
            self.fail(node, "the step of range() is a literal that is not 0")
        kind = last.type or first.type or I64
        limit, index = (
            self.local(f"limit.{self.label('')}", kind),
            self.local(f"index.{self.label('')}", kind),
        )
        self.emit(f"store {llvm_type(kind)} {self.coerce(last, kind, node).text}, ptr {limit}")
        self.emit(f"store {llvm_type(kind)} {self.coerce(first, kind, node).text}, ptr {index}")
        top, body, more, end = (self.label(stem) for stem in ("for", "body", "more", "end"))
        self.branch(top)
        self.start(top)
        current, stop = self.load((kind, index)), self.load((kind, limit))
        self.fork(self.compare(ast.Lt() if step > 0 else ast.Gt(), current, stop, node), body, end)
        self.start(body)
        self.store(node.target, current)
        self.loops.append((more, end))
        self.statements(node.body)
        self.loops.pop()
        self.branch(more)
        self.start(more)
        following = self.binary(ast.Add(), self.load((kind, index)), Value(None, str(step), step), node)
        self.emit(f"store {llvm_type(kind)} {following.text}, ptr {index}")
        self.branch(top)
        self.start(end)

    def break_statement(self, node: ast.Break) -> None:
        self.branch(self.loops[-1][1])

    def continue_statement(self, node: ast.Continue) -> None:
        self.branch(self.loops[-1][0])

    def return_statement(self, node: ast.Return) -> None:
        wanted = self.function.result
        if node.value is None or (isinstance(node.value, ast.Constant) and wanted is None):
            if wanted is not None:
                self.fail(node, f"return a {wanted}")
            self.emit("ret void")
        elif wanted is None:
            self.expression(node.value)
            if self.open:
                self.emit("ret void")
        else:
            value = self.coerce(self.expression(node.value), wanted, node)
            self.emit(f"ret {llvm_type(wanted)} {value.text}")
        self.open = False

    def expression_statement(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring, or `...`
        if not isinstance(node.value, ast.Call):
            self.fail(node, "an expression by itself does nothing")
        self.expression(node.value)

    def assert_statement(self, node: ast.Assert) -> None:
        if not self.module.checking:
            return
        good, bad = self.label("holds"), self.label("fails")
        self.fork(self.condition(node.test), good, bad)
        self.start(bad)
        self.emit("call void @llvm.trap()")
        self.module.declarations.setdefault("llvm.trap", "declare void @llvm.trap() noreturn cold")
        self.emit("unreachable")
        self.start(good)

    def pass_statement(self, node: ast.stmt) -> None:
        pass

    # -- what is known at translation time

    def static(self, node: ast.expr) -> Static | None:
        """The value of an expression that depends on nothing of run time, or None."""
        if isinstance(node, ast.Constant):
            return Static(node.value)
        if isinstance(node, ast.Name):
            if node.id in self.locals or node.id in self.assigned:
                return None
            if node.id not in self.scope:
                self.fail(node, f"name {node.id!r} is not known here")
            return Static(self.scope[node.id])
        if isinstance(node, ast.Attribute):
            base = self.static(node.value)
            if base is None or isinstance(base.value, (Extern, Hole, Cell)):
                return None
            return Static(getattr(base.value, node.attr))
        if isinstance(node, ast.Call) and not self._is_static_call(node):
            return None
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        known = [self.static(part) for part in parts]
        if not all(p is not None and _plain(p.value) for p in known):
            return None
        code = compile(ast.Expression(node), self.function.python.__code__.co_filename, "eval")
        return Static(eval(code, self.scope))

    def _is_static_call(self, node: ast.Call) -> bool:
        called = self.static(node.func)
        return called is not None and called.value in (len, min, max, ord, abs)

    def static_truth(self, node: ast.expr) -> bool | None:
        """Whether the value is true, where that depends on nothing of run time."""
        if isinstance(node, ast.BoolOp):
            decisive = isinstance(node.op, ast.Or)
            for part in node.values:
                truth = self.static_truth(part)
                if truth is None or truth is decisive:
                    return truth
            return not decisive
        known = self.static(node)
        if known is None or not _plain(known.value):
            return None
        return bool(known.value)

    def type_argument(self, node: ast.expr) -> Type:
        """A type written in native code."""
        code = compile(ast.Expression(node), self.function.python.__code__.co_filename, "eval")
        try:
            kind = resolve(eval(code, self.scope))
        except (TypeError, NameError) as problem:
            self.fail(node, str(problem))
        if kind is None:
            self.fail(node, "None is no type of a value")
        return kind

    # -- expressions

    def expression(self, node: ast.expr) -> Value | Static:
        known = self.static(node)
        if known is not None:
            return self.constant(known.value, node)
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            self.fail(node, f"{type(node).__name__} is not part of Native Python")
        return handler(self, node)

    def constant(self, value: Any, node: ast.AST) -> Value | Static:
        """A value known now, as an operand if the machine can hold it."""
        if value is None:
            return Value(None, "null")
        if isinstance(value, bool):
            return Value(I1, "true" if value else "false")
        if isinstance(value, int):
            return Value(None, str(value), value)
        if isinstance(value, float):
            return Value(None, _float_text(value), value)
        if isinstance(value, str):
            return Value(CSTRING, self.module.string(value))
        if isinstance(value, NativeFunction) and not value.static_parameters:
            return Value(value.type, f"@{self.module.add(value)}")
        if isinstance(value, Extern):
            return Value(value.type, self.module.extern(value))
        if isinstance(value, Cell):
            return self.load((value.type, self.module.cell(value)))
        if isinstance(value, Hole):
            return self.hole(value)
        return Static(value)

    def hole(self, hole: Hole) -> Value:
        symbol = self.module.hole(hole)
        if hole.bits == 64:
            return self.result(hole.type, f'call ptr asm "movabsq $1, $0", "=r,i"(ptr {symbol})')
        if hole.bits == 32:
            return self.result(hole.type, f'call i64 asm "movl $1, ${{0:k}}", "=r,i"(ptr {symbol})')
        if isinstance(hole.type, Scalar):
            return self.result(hole.type, f"ptrtoint ptr {symbol} to i64")
        return Value(hole.type, symbol)

    def value(self, node: ast.expr) -> Value:
        return self.settle(self.expression(node))

    def name_expression(self, node: ast.Name) -> Value:
        if node.id not in self.locals:
            self.fail(node, f"{node.id!r} is read before it is set")
        return self.load(self.locals[node.id])

    def element(self, node: ast.Subscript) -> tuple[Type, str]:
        base = self.value(node.value)
        if not isinstance(base.type, Pointer):
            self.fail(node, f"only Ptr[...] is indexed, not {base.type}")
        return base.type.element, self.offset(base, self.value(node.slice), node)

    def offset(self, base: Value, index: Value, node: ast.AST) -> str:
        assert isinstance(base.type, Pointer)
        element = base.type.element
        wide = self.coerce(index, I64, node) if index.type is None else self.convert(index, I64)
        name = self.fresh()
        self.emit(f"{name} = getelementptr {llvm_type(element)}, ptr {base.text}, i64 {wide.text}")
        return name

    def subscript_expression(self, node: ast.Subscript) -> Value:
        return self.load(self.element(node))

    def field(self, node: ast.Attribute) -> tuple[Type, str]:
        base = self.value(node.value)
        if not isinstance(base.type, Reference):
            self.fail(node, f"only structs have fields, not {base.type}; write cast(Struct, value)")
        fields = layout(base.type.struct).fields
        if node.attr not in fields:
            self.fail(node, f"{base.type} has no field {node.attr!r}")
        found: Field = fields[node.attr]
        name = self.fresh()
        self.emit(f"{name} = getelementptr i8, ptr {base.text}, i64 {found.offset}")
        return found.type, name

    def attribute_expression(self, node: ast.Attribute) -> Value:
        return self.load(self.field(node))

    def binary_expression(self, node: ast.BinOp) -> Value:
        return self.binary(node.op, self.expression(node.left), self.expression(node.right), node)

    def binary(
        self, operator: ast.operator, left: Value | Static, right: Value | Static, node: ast.AST
    ) -> Value:
        left, right = self.settle(left), self.settle(right)
        if isinstance(left.type, Pointer):
            return self.pointer_arithmetic(operator, left, right, node)
        kind = left.type or right.type or (F64 if isinstance(left.literal, float) else I64)
        if not isinstance(kind, Scalar):
            self.fail(node, f"no arithmetic on {kind}; write address(value) for its number")
        left, right = self.coerce(left, kind, node), self.coerce(right, kind, node)
        if kind is F64:
            name = FLOAT_OPERATORS.get(type(operator))
            if name is None:
                self.fail(node, f"no {type(operator).__name__} on floats")
            return self.result(kind, f"{name} double {left.text}, {right.text}")
        if isinstance(operator, (ast.FloorDiv, ast.Mod)):
            return self.divide(isinstance(operator, ast.Mod), kind, left, right)
        names = INTEGER_OPERATORS.get(type(operator))
        if names is None:
            self.fail(node, f"no {type(operator).__name__} on integers; use //")
        return self.result(kind, f"{names[not kind.signed]} {kind.llvm} {left.text}, {right.text}")

    def divide(self, remainder: bool, kind: Scalar, left: Value, right: Value) -> Value:
        """Division that rounds down, as Python's does."""
        text = f"{kind.llvm} {left.text}, {right.text}"
        if not kind.signed:
            return self.result(kind, f"{'urem' if remainder else 'udiv'} {text}")
        rest = self.result(kind, f"srem {text}")
        signs = self.result(kind, f"xor {kind.llvm} {rest.text}, {right.text}")
        negative = self.result(I1, f"icmp slt {kind.llvm} {signs.text}, 0")
        inexact = self.result(I1, f"icmp ne {kind.llvm} {rest.text}, 0")
        adjust = self.result(I1, f"and i1 {negative.text}, {inexact.text}")
        if remainder:
            moved = self.result(kind, f"add {kind.llvm} {rest.text}, {right.text}")
            return self.result(
                kind, f"select i1 {adjust.text}, {kind.llvm} {moved.text}, {kind.llvm} {rest.text}"
            )
        quotient = self.result(kind, f"sdiv {text}")
        less = self.result(kind, f"sext i1 {adjust.text} to {kind.llvm}")
        return self.result(kind, f"add {kind.llvm} {quotient.text}, {less.text}")

    def pointer_arithmetic(self, operator: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
        assert isinstance(left.type, Pointer)
        if isinstance(operator, ast.Sub) and isinstance(right.type, Pointer):
            size = size_of(left.type.element)
            a = self.result(I64, f"ptrtoint ptr {left.text} to i64")
            b = self.result(I64, f"ptrtoint ptr {right.text} to i64")
            distance = self.result(I64, f"sub i64 {a.text}, {b.text}")
            return self.result(I64, f"sdiv exact i64 {distance.text}, {size}")
        if isinstance(operator, ast.Sub):
            if right.literal is not None:
                right = Value(None, str(-right.literal), -right.literal)
            else:
                right = self.result(I64, f"sub i64 0, {self.convert(right, I64).text}")
        elif not isinstance(operator, ast.Add):
            self.fail(node, "pointers are added to and subtracted from only")
        return Value(left.type, self.offset(left, right, node))

    def unary_expression(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.result(I1, f"xor i1 {self.condition(node.operand).text}, true")
        operand = self.value(node.operand)
        kind = operand.type
        if not isinstance(kind, Scalar):
            self.fail(node, f"no {type(node.op).__name__} on {kind}")
        if isinstance(node.op, ast.USub):
            if kind is F64:
                return self.result(kind, f"fneg double {operand.text}")
            return self.result(kind, f"sub {kind.llvm} 0, {operand.text}")
        if isinstance(node.op, ast.Invert):
            return self.result(kind, f"xor {kind.llvm} {operand.text}, -1")
        return operand

    def compare_expression(self, node: ast.Compare) -> Value:
        if len(node.ops) != 1:
            self.fail(node, "write two comparisons with `and`")
        left, operator, right = self.expression(node.left), node.ops[0], node.comparators[0]
        if isinstance(operator, (ast.In, ast.NotIn)):
            return self.membership(operator, left, right)
        return self.compare(operator, left, self.expression(right), node)

    def membership(self, operator: ast.In | ast.NotIn, left: Value | Static, right: ast.expr) -> Value:
        """`value in (a, b)`, with a tuple written out."""
        if not isinstance(right, ast.Tuple) or not right.elts:
            self.fail(right, "`in` needs a tuple written out")
        tests = [self.compare(ast.Eq(), left, self.expression(part), part) for part in right.elts]
        found = tests[0]
        for test in tests[1:]:
            found = self.result(I1, f"or i1 {found.text}, {test.text}")
        if isinstance(operator, ast.NotIn):
            return self.result(I1, f"xor i1 {found.text}, true")
        return found

    def compare(
        self, operator: ast.cmpop, left: Value | Static, right: Value | Static, node: ast.AST
    ) -> Value:
        left, right = self.settle(left), self.settle(right)
        names = COMPARISONS.get(type(operator))
        if names is None:
            self.fail(node, f"no {type(operator).__name__} in Native Python")
        kind = left.type or right.type or I64
        if is_pointer(kind):
            if is_pointer(left.type) and is_pointer(right.type):
                pass  # any two addresses can be compared
            elif "null" not in (left.text, right.text):
                self.fail(node, "a pointer is compared with a pointer or NULL")
            return self.result(I1, f"icmp {names[1]} ptr {left.text}, {right.text}")
        left, right = self.coerce(left, kind, node), self.coerce(right, kind, node)
        assert isinstance(kind, Scalar)
        if kind is F64:
            return self.result(I1, f"fcmp {names[2]} double {left.text}, {right.text}")
        return self.result(I1, f"icmp {names[not kind.signed]} {kind.llvm} {left.text}, {right.text}")

    def condition(self, node: ast.expr) -> Value:
        known = self.static_truth(node)
        if known is not None:
            return Value(I1, "true" if known else "false")
        return self.truth(self.value(node), node)

    def truth(self, value: Value, node: ast.AST) -> Value:
        kind = value.type
        if kind is I1:
            return value
        if is_pointer(kind):
            return self.result(I1, f"icmp ne ptr {value.text}, null")
        if isinstance(kind, Scalar) and kind is not F64:
            return self.result(I1, f"icmp ne {kind.llvm} {value.text}, 0")
        self.fail(node, f"a {kind} has no truth; compare it")

    def boolean_expression(self, node: ast.BoolOp) -> Value:
        """`and`/`or` as a truth value; the right side runs only if it decides."""
        slot = f"%bool.{self.label('')}"
        self.slots.append(f"  {slot} = alloca i1")
        yes, no, end = self.label("true"), self.label("false"), self.label("decided")
        self.decide(node, yes, no)
        for label, truth in ((yes, "true"), (no, "false")):
            self.start(label)
            self.emit(f"store i1 {truth}, ptr {slot}")
            self.branch(end)
        self.start(end)
        return self.load((I1, slot))

    def decide(self, node: ast.expr, yes: str, no: str) -> None:
        """Go to one label or the other by a condition; the right side of `and` and `or` runs only if it decides."""
        test = self._each_expected(node)
        if isinstance(test, ast.BoolOp):
            *parts, last = test.values
            for part in parts:
                more = self.label("more")
                self.decide(part, *((more, no) if isinstance(test.op, ast.And) else (yes, more)))
                self.start(more)
            self.decide(last, yes, no)
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.decide(test.operand, no, yes)
        else:
            self.fork(self.condition(test), yes, no)

    def _each_expected(self, node: ast.expr) -> ast.expr:
        """For `likely(a and b)`: the same said of each part. Of `a or b` the last part is likely, if it is asked."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or not isinstance(node.args[0], ast.BoolOp):
            return node
        called, test = self.static(node.func), node.args[0]
        if called is None or called.value not in (intrinsics.likely, intrinsics.unlikely):
            return node
        of_all = isinstance(test.op, ast.And) == (called.value is intrinsics.likely)
        parts = [
            ast.copy_location(ast.Call(node.func, [part], []), part)
            if of_all or part is test.values[-1]
            else part
            for part in test.values
        ]
        return ast.copy_location(ast.BoolOp(test.op, parts), test)

    def conditional_expression(self, node: ast.IfExp) -> Value | Static:
        known = self.static_truth(node.test)
        if known is not None:
            return self.expression(node.body if known else node.orelse)
        yes, no, end = self.label("then"), self.label("else"), self.label("end")
        self.decide(node.test, yes, no)
        self.start(no)
        other = self.value(node.orelse)
        marker = len(self.lines)
        self.start(yes)
        value = self.value(node.body)
        kind = value.type or other.type or I64
        slot = f"%choice.{self.label('')}"
        self.slots.append(f"  {slot} = alloca {llvm_type(kind)}")
        self.emit(f"store {llvm_type(kind)} {self.coerce(value, kind, node).text}, ptr {slot}")
        self.branch(end)
        tail, self.lines = self.lines[marker:], self.lines[:marker]
        self.open = True
        self.emit(f"store {llvm_type(kind)} {self.coerce(other, kind, node).text}, ptr {slot}")
        self.branch(end)
        self.lines += tail
        self.start(end)
        return self.load((kind, slot))

    # -- conversions

    def coerce(self, value: Value | Static, kind: Type, node: ast.AST) -> Value:
        """The value as an operand of exactly this type, or an error that says what to write."""
        value = self.settle(value)
        if value.type == kind and value.type is not None:
            return value
        if value.literal is not None:
            return self.number(value.literal, kind, node)
        if value.text == "null" and is_pointer(kind):
            return Value(kind, "null")
        if is_pointer(kind) and self.fits(value.type, kind):
            return Value(kind, value.text)
        if isinstance(kind, Scalar):
            self.fail(node, f"a {value.type} where a {kind} is needed; write {kind}(...)")
        self.fail(node, f"a {value.type} where a {kind} is needed; write cast({kind}, ...)")

    @staticmethod
    def fits(given: Type | None, wanted: Type) -> bool:
        if isinstance(given, Reference) and isinstance(wanted, Reference):
            return issubclass(given.struct, wanted.struct)
        if isinstance(wanted, Pointer) and wanted == CSTRING:
            return is_pointer(given)  # untyped memory
        return isinstance(given, Function) and isinstance(wanted, Function)

    def number(self, literal: int | float, kind: Type, node: ast.AST) -> Value:
        if kind is F64:
            return Value(kind, _float_text(float(literal)))
        if not isinstance(kind, Scalar) or isinstance(literal, float):
            self.fail(node, f"the number {literal} where a {kind} is needed")
        low, high = (
            (-(1 << (8 * kind.size - 1)), 1 << 8 * kind.size) if kind.signed else (0, 1 << 8 * kind.size)
        )
        if kind is not I1 and not low <= literal < high:
            self.fail(node, f"{literal} does not fit a {kind}")
        return Value(kind, str(literal) if kind is not I1 else ("true" if literal else "false"))

    def convert(self, value: Value, kind: Type, node: ast.AST | None = None) -> Value:
        """An explicit conversion between machine numbers, as in `i32(x)`."""
        if value.literal is not None:
            literal = kind(value.literal) if isinstance(kind, Scalar) else value.literal
            return self.number(literal, kind, node or self.function.tree)
        source = value.type
        if source is kind:
            return value
        assert isinstance(kind, Scalar)
        if is_pointer(source):
            wide = self.result(I64, f"ptrtoint ptr {value.text} to i64")
            return self.convert(Value(I64, wide.text), kind) if kind.size != 8 else Value(kind, wide.text)
        if not isinstance(source, Scalar):
            self.fail(node or self.function.tree, f"cannot make a {kind} of a {source}")
        if F64 in (source, kind):
            operation = "sitofp" if kind is F64 else "fptosi"
            if not (source if kind is F64 else kind).signed:
                operation = operation.replace("s", "u", 1) if kind is F64 else "fptoui"
            return self.result(kind, f"{operation} {source.llvm} {value.text} to {kind.llvm}")
        if kind is I1:
            return self.result(I1, f"icmp ne {source.llvm} {value.text}, 0")
        before, after = (1 if source is I1 else 8 * source.size), 8 * kind.size
        if before == after:
            return Value(kind, value.text)
        operation = "trunc" if before > after else "sext" if source.signed else "zext"
        return self.result(kind, f"{operation} {source.llvm} {value.text} to {kind.llvm}")

    # -- calls

    def call_expression(self, node: ast.Call) -> Value:
        if node.keywords:
            self.fail(node, "native calls take positional arguments only")
        called = self.static(node.func)
        if called is None:
            target = self.value(node.func)
            return self.invoke(target, [self.expression(a) for a in node.args], node)
        function = called.value
        if isinstance(function, Scalar):
            return self.convert(self.value(node.args[0]), function, node)
        special = INTRINSICS.get(function) if callable(function) and not _unhashable(function) else None
        if special is not None:
            return special(self, node)
        if isinstance(function, NativeFunction):
            return self.call_native(function, node)
        if isinstance(function, (Extern, Hole)):
            target = self.settle(self.constant(function, node))
            return self.invoke(target, [self.expression(a) for a in node.args], node)
        self.fail(node, f"{function!r} is not native; decorate it with @native or declare it as an extern")

    def call_native(self, function: NativeFunction, node: ast.Call) -> Value:
        names = [a.arg for a in function.tree.args.args]
        static: dict[str, Any] = {}
        dynamic = []
        if function.static_parameters:
            if len(names) != len(node.args):
                self.fail(node, f"{function.python.__name__} takes {len(names)} arguments")
            for name, argument in zip(names, node.args, strict=True):
                if name in function.static_parameters:
                    known = self.static(argument)
                    if known is None:
                        self.fail(argument, f"{name!r} must be known at translation time")
                    static[name] = known.value
                else:
                    dynamic.append(self.expression(argument))
        else:
            dynamic = [self.expression(a) for a in node.args]
        symbol = self.module.add(function, static)
        return self.invoke(Value(function.type, f"@{symbol}"), dynamic, node)

    def invoke(self, target: Value, arguments: list[Value | Static], node: ast.Call) -> Value:
        kind = target.type
        if not isinstance(kind, Function):
            self.fail(node, f"a {kind} cannot be called")
        if kind.convention == TEMPLATE and self.function.convention == TEMPLATE:
            return self.jump(target, arguments, node)
        parameters = kind.parameters or ()
        if len(arguments) < len(parameters) or (len(arguments) > len(parameters) and not kind.variadic):
            self.fail(node, f"takes {len(parameters)} arguments, not {len(arguments)}")
        texts = []
        for index, argument in enumerate(arguments):
            if index < len(parameters):
                wanted = parameters[index]
            else:
                loose = self.settle(argument)
                wanted = loose.type or (CSTRING if loose.text == "null" else I64)
            operand = self.coerce(argument, wanted, node)
            texts.append(f"{llvm_type(wanted)} {operand.text}")
        shape = llvm_type(kind.result)
        if kind.variadic:
            shape += f" ({', '.join([*(llvm_type(p) for p in parameters), '...'])})"
        convention = f"{kind.convention} " if kind.convention else ""
        text = f"call {convention}{shape} {target.text}({', '.join(texts)})"
        if kind.result is None:
            self.emit(text)
            return NOTHING
        return self.result(kind.result, text)

    def jump(self, target: Value, arguments: list[Value | Static], node: ast.Call) -> Value:
        """Go on in another template. What is not given (frame, thread) goes along as it is."""
        own = [self.load(self.locals[name]) for name in self.function.parameters]
        frame, thread = own[0], own[2]
        given = [self.settle(a) for a in arguments]
        if any(not is_pointer(v.type) and v.text != "null" for v in given):
            self.fail(node, "registers hold pointers; write cast(Object, number)")
        match given:
            case [sp]:
                registers = [frame, sp, thread]
            case [sp, value]:
                registers = [frame, sp, thread, value]
            case [_, _, _, *_]:
                registers = given
            case _:
                self.fail(node, "jump with (sp), (sp, value) or (frame, sp, thread, ...)")
        registers = [*registers, *[Value(None, "poison")] * (REGISTERS - len(registers))]
        texts = ", ".join(f"ptr {register.text}" for register in registers)
        if target.text in (f"@{NEXT}", f"@{AFTER}"):
            # Else LLVM makes conditional jumps of it, and what is unlikely stands between them and the next template.
            self.emit('call void asm sideeffect "", ""()')
        self.emit(f"musttail call {TEMPLATE} void {target.text}({texts})")
        self.emit("ret void")
        self.open = False
        return NOTHING

    # -- intrinsics

    def cast_call(self, node: ast.Call) -> Value:
        kind = self.type_argument(node.args[0])
        value = self.value(node.args[1])
        if value.type is None and value.literal is not None:
            value = self.coerce(value, I64, node)
        if isinstance(value.type, Scalar):
            return self.result(kind, f"inttoptr i64 {self.convert(value, I64).text} to ptr")
        return Value(kind, value.text)

    def address_call(self, node: ast.Call) -> Value:
        return self.result(I64, f"ptrtoint ptr {self.value(node.args[0]).text} to i64")

    def reserve_call(self, node: ast.Call) -> Value:
        kind = self.type_argument(node.args[0])
        count = self.static(node.args[1]) if len(node.args) > 1 else Static(1)
        if count is None:
            self.fail(node, "the count of reserve() is known at translation time")
        slot = f"%room.{self.label('')}"
        self.slots.append(f"  {slot} = alloca {llvm_type(kind)}, i64 {count.value}, align 16")
        return Value(Pointer(kind), slot)

    def size_of_call(self, node: ast.Call) -> Value:
        kind = self.type_argument(node.args[0])
        size = layout(kind.struct).size if isinstance(kind, Reference) else size_of(kind)
        return Value(None, str(size), size)

    def expect(self, node: ast.Call, wanted: str) -> Value:
        condition = self.condition(node.args[0])
        self.module.declarations.setdefault("llvm.expect.i1", "declare i1 @llvm.expect.i1(i1, i1)")
        return self.result(I1, f"call i1 @llvm.expect.i1(i1 {condition.text}, i1 {wanted})")

    def likely_call(self, node: ast.Call) -> Value:
        return self.expect(node, "true")

    def unlikely_call(self, node: ast.Call) -> Value:
        return self.expect(node, "false")

    def float_bits_call(self, node: ast.Call) -> Value:
        value = self.coerce(self.expression(node.args[0]), F64, node)
        return self.result(I64, f"bitcast double {value.text} to i64")

    def copy_memory_call(self, node: ast.Call) -> Value:
        target, source, size = (self.value(a) for a in node.args)
        wide = self.convert(size, I64, node)
        self.module.declarations.setdefault("memcpy", "declare ptr @memcpy(ptr, ptr, i64) nonlazybind")
        self.module.externs.setdefault("memcpy", Extern("memcpy", Function((), None)))
        self.emit(f"call ptr @memcpy(ptr {target.text}, ptr {source.text}, i64 {wide.text})")
        return NOTHING

    def atomic(self, node: ast.Call, operation: str) -> Value:
        place, bits = (self.value(a) for a in node.args)
        wide = self.convert(bits, I64, node)
        self.emit(f"atomicrmw {operation} ptr {place.text}, i64 {wide.text} seq_cst")
        return NOTHING

    def atomic_or_call(self, node: ast.Call) -> Value:
        return self.atomic(node, "or")

    def atomic_and_call(self, node: ast.Call) -> Value:
        return self.atomic(node, "and")

    def clear_memory_call(self, node: ast.Call) -> Value:
        target, size = (self.value(a) for a in node.args)
        wide = self.convert(size, I64, node)
        self.module.declarations.setdefault("memset", "declare ptr @memset(ptr, i32, i64) nonlazybind")
        self.module.externs.setdefault("memset", Extern("memset", Function((), None)))
        self.emit(f"call ptr @memset(ptr {target.text}, i32 0, i64 {wide.text})")
        return NOTHING

    def trap_call(self, node: ast.Call) -> Value:
        self.module.declarations.setdefault("llvm.trap", "declare void @llvm.trap() noreturn cold")
        self.emit("call void @llvm.trap()")
        self.emit("unreachable")
        self.open = False
        return NOTHING


def _assigned_names(tree: ast.FunctionDef) -> set[str]:
    """Names that are locals because something in the function sets them."""
    found = {a.arg for a in tree.args.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _plain(value: Any) -> bool:
    return isinstance(value, DIRECT_VALUES)


def _unhashable(value: Any) -> bool:
    return type(value).__hash__ is None


def _float_text(value: float) -> str:
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


STATEMENTS: Final[dict[type[ast.stmt], Callable[[Translator, Any], None]]] = {
    ast.Assign: Translator.assign,
    ast.AnnAssign: Translator.annotated_assign,
    ast.AugAssign: Translator.augmented_assign,
    ast.If: Translator.if_statement,
    ast.While: Translator.while_statement,
    ast.For: Translator.for_statement,
    ast.Break: Translator.break_statement,
    ast.Continue: Translator.continue_statement,
    ast.Return: Translator.return_statement,
    ast.Expr: Translator.expression_statement,
    ast.Assert: Translator.assert_statement,
    ast.Pass: Translator.pass_statement,
}

EXPRESSIONS: Final[dict[type[ast.expr], Callable[[Translator, Any], Value | Static]]] = {
    ast.Name: Translator.name_expression,
    ast.Subscript: Translator.subscript_expression,
    ast.Attribute: Translator.attribute_expression,
    ast.BinOp: Translator.binary_expression,
    ast.UnaryOp: Translator.unary_expression,
    ast.Compare: Translator.compare_expression,
    ast.BoolOp: Translator.boolean_expression,
    ast.IfExp: Translator.conditional_expression,
    ast.Call: Translator.call_expression,
}

INTRINSICS: Final[dict[Any, Callable[[Translator, ast.Call], Value]]] = {
    intrinsics.cast: Translator.cast_call,
    intrinsics.address: Translator.address_call,
    intrinsics.reserve: Translator.reserve_call,
    intrinsics.size_of: Translator.size_of_call,
    intrinsics.likely: Translator.likely_call,
    intrinsics.unlikely: Translator.unlikely_call,
    intrinsics.float_bits: Translator.float_bits_call,
    intrinsics.copy_memory: Translator.copy_memory_call,
    intrinsics.clear_memory: Translator.clear_memory_call,
    intrinsics.atomic_or: Translator.atomic_or_call,
    intrinsics.atomic_and: Translator.atomic_and_call,
    intrinsics.trap: Translator.trap_call,
}
