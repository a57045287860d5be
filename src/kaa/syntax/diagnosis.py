"""What to say about a source that is not a sentence of the grammar: `error(parser)` gives the
SyntaxError.

In: a parser that has met a `Mismatch`. Out: the error that CPython raises for the source. CPython reads a
wrong source twice. The first reading tells how far the source makes sense: the furthest token looked at
is where "invalid syntax" is, if nothing better is found. The second reading looks for the mistakes that
have a message of their own (`kaa.syntax.mistakes`), in the order in which the grammar
(`kaa.syntax.grammar`) comes to them, and the first one found wins. But an error in the tokens of the rest
wins over both.

Both readings start at the statement of the module that the parser could not read, and step over the
statements inside of it that it could: a statement without mistakes has none. The modules below this one,
each a class for the next: `reader` matches tokens with rules, `reading` points at parts of the source,
`checks` looks into literals, `blame` words a mistake.
"""

import ast
import bisect
import builtins
import contextlib
from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.blame import LEGACY_STATEMENTS, Blame
from kaa.syntax.errors import Reporter
from kaa.syntax.expressions import STARTS_EXPRESSION
from kaa.syntax.grammar import MODES
from kaa.syntax.reader import rules
from kaa.syntax.reading import Found
from kaa.syntax.statements import Statements
from kaa.syntax.stream import Mismatch, WarningAsError
from kaa.syntax.tokenizer import EVERYWHERE, UNDECODABLE

PyCF_ALLOW_INCOMPLETE_INPUT: Final = 0x4000


def error(parser: Statements, mode: str, failure: Exception) -> Exception:
    """The error for a source that the parser could not read."""
    diagnosis = Diagnosis(parser, mode)
    try:
        if isinstance(failure, WarningAsError):
            diagnosis.furthest = failure.pos
            diagnosis.fail(failure.message, diagnosis.reporter.at(failure.pos, failure.pos))
        diagnosis.read()
    except Found as found:
        read = diagnosis.furthest + 1 if found.final else len(parser.tokens)
        parser.tokens.warn(parser.filename, read)
        return found.error if found.final else diagnosis.error_of_the_rest(found)
    raise AssertionError("the grammar allows what the parser does not")


def several_statements(parser: Statements) -> Exception:
    """The error for text behind the one statement of mode `single`."""
    reporter = Reporter(parser.tokens, parser.filename, "single")
    last = parser.pos - 1
    message = "multiple statements found while compiling a single statement"
    return reporter.error(SyntaxError, message, reporter.at(last, last), last)


class Recorder(Statements):
    """A parser that notes which statements it could read: from the first token to the one behind the last."""

    __slots__ = ("known",)

    known: dict[int, int]

    def statements(self, end: int) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        while self.kinds[self.pos] != end:
            start = self.pos
            self.statement(body)
            self.known[start] = self.pos
        return body


class Diagnosis(Blame):
    """The two readings of a wrong source."""

    def read(self) -> None:
        """Read twice; raises `Found`."""
        top = self.parser.top
        known = self.known_statements(top)
        self.first_reading(top, known)
        last = self.furthest
        suspects = self.suspects(last)
        if suspects:
            top = 0
            known = self.known_statements(top)
        self.look(True)
        self.forget(without(known, suspects))
        self.match_file(top)
        self.invalid_syntax(last)

    def first_reading(self, top: int, known: dict[int, int]) -> None:
        """See how far the source makes sense; raises `Found` for faults that are found on the way."""
        self.forget(dict(known))
        found = None
        try:
            self.match_file(top)
        except Found as error:
            found = error
        if self.parser.flags & PyCF_ALLOW_INCOMPLETE_INPUT and self.needs_more():
            raise Found(self.incomplete(), final=True)
        if found is not None:
            raise found

    def match_file(self, top: int) -> None:
        rules().matchers[MODES[self.mode]](self, top)

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

    def known_statements(self, top: int) -> dict[int, int]:
        recorder = self.parser_of(Recorder, len(self.tokens), top)
        recorder.version = self.parser.version
        recorder.known = {}
        with contextlib.suppress(Mismatch):
            recorder.statements(t.ENDMARKER)
        return recorder.known

    def needs_more(self) -> bool:
        """Whether all of the source was needed to see that it is wrong."""
        if self.kinds[self.furthest] == t.ERROR:
            return self.tokens.early_end
        return self.end_is_seen(self.furthest)

    def incomplete(self) -> SyntaxError:
        kind = getattr(builtins, "_IncompleteInputError", SyntaxError)
        place = self.reporter.at(self.furthest, self.furthest)
        return self.reporter.error(kind, "incomplete input", place, self.furthest)

    def invalid_syntax(self, last: int) -> None:
        """No mistake has a message of its own."""
        kind = self.kinds[last]
        if kind in (t.INDENT, t.DEDENT):
            message = "unexpected indent" if kind == t.INDENT else "unexpected unindent"
            place = self.reporter.at(self.furthest, self.furthest)
            raise Found(self.reporter.error(IndentationError, message, place, self.furthest), final=True)
        error = self.reporter.error(SyntaxError, "invalid syntax", self.under(last, last + 1), self.furthest)
        raise Found(error, self.under(self.furthest, self.furthest + 1).line)

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


def without(statements: dict[int, int], tokens: list[int]) -> dict[int, int]:
    """The statements that have none of these tokens in them. Both are in the order of the source."""
    return {
        start: end
        for start, end in statements.items()
        if bisect.bisect_left(tokens, start) == bisect.bisect_left(tokens, end)
    }
