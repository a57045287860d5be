"""SyntaxErrors with all that CPython puts in them: where, and the line's text.

In: a message and a place in the source. Out: the exception. Columns come in as bytes and go out as
characters; which text goes with an error depends, as in CPython, on whether the file can be read and on
how far the tokenizer had come.
"""

import tokenize
from typing import Final, NamedTuple

from kaa.syntax.terminals import DEDENT, ENDMARKER, ERROR, FSTRING_MIDDLE, INDENT, NEWLINE, STRING
from kaa.syntax.tokenizer import Tokens


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
AT_END: Final = frozenset((DEDENT, ENDMARKER, ERROR))


class Reporter:
    """Makes the errors of one source."""

    def __init__(self, tokens: Tokens, filename: str, mode: str) -> None:
        self.tokens = tokens
        self.filename = filename
        self.mode = mode
        # The first of the tokens that stand for the end of the source.
        self.end = len(tokens)
        while self.end and self.stands_for_end(self.end - 1):
            self.end -= 1

    def stands_for_end(self, index: int) -> bool:
        tokens = self.tokens
        if tokens.kinds[index] == NEWLINE:  # in mode `single` the end of the source is the end of a line
            return tokens.columns[index] == tokens.end_columns[index]
        return tokens.kinds[index] in AT_END

    def error(self, kind: type[SyntaxError], message: str, place: Place, furthest: int) -> SyntaxError:
        """An error at a place; token `furthest` is the last one that had been read."""
        text = self.text(place.line, furthest)
        column = in_characters(text, place.column)
        end_column = in_characters(text, place.end_column) if place.end_column > 0 else place.end_column
        return kind(message, (self.filename, place.line, column, text, place.end_line, end_column))

    def text(self, line: int, furthest: int) -> str:
        """The text that goes with an error on a line; bytes that are not UTF-8 in it are replaced."""
        text = self.line_text(line, furthest)
        if text.isascii():
            return text
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def line_text(self, line: int, furthest: int) -> str:
        text = file_line(self.filename, line) if self.mode == "exec" else None
        if text is not None:
            return text
        source = self.tokens.source
        lines = source.split("\n")
        if self.reached(furthest)[0] > line:
            return lines[line - 1]
        # CPython gives its tokenizer's buffer, which starts with the line on which a token of several
        # lines starts.
        first = self.buffer_start(line, furthest)
        last = line
        text = "\n".join(lines[max(first - 1, 0) : last])
        return text + "\n" if last < len(lines) and line else text

    def is_layout(self, index: int) -> bool:
        """Whether CPython gives the token no columns."""
        return index >= self.end or self.tokens.kinds[index] in LAYOUT

    def buffer_start(self, line: int, furthest: int) -> int:
        """The line on which a token of several lines, or a row of lines joined by backslashes, starts."""
        tokens = self.tokens
        lines = tokens.source.split("\n")
        for index in range(min(furthest, len(tokens) - 1), -1, -1):
            if tokens.kinds[index] == NEWLINE and tokens.lines[index] < line:
                break
            while line > 1 and lines[line - 2].endswith("\\") and tokens.end_lines[index] < line:
                line -= 1
            several = tokens.lines[index] < line <= tokens.end_lines[index]
            if several and tokens.kinds[index] in (STRING, FSTRING_MIDDLE):
                line = tokens.lines[index]
        return line

    def reached(self, furthest: int) -> tuple[int, int]:
        """The line and column in bytes up to which CPython's tokenizer has read when that token is the
        last one.
        """
        tokens = self.tokens
        if furthest >= self.end:
            source = tokens.source
            body = source.removesuffix("\n")
            last = body[body.rfind("\n") + 1 :] + source[len(body) :]
            return body.count("\n") + 1 if source else 0, len(last.encode("utf-8", "surrogatepass"))
        return tokens.end_lines[furthest], tokens.end_columns[furthest]

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


def in_characters(text: str, column: int) -> int:
    """A column in bytes as one in characters; beyond the text's end it is the one behind the end."""
    data = text.encode("utf-8", "surrogatepass")
    if column > len(data) + 1:
        column = len(data) + 1
    data = (data + b"\0")[:column]
    return len(data.decode("utf-8", "replace"))


def file_line(filename: str, number: int) -> str | None:
    """A line of a source file; None if there is no such file or line."""
    if number <= 0:
        return None
    try:
        with tokenize.open(filename) as file:
            for count, text in enumerate(file, 1):
                if count == number:
                    return text
    except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
        pass
    return None
