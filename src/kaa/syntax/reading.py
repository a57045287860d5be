"""A reading of a wrong source that ends when there is something to say about it: it raises `Found`.

In: a parser that has met a `Mismatch`. Out: what its subclasses need to blame something: a token, the
part of the source that fits a rule, and the expression which that part is. The expression is read by the
parser itself: what is wrong is mostly between things that are right.
"""

import ast
import contextlib
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from kaa.syntax import terminals as t
from kaa.syntax.errors import Place, Reporter
from kaa.syntax.expressions import BIT_OR, FACTOR, NEGATION, OR
from kaa.syntax.reader import Part, Reader
from kaa.syntax.statements import Statements
from kaa.syntax.stream import Mismatch
from kaa.syntax.tokenizer import UNCLOSED

# How the parser reads a part that fits a rule, to see what expression it is.
READERS: Final[dict[str, Callable[[Statements], ast.expr]]] = {
    "expression": Statements.expression,
    "expression_without_mistakes": Statements.expression,
    "disjunction": lambda parser: parser.operation(OR),
    "inversion": lambda parser: parser.operation(NEGATION),
    "bitwise_or": lambda parser: parser.operation(BIT_OR),
    "factor": lambda parser: parser.operation(FACTOR),
    "bracketed_target": lambda parser: parser.operation(BIT_OR),
    "star_expressions": Statements.star_expressions,
    "star_named_expression": Statements.star_named_expression,
    "yield": Statements.yield_expression,
    "clause": lambda parser: end_of_clauses(parser.clauses()),
    "starred": lambda parser: parser.starred(0),
}

# What the tokenizer says about a backslash in front of the end.
END_OF_SOURCE: Final = "unexpected EOF while parsing"


class Found(Exception):
    """The error to raise; `final` if no error in the tokens of the rest can take its place."""

    def __init__(self, error: Exception, line: int = 0, final: bool = False) -> None:
        self.error = error
        self.line = line  # how far the reader has come
        self.final = final


class Reading(Reader):
    """A reading of the tokens of a parser."""

    def __init__(self, parser: Statements, mode: str) -> None:
        super().__init__(parser.kinds, parser.texts)
        self.parser = parser
        self.tokens = parser.tokens
        self.mode = mode
        self.reporter = Reporter(parser.tokens, parser.filename, mode)

    def fetch(self, pos: int) -> None:
        self.furthest = pos
        if self.kinds[pos] == t.ERROR:
            error = self.tokens.error
            assert error is not None
            if self.tokens.error_reach == UNCLOSED or (
                self.tokens.brackets and error.args[0] == END_OF_SOURCE
            ):
                error = self.unclosed_bracket()
            raise Found(error, final=True)

    def end_is_seen(self, last: int) -> bool:
        """Whether the tokenizer has come to the end of the source when token `last` is the last one read."""
        if last >= self.reporter.end:
            return True
        # To see the end of a name or an operator, though not that of a string, it looks behind it.
        looks_behind = self.kinds[last] not in (t.NEWLINE, t.STRING, t.FSTRING_END)
        return looks_behind and self.reporter.reached(last) == self.reporter.reached(len(self.tokens))

    def unclosed_bracket(self) -> SyntaxError:
        bracket, line, column = self.tokens.brackets[-1]
        place = Place(line, column + 1, line, 0)
        return self.reporter.error(SyntaxError, f"'{bracket}' was never closed", place, self.furthest)

    def fail(self, message: str, place: Place, kind: type[SyntaxError] = SyntaxError) -> NoReturn:
        error = self.reporter.error(kind, message, place, self.furthest)
        # A tokenizer that has seen the end of the source is not asked for the rest of it.
        raise Found(error, self.under(self.furthest, self.furthest + 1).line, self.end_is_seen(self.furthest))

    def fail_at_last(self, message: str) -> NoReturn:
        self.fail(message, self.reporter.at(self.furthest, self.furthest))

    def missing(self, text: str, pos: int) -> None:
        self.fail(f"expected '{text}'", self.under(pos, pos + 1))

    def under(self, start: int, end: int) -> Place:
        """From the start of a token to the end of the one before `end`."""
        tokens, last = self.tokens, end - 1
        line, column = tokens.lines[start], tokens.columns[start] + 1
        if self.reporter.is_layout(start):
            line, column = self.reporter.reached(start)[0], 0
        if self.reporter.is_layout(last):
            return Place(line, column, self.reporter.reached(last)[0], 0)
        return Place(line, column, tokens.end_lines[last], tokens.end_columns[last] + 1)

    def under_part(self, part: Part) -> Place:
        """Under a part: an expression's own place leaves out the parentheses around it."""
        node = self.node(part)
        if node is not None:
            return under_node(node)
        end = part.end
        while end > part.start + 1 and self.kinds[end - 1] in (t.COMMA, t.TYPE_COMMENT):
            end -= 1
        return self.under(part.start, end)

    def node(self, part: Part) -> ast.expr | None:
        """The expression that a part is, if it is one."""
        if part.rule not in READERS:
            return None
        with contextlib.suppress(Mismatch):
            return READERS[part.rule](self.parser_of(Statements, part.end, part.start))
        return None

    def parser_of[P: Statements](
        self, parser_class: type[P], end: int, start: int, closing: int = t.ENDMARKER
    ) -> P:
        """A parser of some of the tokens, for which no version is too old and every warning is given."""
        kinds = [*self.kinds[:end], closing]
        parser = parser_class(self.tokens, kinds, self.parser.filename, self.parser.flags, sys.maxsize)
        parser.pos = start
        parser.warned = set(range(end))
        return parser


def end_of_clauses(clauses: list[ast.comprehension]) -> ast.expr:
    """The last expression in the clauses of a comprehension."""
    last = clauses[-1]
    return last.ifs[-1] if last.ifs else last.iter


def under_node(node: ast.expr) -> Place:
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None and end_column is not None
    return Place(node.lineno, node.col_offset + 1, end_line, end_column + 1)
