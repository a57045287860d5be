"""The tokens of a source as parallel lists: what the tokenizer gives and the parser reads.

Lists, because a recursive-descent parser that asks `texts[i] == "("` needs no object per token. The tokens are those
that CPython's parser sees: no comments, no blank lines. What can be relied on:

- `kinds[i]` is one of `NAME KEYWORD OP NUMBER STRING NEWLINE INDENT DEDENT ENDMARKER FSTRING_START FSTRING_MIDDLE
  FSTRING_END TYPE_COMMENT ERROR`. Soft keywords are `NAME`s.
- `texts[i]` is the source text of a `NAME`, `KEYWORD`, `OP`, `NUMBER`, `STRING` (prefix and quotes included),
  `FSTRING_START` (prefix and quotes) or `FSTRING_END` (quotes), and `""` for every other kind. So `texts[i] == "if"`
  or `texts[i] == "("` is true for the keyword or operator and nothing else.
- Free text stands apart, in `contents[i]`: the source text of an `FSTRING_MIDDLE` (of `{{` and `}}` only the first
  brace belongs to it, though the token ends behind the second), and what follows `# type: ` for `TYPE_COMMENT`.
  A `# type: ignore` is no token: it stands in `type_ignores` as (line, what follows `ignore`).
- `debug_texts[i]`, where token i ends the expression of a replacement field (`!`, `:` or `}`) whose last token is `=`:
  the field's source text from behind the `{` up to token i, without comments.
- Names are as spelled: normalisation to NFKC is for the one who builds a tree (`ａwait` is an identifier, not the
  keyword), and needed only where `ascii` is false.
- Lines count from 1; columns are offsets in UTF-8 bytes from the start of the line. `INDENT`, `DEDENT` and
  `ENDMARKER` are empty tokens in front of what follows them; a missing last newline counts as if it were there.
- The list ends in `ENDMARKER`, or in `ERROR`: then `error` is the exception to raise when the parser comes to that
  token, `error_reach` tells whether it beats an error that the parser finds before it, and the token's end is how far
  CPython has read when it gives up.
"""

from typing import Final

from kaa.syntax.warning import warn_explicit

(
    NAME,
    KEYWORD,
    OP,
    NUMBER,
    STRING,
    NEWLINE,
    INDENT,
    DEDENT,
    ENDMARKER,
    FSTRING_START,
    FSTRING_MIDDLE,
    FSTRING_END,
    TYPE_COMMENT,
    ERROR,
) = range(14)

KIND_NAMES: Final = (
    *("NAME", "KEYWORD", "OP", "NUMBER", "STRING", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"),
    *("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END", "TYPE_COMMENT", "ERROR"),
)

# How far an error reaches: CPython's tokenizer has several sorts, which differ in whether they win over a syntax
# error that the parser finds in tokens before them.
EVERYWHERE: Final = 0  # a malformed token: always
UNCLOSED: Final = (
    1  # the source ends inside brackets: if the parser's error is on a line below the last open one
)
HERE: Final = 2  # indentation and line joining: only when the parser comes to it
UNDECODABLE: Final = 3  # malformed UTF-8: always, but then as the UnicodeDecodeError in `__cause__`
IN_FSTRING: Final = 4  # a malformed token in an f-string: only when the parser comes to it


class Tokens:
    """The tokens of one source."""

    __slots__ = (
        "ascii",
        "brackets",
        "columns",
        "contents",
        "debug_texts",
        "early_end",
        "end_columns",
        "end_lines",
        "error",
        "error_reach",
        "joined_lines",
        "kinds",
        "lines",
        "source",
        "texts",
        "type_ignores",
        "warnings",
    )

    def __init__(self, source: str) -> None:
        self.source = source
        self.ascii = source.isascii()
        self.kinds: list[int] = []
        self.texts: list[str] = []
        self.lines: list[int] = []
        self.columns: list[int] = []
        self.end_lines: list[int] = []
        self.end_columns: list[int] = []
        self.contents: dict[int, str] = {}
        self.debug_texts: dict[int, str] = {}
        self.joined_lines: list[int] = []  # that a backslash behind a token joins to the line before
        self.type_ignores: list[tuple[int, str]] = []
        # Not yet given: (index of the token, message, line, the error if the filters make it one).
        self.warnings: list[tuple[int, str, int, Exception]] = []
        self.error: Exception | None = None
        self.error_reach = EVERYWHERE
        self.early_end = False  # whether more text could make the malformed token a good one
        # Brackets that are open where the list ends: (bracket, line, column).
        self.brackets: list[tuple[str, int, int]] = []

    def __len__(self) -> int:
        return len(self.kinds)

    def warn(self, filename: str, end: int) -> None:
        """Give the warnings about the tokens in front of `end`, as CPython does when it has come so far."""
        while self.warnings and self.warnings[0][0] < end:
            _, message, line, error = self.warnings.pop(0)
            try:
                warn_explicit(message, SyntaxWarning, filename, line)
            except SyntaxWarning:
                raise error from None

    def append(self, kind: int, text: str, line: int, column: int, end_column: int) -> None:
        """Add a token that stands on one line."""
        self.kinds.append(kind)
        self.texts.append(text)
        self.lines.append(line)
        self.columns.append(column)
        self.end_lines.append(line)
        self.end_columns.append(end_column)
