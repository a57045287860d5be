"""Literals to constants: the text of a NUMBER, STRING or FSTRING_MIDDLE token gives the value that it stands for.

In: token texts as `kaa.syntax.tokenizer` leaves them, so well-formed as tokens. Out: `int`, `float`, `complex`, `str`,
`bytes`. What is wrong inside of a token (a truncated `\\x`, an unknown `\\N{name}`, a letter beyond ASCII in bytes, too
many digits) is a `LiteralError` with CPython's message; the parser knows the place. An escape sequence that the
language does not define keeps its backslash and is told to `invalid_escape`, a function that takes the message: the
parser warns. As in CPython only the first one of a token is told.

Facts: language reference, "String and Bytes literals", "Numeric literals"; PEP 515 for underscores.
"""

import re
import sys
import unicodedata
from collections.abc import Callable
from typing import Final

__all__ = ["LiteralError", "fstring_text", "number", "string"]


class LiteralError(Exception):
    """A well-formed token whose inside is wrong; the argument is the message of the SyntaxError to raise."""


type InvalidEscape = Callable[[str], object]

_SIMPLE: Final = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_HEX: Final = "[0-9a-fA-F]"
_STRING_ESCAPE: Final = re.compile(
    rf"\\(?:([\n\\'\"abfnrtv])|([0-7]{{1,3}})|x({_HEX}{{2}})|u({_HEX}{{4}})|U({_HEX}{{8}})|N\{{([^}}]+)\}}|(.?))",
    re.DOTALL,
)
_BYTES_ESCAPE: Final = re.compile(rf"\\(?:([\n\\'\"abfnrtv])|([0-7]{{1,3}})|x({_HEX}{{2}})|(.))", re.DOTALL)
# Escapes with a fixed number of hexadecimal digits: that number, and what CPython says if there are fewer.
_SIZED: Final = {
    "x": (2, r"truncated \xXX escape"),
    "u": (4, r"truncated \uXXXX escape"),
    "U": (8, r"truncated \UXXXXXXXX escape"),
}
_EXPANDED: Final = re.compile(r"\\[\x00-\x7f]|\\?[^\x00-\x7f]")
_WIDE_RUN: Final = re.compile(r"[^\x00-\x7f]+")
_HEX_RUN: Final = re.compile(f"{_HEX}*")


def number(text: str) -> int | float | complex:
    """The value of a NUMBER token."""
    if "_" in text:
        text = text.replace("_", "")
    if text.isdecimal():
        try:
            return int(text)
        except ValueError as error:
            advice = "Consider hexadecimal for huge integer literals to avoid decimal conversion limits."
            raise LiteralError(f"{error} - {advice}") from None
    if text[1] in "xXoObB":
        return int(text, 0)
    if text[-1] in "jJ":
        return complex(0.0, float(text[:-1]))
    return float(text)


def string(text: str, invalid_escape: InvalidEscape) -> str | bytes:
    """The value of a STRING token, of which `text` is the whole: prefix, quotes and what stands between."""
    quote = text[-1]
    first = text.index(quote)
    size = 3 if text.startswith(quote * 3, first) and len(text) - first >= 6 else 1
    body = text[first + size : -size]
    prefix = text[:first].lower()
    plain = "\\" not in body or "r" in prefix
    if "b" in prefix:
        if not body.isascii():
            raise LiteralError("bytes can only contain ASCII literal characters")
        return body.encode("ascii") if plain else _bytes_escapes(body, invalid_escape)
    if not body.isascii():
        _check_utf_8(body, plain)
    return body if plain else _escapes(body, invalid_escape)


def fstring_text(content: str, raw: bool, invalid_escape: InvalidEscape) -> str:
    """The value of an FSTRING_MIDDLE token; `raw` if the f-string's prefix has an `r`.

    Malformed UTF-8 is a UnicodeDecodeError here, because CPython forgets to make a SyntaxError of it.
    """
    if not content.isascii():
        content.encode("utf-8", "surrogateescape").decode("utf-8")
    if raw or "\\" not in content:
        return content

    def not_a_brace(message: str) -> None:
        if message[-2] not in "{}":  # of which the tokenizer has told
            invalid_escape(message)

    return _escapes(content, not_a_brace)


def _check_utf_8(body: str, whole: bool) -> None:
    """Refuse bytes that are not UTF-8, which `kaa.syntax.source` has kept as lone surrogates.

    CPython decodes a body without escapes as a whole, and one with escapes run by run.
    """
    for run in [body] if whole else _WIDE_RUN.findall(body):
        try:
            run.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError as error:
            raise LiteralError(f"(unicode error) {error}") from None


def _escapes(body: str, invalid_escape: InvalidEscape) -> str:
    """Replace the escape sequences of a string."""
    invalid: list[str] = []

    def value(match: re.Match[str]) -> str:
        group = match.lastindex
        assert group is not None
        written = match[group]
        if group == 1:
            return _SIMPLE[written]
        if group == 2:
            code = int(written, 8)
            if code > 0o377:
                invalid.append(f"invalid octal escape sequence '\\{written}'")
            return chr(code)
        if group == 6:
            _need_names()
            return _named(written) or _fail(body)
        if group == 7:
            if written == "N":
                _need_names()
            if written in _SIZED or written == "N":
                _fail(body)
            if written.isascii() and written:
                invalid.append(f"invalid escape sequence '\\{written}'")
            return match[0]
        code = int(written, 16)
        return chr(code) if code <= 0x10FFFF else _fail(body)

    result = _STRING_ESCAPE.sub(value, body)
    if invalid:
        invalid_escape(invalid[0])
    return result


def _need_names() -> None:
    """Refuse names of characters where the program has withheld the module that knows them, which CPython imports."""
    if sys.modules.get("unicodedata", unicodedata) is None:
        raise LiteralError(r"(unicode error) \N escapes not supported (can't load unicodedata module)")


def _named(name: str) -> str | None:
    """The character of that name in Unicode; a named sequence of several is none."""
    try:
        found = unicodedata.lookup(name)
    except KeyError:
        return None
    return found if len(found) == 1 else None


def _fail(body: str) -> str:
    """Raise the error of the first malformed escape sequence in `body`.

    CPython counts the positions in its message in a copy of the body in which each character beyond ASCII is
    written as an escape sequence of ten bytes.
    """
    expanded = _EXPANDED.sub(_expand, body)
    for match in _STRING_ESCAPE.finditer(expanded):
        fault = _fault(match, expanded)
        if fault:
            end, reason = fault
            data = expanded.encode("ascii")
            error = UnicodeDecodeError("unicodeescape", data, match.start(), end, reason)
            raise LiteralError(f"(unicode error) {error}") from error
    raise AssertionError(f"no malformed escape sequence in {body!r}")


def _expand(match: re.Match[str]) -> str:
    written = match[0]
    if written.isascii():
        return written
    return r"\u005c" * (len(written) - 1) + rf"\U{ord(written[-1]):08x}"


def _fault(match: re.Match[str], expanded: str) -> tuple[int, str] | None:
    """Where a malformed escape sequence ends and what is wrong with it; None for a good one."""
    letter = expanded[match.start() + 1 : match.start() + 2]
    behind = match.start() + 2
    if match[6]:
        return None if _named(match[6]) else (match.end(), "unknown Unicode character name")
    if match[5]:
        return None if int(match[5], 16) <= 0x10FFFF else (match.end(), "illegal Unicode character")
    if match.lastindex != 7:
        return None
    if letter in _SIZED:
        size, reason = _SIZED[letter]
        run = _HEX_RUN.match(expanded, behind, behind + size)
        assert run is not None
        return run.end(), reason
    if letter == "N":
        if expanded.startswith("{", behind):
            closing = expanded.find("}", behind)
            behind = len(expanded) if closing < 0 else closing
        return behind, r"malformed \N character escape"
    return None


def _bytes_escapes(body: str, invalid_escape: InvalidEscape) -> bytes:
    """Replace the escape sequences of bytes."""
    invalid: list[str] = []

    def value(match: re.Match[str]) -> str:
        group = match.lastindex
        assert group is not None
        written = match[group]
        if group == 1:
            return _SIMPLE[written]
        if group == 2:
            code = int(written, 8)
            if code > 0o377:
                invalid.append(f"invalid octal escape sequence '\\{written}'")
            return chr(code & 0xFF)
        if group == 3:
            return chr(int(written, 16))
        if written == "x":
            raise LiteralError(rf"(value error) invalid \x escape at position {match.start()}")
        invalid.append(f"invalid escape sequence '\\{written}'")
        return match[0]

    result = _BYTES_ESCAPE.sub(value, body)
    if invalid:
        invalid_escape(invalid[0])
    return result.encode("latin-1")
