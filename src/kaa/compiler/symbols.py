"""Tree to symbol tables: which scope every name of a program belongs to.

In goes a tree, out comes a `SymbolTable`: one `Scope` for each module, class, function, lambda,
comprehension and annotation scope. Two passes make it. `_Collector` walks the tree and notes, per scope,
how each name is used (`SymbolFlag`s). `analyze` then walks the scopes and decides where each name lives
(`Resolution`): in a fast local, in a cell, in a cell of an outer function, or among the globals. It also
decides which comprehensions are inlined into the scope around them (PEP 709). The code generator reads the
result; so does the standard library's `symtable`.
"""

import ast
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from kaa.compiler.errors import Location, in_scope, location_of
from kaa.compiler.future import CO_FUTURE_ANNOTATIONS

__all__ = ["Resolution", "Scope", "ScopeKind", "SymbolTable", "build", "mangle"]


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
_FLAGS_MASK = (1 << RESOLUTION_SHIFT) - 1

_FUNCTION_LIKE = frozenset(
    {ScopeKind.FUNCTION, ScopeKind.TYPE_ALIAS, ScopeKind.TYPE_PARAMETERS, ScopeKind.TYPE_VARIABLE}
)
"""Scopes that run as functions: with fast locals, cells, and names that inner scopes can see."""

_EXPRESSION_NOT_ALLOWED = {
    ScopeKind.ANNOTATION: "{} cannot be used within an annotation",
    ScopeKind.TYPE_VARIABLE: "{} cannot be used within {}",
    ScopeKind.TYPE_ALIAS: "{} cannot be used within a type alias",
    ScopeKind.TYPE_PARAMETERS: "{} cannot be used within the definition of a generic",
}
"""Where yield, await and := have no meaning."""

_NO_TARGET_SCOPE = {
    ScopeKind.CLASS: "a class body",
    ScopeKind.TYPE_VARIABLE: "a TypeVar bound",
    ScopeKind.TYPE_ALIAS: "a type alias",
    ScopeKind.TYPE_PARAMETERS: "the definition of a generic",
}
"""Scopes into which a := of a comprehension cannot reach."""

_COMPREHENSIONS: dict[type[ast.expr], tuple[str, str]] = {
    ast.ListComp: ("listcomp", "list comprehension"),
    ast.SetComp: ("setcomp", "set comprehension"),
    ast.DictComp: ("dictcomp", "dict comprehension"),
    ast.GeneratorExp: ("genexpr", "generator expression"),
}
"""The name of a comprehension's scope, and what messages call the comprehension."""


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
        self.nested: bool = outer is not None and (outer.nested or outer.type in _FUNCTION_LIKE)
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
        return self.type in _FUNCTION_LIKE

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


def build(tree: ast.mod, filename: str, future_flags: int = 0) -> SymbolTable:
    """Return the symbol table of `tree`; raise `SyntaxError` for uses of names that contradict each other."""
    collector = _Collector(filename, future_flags)
    collector.collect(tree)
    _Analyzer(filename).analyze(collector.top)
    return SymbolTable(collector.top, collector.scopes)


def mangle(class_name: str | None, name: str) -> str:
    """Return the name that `name` has inside of class `class_name`: `__x` becomes `_C__x`.

    Names that end in two underscores and dotted names (of imports) stay; so does everything in a class
    whose name is only underscores.
    """
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name


type _Visitor = Callable[[Any], None]


class _Collector:
    """The first pass: the scopes of a tree, and what each does with its names."""

    def __init__(self, filename: str, future_flags: int) -> None:
        self.filename = filename
        self.future_annotations = bool(future_flags & CO_FUTURE_ANNOTATIONS)
        self.top_level_await = bool(future_flags & ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        self.top = self.current = Scope("top", ScopeKind.MODULE, 0, None)
        self.scopes: dict[Any, Scope] = {}
        self.stack: list[Scope] = [self.top]
        self.class_name: str | None = None
        self.visitors: dict[type[ast.AST], _Visitor] = {
            kind: getattr(self, name) for kind, name in _VISITORS.items()
        }

    def collect(self, tree: ast.mod) -> None:
        self.scopes[tree] = self.top
        match tree:
            case ast.Module(body=body) | ast.Interactive(body=body):
                self._visit_all(body)
            case ast.Expression(body=expression):
                self._visit(expression)

    # Walking

    def _visit(self, node: ast.AST) -> None:
        self.visitors[type(node)](node)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        visitors = self.visitors
        for node in nodes:
            visitors[type(node)](node)

    def _visit_fields(self, node: ast.AST) -> None:
        """Visit what the `_FIELDS` of a node hold, in that order; the node itself says nothing about
        names.
        """
        visitors = self.visitors
        for field in _FIELDS[type(node)]:
            value = getattr(node, field)
            if type(value) is list:
                for item in value:
                    if item is not None:
                        visitors[type(item)](item)
            elif value is not None:
                visitors[type(value)](value)

    def _nothing(self, node: ast.AST) -> None:
        """A node without names."""

    # Scopes and names

    def _enter(self, key: Any, name: str, kind: ScopeKind, location: Location) -> Scope:
        outer = self.current
        scope = Scope(name, kind, location[0], outer)
        self.scopes[key] = scope
        if kind is not ScopeKind.ANNOTATION:
            outer.children.append(scope)
        self.stack.append(scope)
        self.current = scope
        return scope

    def _leave(self) -> None:
        self.stack.pop()
        self.current = self.stack[-1]

    def _mangled(self, name: str) -> str:
        class_name = self.class_name
        if class_name is None or name[:2] != "__":
            return name
        only = self.current.mangled_names
        if only is not None and name not in only:
            return name
        return mangle(class_name, name)

    def _flags(self, name: str, scope: Scope) -> int:
        return scope.symbols.get(self._mangled(name), 0)

    def _define(self, name: str, flag: int, node: Any) -> None:
        """Note one more use of `name` in the current scope."""
        if flag & DEF_TYPE_PARAM and self.current.mangled_names is not None:
            self.current.mangled_names.add(name)
        self._define_in(self.current, name, flag, node)

    def _define_in(self, scope: Scope, name: str, flag: int, node: Any) -> None:
        mangled = self._mangled(name)
        flags = scope.symbols.get(mangled, 0)
        if flag & flags & DEF_PARAM:
            raise self._error(node, f"duplicate argument '{name}' in function definition")
        if flag & flags & DEF_TYPE_PARAM:
            raise self._error(node, f"duplicate type parameter '{name}'")
        flags |= flag
        if scope.targets_iteration:
            if flags & (DEF_GLOBAL | DEF_NONLOCAL):
                message = "comprehension inner loop cannot rebind assignment expression target '{}'"
                raise self._error(node, message.format(name))
            flags |= DEF_COMP_ITER
        scope.symbols[mangled] = flags
        if flag & DEF_PARAM:
            scope.varnames.append(mangled)
        elif flag & DEF_GLOBAL:
            globals_ = self.top.symbols
            globals_[mangled] = globals_.get(mangled, 0) | flag

    def _error(self, node: Any, message: str) -> SyntaxError:
        return in_scope(location_of(node), message, self.filename)

    def _refuse_in_annotation(self, what: str, node: ast.expr) -> None:
        message = _EXPRESSION_NOT_ALLOWED.get(self.current.type)
        if message is not None:
            raise self._error(node, message.format(what, self.current.role))

    # Statements

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._define(node.name, DEF_LOCAL, node)
        arguments = node.args
        self._visit_defaults(arguments)
        self._visit_all(node.decorator_list)
        if node.type_params:
            self._enter_type_parameters(node, node.name)
            # The host's trees always have a list of defaults, so that even an empty one makes this parameter.
            self._define(".defaults", DEF_PARAM, node)
            if any(default is not None for default in arguments.kw_defaults):
                self._define(".kwdefaults", DEF_PARAM, node)
            self._visit_all(node.type_params)
        self._visit_annotations(node)
        scope = self._enter(node, node.name, ScopeKind.FUNCTION, location_of(node))
        self._visit_parameters(arguments)
        scope.is_coroutine = type(node) is ast.AsyncFunctionDef
        self._visit_all(node.body)
        self._leave()
        if node.type_params:
            self._leave()

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        self._visit_all(arguments.defaults)
        self._visit_all([default for default in arguments.kw_defaults if default is not None])

    def _visit_annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        parameters = arguments.posonlyargs + arguments.args
        parameters += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        parameters += arguments.kwonlyargs
        if self.future_annotations:
            self._enter((node, "annotations"), "_annotation", ScopeKind.ANNOTATION, location_of(node))
        for parameter in parameters:
            if parameter.annotation is not None:
                self._visit(parameter.annotation)
        if self.future_annotations:
            self._leave()
        if node.returns is not None:
            self._visit_annotation(node.returns)

    def _visit_annotation(self, annotation: ast.expr) -> None:
        if self.future_annotations:
            key = (annotation, "annotation")
            self._enter(key, "_annotation", ScopeKind.ANNOTATION, location_of(annotation))
            self._visit(annotation)
            self._leave()
        else:
            self._visit(annotation)

    def _visit_parameters(self, arguments: ast.arguments) -> None:
        for group in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
            for parameter in group:
                self._define(parameter.arg, DEF_PARAM, parameter)
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self._define(extra.arg, DEF_PARAM, extra)

    def _class(self, node: ast.ClassDef) -> None:
        self._define(node.name, DEF_LOCAL, node)
        self._visit_all(node.decorator_list)
        outer_class = self.class_name
        if node.type_params:
            scope = self._enter_type_parameters(node, node.name)
            self.class_name = node.name
            scope.mangled_names = set()
            for name in (".type_params", ".generic_base"):
                self._define(name, DEF_LOCAL, node)
                self._define(name, USE, node)
            self._visit_all(node.type_params)
        self._visit_all(node.bases)
        self._visit_all(node.keywords)
        self._enter(node, node.name, ScopeKind.CLASS, location_of(node))
        self.class_name = node.name
        if node.type_params:
            self._define("__type_params__", DEF_LOCAL, node)
            self._define(".type_params", USE, node)
        self._visit_all(node.body)
        self._leave()
        if node.type_params:
            self._leave()
        self.class_name = outer_class

    def _type_alias(self, node: ast.TypeAlias) -> None:
        self._visit(node.name)
        assert isinstance(node.name, ast.Name)
        in_class = self.current.type is ScopeKind.CLASS
        if node.type_params:
            self._enter_type_parameters(node, node.name.id)
            self._visit_all(node.type_params)
        self._enter_lazy(node, node.name.id, ScopeKind.TYPE_ALIAS, location_of(node), in_class, node.value)
        self._visit(node.value)
        self._leave()
        if node.type_params:
            self._leave()

    def _enter_type_parameters(self, node: Any, name: str) -> Scope:
        key = (node, "type parameters")
        in_class = self.current.type is ScopeKind.CLASS
        return self._enter_lazy(key, name, ScopeKind.TYPE_PARAMETERS, location_of(node), in_class, node)

    def _enter_lazy(
        self, key: Any, name: str, kind: ScopeKind, location: Location, in_class: bool, node: Any
    ) -> Scope:
        """Enter an annotation scope, which sees the names of the class that it stands in."""
        scope = self._enter(key, name, kind, location)
        scope.can_see_class = in_class
        if in_class:
            self._define("__classdict__", USE, node)
        return scope

    def _type_parameter(self, node: ast.TypeVar | ast.TypeVarTuple | ast.ParamSpec) -> None:
        self._define(node.name, DEF_TYPE_PARAM | DEF_LOCAL, node)
        kind = type(node).__name__
        if isinstance(node, ast.TypeVar) and node.bound is not None:
            what = "constraint" if isinstance(node.bound, ast.Tuple) else "bound"
            self._visit_type_variable(node.bound, node.name, node, f"a {kind} {what}")
        if node.default_value is not None:
            self._visit_type_variable(node.default_value, node.name, (node, "default"), f"a {kind} default")

    def _visit_type_variable(self, value: ast.expr, name: str, key: Any, role: str) -> None:
        in_class = self.current.can_see_class
        scope = self._enter_lazy(key, name, ScopeKind.TYPE_VARIABLE, location_of(value), in_class, value)
        scope.role = role
        self._visit(value)
        self._leave()

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._visit(node.value)
            self.current.returns_value = True

    def _annotated_assignment(self, node: ast.AnnAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            declared = self._flags(target.id, self.current) & (DEF_GLOBAL | DEF_NONLOCAL)
            if declared and node.simple and self.current is not self.top:
                what = "global" if declared & DEF_GLOBAL else "nonlocal"
                raise self._error(node, f"annotated name '{target.id}' can't be {what}")
            if node.simple:
                self._define(target.id, DEF_ANNOT | DEF_LOCAL, target)
            elif node.value is not None:
                self._define(target.id, DEF_LOCAL, target)
        else:
            self._visit(target)
        self._visit_annotation(node.annotation)
        if node.value is not None:
            self._visit(node.value)

    def _global(self, node: ast.Global) -> None:
        self._declare(node, "global", DEF_GLOBAL)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self._declare(node, "nonlocal", DEF_NONLOCAL)

    def _declare(self, node: ast.Global | ast.Nonlocal, keyword: str, flag: int) -> None:
        for name in node.names:
            flags = self._flags(name, self.current)
            if flags & DEF_PARAM:
                raise self._error(node, f"name '{name}' is parameter and {keyword}")
            if flags & USE:
                raise self._error(node, f"name '{name}' is used prior to {keyword} declaration")
            if flags & DEF_ANNOT:
                raise self._error(node, f"annotated name '{name}' can't be {keyword}")
            if flags & DEF_LOCAL:
                raise self._error(node, f"name '{name}' is assigned to before {keyword} declaration")
            self._define(name, flag, node)
            self._record_directive(name, node)

    def _record_directive(self, name: str, node: Any) -> None:
        """Remember where `name` was declared: that is where the analysis reports that it cannot be."""
        self.current.directives.append((self._mangled(name), location_of(node)))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if name != "*":
                self._define(name.partition(".")[0], DEF_IMPORT, alias)
            elif self.current.type is not ScopeKind.MODULE:
                raise self._error(alias, "import * only allowed at module level")

    def _asynchronous(self, node: ast.AsyncFor | ast.AsyncWith) -> None:
        self._allow_await_in_module()
        self._visit_fields(node)

    def _allow_await_in_module(self) -> None:
        if self.top_level_await and self.current.type is ScopeKind.MODULE:
            self.current.is_coroutine = True

    def _except_handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self._visit(node.type)
        if node.name is not None:
            self._define(node.name, DEF_LOCAL, node)
        self._visit_all(node.body)

    # Patterns

    def _named_pattern(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self._visit(node.pattern)
        if node.name is not None:
            self._define(node.name, DEF_LOCAL, node)

    def _mapping_pattern(self, node: ast.MatchMapping) -> None:
        self._visit_all(node.keys)
        self._visit_all(node.patterns)
        if node.rest is not None:
            self._define(node.rest, DEF_LOCAL, node)

    # Expressions

    def _name(self, node: ast.Name) -> None:
        current = self.current
        name = node.id
        if type(node.ctx) is not ast.Load:
            self._define_in(current, name, DEF_LOCAL, node)
            return
        if current.targets_iteration or name[:2] == "__":
            self._define_in(current, name, USE, node)
        else:
            symbols = current.symbols
            symbols[name] = symbols.get(name, 0) | USE
        if name == "super" and current.type in _FUNCTION_LIKE:
            self._define("__class__", USE, node)

    def _attribute(self, node: ast.Attribute) -> None:
        value = node.value
        self.visitors[type(value)](value)

    def _lambda(self, node: ast.Lambda) -> None:
        self._visit_defaults(node.args)
        self._enter(node, "lambda", ScopeKind.FUNCTION, location_of(node))
        self._visit_parameters(node.args)
        self._visit(node.body)
        self._leave()

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        self._refuse_in_annotation("yield expression", node)
        if node.value is not None:
            self._visit(node.value)
        self.current.is_generator = True
        if self.current.comprehension is not None:
            name = _COMPREHENSIONS[self.current.comprehension][1]
            raise self._error(node, f"'yield' inside {name}")

    def _await(self, node: ast.Await) -> None:
        self._refuse_in_annotation("await expression", node)
        self._visit(node.value)
        self.current.is_coroutine = True

    def _named_expression(self, node: ast.NamedExpr) -> None:
        self._refuse_in_annotation("named expression", node)
        if self.current.iterable_depth > 0:
            message = "assignment expression cannot be used in a comprehension iterable expression"
            raise self._error(node, message)
        if self.current.comprehension is not None:
            self._extend_named_expression(node.target)
        self._visit(node.value)
        self._visit(node.target)

    def _extend_named_expression(self, target: ast.Name) -> None:
        """Bind the target of := in the scope around the comprehensions that it stands in (PEP 572)."""
        name = target.id
        for scope in reversed(self.stack):
            flags = self._flags(name, scope)
            if scope.comprehension is not None:
                if flags & DEF_COMP_ITER and flags & (DEF_LOCAL | DEF_GLOBAL):
                    message = "assignment expression cannot rebind comprehension iteration variable '{}'"
                    raise self._error(target, message.format(name))
                continue
            if scope.type in _NO_TARGET_SCOPE:
                message = "assignment expression within a comprehension cannot be used {} {}"
                where = _NO_TARGET_SCOPE[scope.type]
                word = "within" if scope.type is ScopeKind.TYPE_PARAMETERS else "in"
                raise self._error(target, message.format(word, where))
            is_global = scope.type is ScopeKind.MODULE or flags & DEF_GLOBAL
            self._define(name, DEF_GLOBAL if is_global else DEF_NONLOCAL, target)
            self._record_directive(name, target)
            flag = DEF_GLOBAL if scope.type is ScopeKind.MODULE else DEF_LOCAL
            self._define_in(scope, name, flag, target)
            return

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        first, *others = node.generators
        # The first iterable is evaluated in the scope around the comprehension, the rest inside of it.
        self._visit_iterable(first.iter)
        scope = self._enter(node, _COMPREHENSIONS[type(node)][0], ScopeKind.FUNCTION, location_of(node))
        scope.comprehension = type(node)
        scope.is_coroutine = bool(first.is_async)
        self._define(".0", DEF_PARAM, node)
        self._visit_target(first.target)
        self._visit_all(first.ifs)
        for generator in others:
            self._visit_target(generator.target)
            self._visit_iterable(generator.iter)
            self._visit_all(generator.ifs)
            if generator.is_async:
                scope.is_coroutine = True
        if isinstance(node, ast.DictComp):
            self._visit(node.value)
            self._visit(node.key)
        else:
            self._visit(node.elt)
        scope.is_generator = type(node) is ast.GeneratorExp
        makes_coroutine = scope.is_coroutine and not scope.is_generator
        self._leave()
        if makes_coroutine:
            self.current.is_coroutine = True

    def _visit_iterable(self, node: ast.expr) -> None:
        scope = self.current
        scope.iterable_depth += 1
        self._visit(node)
        scope.iterable_depth -= 1

    def _visit_target(self, node: ast.expr) -> None:
        scope = self.current
        scope.targets_iteration = True
        self._visit(node)
        scope.targets_iteration = False


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Delete: ("targets",),
    ast.Assign: ("targets", "value"),
    ast.AugAssign: ("target", "value"),
    ast.For: ("target", "iter", "body", "orelse"),
    ast.AsyncFor: ("target", "iter", "body", "orelse"),
    ast.While: ("test", "body", "orelse"),
    ast.If: ("test", "body", "orelse"),
    ast.Match: ("subject", "cases"),
    ast.match_case: ("pattern", "guard", "body"),
    ast.Raise: ("exc", "cause"),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.Assert: ("test", "msg"),
    ast.Expr: ("value",),
    ast.With: ("items", "body"),
    ast.AsyncWith: ("items", "body"),
    ast.withitem: ("context_expr", "optional_vars"),
    ast.MatchValue: ("value",),
    ast.MatchSequence: ("patterns",),
    ast.MatchClass: ("cls", "patterns", "kwd_patterns"),
    ast.MatchOr: ("patterns",),
    ast.BoolOp: ("values",),
    ast.BinOp: ("left", "right"),
    ast.UnaryOp: ("operand",),
    ast.IfExp: ("test", "body", "orelse"),
    ast.Dict: ("keys", "values"),
    ast.Set: ("elts",),
    ast.Compare: ("left", "comparators"),
    ast.Call: ("func", "args", "keywords"),
    ast.keyword: ("value",),
    ast.FormattedValue: ("value", "format_spec"),
    ast.JoinedStr: ("values",),
    ast.Subscript: ("value", "slice"),
    ast.Starred: ("value",),
    ast.Slice: ("lower", "upper", "step"),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
}
"""Nodes that bind and open nothing: the fields to visit, in order."""

_VISITORS: dict[type[ast.AST], str] = {
    **dict.fromkeys(_FIELDS, "_visit_fields"),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), "_function"),
    **dict.fromkeys((ast.Import, ast.ImportFrom), "_import"),
    **dict.fromkeys((ast.AsyncFor, ast.AsyncWith), "_asynchronous"),
    **dict.fromkeys((ast.Pass, ast.Break, ast.Continue, ast.Constant, ast.MatchSingleton), "_nothing"),
    **dict.fromkeys((ast.TypeVar, ast.TypeVarTuple, ast.ParamSpec), "_type_parameter"),
    **dict.fromkeys((ast.MatchAs, ast.MatchStar), "_named_pattern"),
    **dict.fromkeys((ast.Yield, ast.YieldFrom), "_yield"),
    **dict.fromkeys(_COMPREHENSIONS, "_comprehension"),
    ast.ClassDef: "_class",
    ast.TypeAlias: "_type_alias",
    ast.Return: "_return",
    ast.AnnAssign: "_annotated_assignment",
    ast.Global: "_global",
    ast.Nonlocal: "_nonlocal",
    ast.ExceptHandler: "_except_handler",
    ast.MatchMapping: "_mapping_pattern",
    ast.Name: "_name",
    ast.Attribute: "_attribute",
    ast.Lambda: "_lambda",
    ast.Await: "_await",
    ast.NamedExpr: "_named_expression",
}
"""The method of `_Collector` for each type of node."""

_NO_NAMES: frozenset[str] = frozenset()


class _Analyzer:
    """The second pass: where each name of each scope lives."""

    def __init__(self, filename: str) -> None:
        self.filename = filename

    def analyze(self, top: Scope) -> None:
        self._scope(top, None, _NO_NAMES, _NO_NAMES, None)

    def _scope(
        self,
        scope: Scope,
        bound: frozenset[str] | None,
        global_names: frozenset[str],
        type_parameters: frozenset[str],
        class_scope: Scope | None,
    ) -> set[str]:
        """Resolve the names of `scope` and of the scopes in it; return the names that are free in them.

        `bound` are the names that the functions around it bind (None for the module itself), `global_names`
        those that they declare global, `type_parameters` those among `bound` that are type parameters, and
        `class_scope` the class whose names an annotation scope sees.
        """
        resolver = _Resolver(self, scope, bound, global_names, type_parameters, class_scope)
        resolutions = resolver.resolve()
        if scope.type is ScopeKind.CLASS:
            # Names of a class are not visible in its methods, so they see what the class sees.
            inner_bound = (bound or _NO_NAMES) | {"__class__", "__classdict__"}
            inner_global = global_names
        else:
            inner_bound = resolver.bound_inside()
            inner_global = frozenset(resolver.global_names)
        free: set[str] = set()
        inlined_cells: set[str] = set()
        inner_parameters = frozenset(resolver.type_parameters)
        for child in scope.children:
            seen_class = _class_seen_by(child, scope, class_scope)
            child_free = self._scope(child, inner_bound, inner_global, inner_parameters, seen_class)
            if _is_inlined(child, scope):
                _inline(child, scope, resolutions, child_free, inlined_cells)
            free |= child_free
        _adopt_children_of_inlined(scope)
        if scope.is_function_like:
            _turn_locals_into_cells(resolutions, free, inlined_cells)
        elif scope.type is ScopeKind.CLASS:
            _take_class_cells(scope, free)
        _record(scope, resolutions, bound, free, inlined_cells)
        return free | resolver.free


class _Resolver:
    """What the names of one scope are, as far as the scopes around it tell."""

    def __init__(
        self,
        analyzer: _Analyzer,
        scope: Scope,
        bound: frozenset[str] | None,
        global_names: frozenset[str],
        type_parameters: frozenset[str],
        class_scope: Scope | None,
    ) -> None:
        self.analyzer = analyzer
        self.scope = scope
        self.in_module = bound is None
        self.bound = set(bound or ())
        self.global_names = set(global_names)
        self.type_parameters = set(type_parameters)
        self.class_scope = class_scope
        self.local: set[str] = set()
        self.free: set[str] = set()

    def resolve(self) -> dict[str, Resolution]:
        """Return the resolution of every name of the scope, so far: no cells yet."""
        return {name: self._resolve(name, flags) for name, flags in self.scope.symbols.items()}

    def bound_inside(self) -> frozenset[str]:
        """Return the names that the scopes inside of this one can find bound in functions around them."""
        if self.scope.is_function_like:
            return frozenset(self.bound | self.local)
        return frozenset(self.bound)

    def _resolve(self, name: str, flags: int) -> Resolution:
        if flags & DEF_GLOBAL:
            if flags & DEF_NONLOCAL:
                raise self._error(name, f"name '{name}' is nonlocal and global")
            self.global_names.add(name)
            self.bound.discard(name)
            return Resolution.GLOBAL_EXPLICIT
        if flags & DEF_NONLOCAL:
            return self._resolve_nonlocal(name)
        if flags & DEF_BOUND:
            self.local.add(name)
            self.global_names.discard(name)
            if flags & DEF_TYPE_PARAM:
                self.type_parameters.add(name)
            else:
                self.type_parameters.discard(name)
            return Resolution.LOCAL
        return self._resolve_use(name)

    def _resolve_nonlocal(self, name: str) -> Resolution:
        if self.in_module:
            raise self._error(name, "nonlocal declaration not allowed at module level")
        if name not in self.bound:
            raise self._error(name, f"no binding for nonlocal '{name}' found")
        if name in self.type_parameters:
            raise self._error(name, f"nonlocal binding not allowed for type parameter '{name}'")
        self.free.add(name)
        return Resolution.FREE

    def _resolve_use(self, name: str) -> Resolution:
        if self.class_scope is not None:
            # A name of the class hides the outer functions' at run time: it is looked up in the class, then
            # globally.
            flags = self.class_scope.symbols.get(name, 0)
            if flags & DEF_GLOBAL:
                return Resolution.GLOBAL_EXPLICIT
            if flags & DEF_BOUND and not flags & DEF_NONLOCAL:
                return Resolution.GLOBAL_IMPLICIT
        if name in self.bound:
            self.free.add(name)
            return Resolution.FREE
        return Resolution.GLOBAL_IMPLICIT

    def _error(self, name: str, message: str) -> SyntaxError:
        location = next(place for declared, place in self.scope.directives if declared == name)
        return in_scope(location, message, self.analyzer.filename)


def _class_seen_by(child: Scope, scope: Scope, class_scope: Scope | None) -> Scope | None:
    if not child.can_see_class:
        return None
    return scope if scope.type is ScopeKind.CLASS else class_scope


def _is_inlined(child: Scope, scope: Scope) -> bool:
    """A comprehension runs in the frame around it (PEP 709), unless that frame looks names up in a class."""
    if child.comprehension is None or child.comprehension is ast.GeneratorExp:
        return False
    return not scope.can_see_class


def _is_bound_outside(name: str, scope: Scope) -> bool:
    return bool(scope.symbols[name] & DEF_BOUND) and scope.type is not ScopeKind.CLASS


def _is_free_below(name: str, scope: Scope) -> bool:
    return any(child.resolution(name) == Resolution.FREE for child in scope.children)


def _inline(
    child: Scope,
    scope: Scope,
    resolutions: dict[str, Resolution],
    child_free: set[str],
    inlined_cells: set[str],
) -> None:
    """Merge the names of an inlined comprehension into the scope around it."""
    child.inlined = True
    drops_dunder_class = False
    for name, entry in child.symbols.items():
        if entry & DEF_PARAM:
            continue
        resolution = Resolution(entry >> RESOLUTION_SHIFT)
        flags = entry & _FLAGS_MASK
        if resolution is Resolution.CELL or flags & DEF_COMP_CELL:
            inlined_cells.add(name)
        if resolution is Resolution.FREE and scope.type is ScopeKind.CLASS and name == "__class__":
            # The class has no __class__ cell of its own yet: the comprehension finds what the class body finds.
            resolution = Resolution.GLOBAL_IMPLICIT
            child_free.discard(name)
            drops_dunder_class = True
        if name not in scope.symbols:
            scope.symbols[name] = flags
            resolutions[name] = resolution
        elif _is_bound_outside(name, scope) and not _is_free_below(name, child):
            # What was free in the comprehension is a local of the frame that it now runs in.
            child_free.discard(name)
    if drops_dunder_class:
        del child.symbols["__class__"]


def _adopt_children_of_inlined(scope: Scope) -> None:
    """Put the children of inlined comprehensions into the comprehensions' place."""
    if any(child.inlined for child in scope.children):
        children: list[Scope] = []
        for child in scope.children:
            children.extend(child.children if child.inlined else (child,))
        scope.children = children


def _turn_locals_into_cells(
    resolutions: dict[str, Resolution], free: set[str], inlined_cells: set[str]
) -> None:
    """Make cells of the local names that an inner scope uses; outside of this scope they are not free."""
    for name in (free | inlined_cells) & resolutions.keys():
        if resolutions[name] is Resolution.LOCAL:
            resolutions[name] = Resolution.CELL
            free.discard(name)


def _take_class_cells(scope: Scope, free: set[str]) -> None:
    """Note the cells that a class makes for its methods and annotation scopes."""
    if "__class__" in free:
        scope.needs_class_closure = True
        free.discard("__class__")
    if "__classdict__" in free:
        scope.needs_classdict = True
        free.discard("__classdict__")


def _record(
    scope: Scope,
    resolutions: dict[str, Resolution],
    bound: frozenset[str] | None,
    free: set[str],
    inlined_cells: set[str],
) -> None:
    """Write the resolutions into `scope.symbols`, with the free names that only pass through this scope."""
    symbols = scope.symbols
    for name, flags in symbols.items():
        symbols[name] = flags | resolutions[name] << RESOLUTION_SHIFT
    for name in inlined_cells & symbols.keys():
        symbols[name] |= DEF_COMP_CELL
    sees_class = scope.type is ScopeKind.CLASS or scope.can_see_class
    for name in free:
        if name in symbols:
            if sees_class:
                symbols[name] |= DEF_FREE_CLASS
        elif bound is None or name in bound:
            symbols[name] = Resolution.FREE << RESOLUTION_SHIFT
