"""What every part of the parser stands on: the token lists and a position in them.

The parser looks one token ahead and never goes back, but for two statements that cannot be told from
their first token (`with` and `match`). Where a token does not fit it raises `Mismatch`: no message, no
place. What to say to the user is found out by a second reading (`kaa.syntax.diagnosis`), so that a source
without mistakes pays nothing for it.
"""

import ast
import sys
import unicodedata
from typing import Any, Final

from kaa.syntax import nesting
from kaa.syntax import terminals as t
from kaa.syntax.nodes import new
from kaa.syntax.tokenizer import NAME, Tokens

CO_FUTURE_BARRY_AS_BDFL: Final = 0x400000


class Mismatch(Exception):
    """The source is not a sentence of the grammar, or not of the version of it that was asked for."""


class WarningAsError(Mismatch):
    """The warnings filter makes an error of the warning with this message, about this token."""

    def __init__(self, message: str, pos: int) -> None:
        self.message = message
        self.pos = pos


class TokenStream:
    """A token list, and the index of the next token."""

    __slots__ = (
        "columns",
        "deepest",
        "enclosing",
        "end_columns",
        "end_lines",
        "filename",
        "flags",
        "kinds",
        "level",
        "lines",
        "not_equal",
        "pos",
        "texts",
        "tokens",
        "version",
        "warned",
    )

    def __init__(self, tokens: Tokens, kinds: list[int], filename: str, flags: int, version: int) -> None:
        self.tokens = tokens
        self.filename = filename
        self.flags = flags
        # PEP 401: under `from __future__ import barry_as_FLUFL` inequality is spelled the other way.
        self.not_equal = "<>" if flags & CO_FUTURE_BARRY_AS_BDFL else "!="
        self.version = version  # the minor version of Python 3 whose grammar is asked for
        # Looking ahead from the last token must find a token.
        self.kinds = [*kinds, t.ENDMARKER, t.ENDMARKER]
        self.texts = tokens.texts if tokens.ascii else normalized(tokens)
        self.lines = tokens.lines
        self.columns = tokens.columns
        self.end_lines = tokens.end_lines
        self.end_columns = tokens.end_columns
        self.pos = 0
        self.deepest = 0, 0  # the highest level, and the token where it was reached
        self.enclosing: list[int] = []  # see `nesting`
        self.level = 0  # how deep what is no bracket and no block is nested, in calls of CPython's parser
        self.warned: set[int] = set()  # tokens that were warned about

    def expect(self, kind: int) -> None:
        """Step over a token that must be of this kind."""
        if self.kinds[self.pos] != kind:
            raise Mismatch
        self.pos += 1

    def accept(self, kind: int) -> bool:
        """Step over a token if it is of this kind."""
        if self.kinds[self.pos] != kind:
            return False
        self.pos += 1
        return True

    def name(self) -> str:
        """The text of the name that must come next."""
        pos = self.pos
        if self.kinds[pos] != NAME:
            raise Mismatch
        self.pos = pos + 1
        return self.texts[pos]

    def since(self, minor: int) -> None:
        """What was just read exists since Python 3.`minor`."""
        if self.version < minor:
            raise Mismatch

    def deeper(self, calls: int) -> None:
        """Go so many calls of CPython's parser deeper, or give up where it does. Who comes back subtracts them."""
        self.level += calls
        if self.level > nesting.FEW_CALLS:
            self.deepest = max(self.deepest, (self.level, self.pos))
            if not self.enclosing:
                self.enclosing = nesting.enclosing(self.kinds)
            if self.level + self.enclosing[self.pos] > nesting.MAX_CALLS - nesting.OPERAND:
                raise MemoryError(nesting.TOO_DEEP)

    def node[N: ast.AST](self, node_class: type[N], start: int, fields: dict[str, object]) -> N:
        """A node with these fields that reaches from token `start` to the token before the next."""
        last = self.pos - 1
        node: Any = new(node_class)
        node.__dict__ = fields
        fields["lineno"] = self.lines[start]
        fields["col_offset"] = self.columns[start]
        fields["end_lineno"] = self.end_lines[last]
        fields["end_col_offset"] = self.end_columns[last]
        return node  # type: ignore[no-any-return]  # `new` cannot say which class


def normalized(tokens: Tokens) -> list[str]:
    """The texts, with names in Unicode normal form KC (language reference, "Identifiers and keywords")."""
    texts = list(tokens.texts)
    for index, kind in enumerate(tokens.kinds):
        if kind == NAME and not texts[index].isascii():
            if sys.modules.get("unicodedata", unicodedata) is None:  # CPython imports it here
                raise ModuleNotFoundError(
                    "import of unicodedata halted; None in sys.modules", name="unicodedata"
                )
            name: object = unicodedata.normalize("NFKC", texts[index])
            if not isinstance(name, str):  # a program can replace the function
                raise TypeError(f"unicodedata.normalize() must return a string, not {type(name).__name__}")
            texts[index] = name
    return texts
