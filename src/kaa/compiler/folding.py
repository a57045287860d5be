"""Constant folding: a syntax tree becomes one in which what can be computed beforehand is a constant.

`fold_constants` works in place, between the parser and the symbol tables, and makes of a tree what CPython 3.13's
`ast.parse(..., optimize=1)` makes of it. It does not recurse: one walk, level by level from the root down, collects
the nodes that may change, and these are then treated in the opposite order, children before parents. A node that
changes its kind changes its class, so that its parent need not be known.
"""

import _warnings
import ast
import operator
import re
from collections.abc import Callable
from types import UnionType
from typing import Any, get_args, get_origin

from kaa.compiler.depth import MAX_DEPTH, check_depth
from kaa.syntax import warning

__all__ = ["fold_constants"]

_MAX_INT_BITS = 128
_MAX_COLLECTION_ITEMS = 256
_MAX_STRING_LENGTH = 4096
_MAX_TOTAL_ITEMS = 1024  # those of collections in collections included

_OWN_FILES = (__file__.rpartition("/")[0].rpartition("/")[0],)
"""A warning about the source belongs to whoever asked for its compilation, which is none of these."""


def fold_constants(tree: ast.AST, optimize: int = 0, *, fold_annotations: bool = True) -> None:
    """Fold the constants of a tree, which is changed in place.

    `optimize` is the level of optimization, which decides what `__debug__` is. Annotations stay as they are
    under `from __future__ import annotations`, because their source text is kept instead of their value.
    Raises RecursionError for a tree that is too deep for CPython's compiler, even where folding would flatten it.
    """
    children_of = _CHILDREN if fold_annotations else _CHILDREN_BUT_ANNOTATIONS
    find = children_of.get
    rewriting = _REWRITES.get
    name_node = ast.Name
    candidates: list[tuple[Callable[[Any], None], Any]] = []
    debug_names: list[ast.Name] = []
    level: list[Any] = [tree]
    depth = 0
    while level:
        below: list[Any] = []
        for node in level:
            kind = type(node)
            children = find(kind)
            if children is None:
                if kind is name_node and node.id == "__debug__":
                    debug_names.append(node)
                continue
            rewrite = rewriting(kind)
            if rewrite is not None and (rewrite is not _keep_docstring or _may_become_docstring(node.body)):
                candidates.append((rewrite, node))
            single, several = children
            below += [getattr(node, name) for name in single]
            for name in several:
                below += getattr(node, name)
        level = below
        depth += 1
    if depth > MAX_DEPTH:
        check_depth(tree)
    for debug_name in debug_names:
        if type(debug_name.ctx) is ast.Load:
            _become_constant(debug_name, not optimize)
    for rewrite, node in reversed(candidates):
        rewrite(node)


# Changing a node


def _become_constant(node: ast.expr, value: Any) -> None:
    """Make a node, in its place in the source, a constant."""
    _become(node, ast.Constant(value, **_place(node)))


def _become(node: ast.AST, other: ast.AST) -> None:
    """Make a node equal to another one, its place in the source included."""
    node.__class__ = other.__class__
    fields = node.__dict__
    fields.clear()
    fields.update(other.__dict__)


def _place(node: ast.expr | ast.stmt) -> dict[str, Any]:
    """Where a node stands in the source, as keyword arguments for another node in the same place."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


_NOWHERE: dict[str, Any] = {"lineno": -1, "col_offset": -1, "end_lineno": -1, "end_col_offset": -1}
"""The place of a node that stands for no part of the source of its own."""


def _values(nodes: list[ast.expr]) -> tuple[Any, ...] | None:
    """The values of nodes that are all constants, None if one is not."""
    values = []
    for node in nodes:
        if type(node) is not ast.Constant:
            return None
        values.append(node.value)
    return tuple(values)


# Operators


def _fold_binary(node: ast.BinOp) -> None:
    """An operation on two constants: `2 * 3` is `6`. And `"%s!" % (x,)` is `f"{x!s}!"`."""
    left, right = node.left, node.right
    if type(left) is not ast.Constant:
        return
    if type(right) is ast.Constant:
        compute = _BINARY.get(type(node.op))
        if compute is not None:
            _fold(node, compute, left.value, right.value)
    elif type(right) is ast.Tuple and type(node.op) is ast.Mod and type(left.value) is str:
        pieces = _split_format(left.value, right.elts)
        if pieces is not None:
            _become(node, ast.JoinedStr(pieces, **_place(node)))


def _fold_unary(node: ast.UnaryOp) -> None:
    """An operation on a constant: `-(1)` is `-1`. And `not a in b` is `a not in b`."""
    operand = node.operand
    if type(operand) is ast.Constant:
        _fold(node, _UNARY[type(node.op)], operand.value)
    elif type(operand) is ast.Compare and type(node.op) is ast.Not and len(operand.ops) == 1:
        # The other comparisons have no opposite: `not a < b` need not be `a >= b`.
        opposite = _OPPOSITES.get(type(operand.ops[0]))
        if opposite is not None:
            operand.ops[0] = opposite()
            _become(node, operand)


def _fold_subscript(node: ast.Subscript) -> None:
    """An item of a constant: `"abc"[1]` is `"b"`."""
    if type(node.value) is ast.Constant and type(node.slice) is ast.Constant and type(node.ctx) is ast.Load:
        _fold(node, operator.getitem, node.value.value, node.slice.value)


def _fold(node: ast.expr, compute: Callable[..., Any], *operands: Any) -> None:
    """Replace a node by what an operation gives, unless it fails, which is then left to the program."""
    try:
        value = compute(*operands)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return
    if value is not _TOO_LARGE:
        _become_constant(node, value)


_TOO_LARGE = object()
"""What an operation gives instead of a value that the code object had better not hold."""


def _multiply(left: Any, right: Any) -> Any:
    """`left * right`, within limits."""
    if isinstance(left, int) and isinstance(right, int):
        if left and right and left.bit_length() + right.bit_length() > _MAX_INT_BITS:
            return _TOO_LARGE
    elif isinstance(left, int) and isinstance(right, _REPEATABLE):
        return right * left if _may_repeat(right, left) else _TOO_LARGE
    elif isinstance(right, int) and isinstance(left, _REPEATABLE):
        return left * right if _may_repeat(left, right) else _TOO_LARGE
    return left * right


_REPEATABLE = (tuple, str, bytes)


def _may_repeat(items: tuple[Any, ...] | str | bytes, count: int) -> bool:
    """True if `count` times `items` is not too much."""
    if not items:
        return True
    if isinstance(items, str | bytes):
        return 0 <= count <= _MAX_STRING_LENGTH // len(items)
    if not 0 <= count <= _MAX_COLLECTION_ITEMS // len(items):
        return False
    return not count or _remaining_items(items, _MAX_TOTAL_ITEMS // count) >= 0


def _remaining_items(value: Any, limit: int) -> int:
    """How many items more than those of `value`, at all levels, a limit allows; negative if it is exceeded."""
    if isinstance(value, tuple | frozenset):
        limit -= len(value)
        for item in value:
            if limit < 0:
                break
            limit = _remaining_items(item, limit)
    return limit


def _power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, within limits."""
    integers = isinstance(base, int) and isinstance(exponent, int)
    if integers and base and exponent > 0 and base.bit_length() > _MAX_INT_BITS // exponent:
        return _TOO_LARGE
    return base**exponent


def _shift_left(value: Any, count: Any) -> Any:
    """`value << count`, within limits."""
    integers = isinstance(value, int) and isinstance(count, int)
    if integers and value and count and not 0 < count <= _MAX_INT_BITS - value.bit_length():
        return _TOO_LARGE
    return value << count


def _remainder(left: Any, right: Any) -> Any:
    """`left % right`; the formatting of strings is left to the program."""
    return _TOO_LARGE if isinstance(left, str | bytes) else left % right


def _invert(value: Any) -> Any:
    """`~value`, with the host's warning if that is a bool."""
    if isinstance(value, bool):
        warning.count()
        _warnings.warn(
            "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the "
            "bitwise inversion of the underlying int object and is usually not what you expect from negating a "
            "bool. Use the 'not' operator for boolean negation or ~int(x) if you really want the bitwise "
            "inversion of the underlying int.",
            DeprecationWarning,
            stacklevel=2,
            skip_file_prefixes=_OWN_FILES,
        )
    return ~int(value) if isinstance(value, bool) else ~value


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.LShift: _shift_left,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
}
"""What the operators do on constants, none of which has a `@`."""

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Invert: _invert,
    ast.Not: operator.not_,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


# Displays


def _fold_tuple(node: ast.Tuple) -> None:
    """A tuple of constants is a constant: `(1, 2)`."""
    if type(node.ctx) is ast.Load:
        values = _values(node.elts)
        if values is not None:
            _become_constant(node, values)


def _freeze(node: ast.expr) -> None:
    """A list or set that is only iterated or searched becomes a tuple or frozenset: `x in [1, y]`."""
    if type(node) is ast.List:
        if not any(type(item) is ast.Starred for item in node.elts):
            node.__class__ = ast.Tuple  # type: ignore[assignment]  # it has the same fields
            _fold_tuple(node)  # type: ignore[arg-type]  # it is one now
    elif type(node) is ast.Set:
        values = _values(node.elts)
        if values is not None:
            _become_constant(node, frozenset(values))


def _freeze_iterable(node: ast.For | ast.comprehension) -> None:
    """What a loop goes through: `for x in [1, 2]`. (An asynchronous one has to fail on either.)"""
    _freeze(node.iter)


def _freeze_container(node: ast.Compare) -> None:
    """What the last of a chain of comparisons searches: `x in {1, 2}`."""
    if type(node.ops[-1]) in (ast.In, ast.NotIn):
        _freeze(node.comparators[-1])


# Docstrings


def _keep_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    """An expression at the start of a body that has become a string is no docstring: `"a" + "b"`."""
    first = node.body[0]
    assert type(first) is ast.Expr
    value = first.value
    if type(value) is ast.Constant and type(value.value) is str:
        first.value = ast.JoinedStr([value], **_place(first))


def _may_become_docstring(body: list[ast.stmt]) -> bool:
    """True if a body starts with an expression that can fold to a string."""
    return bool(body) and type(body[0]) is ast.Expr and type(body[0].value) in (ast.BinOp, ast.Subscript)


# Formats


_UNIT = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>[0-9]{1,2})?(?:\.(?P<precision>[0-9]{0,2}))?(?P<conversion>[sra])"
)
"""What `%` formats like an f-string: `%s`, `%r` or `%a` with a width and precision of at most two digits."""

_LITERAL = re.compile(r"(?:[^%]|%%)+", re.DOTALL)


def _split_format(text: str, items: list[ast.expr]) -> list[ast.expr] | None:
    """The parts of the f-string that does what `text % (items)` does, None if there is none.

    The constants between the items stand nowhere in the source.
    """
    if any(type(item) is ast.Starred for item in items):
        return None
    pieces: list[ast.expr] = []
    position = used = 0
    while position < len(text):
        literal = _LITERAL.match(text, position)
        if literal is not None:
            pieces.append(ast.Constant(literal[0].replace("%%", "%"), **_NOWHERE))
            position = literal.end()
            continue
        unit = _UNIT.match(text, position)
        if unit is None or used == len(items):
            return None
        pieces.append(_formatted_value(unit, items[used]))
        used += 1
        position = unit.end()
    return pieces if used == len(items) else None


def _formatted_value(unit: re.Match[str], item: ast.expr) -> ast.FormattedValue:
    """One item with its conversion; strings are aligned to the right unless a flag says otherwise."""
    width, precision = unit["width"], unit["precision"]
    specification = ""
    if width is not None:
        number = int(width)
        specification = f"{'>' if number and '-' not in unit['flags'] else ''}{number}"
    if precision is not None:
        specification += f".{int(precision or 0)}"
    return ast.FormattedValue(
        item,
        ord(unit["conversion"]),
        ast.Constant(specification, **_NOWHERE) if specification else None,
        **_place(item),
    )


# What there is in a tree

_REWRITES: dict[type[ast.AST], Callable[[Any], None]] = {
    ast.Module: _keep_docstring,
    ast.FunctionDef: _keep_docstring,
    ast.AsyncFunctionDef: _keep_docstring,
    ast.ClassDef: _keep_docstring,
    ast.BinOp: _fold_binary,
    ast.UnaryOp: _fold_unary,
    ast.Subscript: _fold_subscript,
    ast.Compare: _freeze_container,
    ast.Tuple: _fold_tuple,
    ast.For: _freeze_iterable,
    ast.comprehension: _freeze_iterable,
}
"""What can become of each class of node."""

_ANNOTATIONS = {
    ast.arg: "annotation",
    ast.AnnAssign: "annotation",
    ast.FunctionDef: "returns",
    ast.AsyncFunctionDef: "returns",
}

type _Children = dict[type[ast.AST], tuple[tuple[str, ...], tuple[str, ...]]]


def _children(*, annotations: bool) -> _Children:
    """By class of node: the fields that hold one node (or None), and those that hold a list of nodes."""
    table: _Children = {}
    for kind in vars(ast).values():
        if not (isinstance(kind, type) and issubclass(kind, ast.AST) and "_field_types" in vars(kind)):
            continue
        single: list[str] = []
        several: list[str] = []
        for name, form in kind._field_types.items():
            if _holds_nodes(form) and (annotations or _ANNOTATIONS.get(kind) != name):
                (several if get_origin(form) is list else single).append(name)
        if (single or several) and kind is not ast.FunctionType:
            table[kind] = tuple(single), tuple(several)
    return table


_BARREN = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.alias, ast.type_ignore)
"""The kinds of nodes that have nothing to fold in them."""


def _holds_nodes(form: Any) -> bool:
    """True if a field of this type holds nodes that something can be folded in."""
    inner = get_args(form)[0] if get_origin(form) is list or isinstance(form, UnionType) else form
    return isinstance(inner, type) and issubclass(inner, ast.AST) and not issubclass(inner, _BARREN)


_CHILDREN = _children(annotations=True)
_CHILDREN_BUT_ANNOTATIONS = _children(annotations=False)
