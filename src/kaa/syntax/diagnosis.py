"""What to say about a source that is not a sentence of the grammar: `error(parser)` gives the
SyntaxError.

In: a parser that has met a `Mismatch`. Out: the error that CPython raises for the source. CPython reads a
wrong source twice. The first reading tells how far the source makes sense: the furthest token looked at
is where "invalid syntax" is, if nothing better is found. The second reading looks for the mistakes that
have a message of their own, in the order in which the grammar comes to them, and the first one found
wins. But an error in the tokens of the rest wins over both.

Both readings start at the statement of the module that the parser could not read, and step over the
statements inside of it that it could: a statement without mistakes has none.
"""

import ast
import bisect
import builtins
import contextlib
import itertools
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from kaa.syntax import literals
from kaa.syntax import terminals as t
from kaa.syntax.errors import Place, Reporter
from kaa.syntax.expressions import BIT_OR, FACTOR, NEGATION, OR, STARTS_EXPRESSION
from kaa.syntax.grammar import MODES
from kaa.syntax.literals import LiteralError
from kaa.syntax.mistakes import Mistake
from kaa.syntax.reader import NOTHING, Part, Parts, Reader, rules
from kaa.syntax.statements import COMPOUND, Statements
from kaa.syntax.stream import Mismatch, WarningAsError
from kaa.syntax.strings import CONVERSIONS
from kaa.syntax.tokenizer import EVERYWHERE, UNCLOSED, UNDECODABLE

PyCF_ALLOW_INCOMPLETE_INPUT: Final = 0x4000

# What exists since which version of Python 3, and what CPython calls it.
VERSIONS: Final = {
    "since_annotations": (6, "Variable annotation syntax is"),
    "since_matmul": (5, "The '@' operator is"),
    "since_type_alias": (12, "Type statement is"),
    "since_async_functions": (5, "Async functions are"),
    "since_async_loops": (5, "Async for loops are"),
    "since_async_with": (5, "Async with statements are"),
    "since_groups": (11, "Exception groups are"),
    "since_match": (10, "Pattern matching is"),
    "since_type_parameters": (12, "Type parameter lists are"),
    "since_type_defaults": (13, "Type parameter defaults are"),
    "since_positional_only": (8, "Positional-only parameters are"),
    "since_assignment_expressions": (8, "Assignment expressions are"),
    "since_await": (5, "Await expressions are"),
    "since_async_comprehensions": (6, "Async comprehensions are"),
}

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
# What the tokenizer says about a backslash in front of the end.
END_OF_SOURCE: Final = "unexpected EOF while parsing"

# A string without a line's end in it but behind a backslash.

type Fields = dict[str, object]  # what is put into a message, and perhaps the place

LEGACY_STATEMENTS: Final = frozenset(("print", "exec"))


class Found(Exception):
    """The error to raise; `final` if no error in the tokens of the rest can take its place."""

    def __init__(self, error: Exception, line: int = 0, final: bool = False) -> None:
        self.error = error
        self.line = line  # how far the reader has come
        self.final = final


def error(parser: Statements, mode: str, failure: Exception) -> Exception:
    """The error for a source that the parser could not read."""
    diagnosis = Diagnosis(parser, mode)
    try:
        if isinstance(failure, WarningAsError):
            diagnosis.furthest = failure.pos
            diagnosis.fail(failure.message, diagnosis.reporter.at(failure.pos, failure.pos))
        diagnosis.read()
    except Found as found:
        return found.error if found.final else diagnosis.error_of_the_rest(found)
    raise AssertionError("the grammar allows what the parser does not")


def several_statements(parser: Statements) -> Exception:
    """The error for text behind the one statement of mode `single`."""
    reporter = Reporter(parser.tokens, parser.filename, "single")
    last = parser.pos - 1
    message = "multiple statements found while compiling a single statement"
    return reporter.error(SyntaxError, message, reporter.at(last, last), last)


class Recorder(Statements):
    """A parser that notes which statements inside of blocks it could read: from first token to behind the
    last.
    """

    __slots__ = ("known",)

    known: dict[int, int]

    def statements(self, end: int) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        while self.kinds[self.pos] != end:
            start = self.pos
            compound = COMPOUND.get(self.kinds[start])
            if compound is not None:
                body.append(compound(self))
            else:
                self.simple_statements(body)
            self.known[start] = self.pos
        return body


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


def without(statements: dict[int, int], tokens: list[int]) -> dict[int, int]:
    """The statements that have none of these tokens in them. Both are in the order of the source."""
    return {
        start: end
        for start, end in statements.items()
        if bisect.bisect_left(tokens, start) == bisect.bisect_left(tokens, end)
    }


class Diagnosis(Reader):
    """The two readings of a wrong source."""

    def __init__(self, parser: Statements, mode: str) -> None:
        super().__init__(parser.kinds, parser.texts)
        self.parser = parser
        self.tokens = parser.tokens
        self.mode = mode
        self.reporter = Reporter(parser.tokens, parser.filename, mode)
        self.open_brackets: list[int] = []  # for each token, how many brackets are open behind it

    # The readings.

    def read(self) -> None:
        """Read twice; raises `Found`."""
        top = self.parser.top
        start = rules().matchers[MODES[self.mode]]
        known = self.known_statements(top)
        self.forget(dict(known))
        found = None
        try:
            start(self, top)
        except Found as error:
            found = error
        last = self.furthest
        if self.parser.flags & PyCF_ALLOW_INCOMPLETE_INPUT and self.at_end_of_source(last):
            raise Found(self.incomplete(last), final=True)
        if found is not None:
            raise found
        suspects = self.suspects(last)
        if suspects:
            top = 0
            known = self.known_statements(top)
        self.look(True)
        self.forget(without(known, suspects))
        start(self, top)
        self.invalid_syntax(last)

    def suspects(self, end: int) -> list[int]:
        """The tokens in front of `end` that CPython takes for a mistake even where there is none.

        It complains of `print -1`, and of a line such as `match(x)`, if there is something wrong behind them.
        """
        found = []
        for pos, text in enumerate(self.texts[:end]):
            following = self.kinds[pos + 1]
            if text in LEGACY_STATEMENTS:
                suspect = following != t.LPAR and STARTS_EXPRESSION[following]
            else:
                suspect = text == "match" and STARTS_EXPRESSION[following]
            if suspect and self.kinds[pos] == t.NAME:
                found.append(pos)
        return found

    def incomplete(self, last: int) -> SyntaxError:
        place = self.reporter.at(last, last)
        kind = getattr(builtins, "_IncompleteInputError", SyntaxError)
        return self.reporter.error(kind, "incomplete input", place, last)

    def known_statements(self, top: int) -> dict[int, int]:
        recorder = self.parser_of(Recorder, len(self.tokens), top)
        recorder.version = self.parser.version
        recorder.known = {}
        with contextlib.suppress(Mismatch):
            recorder.statements(t.ENDMARKER)
        return recorder.known

    def parser_of[P: Statements](
        self, parser_class: type[P], end: int, start: int, closing: int = t.ENDMARKER
    ) -> P:
        """A parser of the tokens from `start` to `end`, for which every version is recent and every
        warning given.
        """
        kinds = [*self.kinds[:end], closing]
        parser = parser_class(self.tokens, kinds, self.parser.filename, self.parser.flags, sys.maxsize)
        parser.pos = start
        parser.warned = set(range(end))
        return parser

    def invalid_syntax(self, last: int) -> None:
        """No mistake has a message of its own."""
        kind = self.kinds[last]
        if kind in (t.INDENT, t.DEDENT):
            message = "unexpected indent" if kind == t.INDENT else "unexpected unindent"
            place = self.reporter.at(self.furthest, self.furthest)
            raise Found(self.reporter.error(IndentationError, message, place, self.furthest), final=True)
        error = self.reporter.error(SyntaxError, "invalid syntax", self.under(last, last + 1), self.furthest)
        raise Found(error, self.under(self.furthest, self.furthest + 1).line)

    def at_end_of_source(self, last: int) -> bool:
        """Whether all of the source was needed to see that it is wrong."""
        return self.tokens.early_end if self.kinds[last] == t.ERROR else self.end_is_seen(last)

    def end_is_seen(self, last: int) -> bool:
        """Whether the tokenizer has come to the end of the source when token `last` is the last one read."""
        if last >= self.reporter.end:
            return True
        # To see the end of a name or an operator, though not that of a string, it looks behind it.
        looks_behind = self.kinds[last] not in (t.NEWLINE, t.STRING, t.FSTRING_END)
        return looks_behind and self.reporter.reached(last) == self.reporter.reached(len(self.tokens))

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

    def error_of_the_rest(self, found: Found) -> Exception:
        """The error in the tokens behind those that were read, if it wins."""
        tokens = self.tokens
        if tokens.error is None:
            return found.error
        if tokens.error_reach == EVERYWHERE:
            return tokens.error
        if tokens.error_reach == UNDECODABLE and isinstance(tokens.error.__cause__, Exception):
            return tokens.error.__cause__
        # CPython does not look for open brackets when the rest ends inside of an f-string.
        in_fstring = self.kinds.count(t.FSTRING_START) > self.kinds.count(t.FSTRING_END)
        if tokens.brackets and not in_fstring and found.line > tokens.brackets[-1][1]:
            self.furthest = len(tokens) - 1
            return self.unclosed_bracket()
        return found.error

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

    # Places.

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

    # Mistakes.

    def report(self, mistake: Mistake, end: int, parts: Parts) -> None:
        fields: Fields = {}
        if mistake.check:
            closer = CLOSER_LOOKS[mistake.check](self, parts)
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
        """Two expressions in a row: only in brackets, and not behind `print` or `exec`, which have a
        message of their own.
        """
        if self.brackets_behind(parts["b"].end - 1) == 0:
            return None
        first = self.node(parts["a"])
        return None if isinstance(first, ast.Name) and first.id in LEGACY_STATEMENTS else {}

    def brackets_behind(self, pos: int) -> int:
        """How many brackets are open behind a token."""
        if not self.open_brackets:
            changes = (BRACKETS.get(kind, 0) for kind in self.kinds)
            self.open_brackets = list(itertools.accumulate(changes))
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

    # Checks of what the grammar allows.

    def check(self, name: str, start: int, end: int, parts: Parts) -> int:
        version = VERSIONS.get(name)
        if version is None:
            return LITERAL_CHECKS[name](self, start, end)
        minor, what = version
        if self.parser.version < minor:
            self.fail_at_last(f"{what} only supported in Python 3.{minor} and greater")
        return end

    def not_equal(self, start: int, end: int) -> int:
        if self.texts[start] == self.parser.not_equal:
            return end
        if self.texts[start] == "!=":
            self.fail_at_last("with Barry as BDFL, use '<>' instead of '!='")
        return NOTHING

    def number(self, start: int, end: int) -> int:
        if "_" in self.texts[start] and self.parser.version < 6:
            self.fail_at_last("Underscores in numeric literals are only supported in Python 3.6 and greater")
        try:
            literals.number(self.texts[start])
        except LiteralError as error:
            line, end_line = self.tokens.lines[start], self.tokens.end_lines[start]
            self.fail(str(error), Place(line, 0, end_line, 0))
        return end

    def string(self, start: int, end: int) -> int:
        try:
            literals.string(self.texts[start], ignore)
        except LiteralError as error:
            self.fail_at_last(str(error))
        return end

    def fstring(self, start: int, end: int) -> int:
        """The constant pieces of an f-string, but for those of f-strings and specifications inside of it."""
        raw = "r" in self.texts[start].lower()
        depth = 0
        for pos in range(start + 1, end - 1):
            kind = self.kinds[pos]
            depth += kind in (t.LBRACE, t.FSTRING_START)
            depth -= kind in (t.RBRACE, t.FSTRING_END)
            if depth == 0 and kind == t.FSTRING_MIDDLE:
                self.piece(pos, raw)
        return end

    def specification(self, start: int, end: int) -> int:
        self.piece(start, raw=False)
        return end

    def piece(self, pos: int, raw: bool) -> None:
        try:
            literals.fstring_text(self.tokens.contents[pos], raw, ignore)
        except LiteralError as error:
            self.fail_at_last(str(error))

    def concatenation(self, start: int, end: int) -> int:
        kinds: set[bool] = set()  # whether bytes
        depth = 0
        for pos in range(start, end):
            kind = self.kinds[pos]
            if depth == 0 and kind in (t.STRING, t.FSTRING_START):
                text = self.texts[pos]
                kinds.add("b" in text[: text.find(text[-1])].lower())
            depth += kind == t.FSTRING_START
            depth -= kind == t.FSTRING_END
        if len(kinds) > 1:
            self.fail_at_last("cannot mix bytes and nonbytes literals")
        return end

    def conversion(self, start: int, end: int) -> int:
        tokens = self.tokens
        if (tokens.end_lines[start], tokens.end_columns[start]) != (
            tokens.lines[start + 1],
            tokens.columns[start + 1],
        ):
            message = "f-string: conversion type must come right after the exclamanation mark"
            self.fail(message, self.under(start, end))
        return end

    def conversion_letter(self, start: int, end: int) -> int:
        """The letter behind the `!` of this field, not of one inside."""
        depth = 0
        for pos in range(start + 1, end):
            kind = self.kinds[pos]
            if depth == 0 and kind == t.EXCLAMATION:
                letter = self.texts[pos + 1]
                if letter not in CONVERSIONS:
                    message = f"f-string: invalid conversion character {letter!r}: expected 's', 'r', or 'a'"
                    self.fail(message, self.under(pos + 1, pos + 2))
                break
            depth += BRACKETS.get(kind, 0)
        return end

    def real(self, start: int, end: int) -> int:
        return self.part_of_complex(end, "real", wanted=False)

    def imaginary(self, start: int, end: int) -> int:
        return self.part_of_complex(end, "imaginary", wanted=True)

    def part_of_complex(self, end: int, part: str, wanted: bool) -> int:
        if (self.texts[end - 1][-1] in "jJ") != wanted:
            self.fail(f"{part} number required in complex literal", self.under(end - 1, end))
        return end


def end_of_clauses(clauses: list[ast.comprehension]) -> ast.expr:
    """The last expression in the clauses of a comprehension."""
    last = clauses[-1]
    return last.ifs[-1] if last.ifs else last.iter


def expression_name(node: ast.expr) -> str:
    """What CPython calls an expression of this kind."""
    if not isinstance(node, ast.Constant):
        return EXPRESSION_NAMES[type(node)]
    if node.value is ...:
        return "ellipsis"
    return str(node.value) if node.value is None or isinstance(node.value, bool) else "literal"


def under_node(node: ast.expr) -> Place:
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None and end_column is not None
    return Place(node.lineno, node.col_offset + 1, end_line, end_column + 1)


def between(first: Place, last: Place) -> Place:
    """From the start of one place to the end of another."""
    return Place(first.line, first.column, last.end_line, last.end_column)


def ignore(message: str) -> None:
    """Do not warn: the parser has."""


BRACKETS: Final = {t.LPAR: 1, t.LSQB: 1, t.LBRACE: 1, t.RPAR: -1, t.RSQB: -1, t.RBRACE: -1}

CLOSER_LOOKS: Final[dict[str, Callable[[Diagnosis, Parts], Fields | None]]] = {
    "comma_forgotten": Diagnosis.comma_forgotten,
    "legacy": Diagnosis.legacy,
    "assigned": Diagnosis.assigned,
    "looped": Diagnosis.looped,
    "deleted": Diagnosis.deleted,
    "last_of_several": Diagnosis.last_of_several,
    "late_positional": Diagnosis.late_positional,
    "without_comma": Diagnosis.without_comma,
    "bound": Diagnosis.bound,
}
LITERAL_CHECKS: Final[dict[str, Callable[[Diagnosis, int, int], int]]] = {
    "not_equal": Diagnosis.not_equal,
    "number": Diagnosis.number,
    "string": Diagnosis.string,
    "fstring": Diagnosis.fstring,
    "specification": Diagnosis.specification,
    "concatenation": Diagnosis.concatenation,
    "conversion": Diagnosis.conversion,
    "conversion_letter": Diagnosis.conversion_letter,
    "real": Diagnosis.real,
    "imaginary": Diagnosis.imaginary,
}
