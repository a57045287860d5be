"""Source text to tokens, the first step of the journey: `tokenize(text)` gives a `Tokens`.

In: source text whose newlines are all `\\n` (`kaa.syntax.source` decodes and translates). Out: the whole
source's tokens as parallel lists, because a recursive-descent parser that asks `texts[i] == "("` needs no
object per token. The tokens are those that CPython's parser sees: no comments, no blank lines. Facts:
language reference, "Lexical analysis"; PEP 701 for f-strings.

What a parser can rely on:

- `kinds[i]` is one of `NAME KEYWORD OP NUMBER STRING NEWLINE INDENT DEDENT ENDMARKER FSTRING_START
  FSTRING_MIDDLE FSTRING_END TYPE_COMMENT ERROR`. Soft keywords are `NAME`s.
- `texts[i]` is the source text of a `NAME`, `KEYWORD`, `OP`, `NUMBER`, `STRING` (prefix and quotes included),
  `FSTRING_START` (prefix and quotes) or `FSTRING_END` (quotes), and `""` for every other kind. So
  `texts[i] == "if"` or `texts[i] == "("` is true for the keyword or operator and nothing else.
- Free text stands apart, in `contents[i]`: the source text of an `FSTRING_MIDDLE` (of `{{` and `}}` only the
  first brace belongs to it, though the token ends behind the second), and what follows
  `# type: ` for `TYPE_COMMENT`. A `# type: ignore` is no token: it stands in `type_ignores` as (line, what
  follows `ignore`).
- `debug_texts[i]`, where token i ends the expression of a replacement field (`!`, `:` or `}`) whose last
  token is `=`: the field's source text from behind the `{` up to token i, without comments.
- Names are as spelled: normalisation to NFKC is for the one who builds a tree (`ａwait` is an identifier,
  not the keyword), and needed only where `ascii` is false.
- Lines count from 1; columns are offsets in UTF-8 bytes from the start of the line. `INDENT`, `DEDENT` and
  `ENDMARKER` are empty tokens in front of what follows them; a missing last newline counts as if it were
  there.
- The list ends in `ENDMARKER`, or in `ERROR`: then `error` is the exception to raise when the parser comes
  to that token, and `error_reach` tells whether it beats an error that the parser finds before it.
"""

import functools
import keyword
import re
import warnings
from typing import Final

from kaa.syntax.faults import NO_END, first_buffered, place, shown

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

KEYWORDS: Final = frozenset(keyword.kwlist)

# How far an error reaches (`Tokens.error_reach`): CPython's tokenizer has three sorts, which differ in
# whether they win over a syntax error that the parser finds in tokens before them.
EVERYWHERE: Final = 0  # a malformed token: it wins wherever it stands
UNCLOSED: Final = (
    1  # the source ends inside brackets: wins if the innermost was opened on a line before the parser's error
)
HERE: Final = 2  # indentation and line joining: only when the parser comes to it
UNDECODABLE: Final = (
    3  # malformed UTF-8: it wins, but over another error as the UnicodeDecodeError in `__cause__`
)

INCONSISTENT: Final = "inconsistent use of tabs and spaces in indentation"

MAX_INDENTS: Final = 100
MAX_BRACKETS: Final = 200
MAX_FSTRINGS: Final = 150
MAX_FIELDS: Final = 3
TAB: Final = 8


class Tokens:
    """The tokens of one source, as parallel lists; the module's docstring says what is in each."""

    __slots__ = (
        "ascii",
        "brackets",
        "columns",
        "contents",
        "debug_texts",
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
        self.joined_lines: list[int] = []  # that a backslash in the middle joins to the line before
        self.type_ignores: list[tuple[int, str]] = []
        self.error: Exception | None = None
        self.error_reach = EVERYWHERE
        # Brackets that are open where the list ends: (bracket, line, column in bytes).
        self.brackets: list[tuple[str, int, int]] = []

    def __len__(self) -> int:
        return len(self.kinds)


# The regular expression's groups, in the order in which the loop asks for them.
(
    _WORD,
    _OPERATOR,
    _OPEN,
    _CLOSE,
    _LINE_END,
    _STRING,
    _NUMBER,
    _FSTRING,
    _FIELD_END,
    _JOIN,
    _ODD_WORD,
    _JOINED_LINE,
    _OTHER,
) = range(1, 14)

_WIDE = "\x80-\U0010ffff"  # CPython takes every such character for a part of a word, then looks closer
_DIGITS = r"[0-9](?:_?[0-9])*+"
_EXPONENT = rf"[eE][+-]?{_DIGITS}"
_NUMBER_PATTERN = rf"""(?:
    [1-9](?:_?[0-9])*+(?![.0-9A-Za-z_{_WIDE}])
  | (?: 0[xX](?:_?[0-9a-fA-F])++ | 0[oO](?:_?[0-7])++ | 0[bB](?:_?[01])++
      | (?: {_DIGITS}\.(?:{_DIGITS})? | \.{_DIGITS} ) (?:{_EXPONENT})? [jJ]?
      | {_DIGITS}{_EXPONENT}[jJ]? | {_DIGITS}[jJ]
    )(?![0-9A-Za-z_{_WIDE}])
  | 0(?:_?0)*+(?![.0-9A-Za-z_{_WIDE}])
)"""
_STRING_PATTERN = r"""(?:[uU]|[bB][rR]?|[rR][bB]?)?(?:
    "(?!"")[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"
  | '(?!'')[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'
  | \"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+\"{3}
  | '{3}[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'{3}
)"""
_OPERATORS = r"[,;~]|\.(?!\.\.|[0-9])|[=+%&|^@]=?|-[=>]?|\*\*?=?|//?=?|<>|<<?=?|>>?=?|!=|\.\.\."
_COMMENT = r"\#[^\n]*+"
_PLAIN_COMMENT = r"\#(?![ \t]*type:)[^\n]*+"  # one that stays a comment when type comments are asked for
_NEVER = r"(?!)"


def _blank(comment: str) -> str:
    return rf"[ \t\f]*+(?:{comment})?\n"


@functools.cache
def _leading_lines(type_comments: bool) -> re.Pattern[str]:
    """Blank lines and lines of comments, and the white space in front of what follows them."""
    blank = _blank(_PLAIN_COMMENT if type_comments else _COMMENT)
    return re.compile(rf"(?:{blank})*+[ \t\f]*+", re.VERBOSE)


@functools.cache
def _pattern(in_field: bool, type_comments: bool) -> re.Pattern[str]:
    """One token with the white space before it; which sort, says the number of the group that matched."""
    comment = _PLAIN_COMMENT if type_comments else _COMMENT
    blank = _blank(comment)
    # In a field of an f-string `!`, `:` and `}` may end the expression, and `:=` may be two things.
    operator = _OPERATORS if in_field else rf"{_OPERATORS}|:=?"
    close, field_end = (r"[)\]]", r"[!:}]") if in_field else (r"[)\]}]", _NEVER)
    return re.compile(
        rf"""[ \t\f]*+(?:
            ([A-Za-z_][A-Za-z0-9_]*+)(?!['"{_WIDE}])
          | ({operator})
          | ([(\[{{])
          | ({close})
          | ((?:{comment})?\n(?:{blank})*+[ \t\f]*+(?!\\))
          | ({_STRING_PATTERN})
          | ({_NUMBER_PATTERN})
          | ((?:[fF][rR]?|[rR][fF])(?:\"{{3}}|'{{3}}|"|'))
          | ({field_end})
          | (\\\n)
          | ([A-Za-z_{_WIDE}][0-9A-Za-z_{_WIDE}]*+)
          | ((?:{comment})?\n(?:{blank})*+[ \t\f]*+)
          | ({_COMMENT}|.?)
        )""",
        re.VERBOSE | re.DOTALL,
    )


_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}


class _FString:
    """An f-string that is being read: its quotes, where it starts, and the replacement fields open in it."""

    __slots__ = ("base", "fields", "in_spec", "line", "line_start", "quotes", "raw", "start")

    def __init__(self, opening: str, start: int, line: int, line_start: int, base: int) -> None:
        self.quotes = opening.lstrip("fFrR")
        self.raw = "r" in opening or "R" in opening
        self.start, self.line, self.line_start = start, line, line_start
        self.base = base  # how many brackets were open around it
        self.fields: list[int] = []  # where the expression of each open field starts
        self.in_spec = False


# What a run of an f-string's literal text stops at, by the f-string's quotes.
_TEXT_STOP: Final = {
    "'": re.compile(r"[\\{}'\n]"),
    '"': re.compile(r'[\\{}"\n]'),
    "'''": re.compile(r"[\\{}]|\'\'\'"),
    '"""': re.compile(r'[\\{}]|"""'),
}


class _Fault(Exception):
    """Ends the run: a malformed token's error, and how far it reaches."""

    def __init__(self, error: Exception, reach: int) -> None:
        self.error, self.reach = error, reach


class _Tokenizer:
    """One run over a source.

    The loop keeps what changes with every token in local variables; the methods for what is rare take the
    line and where it starts as arguments and give back what follows.
    """

    def __init__(
        self, tokens: Tokens, filename: str, mode: str, imply_dedents: bool, type_comments: bool
    ) -> None:
        self.tokens = tokens
        self.text = tokens.source
        self.filename = filename
        self.mode = mode
        self.imply_dedents = imply_dedents
        self.type_comments = type_comments
        # For each level: the white space as written, its column with tabs to 8, its column with tabs to 1.
        self.indents = [("", 0, 0)]
        self.brackets: list[tuple[str, int, int]] = []  # (bracket, line, where it stands in the text)
        self.fstrings: list[_FString] = []

    def run(self) -> None:
        """Read the whole source, or up to the first fault."""
        try:
            self.read_all()
        except _Fault as fault:
            tokens = self.tokens
            tokens.error, tokens.error_reach = fault.error, fault.reach
            self.append(ERROR, "", tokens.end_lines[-1] if tokens.kinds else 1, 0, 0)
        for bracket, line, start in self.brackets:
            line_start = self.text.rfind("\n", 0, start) + 1
            self.tokens.brackets.append(
                (bracket, line, len(self.text[line_start:start].encode("utf-8", "surrogateescape")))
            )

    def read_all(self) -> None:
        text = self.text
        tokens, indents, brackets, fstrings = self.tokens, self.indents, self.brackets, self.fstrings
        add_kind, add_text = tokens.kinds.append, tokens.texts.append
        add_line, add_column = tokens.lines.append, tokens.columns.append
        add_end_line, add_end_column = tokens.end_lines.append, tokens.end_columns.append
        count, rfind = text.count, text.rfind
        keywords, closers = KEYWORDS, _CLOSERS
        position, line, line_start = self.line_begins(0, 1, 0)
        while position >= 0:
            pattern = _pattern(bool(fstrings), self.type_comments)
            for match in pattern.finditer(text, position):
                group = match.lastindex
                assert group is not None
                word = match[group]
                if group == _WORD:
                    add_kind(KEYWORD if word in keywords else NAME)
                elif group == _OPERATOR:
                    add_kind(OP)
                elif group == _OPEN:
                    start, position = match.span(group)
                    if len(brackets) >= MAX_BRACKETS:
                        raise self.malformed("too many nested parentheses", position, line, line_start)
                    brackets.append((word, line, start))
                    add_kind(OP)
                elif group == _CLOSE:
                    if not brackets or closers[brackets[-1][0]] != word:
                        raise self.unmatched(word, match.end(), line, line_start)
                    brackets.pop()
                    add_kind(OP)
                elif group == _LINE_END:
                    start, position = match.span(group)
                    if not brackets:
                        add_kind(NEWLINE)
                        add_text("")
                        add_line(line)
                        add_column(start - line_start)
                        add_end_line(line)
                        add_end_column(start - line_start + 1)
                    line += count("\n", start, position)
                    line_start = rfind("\n", start, position) + 1
                    if not brackets and text[line_start:position] != indents[-1][0]:
                        self.indent(position, line, line_start)
                    continue
                elif group == _NUMBER:
                    add_kind(NUMBER)
                elif group == _STRING:
                    add_kind(STRING)
                    if "\n" in word:
                        start, position = match.span(group)
                        add_text(word)
                        add_line(line)
                        add_column(start - line_start)
                        line += count("\n", start, position)
                        line_start = rfind("\n", start, position) + 1
                        add_end_line(line)
                        add_end_column(position - line_start)
                        continue
                else:
                    rare = group
                    break
                start, position = match.span(group)
                add_text(word)
                add_line(line)
                add_column(start - line_start)
                add_end_line(line)
                add_end_column(position - line_start)
            position, line, line_start = self.rare(rare, match, line, line_start)

    def append(self, kind: int, text: str, line: int, column: int, end_column: int) -> None:
        """Add a token that stands on one line."""
        tokens = self.tokens
        tokens.kinds.append(kind)
        tokens.texts.append(text)
        tokens.lines.append(line)
        tokens.columns.append(column)
        tokens.end_lines.append(line)
        tokens.end_columns.append(end_column)

    def rare(self, group: int, match: re.Match[str], line: int, line_start: int) -> tuple[int, int, int]:
        """Read a token that the loop leaves to others; where to go on (-1: the end), and the line there."""
        start, position = match.span(group)
        word = match[group]
        if group == _ODD_WORD:
            if self.text.startswith(("'", '"'), position) and word.lower() in _PREFIXES:
                raise self.unterminated_string(start, position, line, line_start)
            if not word.isidentifier():
                raise self.invalid_character(word, start, line, line_start)
            self.append(NAME, word, line, start - line_start, position - line_start)
        elif group == _FSTRING:
            if len(self.fstrings) + 1 >= MAX_FSTRINGS:
                raise self.malformed("too many nested f-strings", position, line, line_start)
            self.append(FSTRING_START, word, line, start - line_start, position - line_start)
            self.fstrings.append(_FString(word, start, line, line_start, len(self.brackets)))
            return self.fstring_text(position, line, line_start)
        elif group == _FIELD_END:
            return self.field_end(word, start, line, line_start)
        elif group == _JOIN:
            if position == len(self.text):
                raise self.fault_at_line_end(SyntaxError, "unexpected EOF while parsing", line, line_start)
            self.tokens.joined_lines.append(line + 1)
            return position, line + 1, position
        elif group == _JOINED_LINE:
            newline = self.text.index("\n", start)
            if not self.brackets:
                self.append(NEWLINE, "", line, start - line_start, newline + 1 - line_start)
            return self.line_begins(newline + 1, line + 1, newline + 1)
        else:
            return self.other(word, start, line, line_start)
        return position, line, line_start

    def other(self, word: str, start: int, line: int, line_start: int) -> tuple[int, int, int]:
        """Read what the rules do not match: the end of the source, an odd number, a string without end."""
        position = start + len(word)
        if word == "":
            if self.brackets:
                raise self.unclosed_bracket(self.last_line(line, line_start)[0])
            self.end(line, line_start)
            return -1, line, line_start
        if word[0] == "#":
            return self.comment(word, start, line, line_start)
        if word.isdigit() or word == ".":
            end = self.odd_number(start, line, line_start)
            self.append(NUMBER, self.text[start:end], line, start - line_start, end - line_start)
            return end, line, line_start
        if word in "\"'":
            raise self.unterminated_string(start, start, line, line_start)
        if word == "\\":
            raise self.stray_backslash(position, line)
        if not word.isprintable():
            raise self.malformed(
                f"invalid non-printable character U+{ord(word):04X}", position, line, line_start
            )
        self.append(
            OP, word, line, start - line_start, position - line_start
        )  # $ ? ! and `: no rule takes them
        return position, line, line_start

    def comment(self, word: str, start: int, line: int, line_start: int) -> tuple[int, int, int]:
        """Read a type comment, or a comment at the end of a source without a last newline."""
        position = start + len(word)
        match = _TYPE_COMMENT.match(word) if self.type_comments else None
        if match is None:
            return position, line, line_start
        content = word[match.end() :]
        if not _IGNORE.match(content):
            self.tokens.contents[len(self.tokens.kinds)] = content
            self.append(TYPE_COMMENT, "", line, start + match.end() - line_start, position - line_start)
            return position, line, line_start
        self.tokens.type_ignores.append((line, content[len("ignore") :]))
        alone = not self.text[line_start:start].strip(" \t\f")
        if alone and position < len(self.text):
            return self.line_begins(position + 1, line + 1, position + 1)
        return position, line, line_start

    # Lines and indentation

    def line_begins(self, position: int, line: int, line_start: int) -> tuple[int, int, int]:
        """Skip blank lines and set the indentation; backslashes may join lines before the first token."""
        text = self.text
        leading_lines = _leading_lines(self.type_comments)
        joined = ""
        while True:
            match = leading_lines.match(text, position)
            assert match is not None
            end = match.end()
            newlines = text.count("\n", position, end)
            if newlines:
                line += newlines
                line_start = text.rfind("\n", position, end) + 1
                joined = ""
            if self.brackets:
                return end, line, line_start
            joined = joined or text[line_start:end]
            if not text.startswith("\\", end):
                break
            if not text.startswith("\\\n", end):
                raise self.stray_backslash(end + 1, line)
            if end + 2 == len(text):
                raise self.fault_at_line_end(SyntaxError, "unexpected EOF while parsing", line, line_start)
            position = line_start = end + 2
            line += 1
        if joined != self.indents[-1][0]:
            self.indent(end, line, line_start, joined)
        return end, line, line_start

    def indent(self, position: int, line: int, line_start: int, written: str | None = None) -> None:
        """Compare a line's white space with the enclosing levels: INDENT, DEDENTs, nothing, or a fault."""
        if self.text.startswith("#", position):
            return  # a type comment's line, or a comment that ends the source: neither has an indentation
        if written is None:
            written = self.text[line_start:position]
        column, narrow = _widths(written)
        indents = self.indents
        _, current, current_narrow = indents[-1]
        if column == current:
            if narrow != current_narrow:
                raise self.layout_fault(TabError, INCONSISTENT, line)
        elif column > current:
            if len(indents) >= MAX_INDENTS:
                raise self.layout_fault(IndentationError, "too many levels of indentation", line)
            if narrow <= current_narrow:
                raise self.layout_fault(TabError, INCONSISTENT, line)
            indents.append((written, column, narrow))
            self.append(INDENT, "", line, position - line_start, position - line_start)
        else:
            self.dedent(column, narrow, position, line, line_start)

    def dedent(self, column: int, narrow: int, position: int, line: int, line_start: int) -> None:
        indents = self.indents
        at_end = position == len(self.text) and position == line_start
        closed = 0
        while len(indents) > 1 and column < indents[-1][1]:
            indents.pop()
            closed += 1
        if column != indents[-1][1]:
            message = "unindent does not match any outer indentation level"
            raise self.fault_at_line_end(IndentationError, message, line, line_start)
        if narrow != indents[-1][2]:
            raise self.layout_fault(TabError, INCONSISTENT, line)
        if at_end:
            line, line_start = self.last_line(line, line_start)
        for _ in range(closed):
            self.append(DEDENT, "", line, position - line_start, position - line_start)

    def last_line(self, line: int, line_start: int) -> tuple[int, int]:
        """Where the source ends: behind its last newline, which belongs to the line that it ends."""
        end = len(self.text)
        if 0 < end == line_start:
            return line - 1, self.text.rfind("\n", 0, end - 1) + 1
        return line, line_start

    def end(self, line: int, line_start: int) -> None:
        """Add the last tokens."""
        kinds = self.tokens.kinds
        position = len(self.text)
        if position == line_start and len(self.indents) > 1:
            self.dedent(0, 0, position, line, line_start)
        line, line_start = self.last_line(line, line_start)
        column = position - line_start
        if self.mode == "single" and kinds:
            # A statement given at a prompt ends where the source does, with the blocks that it opened.
            self.append(NEWLINE, "", line, column, column)
            if self.imply_dedents and len(self.indents) > 1:
                for _ in self.indents[1:]:
                    self.append(DEDENT, "", line, column, column)
                self.append(NEWLINE, "", line, column, column)
        self.append(ENDMARKER, "", line, column, column)

    # F-strings

    def fstring_text(self, position: int, line: int, line_start: int) -> tuple[int, int, int]:
        """Read literal text up to a brace that opens or closes a replacement field, or the f-string's end."""
        tokens, text, fstring = self.tokens, self.text, self.fstrings[-1]
        search = _TEXT_STOP[fstring.quotes].search
        start = scan = position
        named_escape = False
        while True:
            match = search(text, scan)
            if match is None:
                raise self.unterminated_fstring(fstring, self.line_at(len(text), line, start))
            stop, scan = match.span()
            mark = match[0]
            if mark == "\\":
                scan, named_escape = self.fstring_escape(scan, fstring, named_escape, line, line_start)
            elif mark == "\n":
                if not fstring.in_spec:
                    raise self.unterminated_fstring(fstring, self.line_at(stop, line, start))
                fstring.in_spec = False
                line, line_start = self.fstring_middle(start, stop, line, line_start)
                return stop, line, line_start
            elif mark == "{":
                if text.startswith("{", scan) and not fstring.in_spec:
                    line, line_start = self.fstring_middle(start, scan, line, line_start)
                    tokens.end_columns[-1] += 1
                    start = scan = scan + 1
                    continue
                if start < stop:
                    line, line_start = self.fstring_middle(start, stop, line, line_start)
                return self.field_begin(stop, line, line_start)
            elif mark == "}":
                if named_escape:
                    line, line_start = self.fstring_middle(start, scan, line, line_start)
                    start, named_escape = scan, False
                elif (
                    text.startswith("}", scan) and not fstring.in_spec and len(self.brackets) == fstring.base
                ):
                    line, line_start = self.fstring_middle(start, scan, line, line_start)
                    tokens.end_columns[-1] += 1
                    start = scan = scan + 1
                else:
                    line, line_start = self.fstring_middle(start, stop, line, line_start)
                    return stop, line, line_start
            else:
                if start < stop:
                    line, line_start = self.fstring_middle(start, stop, line, line_start)
                self.append(FSTRING_END, mark, line, stop - line_start, scan - line_start)
                self.fstrings.pop()
                return scan, line, line_start

    def fstring_middle(self, start: int, end: int, line: int, line_start: int) -> tuple[int, int]:
        """Add a run of literal text; the line at its end and where that starts."""
        tokens, text = self.tokens, self.text
        tokens.contents[len(tokens.kinds)] = text[start:end]
        self.append(FSTRING_MIDDLE, "", line, start - line_start, end - line_start)
        newlines = text.count("\n", start, end)
        if newlines:
            line += newlines
            line_start = text.rfind("\n", start, end) + 1
            tokens.end_lines[-1] = line
            tokens.end_columns[-1] = end - line_start
        return line, line_start

    def fstring_escape(
        self, scan: int, fstring: _FString, named_escape: bool, line: int, line_start: int
    ) -> tuple[int, bool]:
        """Step over what a backslash in an f-string escapes: not a brace, except in `\\N{...}`."""
        text = self.text
        escaped = text[scan : scan + 1]
        if escaped and escaped in "{}":
            if not fstring.raw:
                line += text.count("\n", line_start, scan)
                self.warn(
                    f"invalid escape sequence '\\{escaped}'", scan + 1, line, text.rfind("\n", 0, scan) + 1
                )
            return scan, named_escape
        if escaped == "N" and not fstring.raw and text.startswith("{", scan + 1):
            return scan + 2, True
        return scan + 1, named_escape

    def field_begin(self, start: int, line: int, line_start: int) -> tuple[int, int, int]:
        fstring = self.fstrings[-1]
        if len(fstring.fields) >= MAX_FIELDS:
            raise self.malformed("f-string: expressions nested too deeply", start, line, line_start)
        if len(self.brackets) >= MAX_BRACKETS:
            raise self.malformed("too many nested parentheses", start + 1, line, line_start)
        fstring.fields.append(start + 1)
        self.brackets.append(("{", line, start))
        self.append(OP, "{", line, start - line_start, start + 1 - line_start)
        return start + 1, line, line_start

    def field_end(self, word: str, start: int, line: int, line_start: int) -> tuple[int, int, int]:
        """Read `!`, `:` or `}` inside an f-string: the end of a field's expression, or a part of it."""
        tokens, text, fstring, brackets = self.tokens, self.text, self.fstrings[-1], self.brackets
        position = start + 1
        depth = len(brackets) - fstring.base
        ends = depth == len(fstring.fields)
        if ends and depth and tokens.texts[-1] == "=":
            shown = text[fstring.fields[-1] : start]
            tokens.debug_texts[len(tokens.kinds)] = re.sub(r"#[^\n]*", "", shown)
        if word == "}":
            if depth == 0:
                raise self.malformed("f-string: single '}' is not allowed", position, line, line_start)
            if brackets[-1][0] != "{":
                raise self.unmatched(word, position, line, line_start)
            brackets.pop()
        elif word == ":" and not ends and text.startswith("=", position):
            word, position = ":=", position + 1
        self.append(OP, word, line, start - line_start, position - line_start)
        if not ends or word == "!":
            return position, line, line_start
        if word == "}":
            fstring.fields.pop()
        fstring.in_spec = word == ":" or bool(fstring.fields)
        return self.fstring_text(position, line, line_start)

    # Numbers that the regular expression does not take

    def odd_number(self, start: int, line: int, line_start: int) -> int:
        """The end of a number that a keyword follows at once, which earns a warning; else the fault."""
        text = self.text
        prefixed = _BASES.get(text[start : start + 2].lower())
        if prefixed:
            base, digits, run = prefixed
            match = run.match(text, start + 2)
            assert match is not None
            cursor = match.end()
            underscore = text.startswith("_", cursor)
            if underscore:
                cursor += 1
            following = text[cursor : cursor + 1]
            if base != "hexadecimal" and following in digits:
                raise self.malformed(
                    f"invalid digit '{following}' in {base} literal", cursor + 1, line, line_start
                )
            if underscore or cursor == start + 2:
                raise self.malformed(f"invalid {base} literal", cursor, line, line_start)
            return self.number_end(cursor, base, line, line_start)
        return self.odd_decimal(start, line, line_start)

    def odd_decimal(self, start: int, line: int, line_start: int) -> int:
        text = self.text
        cursor = self.digits(start, line, line_start)
        integral = cursor
        if text.startswith(".", cursor):
            cursor += 1
            if text[cursor : cursor + 1] in _DECIMAL:
                cursor = self.digits(cursor, line, line_start)
        if text[cursor : cursor + 1] in _EXPONENTS:
            sign = text[cursor + 1 : cursor + 2] in _SIGNS
            if text[cursor + 1 + sign : cursor + 2 + sign] in _DECIMAL:
                cursor = self.digits(cursor + 1 + sign, line, line_start)
            elif sign:
                raise self.malformed("invalid decimal literal", cursor + 2, line, line_start)
            else:
                return self.number_end(cursor, "decimal", line, line_start)
        if text[cursor : cursor + 1] in _IMAGINARY:
            return self.number_end(cursor + 1, "imaginary", line, line_start)
        if cursor == integral and text[start] == "0":
            match = _ZEROS.match(text, start)
            assert match is not None
            if match.end() < cursor:
                raise self.leading_zeros(start, match.end() + 1, line, line_start)
        return self.number_end(cursor, "decimal", line, line_start)

    def digits(self, start: int, line: int, line_start: int) -> int:
        match = _DECIMAL_RUN.match(self.text, start)
        assert match is not None
        if self.text.startswith("_", match.end()):
            raise self.malformed("invalid decimal literal", match.end() + 1, line, line_start)
        return match.end()

    def number_end(self, cursor: int, base: str, line: int, line_start: int) -> int:
        """A number may run into one of the keywords that can follow it, with a warning."""
        if _AFTER_NUMBER.match(self.text, cursor):
            self.warn(f"invalid {base} literal", cursor, line, line_start)
        elif _ASCII_WORD.match(self.text, cursor):
            raise self.malformed(f"invalid {base} literal", cursor, line, line_start)
        return cursor

    # Faults

    def warn(self, message: str, cursor: int, line: int, line_start: int) -> None:
        """Give the warning; if the filters make it an error, it is a malformed token's."""
        try:
            warnings.warn_explicit(message, SyntaxWarning, self.filename, line)
        except SyntaxWarning:
            raise self.malformed(message, cursor, line, line_start) from None

    def line_text(self, line_start: int) -> str:
        end = self.text.find("\n", line_start)
        return shown(self.text[line_start:] if end < 0 else self.text[line_start:end])

    def malformed(self, message: str, cursor: int, line: int, line_start: int) -> _Fault:
        """The fault of a token that is read up to `cursor`, the caret's place."""
        offset = cursor - line_start
        details = (self.filename, line, offset, self.line_text(line_start), line, offset)
        return _Fault(SyntaxError(message, details), EVERYWHERE)

    def unmatched(self, word: str, position: int, line: int, line_start: int) -> _Fault:
        """The fault of a closing bracket that does not close the innermost open one."""
        brackets = self.brackets
        if not brackets:
            return self.malformed(f"unmatched '{word}'", position, line, line_start)
        opening, opening_line, _ = brackets[-1]
        if self.fstrings and opening == "{":
            fstring = self.fstrings[-1]
            if len(brackets) - fstring.base == len(fstring.fields):
                return self.malformed(f"f-string: unmatched '{word}'", position, line, line_start)
        message = f"closing parenthesis '{word}' does not match opening parenthesis '{opening}'"
        if opening_line != line:
            message += f" on line {opening_line}"
        return self.malformed(message, position, line, line_start)

    def invalid_character(self, word: str, start: int, line: int, line_start: int) -> _Fault:
        try:
            word.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError as cause:
            return self.undecodable(cause, start + len(word), line, line_start)
        end = next(end for end in range(1, len(word) + 1) if not word[:end].isidentifier())
        character = word[end - 1]
        code = f"U+{ord(character):04X}"
        message = (
            f"invalid character '{character}' ({code})"
            if character.isprintable()
            else (f"invalid non-printable character {code}")
        )
        return self.malformed(message, start + end, line, line_start)

    def undecodable(self, cause: UnicodeDecodeError, position: int, line: int, line_start: int) -> _Fault:
        """The fault of a name that is not UTF-8 (`kaa.syntax.source` keeps stray bytes as lone surrogates)."""
        column = len(self.text[line_start:position].encode("utf-8", "surrogateescape"))
        details = place(self.tokens, self.filename, self.mode, line, column, line, -1, line)
        error = SyntaxError(f"(unicode error) {cause}", details)
        error.__cause__ = cause
        return _Fault(error, UNDECODABLE)

    def unterminated_string(self, start: int, opening: int, line: int, line_start: int) -> _Fault:
        """The fault of a string at `start` whose quotes stand at `opening`; the caret stands under its start."""
        text = self.text
        quote = text[opening]
        triple = text.startswith(quote * 3, opening)
        if self.fstrings and self.fstrings[-1].quotes == (quote * 3 if triple else quote):
            return self.malformed("f-string: expecting '}'", start + 1, line, line_start)
        match = (_TO_END if triple else _TO_LINE_END).match(text, opening + 1)
        assert match is not None
        kind = "triple-quoted string" if triple else "string"
        message = f"unterminated {kind} literal (detected at line {self.line_at(match.end(), line, start)})"
        if not triple and f"\\{quote}" in match[0]:
            message += "; perhaps you escaped the end quote?"
        return self.malformed(message, start + 1, line, line_start)

    def line_at(self, position: int, line: int, start: int) -> int:
        """The line of `position`, given that of `start`; behind the last newline it is still the line before."""
        if position == len(self.text) and self.text.endswith("\n"):
            position -= 1
        return line + self.text.count("\n", start, position)

    def unterminated_fstring(self, fstring: _FString, detected: int) -> _Fault:
        kind = "triple-quoted f-string" if len(fstring.quotes) == 3 else "f-string"
        message = f"unterminated {kind} literal (detected at line {detected})"
        return self.malformed(message, fstring.start + 1, fstring.line, fstring.line_start)

    def leading_zeros(self, start: int, end: int, line: int, line_start: int) -> _Fault:
        message = (
            "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers"
        )
        # These two offsets CPython gives in bytes.
        shift = len(self.text[line_start:start].encode()) - (start - line_start)
        first, last = start + 1 - line_start + shift, end - line_start + shift
        details = (self.filename, line, first, self.line_text(line_start), line, last)
        return _Fault(SyntaxError(message, details), EVERYWHERE)

    def layout_fault(self, error: type[SyntaxError], message: str, line: int, column: int = 1) -> _Fault:
        """The fault of a line: how it is indented or joined to others."""
        details = place(self.tokens, self.filename, self.mode, line, column, line, NO_END, line)
        return _Fault(error(message, details), HERE)

    def fault_at_line_end(self, error: type[SyntaxError], message: str, line: int, line_start: int) -> _Fault:
        text = self.line_text(line_start)
        newline = line_start + len(text) < len(self.text)
        column = len(text.encode("utf-8", "surrogateescape")) + newline
        details = place(self.tokens, self.filename, self.mode, line, column, line, -1, line)
        return _Fault(error(message, details), HERE)

    def stray_backslash(self, position: int, line: int) -> _Fault:
        """The fault of a backslash in front of `position` that joins no lines; CPython counts from its buffer's start
        and shows the next character, if there is one.
        """
        buffer_start = 0
        for _ in range(first_buffered(self.tokens, line) - 1):
            buffer_start = self.text.index("\n", buffer_start) + 1
        following = position < len(self.text)
        column = len(self.text[buffer_start:position].encode("utf-8", "surrogateescape")) + following
        return self.layout_fault(
            SyntaxError, "unexpected character after line continuation character", line, column
        )

    def unclosed_bracket(self, read: int) -> _Fault:
        """The fault of a source that ends, on the line `read`, with a bracket open."""
        opening, line, start = self.brackets[-1]
        line_start = self.text.rfind("\n", 0, start) + 1
        column = len(self.text[line_start:start].encode("utf-8", "surrogateescape")) + 1
        details = place(self.tokens, self.filename, self.mode, line, column, line, NO_END, read)
        return _Fault(SyntaxError(f"'{opening}' was never closed", details), UNCLOSED)


_PREFIXES: Final = frozenset(["r", "u", "b", "br", "rb"])
_TYPE_COMMENT: Final = re.compile(r"#[ \t]*type:[ \t]*")
_IGNORE: Final = re.compile(rf"ignore(?![A-Za-z0-9{_WIDE}])")
_DECIMAL: Final = frozenset("0123456789")
_EXPONENTS: Final = frozenset("eE")
_SIGNS: Final = frozenset("+-")
_IMAGINARY: Final = frozenset("jJ")
_DECIMAL_RUN: Final = re.compile(_DIGITS)
_ZEROS: Final = re.compile(r"0(?:_?0)*+_?")
_AFTER_NUMBER: Final = re.compile(r"and|else|for|if|in|is|or|not")
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]")
_TO_LINE_END: Final = re.compile(r"(?:[^\\\n]|\\.)*+", re.DOTALL)
_TO_END: Final = re.compile(r".*", re.DOTALL)
# Prefix of a number: the base's name, the digits that the base does not have, a run of digits that it has.
_BASES: Final = {
    "0x": ("hexadecimal", frozenset[str](), re.compile(r"(?:_?[0-9a-fA-F])*+")),
    "0o": ("octal", frozenset("89"), re.compile(r"(?:_?[0-7])*+")),
    "0b": ("binary", frozenset("23456789"), re.compile(r"(?:_?[01])*+")),
}


def _widths(white: str) -> tuple[int, int]:
    """The column after some white space, with tab stops every 8 columns and every 1: both must agree."""
    white = white.rpartition("\f")[2]
    if "\t" not in white:
        return len(white), len(white)
    column = 0
    for character in white:
        column = (column // TAB + 1) * TAB if character == "\t" else column + 1
    return column, len(white)


def _columns_in_bytes(tokens: Tokens) -> None:
    """Turn the columns from characters to bytes, on the lines where these differ."""
    wide = {n: line + "\n" for n, line in enumerate(tokens.source.split("\n"), 1) if not line.isascii()}
    for lines, columns in ((tokens.lines, tokens.columns), (tokens.end_lines, tokens.end_columns)):
        for i, line in enumerate(lines):
            if line in wide:
                columns[i] = len(wide[line][: columns[i]].encode("utf-8", "surrogateescape"))


_WIDE_A: Final = "\uff41"  # NFKC makes it an "a"


def _demote_async(tokens: Tokens) -> None:
    """Turn `async` and `await` into names where Python 3.6 and older took them so: outside of an `async def`.

    The name is spelled with a wide "a": it means the same identifier, and no parser takes it for the keyword.
    """
    depth = 0
    indent: int | None = None  # the depth at which an `async def` stands
    in_body = line_begins = False
    for i, kind in enumerate(tokens.kinds):
        text = tokens.texts[i]
        if kind == NEWLINE:
            in_body = line_begins = True
            continue
        if kind in (INDENT, DEDENT):
            depth += 1 if kind == INDENT else -1
            continue
        if line_begins and in_body and indent is not None and depth <= indent:
            indent = None
        line_begins = False
        if text in ("async", "await") and indent is None:
            if text == "async" and tokens.texts[i + 1] == "def":
                indent, in_body = depth, False
            else:
                tokens.kinds[i], tokens.texts[i] = NAME, _WIDE_A + text[1:]
                tokens.ascii = False


def tokenize(
    text: str,
    filename: str = "<string>",
    *,
    mode: str = "exec",
    imply_dedents: bool = True,
    type_comments: bool = False,
    async_keywords: bool = True,
) -> Tokens:
    """All tokens of `text`, which has no newlines but `\\n` and no null bytes.

    `mode` is that of `compile`: in "exec" a missing last newline is added, in "single" the source's end ends
    the statement, and its blocks too if `imply_dedents`. `async_keywords` is false for feature versions before
    3.7. Gives the warnings for numbers that run into keywords and for `\\{` in f-strings. Raises no
    SyntaxError: see `Tokens.error`.
    """
    if mode == "exec" and text and text[-1] != "\n":
        text += "\n"
    tokens = Tokens(text)
    _Tokenizer(tokens, filename, mode, imply_dedents, type_comments).run()
    if not tokens.ascii:
        _columns_in_bytes(tokens)
    if not async_keywords:
        _demote_async(tokens)
    return tokens
