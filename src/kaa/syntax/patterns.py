"""The patterns of `case`: tokens to `ast.pattern` nodes.

In: the stream behind `case`. Out: the node, the stream at the guard or the colon. Language reference,
"The match statement"; PEP 634.
"""

import ast
from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.expressions import BINARY_OPERATOR, Expressions
from kaa.syntax.nodes import LOAD
from kaa.syntax.stream import Mismatch
from kaa.syntax.terminals import (
    COLON,
    COMMA,
    DOT,
    DOUBLESTAR,
    EQUAL,
    LPAR,
    MINUS,
    NAME,
    NUMBER,
    PLUS,
    RPAR,
    STAR,
)

WILDCARD: Final = "_"
_NEGATIVE: Final = ast.USub()
_LITERALS: Final = frozenset((NUMBER, MINUS, t.STRING, t.FSTRING_START, t.NONE, t.TRUE, t.FALSE))
_SINGLETONS: Final = {t.NONE: None, t.TRUE: True, t.FALSE: False}


class Patterns(Expressions):
    """The pattern half of the grammar."""

    __slots__ = ()

    def patterns(self) -> ast.pattern:
        """A pattern, or a sequence of them without brackets."""
        start = self.pos
        first = self.maybe_star_pattern()
        if self.kinds[self.pos] == COMMA:
            return self.node(ast.MatchSequence, start, {"patterns": self.sequence(first, COLON)})
        if isinstance(first, ast.MatchStar):
            raise Mismatch
        return first

    def sequence(self, first: ast.pattern, closing: int) -> list[ast.pattern]:
        """The patterns of a sequence whose first is read, up to the token that ends it."""
        patterns = [first]
        while self.accept(COMMA) and self.kinds[self.pos] not in (closing, t.IF):
            patterns.append(self.maybe_star_pattern())
        return patterns

    def maybe_star_pattern(self) -> ast.pattern:
        start = self.pos
        if not self.accept(STAR):
            return self.pattern()
        name = self.capture_target(wildcard=True)
        return self.node(ast.MatchStar, start, {"name": None if name == WILDCARD else name})

    def pattern(self) -> ast.pattern:
        """Alternatives, and the name that they may be bound to by `as`."""
        start = self.pos
        first = self.closed_pattern()
        if self.kinds[self.pos] == t.VBAR:
            patterns = [first]
            while self.accept(t.VBAR):
                patterns.append(self.closed_pattern())
            first = self.node(ast.MatchOr, start, {"patterns": patterns})
        if not self.accept(t.AS):
            return first
        return self.node(ast.MatchAs, start, {"pattern": first, "name": self.capture_target()})

    def capture_target(self, *, wildcard: bool = False) -> str:
        """A name that is bound; `_` only where a wildcard may stand."""
        name = self.name()
        if (name == WILDCARD and not wildcard) or self.kinds[self.pos] in (DOT, LPAR, EQUAL):
            raise Mismatch
        return name

    def closed_pattern(self) -> ast.pattern:
        start = self.pos
        kind = self.kinds[start]
        if kind == NAME:
            return self.named_pattern()
        if kind in _SINGLETONS:
            self.pos += 1
            return self.node(ast.MatchSingleton, start, {"value": _SINGLETONS[kind]})
        if kind in _LITERALS:
            return self.node(ast.MatchValue, start, {"value": self.literal()})
        if kind == LPAR:
            return self.group_or_sequence()
        if kind == t.LSQB:
            return self.bracketed_sequence()
        if kind == t.LBRACE:
            return self.mapping_pattern()
        raise Mismatch

    def literal(self) -> ast.expr:
        """A number with a sign, a complex number, strings, or a singleton."""
        start = self.pos
        kind = self.kinds[start]
        if kind in _SINGLETONS:
            return self.constant()
        if kind == t.STRING or kind == t.FSTRING_START:
            return self.strings()
        real = self.signed_number()
        sign = self.kinds[self.pos]
        if sign != PLUS and sign != MINUS:
            return real
        self.pos += 1
        if self.kinds[self.pos] != NUMBER:
            raise Mismatch
        imaginary = self.number()
        if is_imaginary(real) or not is_imaginary(imaginary):
            raise Mismatch
        return self.node(ast.BinOp, start, {"left": real, "op": BINARY_OPERATOR[sign], "right": imaginary})

    def signed_number(self) -> ast.expr:
        start = self.pos
        negative = self.accept(MINUS)
        if self.kinds[self.pos] != NUMBER:
            raise Mismatch
        number = self.number()
        return self.node(ast.UnaryOp, start, {"op": _NEGATIVE, "operand": number}) if negative else number

    def named_pattern(self) -> ast.pattern:
        """What starts with a name: a capture, the wildcard, a value or a class."""
        start = self.pos
        kinds = self.kinds
        following = kinds[start + 1]
        if following not in (DOT, LPAR, EQUAL):
            name = self.name()
            return self.node(
                ast.MatchAs, start, {"pattern": None, "name": None if name == WILDCARD else name}
            )
        value = self.dotted()
        if kinds[self.pos] == LPAR:
            return self.class_pattern(value, start)
        if kinds[self.pos] == EQUAL or following == EQUAL:
            raise Mismatch
        return self.node(ast.MatchValue, start, {"value": value})

    def dotted(self) -> ast.expr:
        """`name` or `name.attribute.attribute`."""
        start = self.pos
        value = self.node(ast.Name, start, {"id": self.name(), "ctx": LOAD})
        return self.attributes(value, start)

    def attributes(self, value: ast.expr, start: int) -> ast.expr:
        while self.accept(DOT):
            value = self.node(ast.Attribute, start, {"value": value, "attr": self.name(), "ctx": LOAD})
        return value

    def group_or_sequence(self) -> ast.pattern:
        start = self.pos
        self.pos += 1
        if self.accept(RPAR):
            return self.node(ast.MatchSequence, start, {"patterns": []})
        first = self.maybe_star_pattern()
        if self.kinds[self.pos] == COMMA:
            patterns = self.sequence(first, RPAR)
            self.expect(RPAR)
            return self.node(ast.MatchSequence, start, {"patterns": patterns})
        self.expect(RPAR)
        if isinstance(first, ast.MatchStar):
            raise Mismatch
        return first

    def bracketed_sequence(self) -> ast.pattern:
        start = self.pos
        self.pos += 1
        patterns: list[ast.pattern] = []
        if self.kinds[self.pos] != t.RSQB:
            patterns = self.sequence(self.maybe_star_pattern(), t.RSQB)
        self.expect(t.RSQB)
        return self.node(ast.MatchSequence, start, {"patterns": patterns})

    def mapping_pattern(self) -> ast.pattern:
        """`{key: pattern, **rest}`."""
        start = self.pos
        self.pos += 1
        keys: list[ast.expr] = []
        patterns: list[ast.pattern] = []
        rest = None
        while self.kinds[self.pos] != t.RBRACE:
            if rest is not None:
                raise Mismatch
            if self.accept(DOUBLESTAR):
                rest = self.capture_target()
            else:
                keys.append(self.mapping_key())
                self.expect(COLON)
                patterns.append(self.pattern())
            if not self.accept(COMMA):
                break
        self.expect(t.RBRACE)
        return self.node(ast.MatchMapping, start, {"keys": keys, "patterns": patterns, "rest": rest})

    def mapping_key(self) -> ast.expr:
        """A literal or a dotted name."""
        kind = self.kinds[self.pos]
        if kind == NAME and self.kinds[self.pos + 1] == DOT:
            return self.dotted()
        if kind in _LITERALS:
            return self.literal()
        raise Mismatch

    def class_pattern(self, cls: ast.expr, start: int) -> ast.pattern:
        """`Class(pattern, attribute=pattern)`."""
        kinds = self.kinds
        self.pos += 1
        patterns: list[ast.pattern] = []
        names: list[str] = []
        named: list[ast.pattern] = []
        while kinds[self.pos] != RPAR:
            if kinds[self.pos] == NAME and kinds[self.pos + 1] == EQUAL:
                names.append(self.name())
                self.pos += 1
                named.append(self.pattern())
            elif names:
                raise Mismatch
            else:
                patterns.append(self.pattern())
            if not self.accept(COMMA):
                break
        self.expect(RPAR)
        fields: dict[str, object] = {
            "cls": cls,
            "patterns": patterns,
            "kwd_attrs": names,
            "kwd_patterns": named,
        }
        return self.node(ast.MatchClass, start, fields)


def is_imaginary(number: ast.expr) -> bool:
    """Whether a number, signed or not, ends in `j`."""
    if isinstance(number, ast.UnaryOp):
        number = number.operand
    return isinstance(number, ast.Constant) and isinstance(number.value, complex)
