"""SyntaxErrors with all that CPython puts in them: where, and the line's text.

In: a message and a place in the source, with columns in bytes. Out: the exception, with columns in
characters and the text that `kaa.syntax.faults` finds for it.
"""

from typing import Final, NamedTuple

from kaa.syntax import faults
from kaa.syntax.terminals import DEDENT, ENDMARKER, ERROR, INDENT, NEWLINE
from kaa.syntax.tokenizer import UNCLOSED, Tokens


class Place(NamedTuple):
    """From where to where, as the exception has it, but for columns in bytes: the first byte of a line is 1.

    0 stands for "before the line", and -1 as the end's column for "no end".
    """

    line: int
    column: int
    end_line: int
    end_column: int


# Tokens that CPython gives no columns.
LAYOUT: Final = frozenset((INDENT, DEDENT, ENDMARKER))
# Tokens behind which there is nothing if all the rest are such.
AT_END: Final = frozenset((DEDENT, ENDMARKER))


class Reporter:
    """Makes the errors of one source."""

    def __init__(self, tokens: Tokens, filename: str, mode: str) -> None:
        self.tokens = tokens
        self.filename = filename
        self.mode = mode
        # The first of the tokens that stand for the end of the source, or the malformed token.
        self.end = len(tokens)
        if tokens.kinds[-1:] == [ERROR]:
            self.end -= 1
        if tokens.error is None or tokens.error_reach == UNCLOSED:
            while self.end and self.stands_for_end(self.end - 1):
                self.end -= 1

    def stands_for_end(self, index: int) -> bool:
        tokens = self.tokens
        if tokens.kinds[index] == NEWLINE:  # in mode `single` the end of the source is the end of a line
            return tokens.columns[index] == tokens.end_columns[index]
        return tokens.kinds[index] in AT_END

    def error(self, kind: type[SyntaxError], message: str, place: Place, furthest: int) -> SyntaxError:
        """An error at a place; token `furthest` is the last one that had been read."""
        line, _ = self.reached(furthest)
        return kind(message, faults.place(self.tokens, self.filename, self.mode, *place, line))

    def is_layout(self, index: int) -> bool:
        """Whether CPython gives the token no columns."""
        return index >= self.end or self.tokens.kinds[index] in LAYOUT

    def reached(self, furthest: int) -> tuple[int, int]:
        """The line and column in bytes that CPython's tokenizer has come to when it has read that token."""
        tokens = self.tokens
        last = min(furthest, len(tokens) - 1)
        return (tokens.end_lines[last], tokens.end_columns[last]) if tokens.source else (0, 0)

    def at(self, index: int, furthest: int) -> Place:
        """Under a token, as an error without a place of its own has it."""
        tokens = self.tokens
        if self.is_layout(index):
            line, column = self.reached(furthest)
            if index != furthest:
                line = tokens.lines[index]
            return Place(line, column, line, -1)
        return Place(
            tokens.lines[index],
            tokens.columns[index] + 1,
            tokens.end_lines[index],
            tokens.end_columns[index] + 1,
        )
