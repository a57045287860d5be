"""What the grammar cannot say about what fits it: the inside of literals, and since when Python has what.

In: the name of a check in `kaa.syntax.grammar`, and the tokens that fit. Out: the end of what fits, or
`NOTHING`, or the error. CPython makes these checks when it makes the node, so a fault inside of a literal
is found before whatever comes behind.
"""

from collections.abc import Callable
from typing import Final

from kaa.syntax import literals
from kaa.syntax import terminals as t
from kaa.syntax.errors import Place
from kaa.syntax.literals import LiteralError
from kaa.syntax.reader import NOTHING
from kaa.syntax.reading import Found, Reading
from kaa.syntax.strings import CONVERSIONS

# What exists since which version of Python 3, and what CPython calls it.
_VERSIONS: Final = {
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

# How a token changes the number of open brackets.
BRACKETS: Final = {t.LPAR: 1, t.LSQB: 1, t.LBRACE: 1, t.RPAR: -1, t.RSQB: -1, t.RBRACE: -1}


class Checks(Reading):
    """A reading that makes the grammar's checks."""

    def check(self, name: str, start: int, end: int) -> int:
        version = _VERSIONS.get(name)
        if version is None:
            return _CHECKS[name](self, start, end)
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
        try:
            literals.fstring_text(self.tokens.contents[start], False, ignore)
        except LiteralError as error:
            # CPython forgets to make a SyntaxError of it here.
            cause = error.__cause__
            raise Found(cause if isinstance(cause, UnicodeDecodeError) else error, final=True) from None
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


def ignore(message: str) -> None:
    """Do not warn: the parser has."""


_CHECKS: Final[dict[str, Callable[[Checks, int, int], int]]] = {
    "not_equal": Checks.not_equal,
    "number": Checks.number,
    "string": Checks.string,
    "fstring": Checks.fstring,
    "specification": Checks.specification,
    "concatenation": Checks.concatenation,
    "conversion": Checks.conversion,
    "conversion_letter": Checks.conversion_letter,
    "real": Checks.real,
    "imaginary": Checks.imaginary,
}
