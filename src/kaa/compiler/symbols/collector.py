"""The first pass over a program's names: a walk through the tree that opens the scopes and notes each use
of a name.

Uses that contradict each other are found here: a parameter that is declared global, `yield` in an
annotation, a `:=` that has no scope to bind in.
"""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from kaa.compiler.errors import Location, in_scope, location_of
from kaa.compiler.future import CO_FUTURE_ANNOTATIONS
from kaa.compiler.symbols.scopes import (
    DEF_ANNOT,
    DEF_COMP_ITER,
    DEF_GLOBAL,
    DEF_IMPORT,
    DEF_LOCAL,
    DEF_NONLOCAL,
    DEF_PARAM,
    DEF_TYPE_PARAM,
    FUNCTION_LIKE,
    USE,
    Scope,
    ScopeKind,
    mangle,
)

__all__ = ["Collector"]

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


type _Visitor = Callable[[Collector, Any], None]


class Collector:
    """The first pass: the scopes of a tree, and what each does with its names."""

    def __init__(self, filename: str, future_flags: int) -> None:
        self.filename = filename
        self.future_annotations = bool(future_flags & CO_FUTURE_ANNOTATIONS)
        self.top_level_await = bool(future_flags & ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        self.top = self.current = Scope("top", ScopeKind.MODULE, 0, None)
        self.scopes: dict[Any, Scope] = {}
        self.stack: list[Scope] = [self.top]
        self.class_name: str | None = None

    def collect(self, tree: ast.mod) -> None:
        self.scopes[tree] = self.top
        match tree:
            case ast.Module(body=body) | ast.Interactive(body=body):
                self._visit_all(body)
            case ast.Expression(body=expression):
                self._visit(expression)

    # Walking

    def _visit(self, node: ast.AST) -> None:
        _VISITORS[type(node)](self, node)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        visitors = _VISITORS
        for node in nodes:
            visitors[type(node)](self, node)

    def _visit_fields(self, node: ast.AST) -> None:
        """Visit what the `_FIELDS` of a node hold, in that order; the node itself says nothing about
        names.
        """
        visitors = _VISITORS
        for field in _FIELDS[type(node)]:
            value = getattr(node, field)
            if type(value) is list:
                for item in value:
                    if item is not None:
                        visitors[type(item)](self, item)
            elif value is not None:
                visitors[type(value)](self, value)

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
        if name == "super" and current.type in FUNCTION_LIKE:
            self._define("__class__", USE, node)

    def _attribute(self, node: ast.Attribute) -> None:
        value = node.value
        _VISITORS[type(value)](self, value)

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

_VISITORS: dict[type[ast.AST], _Visitor] = {
    **dict.fromkeys(_FIELDS, Collector._visit_fields),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), Collector._function),
    **dict.fromkeys((ast.Import, ast.ImportFrom), Collector._import),
    **dict.fromkeys((ast.AsyncFor, ast.AsyncWith), Collector._asynchronous),
    **dict.fromkeys(
        (ast.Pass, ast.Break, ast.Continue, ast.Constant, ast.MatchSingleton), Collector._nothing
    ),
    **dict.fromkeys((ast.TypeVar, ast.TypeVarTuple, ast.ParamSpec), Collector._type_parameter),
    **dict.fromkeys((ast.MatchAs, ast.MatchStar), Collector._named_pattern),
    **dict.fromkeys((ast.Yield, ast.YieldFrom), Collector._yield),
    **dict.fromkeys(_COMPREHENSIONS, Collector._comprehension),
    ast.ClassDef: Collector._class,
    ast.TypeAlias: Collector._type_alias,
    ast.Return: Collector._return,
    ast.AnnAssign: Collector._annotated_assignment,
    ast.Global: Collector._global,
    ast.Nonlocal: Collector._nonlocal,
    ast.ExceptHandler: Collector._except_handler,
    ast.MatchMapping: Collector._mapping_pattern,
    ast.Name: Collector._name,
    ast.Attribute: Collector._attribute,
    ast.Lambda: Collector._lambda,
    ast.Await: Collector._await,
    ast.NamedExpr: Collector._named_expression,
}
"""The method of `Collector` for each type of node."""
