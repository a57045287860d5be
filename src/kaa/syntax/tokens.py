"""Tokens for tools: `tokens(source)` yields what the standard library's `tokenize.generate_tokens` yields.

In: source text, or a `readline` as `tokenize` takes it. Out: `TokenInfo`s with comments, blank lines and the white
space of indentation, positions in characters and the line that each token stands on.

A parser needs none of that, so `kaa.syntax.tokenizer` leaves it out, and here it is filled in again: between two tokens
there is nothing but white space, comments, newlines and joining backslashes.

`TokenizerIter` has the interface of the class of that name in the module `_tokenize`, on which `tokenize` stands.
"""

import io
import token
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Self

from kaa.syntax import tokenizer
from kaa.syntax.faults import first_buffered
from kaa.syntax.tokenizer import DEDENT, ENDMARKER, ERROR, HERE, INDENT, NEWLINE, UNCLOSED, Tokens

if TYPE_CHECKING:
    from tokenize import TokenInfo

__all__ = ["TokenizerIter", "tokens"]

type Position = tuple[int, int]
type Row = tuple[int, str, Position, Position, str]

_FILENAME: Final = "<string>"
_TYPES: Final = {
    tokenizer.NAME: token.NAME,
    tokenizer.KEYWORD: token.NAME,
    tokenizer.OP: token.OP,
    tokenizer.NUMBER: token.NUMBER,
    tokenizer.STRING: token.STRING,
    NEWLINE: token.NEWLINE,
    INDENT: token.INDENT,
    DEDENT: token.DEDENT,
    ENDMARKER: token.ENDMARKER,
    tokenizer.FSTRING_START: token.FSTRING_START,
    tokenizer.FSTRING_MIDDLE: token.FSTRING_MIDDLE,
    tokenizer.FSTRING_END: token.FSTRING_END,
}
_EMPTY: Final = (INDENT, DEDENT, ENDMARKER)


def tokens(source: str) -> "Iterator[TokenInfo]":
    """Yield the tokens of a source text.

    Raises `tokenize.TokenError` where a token is malformed or the source ends inside of brackets, and IndentationError.
    """
    from tokenize import TokenError, TokenInfo  # which itself stands on the class below

    readline = io.StringIO(source, newline="").readline
    try:
        yield from map(TokenInfo._make, TokenizerIter(readline, extra_tokens=True))
    except IndentationError:
        raise
    except SyntaxError as error:
        message = error.msg
        if "unterminated triple-quoted string literal" in message:
            message = "EOF in multi-line string"
        raise TokenError(message, (error.lineno, error.offset)) from None


class TokenizerIter:
    """An iterator over rows (type, string, start, end, line); it reads all of its input when the first is asked for.

    `readline` gives a line of text, or of bytes if there is an `encoding`; at the end an empty one, or StopIteration.
    With `extra_tokens` operators have the type OP, comments and blank lines are tokens, and brackets need not match;
    without, the rows are what a parser reads, with the exact types of the module `token`.
    """

    __slots__ = ("_encoding", "_extra", "_readline", "_rows")

    def __init__(
        self,
        readline: Callable[[], str | bytes],
        *,
        encoding: str | None = None,
        extra_tokens: bool = False,
    ) -> None:
        self._readline = readline
        self._encoding = encoding
        self._extra = extra_tokens
        self._rows: Iterator[Row] | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        if self._rows is None:
            source = _Source(_read(self._readline, self._encoding), lenient=self._extra)
            self._rows = source.rows() if self._extra else source.plain_rows()
        return next(self._rows)


def _read(readline: Callable[[], str | bytes], encoding: str | None) -> list[str]:
    """All lines, as they are."""
    lines: list[str] = []
    while True:
        try:
            line = readline()
        except StopIteration:
            return lines
        if encoding is not None:
            if not isinstance(line, bytes):
                raise TypeError("readline() returned a non-bytes object")
            line = line.decode(encoding, "replace")
        elif not isinstance(line, str):
            raise TypeError("readline() returned a non-string object")
        if not line:
            return lines
        lines.append(line)


class _Source:
    """The lines of a source and its tokens."""

    def __init__(self, lines: list[str], lenient: bool) -> None:
        self.lines = lines
        self.bodies = [line.removesuffix("\n").removesuffix("\r") for line in lines]
        text = "".join(body + "\n" for body in self.bodies)
        self.tokens: Tokens = tokenizer.tokenize(text, _FILENAME, lenient=lenient, byte_columns=False)
        # CPython decodes the line of a token only if the last row ended elsewhere than on its last line.
        self.last_line = 0
        self.last_text = ""

    def rows(self) -> Iterator[Row]:
        """The rows with the extra tokens."""
        found = self.tokens
        position = 1, 0
        for i, kind in enumerate(found.kinds):
            if found.warnings:
                found.warn(_FILENAME, i + 1)
            start = self.start(i)
            end = self.end(i)
            yield from self.between(position, start)
            if kind == ERROR:
                raise self.error()
            if kind == NEWLINE:
                yield from self.newline(*start)
                position = start[0] + 1, 0
            elif kind in _EMPTY:
                yield self.empty(kind, *start)
                position = start
            else:
                yield self.row(_TYPES[kind], self.string(i), start, end)
                position = end

    def plain_rows(self) -> Iterator[Row]:
        """The rows that a parser reads; none at all for an empty source, by an oddity of CPython."""
        found = self.tokens
        if not self.lines:
            return
        for i, kind in enumerate(found.kinds):
            if kind == ERROR:
                raise self.error()
            start, end, string = self.start(i), self.end(i), self.string(i)
            if kind == NEWLINE:
                string = self.lines[start[0] - 1].removesuffix("\n")[start[1] :]
                end = start[0], start[1] + len(string)
            elif kind in _EMPTY:
                at_end = start[0] > len(self.lines)
                start = end = start[0] - at_end, -1
                if at_end and self.last_line != start[0]:
                    self.last_line, self.last_text = start[0], ""
            exact = token.EXACT_TOKEN_TYPES.get(string, token.OP) if kind == tokenizer.OP else _TYPES[kind]
            yield self.row(exact, string, start, end)

    def string(self, i: int) -> str:
        """The text of token i as the source has it, with its own newlines."""
        found = self.tokens
        first, (last, end_column) = found.lines[i], self.end(i)
        if first == last:
            return found.contents.get(i, found.texts[i])
        middle = self.lines[first : last - 1]
        return "".join(
            [self.lines[first - 1][found.columns[i] :], *middle, self.lines[last - 1][:end_column]]
        )

    def start(self, i: int) -> Position:
        """Where token i starts; the empty tokens at the end of the source have a line of their own."""
        found = self.tokens
        line, column = found.lines[i], found.columns[i]
        if found.kinds[i] in _EMPTY and (not self.lines or column > len(self.bodies[line - 1])):
            return len(self.lines) + 1, 0
        return line, column

    def end(self, i: int) -> Position:
        """Where token i ends; of two doubled braces `tokenize` counts one."""
        found = self.tokens
        line, column = found.end_lines[i], found.end_columns[i]
        if i not in found.contents:
            return line, column
        _, newline, last = found.contents[i].rpartition("\n")
        return line, len(last) if newline else found.columns[i] + len(last)

    def between(self, position: Position, end: Position) -> Iterator[Row]:
        """The comments and blank lines from the end of a token to the start of the next."""
        line, column = position
        while line < end[0]:
            body = self.bodies[line - 1]
            rest = body[column:].lstrip(" \t\f")
            if rest[:1] == "#":
                yield self.row(token.COMMENT, rest, (line, len(body) - len(rest)), (line, len(body)))
            if rest[:1] != "\\":
                yield self.line_end(token.NL, line)
            line, column = line + 1, 0

    def newline(self, line: int, column: int) -> Iterator[Row]:
        """The end of a logical line, and a comment in front of it."""
        body = self.bodies[line - 1]
        if column < len(body):
            yield self.row(token.COMMENT, body[column:], (line, column), (line, len(body)))
        yield self.line_end(token.NEWLINE, line)

    def line_end(self, kind: int, line: int) -> Row:
        column = len(self.bodies[line - 1])
        string = self.lines[line - 1][column:]
        width = 1 + string.startswith("\r")
        return self.row(kind, string, (line, column), (line, column + width))

    def empty(self, kind: int, line: int, column: int) -> Row:
        if line > len(self.lines):
            return _TYPES[kind], "", (line, column), (line, column), ""
        if kind == INDENT:
            return self.row(token.INDENT, self.bodies[line - 1][:column], (line, 0), (line, column))
        return self.row(_TYPES[kind], "", (line, column), (line, column))

    def row(self, kind: int, string: str, start: Position, end: Position) -> Row:
        if end[0] != self.last_line:
            self.last_text = "".join(self.lines[start[0] - 1 : end[0]])
        self.last_line = start[0]
        return kind, string, start, end, self.last_text

    def error(self) -> SyntaxError:
        """The error of the source, in the words and at the place of the module `tokenize`."""
        found = self.tokens
        error = found.error
        assert isinstance(error, SyntaxError)
        if found.early_end and found.error_reach in (UNCLOSED, HERE):
            return self.early_end(error.lineno if found.error_reach == HERE else None)
        if found.error_reach != HERE or error.lineno is None:
            return error
        text = self.buffered(first_buffered(found, error.lineno), error.lineno)
        return type(error)(
            error.msg, (_FILENAME, error.lineno, len(text), text.removesuffix("\n"), None, None)
        )

    def buffered(self, first: int, last: int) -> str:
        """These lines, the last with a newline."""
        return "".join(self.lines[first - 1 : last]).removesuffix("\n") + "\n"

    def early_end(self, joined: int | None) -> SyntaxError:
        """The error of a source that ends inside of brackets, or behind the backslash that ends line `joined`."""
        error = SyntaxError("unexpected EOF in multi-line statement")
        error.filename, error.lineno, error.offset = _FILENAME, joined or len(self.lines), 0
        first = self.open_fstring()
        if joined and not first:
            first = first_buffered(self.tokens, joined)
            if first == joined and self.bodies[joined - 1].lstrip(" \t\f").startswith("\\"):
                first = None
        if first:
            error.offset = len(self.buffered(first, error.lineno).encode())
        return error

    def open_fstring(self) -> int | None:
        """The line on which the outermost f-string begins that is open at the end; CPython keeps it in its buffer."""
        open_lines: list[int] = []
        for kind, line in zip(self.tokens.kinds, self.tokens.lines, strict=True):
            if kind == tokenizer.FSTRING_START:
                open_lines.append(line)
            elif kind == tokenizer.FSTRING_END:
                open_lines.pop()
        return open_lines[0] if open_lines else None
