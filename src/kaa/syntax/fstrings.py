"""F-strings as tokens (PEP 701): the part of the tokenizer that reads literal text and the edges of replacement fields.

The third link of the tokenizer's chain. What stands inside of a field is read by the tokenizer's loop like any other
source, until it comes to a `!`, `:` or `}`.
"""

import re
from typing import Final

from kaa.syntax import lexemes
from kaa.syntax.layout import Layout
from kaa.syntax.malformed import FString
from kaa.syntax.token_lists import FSTRING_END, FSTRING_MIDDLE, FSTRING_START, OP

MAX_BRACKETS: Final = 200
MAX_FSTRINGS: Final = 150
MAX_FIELDS: Final = 3


class FStrings(Layout):
    """Reads what is an f-string's own."""

    def begin_fstring(self, word: str, start: int) -> int:
        """Read an f-string from its prefix and quotes, `word`, up to its first field or its end."""
        end = start + len(word)
        if len(self.fstrings) + 1 >= MAX_FSTRINGS:
            self.refuse("too many nested f-strings", end)
        self.append_here(FSTRING_START, word, start, end)
        self.fstrings.append(FString(word, start, self.line, self.line_start, len(self.brackets)))
        return self.literal_text(end)

    def literal_text(self, position: int) -> int:
        """Read literal text up to a brace that opens or closes a replacement field, or the f-string's end."""
        self.in_text = True
        fstring = self.fstrings[-1]
        stops = lexemes.FSTRING_STOP[fstring.quotes]
        start = scan = position
        named = False  # behind a \N{
        while match := stops.search(self.text, scan):
            stop, scan = match.span()
            mark = match[0]
            if mark == "\\":
                scan, in_name = self.escape(scan, start)
                named = named or in_name
            elif mark in "{}":
                if mark == "}" and named:
                    self.middle(start, scan)
                    start, named = scan, False
                elif self.text.startswith(mark, scan) and self.doubles(mark):
                    self.middle(start, scan, doubled=True)
                    start = scan = scan + 1
                else:
                    return self.brace(mark, start, stop)
            elif mark == "\n" and not fstring.in_spec:
                self.refuse_fstring(start, stop)
            else:
                return self.end_of_text(mark, start, stop)
        self.refuse_fstring(start, len(self.text))

    def doubles(self, mark: str) -> bool:
        """Whether two braces stand for one here: not in a format specification."""
        fstring = self.fstrings[-1]
        return not fstring.in_spec and (mark == "{" or len(self.brackets) == fstring.base)

    def brace(self, mark: str, start: int, stop: int) -> int:
        """End literal text at a brace; an opening one begins a field."""
        self.in_text = False
        if start < stop or mark == "}":
            self.middle(start, stop)
        return self.begin_field(stop) if mark == "{" else stop

    def end_of_text(self, mark: str, start: int, stop: int) -> int:
        """End literal text at the f-string's quotes, or a format specification at a newline."""
        self.in_text = False
        if start < stop or mark == "\n":
            self.middle(start, stop)
        if mark == "\n":
            self.fstrings[-1].in_spec = False
            return stop
        self.append_here(FSTRING_END, mark, stop, stop + len(mark))
        self.fstrings.pop()
        return stop + len(mark)

    def middle(self, start: int, end: int, doubled: bool = False) -> None:
        """Add a run of literal text; if its last brace is doubled, the token ends behind the second."""
        tokens, text = self.tokens, self.text
        tokens.contents[len(tokens.kinds)] = text[start:end]
        self.append_here(FSTRING_MIDDLE, "", start, end + doubled)
        newlines = text.count("\n", start, end)
        if newlines:
            self.line += newlines
            self.line_start = text.rfind("\n", start, end) + 1
            tokens.end_lines[-1] = self.line
            tokens.end_columns[-1] = end + doubled - self.line_start

    def escape(self, scan: int, start: int) -> tuple[int, bool]:
        """Step over what a backslash escapes, which is no brace except in `\\N{...}`; whether it is such a name."""
        text = self.text
        escaped = text[scan : scan + 1]
        if self.fstrings[-1].raw:
            return (scan, False) if escaped in ("{", "}") else (scan + 1, False)
        if escaped in ("{", "}"):
            before = self.line, self.line_start
            self.line += text.count("\n", start, scan)
            self.line_start = text.rfind("\n", 0, scan) + 1
            self.warn(f"invalid escape sequence '\\{escaped}'", scan + 1)
            self.line, self.line_start = before
            return scan, False
        return (scan + 2, True) if text.startswith("N{", scan) else (scan + 1, False)

    def begin_field(self, start: int) -> int:
        fstring = self.fstrings[-1]
        if len(fstring.fields) >= MAX_FIELDS:
            self.refuse("f-string: expressions nested too deeply", start)
        if len(self.brackets) >= MAX_BRACKETS:
            self.refuse("too many nested parentheses", start + 1)
        fstring.fields.append(start + 1)
        self.brackets.append(("{", self.line, start))
        self.append_here(OP, "{", start, start + 1)
        return start + 1

    def end_field(self, word: str, start: int) -> int:
        """Read `!`, `:` or `}` inside a field: the end of its expression, or a part of it."""
        fstring, brackets = self.fstrings[-1], self.brackets
        end = start + 1
        depth = len(brackets) - fstring.base
        ends = depth == len(fstring.fields)
        if ends and depth and self.tokens.texts[-1] == "=":
            debug_text = self.text[fstring.fields[-1] : start]
            self.tokens.debug_texts[len(self.tokens)] = re.sub(r"#[^\n]*", "", debug_text)
        if word == "}":
            if depth == 0:
                self.refuse("f-string: single '}' is not allowed", end)
            if brackets[-1][0] != "{":
                self.check_unmatched(word, end)
            brackets.pop()
        elif word == ":" and not ends and self.text.startswith("=", end):
            word, end = ":=", end + 1
        self.append_here(OP, word, start, end)
        if not ends or word == "!":
            return end
        if word == "}":
            fstring.fields.pop()
        fstring.in_spec = word == ":" or bool(fstring.fields)
        return self.literal_text(end)

    def append_here(self, kind: int, text: str, start: int, end: int) -> None:
        """Add a token that stands on the present line."""
        self.tokens.append(kind, text, self.line, start - self.line_start, end - self.line_start)
