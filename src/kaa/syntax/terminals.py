"""The grammar's terminals as small integers, for the parser to dispatch on.

In: a token's kind and text, as the tokenizer gives them. Out: one number that tells every operator and
every keyword apart, so that a parser's question "what comes next?" is one list index, and its answer an
index into another table. Soft keywords (`match`, `case`, `type`, `_`) are `NAME`s: only the text tells
them apart.
"""

import keyword
from typing import Final

from kaa.syntax import tokenizer
from kaa.syntax.tokenizer import Tokens

# The kinds without a fixed text keep the tokenizer's numbers.
NAME: Final = tokenizer.NAME
NUMBER: Final = tokenizer.NUMBER
STRING: Final = tokenizer.STRING
NEWLINE: Final = tokenizer.NEWLINE
INDENT: Final = tokenizer.INDENT
DEDENT: Final = tokenizer.DEDENT
ENDMARKER: Final = tokenizer.ENDMARKER
FSTRING_START: Final = tokenizer.FSTRING_START
FSTRING_MIDDLE: Final = tokenizer.FSTRING_MIDDLE
FSTRING_END: Final = tokenizer.FSTRING_END
TYPE_COMMENT: Final = tokenizer.TYPE_COMMENT
ERROR: Final = tokenizer.ERROR

_FIRST_SPELLED: Final = 20

# Punctuation and operators, named as in the standard library's `token`.
_OPERATORS: Final = (
    *("(", ")", "[", "]", "{", "}", ":", ",", ";", ".", "...", "->", ":=", "=", "!", "~"),
    *("+", "-", "*", "/", "%", "@", "|", "&", "^", "<<", ">>", "**", "//"),
    *("<", ">", "==", "!=", "<=", ">="),
    *("+=", "-=", "*=", "/=", "%=", "@=", "|=", "&=", "^=", "<<=", ">>=", "**=", "//="),
)
(
    LPAR,
    RPAR,
    LSQB,
    RSQB,
    LBRACE,
    RBRACE,
    COLON,
    COMMA,
    SEMI,
    DOT,
    ELLIPSIS,
    RARROW,
    COLONEQUAL,
    EQUAL,
    EXCLAMATION,
    TILDE,
    PLUS,
    MINUS,
    STAR,
    SLASH,
    PERCENT,
    AT,
    VBAR,
    AMPER,
    CIRCUMFLEX,
    LEFTSHIFT,
    RIGHTSHIFT,
    DOUBLESTAR,
    DOUBLESLASH,
    LESS,
    GREATER,
    EQEQUAL,
    NOTEQUAL,
    LESSEQUAL,
    GREATEREQUAL,
    PLUSEQUAL,
    MINEQUAL,
    STAREQUAL,
    SLASHEQUAL,
    PERCENTEQUAL,
    ATEQUAL,
    VBAREQUAL,
    AMPEREQUAL,
    CIRCUMFLEXEQUAL,
    LEFTSHIFTEQUAL,
    RIGHTSHIFTEQUAL,
    DOUBLESTAREQUAL,
    DOUBLESLASHEQUAL,
) = range(_FIRST_SPELLED, _FIRST_SPELLED + 48)

_FIRST_KEYWORD: Final = _FIRST_SPELLED + 48
_KEYWORDS: Final = keyword.kwlist  # in alphabetical order, capitals first
(
    FALSE,
    NONE,
    TRUE,
    AND,
    AS,
    ASSERT,
    ASYNC,
    AWAIT,
    BREAK,
    CLASS,
    CONTINUE,
    DEF,
    DEL,
    ELIF,
    ELSE,
    EXCEPT,
    FINALLY,
    FOR,
    FROM,
    GLOBAL,
    IF,
    IMPORT,
    IN,
    IS,
    LAMBDA,
    NONLOCAL,
    NOT,
    OR,
    PASS,
    RAISE,
    RETURN,
    TRY,
    WHILE,
    WITH,
    YIELD,
) = range(_FIRST_KEYWORD, _FIRST_KEYWORD + 35)

COUNT: Final = _FIRST_KEYWORD + 35

BY_TEXT: Final[dict[str, int]] = {
    text: number for number, text in enumerate([*_OPERATORS, *_KEYWORDS], start=_FIRST_SPELLED)
} | {"<>": NOTEQUAL}


def terminals(tokens: Tokens) -> list[int]:
    """The terminal of every token, in a list parallel to `tokens.kinds`."""
    return list(map(BY_TEXT.get, tokens.texts, tokens.kinds))
