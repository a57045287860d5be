"""Expressions that turn out to be targets: of an assignment, a `for`, a `with`, a `del`.

In: an expression node, read before the parser saw that it is a target. Out: the same node with its
contexts set, all the way in. A node that cannot be a target is a `Mismatch`.
"""

import ast

from kaa.syntax.nodes import DEL, STORE
from kaa.syntax.stream import Mismatch


def store(target: ast.expr) -> None:
    """Make it a target of assignment: a name, attribute, subscript, or a tuple, list or star of targets."""
    kind = type(target)
    if kind is ast.Name or kind is ast.Attribute or kind is ast.Subscript:
        target.ctx = STORE  # type: ignore[attr-defined]
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            store(element)
        target.ctx = STORE
    elif isinstance(target, ast.Starred):
        store(target.value)
        target.ctx = STORE
    else:
        raise Mismatch


def store_single(target: ast.expr) -> None:
    """Make it a target of an augmented or annotated assignment: no tuple, no list, no star."""
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        raise Mismatch
    target.ctx = STORE


def delete(target: ast.expr) -> None:
    """Make it a target of `del`."""
    if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        target.ctx = DEL
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            delete(element)
        target.ctx = DEL
    else:
        raise Mismatch
