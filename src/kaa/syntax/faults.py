"""Where a fault is: the details of a SyntaxError as CPython's parser gives them, from a place in bytes.

In: the tokens, and a line with columns counted from 1 in UTF-8 bytes. Out: the tuple (filename, line, offset, text,
end line, end offset) for the exception, with offsets in characters. Which text is shown depends on how far CPython's
tokenizer had read when the error was raised, and on whether the source's name is that of a file: both are kept here.

The tokenizer places the faults of malformed tokens itself, because CPython's does so by other rules.
"""

from typing import TYPE_CHECKING, Final

from kaa.syntax.source import cookie_of

if TYPE_CHECKING:
    from kaa.syntax.token_lists import Tokens

type Place = tuple[str, int, int, str, int, int]

# In place of an end column: none is known.
NO_END: Final = 0


def place(
    tokens: "Tokens",
    filename: str,
    mode: str,
    line: int,
    column: int,
    end_line: int,
    end_column: int,
    read: int,
) -> Place:
    """The details of an error from `column` of `line` to `end_column` of `end_line`.

    `read` is the line that the tokenizer had come to: the last line of the last token that the parser had asked for.
    """
    text = line_of_file(filename, line) if mode == "exec" else None
    if text is None:
        text = shown(buffered(tokens, line) if read <= line else source_line(tokens.source, line))
    offset = characters(text, column)
    end_offset = characters(text, end_column) if end_column > 0 else end_column
    return filename, line, offset, text, end_line, end_offset


def shown(text: str) -> str:
    """Source text with every stray byte, which decoding has kept as a lone surrogate, replaced."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def characters(text: str, column: int) -> int:
    """A column in bytes as one in characters; a character of which only some bytes come before it counts as one."""
    data = text.encode() + b"\0"  # one more than the text, for what ends behind it
    return len(data[:column].decode("utf-8", "replace"))


def source_line(source: str, line: int) -> str:
    """A line without its newline; the last one, if there are not so many."""
    start = 0
    for _ in range(line - 1):
        following = source.find("\n", start) + 1
        if not following:
            break
        start = following
    end = source.find("\n", start)
    return source[start:] if end < 0 else source[start:end]


def buffered(tokens: "Tokens", line: int) -> str:
    """What CPython's tokenizer has in its buffer when it has read up to the end of `line`.

    That is the line itself and, where that began inside of a token or behind a joining backslash, the lines before it.
    """
    if not tokens.source:
        return ""
    first = first_buffered(tokens, line)
    lines = tokens.source.split("\n", line)
    newline = "\n" if len(lines) > line else ""
    return "\n".join(lines[first - 1 : line]) + newline


def first_buffered(tokens: "Tokens", line: int) -> int:
    """The first line of what is in the buffer when `line` has been read."""
    inside = set(tokens.joined_lines)
    for first, last in zip(tokens.lines, tokens.end_lines, strict=True):
        if first < last:
            inside.update(range(first + 1, last + 1))
    while line in inside:
        line -= 1
    return line


def line_of_file(filename: str, line: int) -> str | None:
    """A line of the file of that name with its newline; None if there is no such file or line.

    CPython shows the file's text whatever the source was: it can differ if the file has changed.
    """
    try:
        with open(filename, "rb") as file:
            data = file.read()
    except (OSError, ValueError):
        return None
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n", line)
    if len(lines) < line or (len(lines) == line and not lines[-1]):
        return None
    newline = "\n" if len(lines) > line else ""
    return lines[line - 1].decode(cookie_of(data) or "utf-8", "replace") + newline
