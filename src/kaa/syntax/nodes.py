"""Tree nodes made fast: `build(ast.Name, {"id": ..., ...})`.

In: a class of the standard `ast` and all of its fields and attributes by name. Out: the node that calling
the class would give. The constructor checks and copies what it is given, one attribute at a time, at
three times the price of a node whose dictionary is put in place in one go; a parser knows all fields by
heart and has nothing to check. The hottest places write `node = new(Name)` and `node.__dict__ = {...}`
themselves, to save the call.

Contexts and operators carry no data, so one of each serves all trees.
"""

import ast
from collections.abc import Callable
from typing import Any, Final, cast

new: Final = cast(Callable[[type[ast.AST]], Any], ast.AST.__new__)


def build[N: ast.AST](node_class: type[N], fields: dict[str, object]) -> N:
    """A node of the class with exactly these fields and attributes."""
    node = new(node_class)
    node.__dict__ = fields
    return cast(N, node)


LOAD: Final = ast.Load()
STORE: Final = ast.Store()
DEL: Final = ast.Del()
