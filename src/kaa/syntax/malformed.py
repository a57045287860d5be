"""Faults in tokens: what CPython's tokenizer says, and where, about text that is no token.

The first link of the tokenizer's chain: `Faults` has the state of a run over a source and makes the errors. Positions
are offsets of characters in the source; `line` and `line_start` are those of the token that is being read.
"""

import bisect
from typing import Final, NoReturn

from kaa.syntax import lexemes
from kaa.syntax.faults import NO_END, first_buffered, place, shown
from kaa.syntax.token_lists import EVERYWHERE, HERE, IN_FSTRING, NEWLINE, UNCLOSED, UNDECODABLE, Tokens

EARLY_END: Final = "unexpected EOF while parsing"
INCONSISTENT_TABS: Final = "inconsistent use of tabs and spaces in indentation"
LEADING_ZEROS: Final = (
    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers"
)


class Fault(Exception):
    """Ends a run: the error of the source, how far it reaches, and up to which column of the line CPython has read."""

    def __init__(self, error: Exception, reach: int, column: int) -> None:
        self.error, self.reach, self.column = error, reach, column


class FString:
    """An f-string that is being read: its quotes, where it starts, and the replacement fields open in it."""

    __slots__ = ("base", "fields", "in_spec", "line", "line_start", "quotes", "raw", "start")

    def __init__(self, opening: str, start: int, line: int, line_start: int, base: int) -> None:
        self.quotes = opening.lstrip("fFrR")
        self.raw = "r" in opening or "R" in opening
        self.start, self.line, self.line_start = start, line, line_start
        self.base = base  # how many brackets are open around it
        self.fields: list[int] = []  # where the expression of each open field starts
        self.in_spec = False


class Faults:
    """The state of a run over a source, and the errors that end it."""

    def __init__(self, tokens: Tokens, filename: str, mode: str, lenient: bool) -> None:
        self.tokens = tokens
        self.text = tokens.source
        self.filename = filename
        self.mode = mode
        self.lenient = lenient
        self.line = 1
        self.line_start = 0
        self.brackets: list[tuple[str, int, int]] = []  # those open: (bracket, line, position)
        self.fstrings: list[FString] = []  # those open
        self.in_text = False  # reading the literal text of an f-string

    def size(self, start: int, end: int) -> int:
        """How many bytes of UTF-8 a part of the source is."""
        return len(self.text[start:end].encode("utf-8", "surrogateescape"))

    def line_end(self) -> int:
        """Where the line ends, behind its newline."""
        return self.text.find("\n", self.line_start) + 1 or len(self.text)

    def line_text(self) -> str:
        """The line, as an error shows it, without its newline."""
        end = self.text.find("\n", self.line_start)
        return shown(self.text[self.line_start :] if end < 0 else self.text[self.line_start : end])

    def refuse(self, message: str, position: int) -> NoReturn:
        """A token that is read up to `position`: the caret stands under the character before."""
        # CPython reads the rest of a source that the parser has refused, but stops quietly at a fault in an f-string.
        reach = IN_FSTRING if self.fstrings else EVERYWHERE
        raise Fault(self.error(message, position), reach, position - self.line_start)

    def error(self, message: str, position: int) -> SyntaxError:
        offset = position - self.line_start
        return SyntaxError(message, (self.filename, self.line, offset, self.line_text(), self.line, offset))

    def warn(self, message: str, position: int) -> None:
        """Note a warning about a token that is read up to `position`."""
        self.tokens.warnings.append((len(self.tokens), message, self.line, self.error(message, position)))

    def refuse_layout(
        self, error: type[SyntaxError], message: str, column: int = 1, end_column: int = NO_END
    ) -> NoReturn:
        """A line that is wrong in how it is indented or joined to others."""
        details = place(
            self.tokens, self.filename, self.mode, self.line, column, self.line, end_column, self.line
        )
        raise Fault(error(message, details), HERE, self.line_end() - self.line_start)

    def refuse_at_line_end(self, error: type[SyntaxError], message: str) -> NoReturn:
        self.refuse_layout(error, message, self.size(self.line_start, self.line_end()), -1)

    # Characters and words

    def refuse_character(self, character: str, position: int) -> NoReturn:
        code = f"U+{ord(character):04X}"
        if character.isprintable():
            self.refuse(f"invalid character '{character}' ({code})", position)
        self.refuse(f"invalid non-printable character {code}", position)

    def refuse_word(self, word: str, start: int) -> NoReturn:
        """A word that is no identifier: the first character that spoils it."""
        try:
            word.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError as cause:
            self.refuse_bytes(cause, start + len(word))
        end = bisect.bisect_left(range(len(word)), True, key=lambda i: not word[: i + 1].isidentifier()) + 1
        self.refuse_character(word[end - 1], start + end)

    def refuse_bytes(self, cause: UnicodeDecodeError, position: int) -> NoReturn:
        """A word that is not UTF-8; `kaa.syntax.source` has kept its stray bytes as lone surrogates."""
        column = self.size(self.line_start, position)
        details = place(self.tokens, self.filename, self.mode, self.line, column, self.line, -1, self.line)
        error = SyntaxError(f"(unicode error) {cause}", details)
        error.__cause__ = cause
        raise Fault(error, IN_FSTRING if self.fstrings else UNDECODABLE, position - self.line_start)

    def refuse_backslash(self, position: int) -> NoReturn:
        """A backslash in front of `position` that joins no lines.

        CPython counts from the start of its buffer, to the next character if there is one.
        """
        buffer_start = 0
        for _ in range(first_buffered(self.tokens, self.line) - 1):
            buffer_start = self.text.index("\n", buffer_start) + 1
        column = self.size(buffer_start, position) + (position < len(self.text))
        self.refuse_layout(SyntaxError, "unexpected character after line continuation character", column)

    # Strings

    def refuse_string(self, start: int, opening: int) -> NoReturn:
        """A string at `start` that does not end; its quotes stand at `opening`."""
        text = self.text
        quote = text[opening]
        size = 3 if text.startswith(quote * 3, opening) else 1
        if self.fstrings and self.fstrings[-1].quotes == quote * size:
            self.refuse("f-string: expecting '}'", start + 1)
        match = lexemes.UNTERMINATED[size].match(text, opening + 1)
        assert match is not None
        self.tokens.early_end = match.end() == len(text)
        kind = "triple-quoted string" if size == 3 else "string"
        message = f"unterminated {kind} literal (detected at line {self.line_at(match.end(), start)})"
        if size == 1 and f"\\{quote}" in match[0]:
            message += "; perhaps you escaped the end quote?"
        self.refuse(message, start + 1)

    def refuse_fstring(self, start: int, end: int) -> NoReturn:
        """The innermost f-string, of which the literal text from `start` on ends too early."""
        fstring = self.fstrings[-1]
        self.tokens.early_end = len(fstring.quotes) == 3
        kind = "triple-quoted f-string" if len(fstring.quotes) == 3 else "f-string"
        message = f"unterminated {kind} literal (detected at line {self.line_at(end, start)})"
        self.line, self.line_start = fstring.line, fstring.line_start
        self.refuse(message, fstring.start + 1)

    def line_at(self, position: int, start: int) -> int:
        """The line of `position`, when `line` is that of `start`; the last newline belongs to the line that it ends."""
        if position == len(self.text) and self.text.endswith("\n"):
            position -= 1
        return self.line + self.text.count("\n", start, position)

    # Brackets

    def check_unmatched(self, word: str, position: int) -> None:
        """Refuse a closing bracket, read up to `position`, that does not close the innermost open one."""
        brackets = self.brackets
        fstring = self.fstrings[-1] if self.fstrings else None
        depth = len(brackets) - fstring.base if fstring else 0
        if self.lenient:
            if fstring and not depth:
                self.refuse(f"f-string: unmatched '{word}'", position)
            return
        if not brackets:
            self.refuse(f"unmatched '{word}'", position)
        opening, opening_line, _ = brackets[-1]
        if fstring and depth == len(fstring.fields) and opening == "{":
            self.refuse(f"f-string: unmatched '{word}'", position)
        message = f"closing parenthesis '{word}' does not match opening parenthesis '{opening}'"
        if opening_line != self.line:
            message += f" on line {opening_line}"
        self.refuse(message, position)

    def refuse_unclosed(self) -> NoReturn:
        """A source that ends, on `line`, with a bracket open."""
        self.tokens.early_end = True
        opening, line, start = self.brackets[-1]
        column = self.size(self.text.rfind("\n", 0, start) + 1, start) + 1
        details = place(self.tokens, self.filename, self.mode, line, column, line, NO_END, self.line)
        raise Fault(
            SyntaxError(f"'{opening}' was never closed", details), UNCLOSED, self.line_end() - self.line_start
        )

    # Numbers

    def odd_number(self, start: int) -> int:
        """Where a number ends that is not well-formed by itself: a keyword may follow it at once, with a warning."""
        text = self.text
        if text[start : start + 2].lower() not in lexemes.BASES:
            return self.odd_decimal(start)
        base, missing, run = lexemes.BASES[text[start : start + 2].lower()]
        match = run.match(text, start + 2)
        assert match is not None
        cursor = match.end()
        underscore = text.startswith("_", cursor)
        cursor += underscore
        following = text[cursor : cursor + 1]
        if following and following in missing:
            self.refuse(f"invalid digit '{following}' in {base} literal", cursor + 1)
        if underscore or cursor == start + 2:
            self.refuse(f"invalid {base} literal", cursor)
        return self.number_end(cursor, base)

    def odd_decimal(self, start: int) -> int:
        text = self.text
        cursor = integral = self.digits(start)
        if text.startswith(".", cursor):
            cursor = self.digits(cursor + 1)
        exponent = lexemes.EXPONENT_SIGN.match(text, cursor)
        if exponent:
            sign, digit = exponent.groups()
            if digit:
                cursor = self.digits(exponent.end() - 1)
            elif sign:
                self.refuse("invalid decimal literal", exponent.end())
            else:
                return self.number_end(cursor, "decimal")
        if text[cursor : cursor + 1] in ("j", "J"):
            return self.number_end(cursor + 1, "imaginary")
        if cursor == integral and text[start] == "0" and not self.lenient:
            self.check_zeros(start, cursor)
        return self.number_end(cursor, "decimal")

    def digits(self, start: int) -> int:
        """The end of the digits at `start`, if there are any."""
        match = lexemes.DIGIT_RUN.match(self.text, start)
        if match is None:
            return start
        if self.text.startswith("_", match.end()):
            self.refuse("invalid decimal literal", match.end() + 1)
        return match.end()

    def check_zeros(self, start: int, end: int) -> None:
        """Refuse an integer other than zero that starts with zeros."""
        match = lexemes.ZEROS.match(self.text, start)
        assert match is not None
        if match.end() == end:
            return
        # These two offsets CPython gives in bytes.
        first, last = self.size(self.line_start, start) + 1, self.size(self.line_start, match.end()) + 1
        details = (self.filename, self.line, first, self.line_text(), self.line, last)
        raise Fault(
            SyntaxError(LEADING_ZEROS, details),
            IN_FSTRING if self.fstrings else EVERYWHERE,
            end - self.line_start,
        )

    def number_end(self, cursor: int, base: str) -> int:
        """The end of a number, which may run into one of the keywords that can follow it."""
        if self.lenient:
            return cursor
        if lexemes.AFTER_NUMBER.match(self.text, cursor):
            self.warn(f"invalid {base} literal", cursor)
        elif lexemes.ASCII_WORD.match(self.text, cursor):
            self.refuse(f"invalid {base} literal", cursor)
        return cursor

    def fault_place(self) -> tuple[int, int]:
        """The line and column of the token at which the run has ended: the first character that belongs to no token."""
        tokens, text = self.tokens, self.text
        line, column = (tokens.end_lines[-1], tokens.end_columns[-1]) if tokens.kinds else (1, 0)
        if tokens.kinds and tokens.kinds[-1] == NEWLINE:
            column -= 1  # which ends in front of the next line
        line_start = 0
        for _ in range(line - 1):
            line_start = text.index("\n", line_start) + 1
        position = line_start + column
        if self.in_text:
            return line, column
        match = lexemes.GAP.match(text, position)
        assert match is not None
        return line + text.count("\n", position, match.end()), match.end() - text.rfind(
            "\n", 0, match.end()
        ) - 1
