"""Lines and indentation: the part of the tokenizer that reads the start of logical lines and the source's end.

The second link of the tokenizer's chain. Facts: language reference, "Indentation"; the rule for tabs is that an
indentation must compare the same with tab stops every 8 columns and every column.
"""

from typing import Final

from kaa.syntax import lexemes
from kaa.syntax.malformed import EARLY_END, INCONSISTENT_TABS, Faults
from kaa.syntax.token_lists import DEDENT, ENDMARKER, INDENT, NEWLINE, Tokens

MAX_INDENTS: Final = 100
TAB: Final = 8


class Layout(Faults):
    """Reads what is in front of the first token of a line."""

    def __init__(
        self,
        tokens: Tokens,
        filename: str,
        mode: str,
        lenient: bool,
        type_comments: bool,
        imply_dedents: bool,
    ) -> None:
        super().__init__(tokens, filename, mode, lenient)
        self.type_comments = type_comments
        self.imply_dedents = imply_dedents
        # For each level: the white space as written, its column with tabs to 8, its column with tabs to 1.
        self.indents = [("", 0, 0)]

    def begin_lines(self, position: int) -> int:
        """Skip blank lines and set the indentation; backslashes may join lines in front of the first token."""
        text = self.text
        leading_lines = lexemes.leading_lines(self.type_comments)
        joined = ""
        while True:
            match = leading_lines.match(text, position)
            assert match is not None
            end = match.end()
            newlines = text.count("\n", position, end)
            if newlines:
                self.line += newlines
                self.line_start = text.rfind("\n", position, end) + 1
                joined = ""
            white = text[self.line_start : end]
            if not text.startswith("\\", end):
                break
            joined = joined or " " * _widths(white)[0]  # of joined lines the first counts, with tabs to 8
            position = self.join(end)
        if not self.brackets:
            self.indent(end, joined or white)
        return end

    def join(self, backslash: int) -> int:
        """Step over a backslash and the newline behind it."""
        following = backslash + 2
        if not self.text.startswith("\\\n", backslash):
            self.refuse_backslash(backslash + 1)
        if following == len(self.text):
            self.tokens.early_end = True
            self.refuse_at_line_end(SyntaxError, EARLY_END)
        self.line += 1
        self.line_start = following
        return following

    def indent(self, position: int, white: str) -> None:
        """Compare a line's white space with the enclosing levels: INDENT, DEDENTs or nothing."""
        if self.text.startswith("#", position):
            return  # a type comment's line, or a comment that ends the source: neither has an indentation
        column, narrow = _widths(white)
        _, current, current_narrow = self.indents[-1]
        if column < current:
            self.dedent(column, narrow, position)
        elif column > current:
            if len(self.indents) >= MAX_INDENTS:
                self.refuse_layout(IndentationError, "too many levels of indentation")
            if narrow <= current_narrow:
                self.refuse_layout(TabError, INCONSISTENT_TABS)
            self.indents.append((white, column, narrow))
            self.append_empty(INDENT, position)
        elif narrow != current_narrow:
            self.refuse_layout(TabError, INCONSISTENT_TABS)

    def dedent(self, column: int, narrow: int, position: int) -> None:
        indents = self.indents
        closed = 0
        while column < indents[-1][1]:
            indents.pop()
            closed += 1
        if column != indents[-1][1]:
            self.refuse_at_line_end(IndentationError, "unindent does not match any outer indentation level")
        if narrow != indents[-1][2]:
            self.refuse_layout(TabError, INCONSISTENT_TABS)
        if position == len(self.text):
            self.stay_on_last_line()
        for _ in range(closed):
            self.append_empty(DEDENT, position)

    def stay_on_last_line(self) -> None:
        """The source ends behind its last newline, which belongs to the line that it ends."""
        end = len(self.text)
        if 0 < end == self.line_start:
            self.line -= 1
            self.line_start = self.text.rfind("\n", 0, end - 1) + 1

    def end(self) -> None:
        """Add the last tokens."""
        position = len(self.text)
        if position == self.line_start and len(self.indents) > 1:
            self.dedent(0, 0, position)
        self.stay_on_last_line()
        if self.mode == "single" and self.tokens.kinds:
            # A statement given at a prompt ends where the source does, with the blocks that it opened.
            self.append_empty(NEWLINE, position)
            if self.imply_dedents and len(self.indents) > 1:
                for _ in self.indents[1:]:
                    self.append_empty(DEDENT, position)
                self.append_empty(NEWLINE, position)
        self.append_empty(ENDMARKER, position)

    def append_empty(self, kind: int, position: int) -> None:
        column = position - self.line_start
        self.tokens.append(kind, "", self.line, column, column)


def _widths(white: str) -> tuple[int, int]:
    """The column after some white space, with tab stops every 8 columns and every 1; a form feed starts anew."""
    white = white.rpartition("\f")[2]
    if "\t" not in white:
        return len(white), len(white)
    column = 0
    for character in white:
        column = (column // TAB + 1) * TAB if character == "\t" else column + 1
    return column, len(white)
