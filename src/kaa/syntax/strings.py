"""Literals in the tree: numbers, strings, bytes, f-strings and rows of them.

In: the stream at a literal. Out: one `Constant` or `JoinedStr` node. Adjacent strings are one literal
(language reference, "String literal concatenation"), and an f-string's constant pieces run together with
their neighbours; its pieces are tokens of their own (PEP 701): FSTRING_START, FSTRING_MIDDLE or a
replacement field any number of times, FSTRING_END.
"""

import ast
from functools import partial
from typing import Any, Final

from kaa.syntax import literals
from kaa.syntax import terminals as t
from kaa.syntax.literals import LiteralError
from kaa.syntax.nodes import build, new
from kaa.syntax.stream import Mismatch, TokenStream, WarningAsError
from kaa.syntax.terminals import FSTRING_END, FSTRING_MIDDLE, FSTRING_START, LBRACE, STRING
from kaa.syntax.warning import warn_explicit

NO_CONVERSION: Final = -1
CONVERSIONS: Final = {"s": ord("s"), "r": ord("r"), "a": ord("a")}


class Strings(TokenStream):
    """The literals of the grammar."""

    __slots__ = ()

    def yield_or_star_expressions(self) -> ast.expr:
        """What may stand in a replacement field; `Expressions` knows."""
        raise NotImplementedError

    def number(self) -> ast.expr:
        start = self.pos
        text = self.texts[start]
        if "_" in text:
            self.since(6)
        node: ast.Constant = new(ast.Constant)
        node.__dict__ = {
            "value": self.number_value(start),
            "kind": None,
            "lineno": self.lines[start],
            "col_offset": self.columns[start],
            "end_lineno": self.end_lines[start],
            "end_col_offset": self.end_columns[start],
        }
        self.pos = start + 1
        return node

    def strings(self) -> ast.expr:
        """A row of one or more strings and f-strings."""
        kinds = self.kinds
        start = self.pos
        parts: list[ast.expr] = []
        formatted = False
        while True:
            kind = kinds[self.pos]
            if kind == STRING:
                parts.append(self.string())
            elif kind == FSTRING_START:
                formatted = True
                self.fstring(parts)
            else:
                break
        if formatted:
            if any(type(part) is ast.Constant and type(part.value) is bytes for part in parts):
                raise Mismatch
            return self.node(ast.JoinedStr, start, {"values": fold(parts)})
        return parts[0] if len(parts) == 1 else merged(parts)

    def string(self) -> ast.Constant:
        pos = self.pos
        node: ast.Constant = new(ast.Constant)
        node.__dict__ = {
            "value": self.string_value(pos),
            "kind": "u" if self.texts[pos][0] == "u" else None,
            "lineno": self.lines[pos],
            "col_offset": self.columns[pos],
            "end_lineno": self.end_lines[pos],
            "end_col_offset": self.end_columns[pos],
        }
        self.pos = pos + 1
        return node

    def fstring(self, parts: list[ast.expr]) -> None:
        """One f-string: its pieces are added to `parts`.

        The text of its pieces, and that of fields with `=`, is unescaped when its end is reached, as in CPython: the
        warnings about it are the end's.
        """
        kinds = self.kinds
        raw = "r" in self.texts[self.pos].lower()
        escaped: dict[int, ast.Constant] = {}
        self.pos += 1
        while (kind := kinds[self.pos]) != FSTRING_END:
            if kind == FSTRING_MIDDLE:
                pos = self.pos
                self.pos = pos + 1
                text = self.tokens.contents[pos]
                piece = self.node(ast.Constant, pos, {"value": text, "kind": None})
                parts.append(piece)
                if "\\" in text and not raw:
                    escaped[pos] = piece
            elif kind == LBRACE:
                self.replacement_field(parts, None if raw else escaped)
            else:
                raise Mismatch
        for pos, piece in escaped.items():
            piece.value = self.fstring_text(str(piece.value), pos)
            # A backslash at the end of a line leaves nothing, and the node for the row must not reach up to it.
            if not piece.value:
                parts.remove(piece)
        self.pos += 1

    def replacement_field(
        self, parts: list[ast.expr], escaped: dict[int, ast.Constant] | None = None
    ) -> None:
        """`{value=!r:specification}`: its nodes, one or (with `=`) two, are added to `parts`.

        The text of a field with `=` is added to `escaped`: CPython unescapes it once more if it is part of an f-string,
        and not if it is inside a format specification.
        """
        start = self.pos
        self.pos = start + 1
        value = self.yield_or_star_expressions()
        debug = self.accept(t.EQUAL)
        end_of_value = self.pos
        conversion = self.conversion()
        specification = self.specification() if self.kinds[self.pos] == t.COLON else None
        self.expect(t.RBRACE)
        if debug:
            text = self.debug_text(start, end_of_value)
            parts.append(text)
            if escaped is not None:
                escaped[end_of_value] = text
            if conversion == NO_CONVERSION and specification is None:
                conversion = CONVERSIONS["r"]
        fields: dict[str, object] = {"value": value, "conversion": conversion, "format_spec": specification}
        parts.append(self.node(ast.FormattedValue, start, fields))

    def debug_text(self, start: int, end: int) -> ast.Constant:
        """The source text of a field with `=`, from behind its `{` up to token `end`."""
        fields: dict[str, object] = {
            "value": self.tokens.debug_texts[end],
            "kind": None,
            "lineno": self.lines[start],
            "col_offset": self.columns[start] + 1,
            "end_lineno": self.lines[end],
            "end_col_offset": self.columns[end],
        }
        return build(ast.Constant, fields)

    def conversion(self) -> int:
        """`!r`, `!s`, `!a` or nothing."""
        mark = self.pos
        if not self.accept(t.EXCLAMATION):
            return NO_CONVERSION
        letter = self.name()
        adjacent = (
            self.end_columns[mark] == self.columns[mark + 1] and self.lines[mark] == self.lines[mark + 1]
        )
        if letter not in CONVERSIONS or not adjacent:
            raise Mismatch
        return CONVERSIONS[letter]

    def specification(self) -> ast.expr:
        """`:` and the constant pieces and replacement fields up to the closing brace."""
        start = self.pos
        self.pos = start + 1
        parts: list[ast.expr] = []
        while (kind := self.kinds[self.pos]) != t.RBRACE:
            if kind == FSTRING_MIDDLE:
                pos = self.pos
                text = self.fstring_text(self.tokens.contents[pos], pos)  # also in a raw f-string
                self.pos = pos + 1
                parts.append(self.node(ast.Constant, pos, {"value": text, "kind": None}))
            elif kind == LBRACE:
                self.replacement_field(parts)
            else:
                raise Mismatch
        return self.node(ast.JoinedStr, start, {"values": fold(parts)})

    # Values, from `kaa.syntax.literals`.

    def number_value(self, pos: int) -> int | float | complex:
        try:
            return literals.number(self.texts[pos])
        except LiteralError:
            raise Mismatch from None

    def string_value(self, pos: int) -> str | bytes:
        try:
            return literals.string(self.texts[pos], self.invalid_string_escape)
        except LiteralError:
            raise Mismatch from None

    def fstring_text(self, text: str, pos: int) -> str:
        """The value of a piece of an f-string, with its escape sequences replaced."""
        try:
            return literals.fstring_text(text, False, partial(self.invalid_escape, pos))
        except LiteralError:
            raise Mismatch from None

    def invalid_string_escape(self, message: str) -> None:
        self.invalid_escape(self.pos, message)

    def invalid_escape(self, literal: int, message: str) -> None:
        """Warn about an escape sequence that the language does not define; once, if its line is read twice.

        `literal` is the token that it stands in, the parser's position that to which the warning is given.
        """
        if literal in self.warned:
            return
        self.warned.add(literal)
        self.tokens.warn(self.filename, literal + 1)
        category = SyntaxWarning if self.version >= 12 else DeprecationWarning
        try:
            warn_explicit(message, category, self.filename, self.lines[self.pos])
        except category:
            raise WarningAsError(message, self.pos) from None


def merged(parts: list[ast.expr]) -> ast.expr:
    """One constant for a row of strings, or of bytes."""
    first, last = parts[0], parts[-1]
    assert isinstance(first, ast.Constant)
    values: list[Any] = [part.value for part in parts if type(part) is ast.Constant]
    if type(values[0]) is bytes:
        if any(type(value) is not bytes for value in values):
            raise Mismatch
        value: object = b"".join(values)
    else:
        if any(type(value) is bytes for value in values):
            raise Mismatch
        value = "".join(values)
    return build(
        ast.Constant,
        {
            "value": value,
            "kind": first.kind,
            "lineno": first.lineno,
            "col_offset": first.col_offset,
            "end_lineno": last.end_lineno,
            "end_col_offset": last.end_col_offset,
        },
    )


def fold(parts: list[ast.expr]) -> list[ast.expr]:
    """The pieces of an f-string with neighbouring constants made one, and empty ones left out."""
    folded: list[ast.expr] = []
    run: list[ast.expr] = []

    def end_run() -> None:
        if run:
            constant = run[0] if len(run) == 1 else merged(run)
            if type(constant) is ast.Constant and constant.value:
                folded.append(constant)
            run.clear()

    for part in parts:
        if type(part) is ast.Constant:
            run.append(part)
        else:
            end_run()
            folded.append(part)
    end_run()
    return folded
