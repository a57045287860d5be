"""What to say about a source that is not a sentence of the grammar: `error(parser)` gives the SyntaxError.

In: a parser that has met a `Mismatch`. Out: the error that CPython raises for the source.
"""

from kaa.syntax.stream import TokenStream
from kaa.syntax.terminals import DEDENT, ERROR, INDENT


def error(parser: TokenStream, mode: str) -> Exception:
    """The error for the token at which the parser stopped."""
    tokens = parser.tokens
    pos = min(parser.pos, len(tokens) - 1)
    kind = tokens.kinds[pos]
    if kind == ERROR and tokens.error is not None:
        return tokens.error
    if kind in (INDENT, DEDENT):
        return IndentationError("unexpected indent" if kind == INDENT else "unexpected unindent")
    source_lines = tokens.source.splitlines()
    line = tokens.lines[pos]
    text = source_lines[line - 1] if line <= len(source_lines) else ""
    place = (
        parser.filename,
        line,
        tokens.columns[pos] + 1,
        text,
        tokens.end_lines[pos],
        tokens.end_columns[pos] + 1,
    )
    return SyntaxError("invalid syntax", place)
