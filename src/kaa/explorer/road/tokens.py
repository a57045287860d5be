"""The first stage: text to tokens."""

from __future__ import annotations

import keyword
import token
import tokenize
from typing import Any

from kaa.syntax.tokens import tokens

_INVISIBLE = {token.ENDMARKER, tokenize.NL}


def describe_tokens(source: str) -> list[dict[str, Any]]:
    """The tokens of a source, as far as it has any: an error ends them."""
    described = []
    try:
        for row in tokens(source):
            if row.type in _INVISIBLE:
                continue
            kind = token.tok_name[row.exact_type]
            if row.type == token.NAME and keyword.iskeyword(row.string):
                kind = "KEYWORD"
            described.append({"kind": kind, "text": row.string, "place": [*row.start, *row.end]})
    except (tokenize.TokenError, SyntaxError):
        pass  # the parser says it better
    return described
