"""A mistake is found: is it one at a closer look, where does the caret go, what is said?

In: a row of `kaa.syntax.mistakes` and the parts of the source that fit its pattern. Out: the error,
raised as `Found`; or nothing, if a closer look shows that the source means something else.
"""

import ast
import contextlib
import itertools
from collections.abc import Callable
from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.checks import BRACKETS, Checks
from kaa.syntax.errors import Place
from kaa.syntax.mistakes import Mistake
from kaa.syntax.reader import Part, Parts
from kaa.syntax.reading import under_node
from kaa.syntax.statements import Statements
from kaa.syntax.stream import Mismatch

EXPRESSION_NAMES: Final = {
    ast.Attribute: "attribute",
    ast.Subscript: "subscript",
    ast.Starred: "starred",
    ast.Name: "name",
    ast.List: "list",
    ast.Tuple: "tuple",
    ast.Lambda: "lambda",
    ast.Call: "function call",
    ast.BoolOp: "expression",
    ast.BinOp: "expression",
    ast.UnaryOp: "expression",
    ast.GeneratorExp: "generator expression",
    ast.Yield: "yield expression",
    ast.YieldFrom: "yield expression",
    ast.Await: "await expression",
    ast.ListComp: "list comprehension",
    ast.SetComp: "set comprehension",
    ast.DictComp: "dict comprehension",
    ast.Dict: "dict literal",
    ast.Set: "set display",
    ast.JoinedStr: "f-string expression",
    ast.FormattedValue: "f-string expression",
    ast.Compare: "comparison",
    ast.IfExp: "conditional expression",
    ast.NamedExpr: "named expression",
}
# Statements of Python 2 that are functions now.
LEGACY_STATEMENTS: Final = frozenset(("print", "exec"))

type Fields = dict[str, object]  # what is put into a message, and perhaps the place


class BadTarget:
    """A search for the part of an expression that cannot be a target."""

    def __init__(self, *, loop: bool = False, deletion: bool = False) -> None:
        self.loop = loop  # the target of a `for`: in `for f() in x` it was read as a comparison
        self.deletion = deletion

    def of(self, node: ast.expr) -> ast.expr | None:
        match node:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return None
            case ast.List() | ast.Tuple():
                return next((bad for element in node.elts if (bad := self.of(element)) is not None), None)
            case ast.Starred() if not self.deletion:
                return self.of(node.value)
            case ast.Compare() if self.loop:
                return self.of(node.left) if isinstance(node.ops[0], ast.In) else None
            case _:
                return node


class Blame(Checks):
    """A reading that knows what to make of a mistake."""

    open_brackets: list[int] | None = None  # for each token, how many brackets are open behind it

    def report(self, mistake: Mistake, end: int, parts: Parts) -> None:
        fields: Fields = {}
        if mistake.check:
            closer = _CLOSER_LOOKS[mistake.check](self, parts)
            if closer is None:
                return
            fields = closer
        elif "{kind}" in mistake.message:
            node = self.node(parts["a"])
            fields["kind"] = expression_name(node) if node is not None else "expression"
        if "a" in parts:
            fields["text"] = self.texts[parts["a"].start]
            fields["line"] = self.tokens.lines[parts["a"].start]
        place = fields.get("place")
        if not isinstance(place, Place):
            place = self.place(mistake.place, end, parts)
        kind = IndentationError if mistake.indentation else SyntaxError
        self.fail(mistake.message.format_map(fields), place, kind)

    def place(self, where: str, end: int, parts: Parts) -> Place:
        """Where the caret goes: `Mistake.place` says it in these terms."""
        if where == "last":
            return self.reporter.at(self.furthest, self.furthest)
        if where == "next":
            return self.reporter.at(end, self.furthest)
        first = self.under_part(parts["a"])
        if where == "a":
            return first
        if where == "a-b":
            return between(first, self.under_part(parts["b"]))
        if where == "a-":
            return Place(first.line, first.column, *self.reporter.reached(self.furthest))
        assert where == "a$"
        return Place(first.line, first.end_column - 1, first.end_line, 0)

    def comma_forgotten(self, parts: Parts) -> Fields | None:
        """Two expressions in a row, in brackets; `print` and `exec` have a message of their own."""
        if self.brackets_behind(parts["b"].end - 1) == 0:
            return None
        first = self.node(parts["a"])
        return None if isinstance(first, ast.Name) and first.id in LEGACY_STATEMENTS else {}

    def brackets_behind(self, pos: int) -> int:
        """How many brackets are open behind a token."""
        if self.open_brackets is None:
            self.open_brackets = list(itertools.accumulate(BRACKETS.get(kind, 0) for kind in self.kinds))
        return self.open_brackets[pos]

    def legacy(self, parts: Parts) -> Fields | None:
        return {} if self.texts[parts["a"].start] in LEGACY_STATEMENTS else None

    def assigned(self, parts: Parts) -> Fields | None:
        return self.bad_target(parts, BadTarget())

    def looped(self, parts: Parts) -> Fields | None:
        return self.bad_target(parts, BadTarget(loop=True))

    def deleted(self, parts: Parts) -> Fields | None:
        return self.bad_target(parts, BadTarget(deletion=True))

    def bad_target(self, parts: Parts, search: BadTarget) -> Fields | None:
        """What makes a an impossible target."""
        node = self.node(parts["a"])
        bad = search.of(node) if node is not None else None
        return None if bad is None else {"kind": expression_name(bad), "place": under_node(bad)}

    def last_of_several(self, parts: Parts) -> Fields | None:
        """A generator without parentheses behind other arguments."""
        args, _ = self.arguments(parts["a"])
        if len(args) <= 1:
            return None
        return {"place": between(under_node(args[-1]), self.under_part(parts["b"]))}

    def late_positional(self, parts: Parts) -> Fields | None:
        _, keywords = self.arguments(parts["a"])
        return {"unpacking": " unpacking" if any(keyword.arg is None for keyword in keywords) else ""}

    def arguments(self, part: Part) -> tuple[list[ast.expr], list[ast.keyword]]:
        parser = self.parser_of(Statements, part.end, part.start, t.RPAR)
        with contextlib.suppress(Mismatch):
            return parser.arguments(part.start - 1)
        return [], []

    def without_comma(self, parts: Parts) -> Fields | None:
        """Elements that may end in a comma, which the caret leaves out."""
        part = parts["b"]
        last = part.end - 1 if self.kinds[part.end - 1] == t.COMMA else part.end
        parser = self.parser_of(Statements, last, part.start)
        with contextlib.suppress(Mismatch):
            elements = parser.elements(parser.star_named_expression(), t.ENDMARKER)
            return {"place": between(self.under_part(parts["a"]), under_node(elements[-1]))}
        return {}

    def bound(self, parts: Parts) -> Fields | None:
        return {"bound": "constraints" if isinstance(self.node(parts["b"]), ast.Tuple) else "bound"}


def expression_name(node: ast.expr) -> str:
    """What CPython calls an expression of this kind."""
    if not isinstance(node, ast.Constant):
        return EXPRESSION_NAMES[type(node)]
    if node.value is ...:
        return "ellipsis"
    return str(node.value) if node.value is None or isinstance(node.value, bool) else "literal"


def between(first: Place, last: Place) -> Place:
    """From the start of one place to the end of another."""
    return Place(first.line, first.column, last.end_line, last.end_column)


_CLOSER_LOOKS: Final[dict[str, Callable[[Blame, Parts], Fields | None]]] = {
    "comma_forgotten": Blame.comma_forgotten,
    "legacy": Blame.legacy,
    "assigned": Blame.assigned,
    "looped": Blame.looped,
    "deleted": Blame.deleted,
    "last_of_several": Blame.last_of_several,
    "late_positional": Blame.late_positional,
    "without_comma": Blame.without_comma,
    "bound": Blame.bound,
}
