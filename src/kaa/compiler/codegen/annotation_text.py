"""The text of an annotation under `from __future__ import annotations` (PEP 563).

Not the source's own text, and not quite `ast.unparse`'s either: the spacing and the parentheses are those
of the C compiler, which programs see in `__annotations__`. An expression is written with the priority that
its place asks for (`_Priority`), and in parentheses if its own is lower.
"""

import ast
from collections.abc import Callable
from enum import IntEnum, auto
from typing import Any

__all__ = ["annotation_text"]


class _Priority(IntEnum):
    """How tightly an expression binds, from the loosest."""

    TUPLE = 0
    TEST = auto()
    OR = auto()
    AND = auto()
    NOT = auto()
    COMPARISON = auto()
    BIT_OR = auto()
    BIT_XOR = auto()
    BIT_AND = auto()
    SHIFT = auto()
    ARITHMETIC = auto()
    TERM = auto()
    FACTOR = auto()
    POWER = auto()
    AWAIT = auto()
    ATOM = auto()


_P = _Priority

_INFINITY = "1e309"
"""How an infinite float is written: a literal too big for a float."""

_BINARY: dict[type[ast.operator], tuple[str, _Priority]] = {
    ast.Add: (" + ", _P.ARITHMETIC),
    ast.Sub: (" - ", _P.ARITHMETIC),
    ast.Mult: (" * ", _P.TERM),
    ast.MatMult: (" @ ", _P.TERM),
    ast.Div: (" / ", _P.TERM),
    ast.Mod: (" % ", _P.TERM),
    ast.FloorDiv: (" // ", _P.TERM),
    ast.LShift: (" << ", _P.SHIFT),
    ast.RShift: (" >> ", _P.SHIFT),
    ast.BitOr: (" | ", _P.BIT_OR),
    ast.BitXor: (" ^ ", _P.BIT_XOR),
    ast.BitAnd: (" & ", _P.BIT_AND),
    ast.Pow: (" ** ", _P.POWER),
}

_UNARY: dict[type[ast.unaryop], tuple[str, _Priority]] = {
    ast.Invert: ("~", _P.FACTOR),
    ast.Not: ("not ", _P.NOT),
    ast.UAdd: ("+", _P.FACTOR),
    ast.USub: ("-", _P.FACTOR),
}

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: " == ",
    ast.NotEq: " != ",
    ast.Lt: " < ",
    ast.LtE: " <= ",
    ast.Gt: " > ",
    ast.GtE: " >= ",
    ast.Is: " is ",
    ast.IsNot: " is not ",
    ast.In: " in ",
    ast.NotIn: " not in ",
}

_CONVERSIONS = {ord("a"): "!a", ord("r"): "!r", ord("s"): "!s"}


def annotation_text(annotation: ast.expr) -> str:
    """Return `annotation` as text."""
    return _write(annotation, _P.TEST)


def _write(node: ast.expr, place: int) -> str:
    """Return `node` as text for a place that takes priorities from `place` up without parentheses."""
    return _WRITERS[type(node)](node, place)


def _in_parentheses(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


def _join(nodes: list[ast.expr], place: int = _P.TEST) -> str:
    return ", ".join([_write(node, place) for node in nodes])


def _boolean_operation(node: ast.BoolOp, place: int) -> str:
    word, priority = (" and ", _P.AND) if isinstance(node.op, ast.And) else (" or ", _P.OR)
    text = word.join([_write(value, priority + 1) for value in node.values])
    return _in_parentheses(text, place > priority)


def _binary_operation(node: ast.BinOp, place: int) -> str:
    symbol, priority = _BINARY[type(node.op)]
    to_the_right = isinstance(node.op, ast.Pow)
    left = _write(node.left, priority + to_the_right)
    right = _write(node.right, priority + (not to_the_right))
    return _in_parentheses(left + symbol + right, place > priority)


def _unary_operation(node: ast.UnaryOp, place: int) -> str:
    symbol, priority = _UNARY[type(node.op)]
    return _in_parentheses(symbol + _write(node.operand, priority), place > priority)


def _lambda(node: ast.Lambda, place: int) -> str:
    # The host leaves the space out where no plain parameter comes first.
    space = " " if node.args.posonlyargs or node.args.args else ""
    text = f"lambda{space}{_arguments(node.args)}: "
    return _in_parentheses(text + _write(node.body, _P.TEST), place > _P.TEST)


def _arguments(arguments: ast.arguments) -> str:
    positional = arguments.posonlyargs + arguments.args
    without_default = len(positional) - len(arguments.defaults)
    parts = []
    for number, parameter in enumerate(positional):
        default = arguments.defaults[number - without_default] if number >= without_default else None
        parts.append(_parameter(parameter, default))
        if number + 1 == len(arguments.posonlyargs):
            parts.append("/")
    if arguments.vararg is not None or arguments.kwonlyargs:
        parts.append("*" + (_parameter(arguments.vararg, None) if arguments.vararg is not None else ""))
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parts.append(_parameter(parameter, default))
    if arguments.kwarg is not None:
        parts.append("**" + _parameter(arguments.kwarg, None))
    return ", ".join(parts)


def _parameter(parameter: ast.arg, default: ast.expr | None) -> str:
    text = parameter.arg
    if parameter.annotation is not None:
        text += f": {_write(parameter.annotation, _P.TEST)}"
    return text if default is None else f"{text}={_write(default, _P.TEST)}"


def _conditional(node: ast.IfExp, place: int) -> str:
    body, test = _write(node.body, _P.TEST + 1), _write(node.test, _P.TEST + 1)
    text = f"{body} if {test} else {_write(node.orelse, _P.TEST)}"
    return _in_parentheses(text, place > _P.TEST)


def _dictionary(node: ast.Dict, place: int) -> str:
    pairs = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            pairs.append(f"**{_write(value, _P.BIT_OR)}")
        else:
            pairs.append(f"{_write(key, _P.TEST)}: {_write(value, _P.TEST)}")
    return "{" + ", ".join(pairs) + "}"


def _set(node: ast.Set, place: int) -> str:
    return "{" + _join(node.elts) + "}"


def _list(node: ast.List, place: int) -> str:
    return "[" + _join(node.elts) + "]"


def _tuple(node: ast.Tuple, place: int) -> str:
    if not node.elts:
        return "()"
    text = _join(node.elts) + ("," if len(node.elts) == 1 else "")
    return _in_parentheses(text, place > _P.TUPLE)


def _generators(generators: list[ast.comprehension]) -> str:
    text = ""
    for generator in generators:
        text += " async for " if generator.is_async else " for "
        text += f"{_write(generator.target, _P.TUPLE)} in {_write(generator.iter, _P.TEST + 1)}"
        for condition in generator.ifs:
            text += f" if {_write(condition, _P.TEST + 1)}"
    return text


def _generator_expression(node: ast.GeneratorExp, place: int) -> str:
    return f"({_write(node.elt, _P.TEST)}{_generators(node.generators)})"


def _list_comprehension(node: ast.ListComp, place: int) -> str:
    return f"[{_write(node.elt, _P.TEST)}{_generators(node.generators)}]"


def _set_comprehension(node: ast.SetComp, place: int) -> str:
    return "{" + _write(node.elt, _P.TEST) + _generators(node.generators) + "}"


def _dictionary_comprehension(node: ast.DictComp, place: int) -> str:
    pair = f"{_write(node.key, _P.TEST)}: {_write(node.value, _P.TEST)}"
    return "{" + pair + _generators(node.generators) + "}"


def _comparison(node: ast.Compare, place: int) -> str:
    text = _write(node.left, _P.COMPARISON + 1)
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        text += _COMPARISONS[type(operator)] + _write(comparator, _P.COMPARISON + 1)
    return _in_parentheses(text, place > _P.COMPARISON)


def _call(node: ast.Call, place: int) -> str:
    function = _write(node.func, _P.ATOM)
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return function + _write(node.args[0], _P.TEST)  # it has its own parentheses
    parts = [_write(argument, _P.TEST) for argument in node.args]
    for keyword in node.keywords:
        name = "**" if keyword.arg is None else f"{keyword.arg}="
        parts.append(name + _write(keyword.value, _P.TEST))
    return f"{function}({', '.join(parts)})"


def _attribute(node: ast.Attribute, place: int) -> str:
    value = _write(node.value, _P.ATOM)
    is_integer = isinstance(node.value, ast.Constant) and type(node.value.value) is int
    return f"{value}{' .' if is_integer else '.'}{node.attr}"


def _starred(node: ast.Starred, place: int) -> str:
    return "*" + _write(node.value, _P.BIT_OR)


def _name(node: ast.Name, place: int) -> str:
    return node.id


def _subscript(node: ast.Subscript, place: int) -> str:
    return f"{_write(node.value, _P.ATOM)}[{_write(node.slice, _P.TUPLE)}]"


def _slice(node: ast.Slice, place: int) -> str:
    lower, upper, step = (
        "" if part is None else _write(part, _P.TEST) for part in (node.lower, node.upper, node.step)
    )
    return f"{lower}:{upper}" + (f":{step}" if node.step is not None else "")


def _yield(node: ast.Yield, place: int) -> str:
    return "(yield)" if node.value is None else f"(yield {_write(node.value, _P.TEST)})"


def _yield_from(node: ast.YieldFrom, place: int) -> str:
    return f"(yield from {_write(node.value, _P.TEST)})"


def _await(node: ast.Await, place: int) -> str:
    return _in_parentheses(f"await {_write(node.value, _P.ATOM)}", place > _P.AWAIT)


def _named_expression(node: ast.NamedExpr, place: int) -> str:
    text = f"{_write(node.target, _P.ATOM)} := {_write(node.value, _P.ATOM)}"
    return _in_parentheses(text, place > _P.TUPLE)


# Constants and f-strings


def _constant(node: ast.Constant, place: int) -> str:
    value = node.value
    if value is Ellipsis:
        return "..."
    if node.kind == "u":
        return "u" + repr(value)
    return _constant_text(value)


def _constant_text(value: Any) -> str:
    if isinstance(value, tuple):
        parts = ", ".join([_constant_text(item) for item in value])
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    if isinstance(value, float | complex):
        return repr(value).replace("inf", _INFINITY)
    return repr(value)


def _joined_string(node: ast.JoinedStr, place: int) -> str:
    return "f" + repr("".join([_string_part(value, False) for value in node.values]))


def _formatted_value(node: ast.FormattedValue, place: int) -> str:
    return "f" + repr(_string_part(node, False))


def _string_part(node: ast.expr, in_format: bool) -> str:
    """Return the inside of an f-string that stands for this part of it."""
    match node:
        case ast.Constant(value=str(text)):
            return text.replace("{", "{{").replace("}", "}}")
        case ast.JoinedStr(values=values):
            return "".join([_string_part(value, in_format) for value in values])
        case ast.FormattedValue():
            return _replacement_field(node)
    raise SystemError("unknown expression kind inside f-string")


def _replacement_field(node: ast.FormattedValue) -> str:
    expression = _write(node.value, _P.TEST + 1)
    text = "{ " if expression.startswith("{") else "{"
    text += expression + _CONVERSIONS.get(node.conversion, "")
    if node.format_spec is not None:
        text += ":" + _string_part(node.format_spec, True)
    return text + "}"


_WRITERS: dict[type[ast.expr], Callable[[Any, int], str]] = {
    ast.BoolOp: _boolean_operation,
    ast.BinOp: _binary_operation,
    ast.UnaryOp: _unary_operation,
    ast.Lambda: _lambda,
    ast.IfExp: _conditional,
    ast.Dict: _dictionary,
    ast.Set: _set,
    ast.GeneratorExp: _generator_expression,
    ast.ListComp: _list_comprehension,
    ast.SetComp: _set_comprehension,
    ast.DictComp: _dictionary_comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Await: _await,
    ast.Compare: _comparison,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.JoinedStr: _joined_string,
    ast.FormattedValue: _formatted_value,
    ast.Attribute: _attribute,
    ast.Starred: _starred,
    ast.Name: _name,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.NamedExpr: _named_expression,
}
