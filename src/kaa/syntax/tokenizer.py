"""Source text to tokens, the first step of the journey: `tokenize(text)` gives a `Tokens`.

In: source text whose newlines are all `\\n` (`kaa.syntax.source` decodes and translates). Out: the whole source's
tokens as parallel lists; `kaa.syntax.token_lists` says what is in them. A malformed token ends the lists and leaves its
error there: it is for the parser to raise it when it comes to that.

The loop here asks one regular expression (`kaa.syntax.lexemes`) for one token after the other and keeps what changes
with every token in local variables; what is rare is read by methods, the most of them in the other links of the chain:
`malformed`, `layout`, `fstrings`.
"""

import keyword
import re
import sys
from typing import Final

from kaa.syntax import lexemes
from kaa.syntax.fstrings import MAX_BRACKETS, FStrings
from kaa.syntax.lexemes import (
    CLOSE,
    FIELD_END,
    FSTRING_OPENING,
    JOIN,
    JOINED_LINE,
    LINE_END,
    NUMBER_LITERAL,
    ODD_WORD,
    OPEN,
    OPERATOR,
    STRING_LITERAL,
    WORD,
)
from kaa.syntax.malformed import Fault
from kaa.syntax.token_lists import (
    DEDENT,
    ENDMARKER,
    ERROR,
    EVERYWHERE,
    FSTRING_END,
    FSTRING_MIDDLE,
    FSTRING_START,
    HERE,
    IN_FSTRING,
    INDENT,
    KEYWORD,
    KIND_NAMES,
    NAME,
    NEWLINE,
    NUMBER,
    OP,
    STRING,
    TYPE_COMMENT,
    UNCLOSED,
    UNDECODABLE,
    Tokens,
)

__all__ = [
    "DEDENT",
    "ENDMARKER",
    "ERROR",
    "EVERYWHERE",
    "FSTRING_END",
    "FSTRING_MIDDLE",
    "FSTRING_START",
    "HERE",
    "INDENT",
    "IN_FSTRING",
    "KEYWORD",
    "KIND_NAMES",
    "NAME",
    "NEWLINE",
    "NUMBER",
    "OP",
    "STRING",
    "TYPE_COMMENT",
    "UNCLOSED",
    "UNDECODABLE",
    "Tokens",
    "tokenize",
]

KEYWORDS: Final = frozenset(keyword.kwlist)
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}


def tokenize(
    text: str,
    filename: str = "<string>",
    *,
    mode: str = "exec",
    imply_dedents: bool = True,
    type_comments: bool = False,
    lenient: bool = False,
    byte_columns: bool = True,
) -> Tokens:
    """All tokens of `text`, which has no newlines but `\\n` and no null bytes.

    `mode` is that of `compile`: in "exec" a missing last newline is added, in "single" the source's end ends the
    statement, and its blocks too if `imply_dedents`.
    If `lenient` (for tools) brackets need not match, `012` is a number, so is the start of `1x`, and any letter may be
    in a name. Without `byte_columns` the columns count characters.

    Raises no SyntaxError and gives no warnings (for numbers that run into keywords, for `\\{` in f-strings): see
    `Tokens.error` and `Tokens.warn`.
    """
    if mode == "exec" and text and text[-1] != "\n":
        text += "\n"
    tokens = Tokens(text)
    _Tokenizer(tokens, filename, mode, lenient, type_comments, imply_dedents).run()
    if byte_columns and not tokens.ascii:
        _columns_in_bytes(tokens)
    return tokens


class _Tokenizer(FStrings):
    """One run over a source."""

    def run(self) -> None:
        """Read the whole source, or up to the first fault."""
        try:
            position = self.begin_lines(0)
            while position >= 0:
                position = self.common(position)
        except Fault as fault:
            self.tokens.error, self.tokens.error_reach = fault.error, fault.reach
            line, column = self.fault_place()
            self.tokens.append(ERROR, "", line, column, fault.column)
            self.tokens.end_lines[-1] = self.line
        self.tokens.brackets = [
            (bracket, line, start - self.text.rfind("\n", 0, start) - 1)
            for bracket, line, start in self.brackets
        ]

    def common(self, position: int) -> int:
        """Read tokens up to and with the first one of a rare sort; where to go on, -1 at the source's end."""
        text, line, line_start = self.text, self.line, self.line_start
        tokens, indents, brackets = self.tokens, self.indents, self.brackets
        add_kind, add_text = tokens.kinds.append, tokens.texts.append
        add_line, add_column = tokens.lines.append, tokens.columns.append
        add_end_line, add_end_column = tokens.end_lines.append, tokens.end_columns.append
        keywords, closers, intern = KEYWORDS, _CLOSERS, sys.intern
        for match in lexemes.pattern(bool(self.fstrings), self.type_comments).finditer(text, position):
            group = match.lastindex
            assert group is not None
            word = match[group]
            start, end = match.span(group)
            if group == WORD:
                word = intern(word)  # one string a name: less memory, and hashed once for the whole journey
                add_kind(KEYWORD if word in keywords else NAME)
            elif group == OPERATOR:
                add_kind(OP)
            elif group == OPEN:
                if len(brackets) >= MAX_BRACKETS:
                    break
                brackets.append((word, line, start))
                add_kind(OP)
            elif group == CLOSE:
                if not brackets or closers[brackets[-1][0]] != word:
                    break
                brackets.pop()
                add_kind(OP)
            elif group == LINE_END:
                if not brackets:
                    newline = start if word[0] == "\n" else text.index("\n", start)
                    tokens.append(NEWLINE, "", line, start - line_start, newline + 1 - line_start)
                line += text.count("\n", start, end)
                line_start = text.rfind("\n", start, end) + 1
                if not brackets and text[line_start:end] != indents[-1][0]:
                    self.line, self.line_start = line, line_start
                    self.indent(end, text[line_start:end])
                continue
            elif group == NUMBER_LITERAL:
                add_kind(NUMBER)
            elif group == STRING_LITERAL:
                add_kind(STRING)
                if "\n" in word:
                    add_text(word)
                    add_line(line)
                    add_column(start - line_start)
                    line += text.count("\n", start, end)
                    line_start = text.rfind("\n", start, end) + 1
                    add_end_line(line)
                    add_end_column(end - line_start)
                    continue
            else:
                break
            add_text(word)
            add_line(line)
            add_column(start - line_start)
            add_end_line(line)
            add_end_column(end - line_start)
        self.line, self.line_start = line, line_start
        return self.rare(match)

    def rare(self, match: re.Match[str]) -> int:
        """Read a token of a rare sort; where to go on."""
        group = match.lastindex
        assert group is not None
        start, end = match.span(group)
        word = match[group]
        if group == FSTRING_OPENING:
            return self.begin_fstring(word, start)
        if group == FIELD_END:
            return self.end_field(word, start)
        if group == JOIN:
            self.join(start)
            self.tokens.joined_lines.append(self.line)
            return end
        if group == JOINED_LINE:
            return self.joined_line(start)
        if group == OPEN:
            self.refuse("too many nested parentheses", end)
        if group == CLOSE:
            self.check_unmatched(word, end)
            if self.brackets:
                self.brackets.pop()
            self.append_here(OP, word, start, end)
            return end
        if group == ODD_WORD:
            return self.odd_word(word, start, end)
        return self.other(word, start) if word else self.end_of_source()

    def joined_line(self, start: int) -> int:
        """Read the end of a line, with its comment, where a backslash stands in front of what follows."""
        following = self.text.index("\n", start) + 1
        if not self.brackets:
            self.append_here(NEWLINE, "", start, following)
        self.line += 1
        self.line_start = following
        return self.begin_lines(following)

    def odd_word(self, word: str, start: int, end: int) -> int:
        """Read a name with letters beyond ASCII or right in front of quotes, or the prefix of a string without end."""
        if self.text.startswith(("'", '"'), end) and word.lower() in lexemes.STRING_PREFIXES:
            self.refuse_string(start, end)
        if not word.isidentifier() and not self.lenient:
            self.refuse_word(word, start)
        self.append_here(NAME, word, start, end)
        return end

    def end_of_source(self) -> int:
        if self.brackets:
            self.stay_on_last_line()
            self.refuse_unclosed()
        self.end()
        return -1

    def other(self, word: str, start: int) -> int:
        """Read what no rule matches: an odd number, a type comment, a stray character."""
        end = start + len(word)
        if word[0] == "#":
            return self.comment(word, start)
        if word == "." or (word.isascii() and word.isdigit()):
            end = self.odd_number(start)
            self.append_here(NUMBER, self.text[start:end], start, end)
            return end
        if word in "\"'":
            self.refuse_string(start, start)
        if word == "\\":
            self.refuse_backslash(end)
        if not word.isprintable():
            self.refuse_character(word, end)
        self.append_here(OP, word, start, end)  # $ ? ! ` which no rule of the grammar has
        return end

    def comment(self, word: str, start: int) -> int:
        """Read a type comment, or a comment at the end of a source without a last newline."""
        end = start + len(word)
        match = lexemes.TYPE_COMMENT.match(word) if self.type_comments else None
        if match is None:
            return end
        content = word[match.end() :]
        if not lexemes.TYPE_IGNORE.match(content):
            self.tokens.contents[len(self.tokens)] = content
            self.append_here(TYPE_COMMENT, "", start + match.end(), end)
            return end
        self.tokens.type_ignores.append((self.line, content.removeprefix("ignore")))
        alone = not self.text[self.line_start : start].strip(" \t\f")
        if not alone or end == len(self.text):
            return end
        self.line += 1
        self.line_start = end + 1
        return self.begin_lines(end + 1)


def _columns_in_bytes(tokens: Tokens) -> None:
    """Turn the columns from characters to bytes, on the lines where these differ."""
    wide = {n: line + "\n" for n, line in enumerate(tokens.source.split("\n"), 1) if not line.isascii()}
    _recount(wide, tokens.lines, tokens.columns)
    _recount(wide, tokens.end_lines, tokens.end_columns)
    brackets = [line for _, line, _ in tokens.brackets]
    columns = [column for _, _, column in tokens.brackets]
    _recount(wide, brackets, columns)
    tokens.brackets = [
        (bracket, line, column) for (bracket, line, _), column in zip(tokens.brackets, columns, strict=True)
    ]


def _recount(wide: dict[int, str], lines: list[int], columns: list[int]) -> None:
    """Turn columns to bytes; they mostly rise along a line, so that each is counted from the one before."""
    line = before = in_bytes = 0
    for i, number in enumerate(lines):
        if number in wide:
            column = columns[i]
            if number != line or column < before:
                line, before, in_bytes = number, 0, 0
            in_bytes += len(wide[number][before:column].encode("utf-8", "surrogateescape"))
            before = column
            columns[i] = in_bytes
