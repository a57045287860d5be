"""What can be wrong in a tree that a program made: an empty body, a constant of a type that has no literal,
a `Name` in the wrong context. One function a kind of node, in tables; messages are CPython's.
"""

import ast
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["validate"]


def validate(tree: ast.mod) -> None:
    """Raise TypeError or ValueError for what no parser would have made of any source."""
    match tree:
        case ast.Module(body=body) | ast.Interactive(body=body):
            _statements(body)
        case ast.Expression(body=body):
            _expression(body)
        case ast.FunctionType(argtypes=arguments, returns=returns):
            _expressions(arguments)
            _expression(returns)


def _nonempty(nodes: Sequence[Any], what: str, owner: ast.AST | str) -> None:
    if not nodes:
        name = owner if isinstance(owner, str) else type(owner).__name__
        raise ValueError(f"empty {what} on {name}")


def _positions(node: Any) -> None:
    line, end_line = node.lineno, node.end_lineno
    column, end_column = node.col_offset, node.end_col_offset
    if line > end_line:
        raise ValueError(f"AST node line range ({line}, {end_line}) is not valid")
    if (line < 0 and end_line != line) or (column < 0 and column != end_column):
        columns, lines = f"({column}, {end_column})", f"({line}, {end_line})"
        raise ValueError(f"AST node column range {columns} for line range {lines} is not valid")
    if line == end_line and column > end_column:
        raise ValueError(f"line {line}, column {column}-{end_column} is not a valid range")


def _identifier(name: str) -> None:
    if name in ("None", "True", "False"):
        raise ValueError(f"identifier field can't represent '{name}' constant")


def _constant_value(value: Any) -> None:
    kind = type(value)
    if kind is tuple or kind is frozenset:
        for item in value:
            _constant_value(item)
    elif value is not None and value is not Ellipsis and kind not in (int, float, complex, bool, str, bytes):
        raise TypeError(f"got an invalid type in Constant: {kind.__name__}")


# Expressions

_LOAD, _STORE, _DEL = ast.Load, ast.Store, ast.Del
_WITH_CONTEXT = (ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple)


def _expression(node: Any, context: type[ast.expr_context] = _LOAD) -> None:
    _positions(node)
    if isinstance(node, _WITH_CONTEXT):
        actual = type(node.ctx)
        if actual is not context:
            names = context.__name__, actual.__name__
            raise ValueError("expression must have {} context but has {} instead".format(*names))
    elif context is not _LOAD:
        raise ValueError(f"expression which can't be assigned to in {context.__name__} context")
    _EXPRESSIONS[type(node)](node)


def _expressions(nodes: Sequence[Any], context: type[ast.expr_context] = _LOAD) -> None:
    for node in nodes:
        if node is None:
            raise ValueError("None disallowed in expression list")
        _expression(node, context)


def _optional(node: Any, context: type[ast.expr_context] = _LOAD) -> None:
    if node is not None:
        _expression(node, context)


def _parts(*names: str) -> Callable[[Any], None]:
    """Return the validator of a node whose fields `names` are expressions, optional ones or lists of them."""

    def validate(node: Any) -> None:
        for name in names:
            value = getattr(node, name)
            if isinstance(value, list):
                _expressions(value)
            else:
                _optional(value)

    return validate


def _boolean_operation(node: ast.BoolOp) -> None:
    if len(node.values) < 2:
        raise ValueError("BoolOp with less than 2 values")
    _expressions(node.values)


def _dictionary(node: ast.Dict) -> None:
    if len(node.keys) != len(node.values):
        raise ValueError("Dict doesn't have the same number of keys as values")
    for key in node.keys:
        _optional(key)
    _expressions(node.values)


def _comparison(node: ast.Compare) -> None:
    if not node.comparators:
        raise ValueError("Compare with no comparators")
    if len(node.comparators) != len(node.ops):
        raise ValueError("Compare has a different number of comparators and operands")
    _expressions(node.comparators)
    _expression(node.left)


def _call(node: ast.Call) -> None:
    _expression(node.func)
    _expressions(node.args)
    _keywords(node.keywords)


def _keywords(keywords: Sequence[ast.keyword]) -> None:
    for keyword in keywords:
        _positions(keyword)
        _expression(keyword.value)


def _named_expression(node: ast.NamedExpr) -> None:
    if not isinstance(node.target, ast.Name):
        raise TypeError("NamedExpr target must be a Name")
    _expression(node.value)


def _lambda(node: ast.Lambda) -> None:
    _arguments(node.args)
    _expression(node.body)


def _arguments(arguments: ast.arguments) -> None:
    _parameters(arguments.posonlyargs + arguments.args)
    for extra in (arguments.vararg, arguments.kwarg):
        if extra is not None:
            _optional(extra.annotation)
    _parameters(arguments.kwonlyargs)
    if len(arguments.defaults) > len(arguments.posonlyargs) + len(arguments.args):
        raise ValueError("more positional defaults than args on arguments")
    if len(arguments.kw_defaults) != len(arguments.kwonlyargs):
        raise ValueError("length of kwonlyargs is not the same as kw_defaults on arguments")
    _expressions(arguments.defaults)
    for default in arguments.kw_defaults:
        _optional(default)


def _parameters(parameters: Sequence[ast.arg]) -> None:
    for parameter in parameters:
        _positions(parameter)
        _optional(parameter.annotation)


def _comprehension(node: Any) -> None:
    if not node.generators:
        raise ValueError("comprehension with no generators")
    for generator in node.generators:
        _expression(generator.target, _STORE)
        _expression(generator.iter)
        _expressions(generator.ifs)
    if isinstance(node, ast.DictComp):
        _expression(node.key)
        _expression(node.value)
    else:
        _expression(node.elt)


def _in_own_context(node: ast.List | ast.Tuple) -> None:
    _expressions(node.elts, type(node.ctx))


_EXPRESSIONS: dict[type[ast.AST], Callable[[Any], None]] = {
    ast.BoolOp: _boolean_operation,
    ast.NamedExpr: _named_expression,
    ast.BinOp: _parts("left", "right"),
    ast.UnaryOp: _parts("operand"),
    ast.Lambda: _lambda,
    ast.IfExp: _parts("test", "body", "orelse"),
    ast.Dict: _dictionary,
    ast.Set: _parts("elts"),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _comprehension),
    ast.Await: _parts("value"),
    ast.Yield: _parts("value"),
    ast.YieldFrom: _parts("value"),
    ast.Compare: _comparison,
    ast.Call: _call,
    ast.FormattedValue: _parts("value", "format_spec"),
    ast.JoinedStr: _parts("values"),
    ast.Constant: lambda node: _constant_value(node.value),
    ast.Attribute: _parts("value"),
    ast.Subscript: _parts("slice", "value"),
    ast.Starred: lambda node: _expression(node.value, type(node.ctx)),
    ast.Name: lambda node: _identifier(node.id),
    ast.List: _in_own_context,
    ast.Tuple: _in_own_context,
    ast.Slice: _parts("lower", "upper", "step"),
}


# Statements


def _statements(nodes: Sequence[Any]) -> None:
    for node in nodes:
        if node is None:
            raise ValueError("None disallowed in statement list")
        _positions(node)
        _STATEMENTS[type(node)](node)


def _body(nodes: Sequence[Any], owner: ast.AST | str) -> None:
    _nonempty(nodes, "body", owner)
    _statements(nodes)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    _body(node.body, node)
    _type_parameters(node.type_params)
    _arguments(node.args)
    _expressions(node.decorator_list)
    _optional(node.returns)


def _class(node: ast.ClassDef) -> None:
    _body(node.body, node)
    _type_parameters(node.type_params)
    _expressions(node.bases)
    _keywords(node.keywords)
    _expressions(node.decorator_list)


def _type_parameters(parameters: Sequence[Any]) -> None:
    for parameter in parameters:
        _positions(parameter)
        _identifier(parameter.name)
        if isinstance(parameter, ast.TypeVar):
            _optional(parameter.bound)
        _optional(parameter.default_value)


def _targets(context: type[ast.expr_context]) -> Callable[[Any], None]:
    def validate(node: ast.Assign | ast.Delete) -> None:
        _nonempty(node.targets, "targets", node)
        _expressions(node.targets, context)
        if isinstance(node, ast.Assign):
            _expression(node.value)

    return validate


def _augmented_assignment(node: ast.AugAssign) -> None:
    _expression(node.target, _STORE)
    _expression(node.value)


def _annotated_assignment(node: ast.AnnAssign) -> None:
    if not isinstance(node.target, ast.Name) and node.simple:
        raise TypeError("AnnAssign with simple non-Name target")
    _expression(node.target, _STORE)
    _optional(node.value)
    _expression(node.annotation)


def _type_alias(node: ast.TypeAlias) -> None:
    if not isinstance(node.name, ast.Name):
        raise TypeError("TypeAlias with non-Name name")
    _expression(node.name, _STORE)
    _type_parameters(node.type_params)
    _expression(node.value)


def _for(node: ast.For | ast.AsyncFor) -> None:
    _expression(node.target, _STORE)
    _expression(node.iter)
    _body(node.body, node)
    _statements(node.orelse)


def _conditional(node: ast.If | ast.While) -> None:
    _expression(node.test)
    _body(node.body, node)
    _statements(node.orelse)


def _with(node: ast.With | ast.AsyncWith) -> None:
    _nonempty(node.items, "items", node)
    for item in node.items:
        _expression(item.context_expr)
        _optional(item.optional_vars, _STORE)
    _body(node.body, node)


def _raise(node: ast.Raise) -> None:
    if node.exc is None and node.cause is not None:
        raise ValueError("Raise with cause but no exception")
    _optional(node.exc)
    _optional(node.cause)


def _try(node: ast.Try | ast.TryStar) -> None:
    name = type(node).__name__
    _body(node.body, node)
    if not node.handlers and not node.finalbody:
        raise ValueError(f"{name} has neither except handlers nor finalbody")
    if not node.handlers and node.orelse:
        raise ValueError(f"{name} has orelse but no except handlers")
    for handler in node.handlers:
        _positions(handler)
        _optional(handler.type)
        _body(handler.body, "ExceptHandler")
    _statements(node.finalbody)
    _statements(node.orelse)


def _import(node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.ImportFrom) and node.level is not None and node.level < 0:
        raise ValueError("Negative ImportFrom level")
    _nonempty(node.names, "names", node)


def _match(node: ast.Match) -> None:
    _expression(node.subject)
    _nonempty(node.cases, "cases", node)
    for case in node.cases:
        _pattern(case.pattern, False)
        _optional(case.guard)
        _body(case.body, "match_case")


def _nothing(node: ast.stmt) -> None:
    """A statement in which nothing can be wrong."""


_STATEMENTS: dict[type[ast.AST], Callable[[Any], None]] = {
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), _function),
    ast.ClassDef: _class,
    ast.Return: _parts("value"),
    ast.Delete: _targets(_DEL),
    ast.Assign: _targets(_STORE),
    ast.AugAssign: _augmented_assignment,
    ast.AnnAssign: _annotated_assignment,
    ast.TypeAlias: _type_alias,
    **dict.fromkeys((ast.For, ast.AsyncFor), _for),
    **dict.fromkeys((ast.While, ast.If), _conditional),
    **dict.fromkeys((ast.With, ast.AsyncWith), _with),
    ast.Match: _match,
    ast.Raise: _raise,
    **dict.fromkeys((ast.Try, ast.TryStar), _try),
    ast.Assert: _parts("test", "msg"),
    **dict.fromkeys((ast.Import, ast.ImportFrom), _import),
    **dict.fromkeys((ast.Global, ast.Nonlocal), lambda node: _nonempty(node.names, "names", node)),
    ast.Expr: _parts("value"),
    **dict.fromkeys((ast.Pass, ast.Break, ast.Continue), _nothing),
}


# Patterns


def _pattern(node: Any, allows_star: bool) -> None:
    _positions(node)
    match node:
        case ast.MatchValue(value=value):
            _matched_value(value)
        case ast.MatchSingleton(value=value):
            if value is not None and value is not True and value is not False:
                raise ValueError("MatchSingleton can only contain True, False and None")
        case ast.MatchSequence(patterns=patterns):
            _patterns(patterns, True)
        case ast.MatchMapping():
            _mapping_pattern(node)
        case ast.MatchClass():
            _class_pattern(node)
        case ast.MatchStar(name=name):
            if not allows_star:
                raise ValueError("can't use MatchStar here")
            _capture(name)
        case ast.MatchAs(pattern=pattern, name=name):
            _capture(name)
            if pattern is not None:
                if name is None:
                    raise ValueError("MatchAs must specify a target name if a pattern is given")
                _pattern(pattern, False)
        case ast.MatchOr(patterns=patterns):
            if len(patterns) < 2:
                raise ValueError("MatchOr requires at least 2 patterns")
            _patterns(patterns, False)


def _patterns(nodes: Sequence[Any], allows_star: bool) -> None:
    for node in nodes:
        _pattern(node, allows_star)


def _capture(name: str | None) -> None:
    if name == "_":
        raise ValueError("can't capture name '_' in patterns")
    if name is not None:
        _identifier(name)


def _matched_value(node: ast.expr) -> None:
    _expression(node)
    match node:
        case ast.Constant(value=value):
            if type(value) not in (int, float, bytes, complex, str):
                raise ValueError("unexpected constant inside of a literal pattern")
        case ast.Attribute() | ast.JoinedStr():
            pass
        case ast.UnaryOp() if _is_negative(node):
            pass
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Constant(value=complex())) if _is_real(
            left
        ):
            pass
        case _:
            raise ValueError("patterns may only match literals and attribute lookups")


def _is_negative(node: ast.expr, *kinds: type) -> bool:
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and type(node.operand.value) in (kinds or (int, float, complex))
    )


def _is_real(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    return _is_negative(node, int, float)


def _mapping_pattern(node: ast.MatchMapping) -> None:
    if len(node.keys) != len(node.patterns):
        raise ValueError("MatchMapping doesn't have the same number of keys as patterns")
    _capture(node.rest)
    for key in node.keys:
        if isinstance(key, ast.Constant) and (key.value is None or type(key.value) is bool):
            continue
        _matched_value(key)
    _patterns(node.patterns, False)


def _class_pattern(node: ast.MatchClass) -> None:
    if len(node.kwd_attrs) != len(node.kwd_patterns):
        message = "MatchClass doesn't have the same number of keyword attributes as patterns"
        raise ValueError(message)
    _expression(node.cls)
    name = node.cls
    while isinstance(name, ast.Attribute):
        name = name.value
    if not isinstance(name, ast.Name):
        raise ValueError("MatchClass cls field can only contain Name or Attribute nodes.")
    for attribute in node.kwd_attrs:
        _identifier(attribute)
    _patterns(node.patterns, False)
    _patterns(node.kwd_patterns, False)
