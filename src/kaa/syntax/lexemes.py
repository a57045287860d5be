"""What tokens look like: the regular expressions that the tokenizer is made of.

`pattern` matches one token with the white space before it; the number of the group that matched says which sort. What
is common and well-formed has its group; the rest falls to the last ones, and the tokenizer looks closer.

Facts: language reference, "Lexical analysis".
"""

import functools
import re
from typing import Final

# The groups, in the order in which the tokenizer's loop asks for them.
(
    WORD,  # of ASCII letters, and no prefix of a string
    OPERATOR,
    OPEN,
    CLOSE,
    LINE_END,  # with the blank lines that follow and the indentation behind them
    STRING_LITERAL,
    NUMBER_LITERAL,
    FSTRING_OPENING,
    FIELD_END,
    JOIN,  # a backslash at the end of a line
    ODD_WORD,
    JOINED_LINE,  # a LINE_END whose indentation is followed by a backslash
    OTHER,
) = range(1, 14)

WIDE: Final = "\x80-\U0010ffff"  # CPython takes every such character for a part of a word, then looks closer
DIGITS: Final = r"[0-9](?:_?[0-9])*+"
_EXPONENT: Final = rf"[eE][+-]?{DIGITS}"
_NUMBER: Final = rf"""(?:
    [1-9](?:_?[0-9])*+(?![.0-9A-Za-z_{WIDE}])
  | (?: 0[xX](?:_?[0-9a-fA-F])++ | 0[oO](?:_?[0-7])++ | 0[bB](?:_?[01])++
      | (?: {DIGITS}\.(?:{DIGITS})? | \.{DIGITS} ) (?:{_EXPONENT})? [jJ]?
      | {DIGITS}{_EXPONENT}[jJ]? | {DIGITS}[jJ]
    )(?![0-9A-Za-z_{WIDE}])
  | 0(?:_?0)*+(?![.0-9A-Za-z_{WIDE}])
)"""
_STRING: Final = r"""(?:[uU]|[bB][rR]?|[rR][bB]?)?(?:
    "(?!"")[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"
  | '(?!'')[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'
  | \"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+\"{3}
  | '{3}[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'{3}
)"""
_OPERATOR: Final = r"[,;~]|\.(?!\.\.|[0-9])|[=+%&|^@]=?|-[=>]?|\*\*?=?|//?=?|<>|<<?=?|>>?=?|!=|\.\.\."
_COMMENT: Final = r"\#[^\n]*+"
_PLAIN_COMMENT: Final = (
    r"\#(?![ \t]*type:)[^\n]*+"  # one that stays a comment when type comments are asked for
)
_NEVER: Final = r"(?!)"


@functools.cache
def pattern(in_field: bool, type_comments: bool) -> re.Pattern[str]:
    """A token outside of the replacement fields of f-strings or inside, with type comments left to OTHER or not."""
    comment = _PLAIN_COMMENT if type_comments else _COMMENT
    line_end = rf"(?:{comment})?\n(?:{_blank(comment)})*+[ \t\f]*+"
    # In a field `!`, `:` and `}` may end the expression, and `:=` may be two things.
    operator = _OPERATOR if in_field else rf"{_OPERATOR}|:=?"
    close, field_end = (r"[)\]]", r"[!:}]") if in_field else (r"[)\]}]", _NEVER)
    return re.compile(
        rf"""[ \t\f]*+(?:
            ([A-Za-z_][A-Za-z0-9_]*+)(?!['"{WIDE}])
          | ({operator})
          | ([(\[{{])
          | ({close})
          | ({line_end}(?!\\))
          | ({_STRING})
          | ({_NUMBER})
          | ((?:[fF][rR]?|[rR][fF])(?:\"{{3}}|'{{3}}|"|'))
          | ({field_end})
          | (\\\n)
          | ([A-Za-z_{WIDE}][0-9A-Za-z_{WIDE}]*+)
          | ({line_end})
          | ({_COMMENT}|.?)
        )""",
        re.VERBOSE | re.DOTALL,
    )


@functools.cache
def leading_lines(type_comments: bool) -> re.Pattern[str]:
    """Blank lines and lines of comments, and the white space in front of what follows them."""
    return re.compile(rf"(?:{_blank(_PLAIN_COMMENT if type_comments else _COMMENT)})*+[ \t\f]*+", re.VERBOSE)


def _blank(comment: str) -> str:
    return rf"[ \t\f]*+(?:{comment})?\n"


# What may stand between two tokens.
GAP: Final = re.compile(r"(?:[ \t\f\n]|\\\n|#[^\n]*+)*+")

TYPE_COMMENT: Final = re.compile(r"#[ \t]*type:[ \t]*")
TYPE_IGNORE: Final = re.compile(rf"ignore(?![A-Za-z0-9{WIDE}])")

# What a run of an f-string's literal text stops at, by the f-string's quotes.
FSTRING_STOP: Final = {
    "'": re.compile(r"[\\{}'\n]"),
    '"': re.compile(r'[\\{}"\n]'),
    "'''": re.compile(r"[\\{}]|'{3}"),
    '"""': re.compile(r'[\\{}]|"{3}'),
}

# What the tokenizer looks for in a string that does not end, by the number of its quotes.
STRING_PREFIXES: Final = frozenset(["r", "u", "b", "br", "rb"])
UNTERMINATED: Final = {1: re.compile(r"(?:[^\\\n]|\\.?)*+", re.DOTALL), 3: re.compile(r".*", re.DOTALL)}

# What it looks for in a number that is not well-formed.
DIGIT_RUN: Final = re.compile(DIGITS)
EXPONENT_SIGN: Final = re.compile(r"[eE]([+-]?)([0-9]?)")
ZEROS: Final = re.compile(r"0(?:_?0)*+_?")
# A keyword may stand right behind; of `if`, `in` and `is` CPython does not ask for the end.
AFTER_NUMBER: Final = re.compile(rf"(?:and|else|for|not|or)(?![0-9A-Za-z_{WIDE}])|i[fns]")
ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]")
# By the prefix: the base's name, the decimal digits that it does not have, a run of those that it has.
BASES: Final = {
    "0x": ("hexadecimal", "", re.compile(r"(?:_?[0-9a-fA-F])*+")),
    "0o": ("octal", "89", re.compile(r"(?:_?[0-7])*+")),
    "0b": ("binary", "23456789", re.compile(r"(?:_?[01])*+")),
}
