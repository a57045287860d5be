"""Source to text: what a program is given as becomes one string, before the tokenizer sees it.

In: a `str`, `bytes` or anything with the buffer interface, as `compile` takes it, or the bytes of a file that is run as
a script. Out: text without a byte order mark, whose newlines are all `\\n`. Errors are CPython's, which differ between
the two: `compile` decodes the whole source at once, a script is read line by line.

UTF-8 that is malformed is no error here, because CPython looks at it only inside of identifiers and strings, not in
comments: a byte that does not decode becomes a lone surrogate (PEP 383), for which the tokenizer and
`kaa.syntax.literals` answer.

Facts: language reference, "Encoding declarations"; PEP 263.
"""

import re
from typing import Final

__all__ = ["cookie_of", "decode", "decode_script", "text_of"]

_NULL_BYTES: Final = "source code string cannot contain null bytes"
_BOM: Final = b"\xef\xbb\xbf"
_COOKIE: Final = re.compile(rb"[ \t\f]*#[^\n]*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_NOTHING_BUT_COMMENT: Final = re.compile(rb"[ \t\f]*(?:#|\Z)")
_LATIN_1: Final = ("latin-1", "iso-8859-1", "iso-latin-1")
_STRAY_BYTE: Final = re.compile("[\udc80-\udcff]")


def text_of(
    source: object,
    filename: str,
    mode: str = "exec",
    *,
    function: str = "compile",
    accepted: str = "string, bytes or AST",
) -> str:
    """The text of a source that was given to the built-in `function`, which says it takes `accepted`.

    Raises TypeError for another type of object, SyntaxError for null bytes and for what `decode` raises it,
    UnicodeEncodeError for a `str` with lone surrogates.
    """
    if isinstance(source, str):
        if "\0" in source:
            raise SyntaxError(_NULL_BYTES)
        if not source.isascii():
            source.encode()
        return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source
    try:
        view = memoryview(source)  # type: ignore[arg-type]  # a TypeError is the answer
        data = bytes(view) if view.c_contiguous else None
    except (TypeError, BufferError):
        data = None
    if data is None:
        raise TypeError(f"{function}() arg 1 must be a {accepted} object")
    if b"\0" in data:
        raise SyntaxError(_NULL_BYTES)
    return decode(data, filename, mode)


def decode(data: bytes, filename: str, mode: str = "exec") -> str:
    """The text of bytes without null bytes, decoded by their byte order mark, coding cookie or as UTF-8."""
    data = _translated(data, mode)
    try:
        data, encoding = _encoding(data)
        if encoding == "utf-8":
            return data.decode("utf-8", "surrogateescape")
        return data.decode(encoding)
    except (LookupError, UnicodeError, SyntaxError) as error:
        # The tokenizer could not start, so that CPython knows no line.
        raise SyntaxError(str(error), (filename, 0, -1, None)) from None


def decode_script(data: bytes, filename: str, seekable: bool = True) -> str:
    """The text of a file that is run as a script, as CPython reads it from a stream.

    For another encoding than UTF-8 CPython goes back to the file's beginning, which a pipe cannot.
    """
    data = _translated(data, "exec")
    declared, encoding = _encoding(data)
    bom = len(declared) < len(data)
    if encoding != "utf-8":
        try:
            if not seekable:
                raise LookupError
            text = declared.decode(encoding)
        except (LookupError, UnicodeError):
            raise SyntaxError(f"encoding problem: {encoding}") from None
    else:
        text = declared.decode("utf-8", "surrogateescape")
        stray = _STRAY_BYTE.search(text) if not bom and cookie_of(declared) is None else None
        if (
            stray and text.find("\0", 0, text.rfind("\n", 0, stray.start()) + 1) < 0
        ):  # no null in a line before
            byte, line = ord(stray[0]) & 0xFF, text.count("\n", 0, stray.start()) + 1
            raise SyntaxError(
                f"Non-UTF-8 code starting with '\\x{byte:02x}' in file {filename} on line {line}, "
                "but no encoding declared; see https://peps.python.org/pep-0263/ for details"
            )
    null = text.find("\0")
    if null >= 0:
        line_start = text.rfind("\n", 0, null) + 1
        line = text.count("\n", 0, null) + 1
        details = (filename, line, 0, text[line_start:null], line, -1)
        raise SyntaxError("source code cannot contain null bytes", details)
    return text


def _translated(data: bytes, mode: str) -> bytes:
    """Make all newlines `\\n`; a whole module ends in one."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if mode == "exec" and data and not data.endswith(b"\n"):
        data += b"\n"
    return data


def _encoding(data: bytes) -> tuple[bytes, str]:
    """The data behind a byte order mark, and the name of their encoding; SyntaxError if mark and cookie disagree."""
    bom = data.startswith(_BOM)
    if bom:
        data = data[len(_BOM) :]
    cookie = cookie_of(data)
    if bom and cookie not in (None, "utf-8"):
        raise SyntaxError(f"encoding problem: {cookie} with BOM")
    return data, cookie or "utf-8"


def cookie_of(data: bytes) -> str | None:
    """The encoding that a comment in line 1 declares, or in line 2 if the first is no more than a comment."""
    start = 0
    for _ in range(2):
        end = data.find(b"\n", start)
        if end < 0:
            return None
        line = data[start:end]
        match = _COOKIE.match(line)
        if match:
            return _normal_name(match[1].decode("ascii"))
        if not _NOTHING_BUT_COMMENT.match(line):
            return None
        start = end + 1
    return None


def _normal_name(name: str) -> str:
    """CPython's own names for the two encodings that it knows by heart; their suffixes do not count."""
    plain = name[:12].lower().replace("_", "-")
    if plain == "utf-8" or plain.startswith("utf-8-"):
        return "utf-8"
    if any(plain == known or plain.startswith(known + "-") for known in _LATIN_1):
        return "iso-8859-1"
    return name
