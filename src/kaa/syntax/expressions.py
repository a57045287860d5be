"""Expressions: tokens to `ast.expr` nodes, by recursive descent with precedence climbing.

In: the stream at the first token of an expression. Out: the node, and the stream behind it. Language
reference, "Expressions". All binary operators, comparisons, `and`, `or`, `not` and the unary operators
are handled by one method, `operation(limit)`, which takes in operators that bind at least as tightly as
`limit`: a name alone costs one call and not one for each of the fifteen levels. The other methods are the
constructs that have their own brackets or keywords.
"""

import ast
from collections.abc import Callable
from typing import Final

from kaa.syntax import nesting
from kaa.syntax import terminals as t
from kaa.syntax.nodes import LOAD, STORE, build, new
from kaa.syntax.parameters import Parameters
from kaa.syntax.stream import Mismatch
from kaa.syntax.strings import Strings
from kaa.syntax.targets import store
from kaa.syntax.terminals import (
    ASYNC,
    COLON,
    COLONEQUAL,
    COMMA,
    DOT,
    DOUBLESTAR,
    ELSE,
    EQUAL,
    FOR,
    IF,
    IN,
    LAMBDA,
    LPAR,
    LSQB,
    NAME,
    NOT,
    RPAR,
    RSQB,
    STAR,
    YIELD,
)

# How tightly an operator binds, from loose to tight. 0 is "not an operator".
OR, AND, NEGATION, COMPARISON, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, FACTOR, POWER = range(1, 13)


def _table[V](default: V, rows: dict[int, V]) -> list[V]:
    """A list from terminal to value."""
    return [rows.get(kind, default) for kind in range(t.COUNT)]


_BINARY: Final[dict[int, tuple[int, ast.operator]]] = {
    t.VBAR: (BIT_OR, ast.BitOr()),
    t.CIRCUMFLEX: (BIT_XOR, ast.BitXor()),
    t.AMPER: (BIT_AND, ast.BitAnd()),
    t.LEFTSHIFT: (SHIFT, ast.LShift()),
    t.RIGHTSHIFT: (SHIFT, ast.RShift()),
    t.PLUS: (SUM, ast.Add()),
    t.MINUS: (SUM, ast.Sub()),
    t.STAR: (TERM, ast.Mult()),
    t.SLASH: (TERM, ast.Div()),
    t.DOUBLESLASH: (TERM, ast.FloorDiv()),
    t.PERCENT: (TERM, ast.Mod()),
    t.AT: (TERM, ast.MatMult()),
    t.DOUBLESTAR: (POWER, ast.Pow()),
}
_COMPARISONS: Final[dict[int, ast.cmpop]] = {
    t.EQEQUAL: ast.Eq(),
    t.NOTEQUAL: ast.NotEq(),
    t.LESS: ast.Lt(),
    t.LESSEQUAL: ast.LtE(),
    t.GREATER: ast.Gt(),
    t.GREATEREQUAL: ast.GtE(),
    t.IS: ast.Is(),
    t.IN: ast.In(),
    t.NOT: ast.NotIn(),  # `not in`: the `in` is checked where it is read
}
_IS_NOT: Final = ast.IsNot()
_UNARY: Final[dict[int, ast.unaryop]] = {t.MINUS: ast.USub(), t.PLUS: ast.UAdd(), t.TILDE: ast.Invert()}
_NOT: Final = ast.Not()
_BOOLEAN: Final[dict[int, ast.boolop]] = {t.OR: ast.Or(), t.AND: ast.And()}

# The operator for the tree, by terminal; and how tightly each terminal binds when it stands after an operand.
BINARY_OPERATOR: Final = {kind: operator for kind, (_, operator) in _BINARY.items()}
STRENGTH: Final = _table(
    0,
    {kind: strength for kind, (strength, _) in _BINARY.items()}
    | dict.fromkeys(_COMPARISONS, COMPARISON)
    | {t.OR: OR, t.AND: AND},
)
# The operand on the right takes in what binds tighter; `**` groups to the right and takes a sign (`2 **
# -1 ** 3`).
RIGHT_LIMIT: Final = _table(
    0, {kind: FACTOR if strength == POWER else strength + 1 for kind, (strength, _) in _BINARY.items()}
)

TRAILER: Final = _table(False, dict.fromkeys((DOT, LPAR, LSQB), True))

_ATOMS: Final = (
    NAME,
    t.NUMBER,
    t.STRING,
    t.FSTRING_START,
    LPAR,
    LSQB,
    t.LBRACE,
    t.NONE,
    t.TRUE,
    t.FALSE,
    t.ELLIPSIS,
)
STARTS_EXPRESSION: Final = _table(
    False, dict.fromkeys((*_ATOMS, t.MINUS, t.PLUS, t.TILDE, NOT, t.AWAIT, LAMBDA, STAR), True)
)
_CONSTANTS: Final = {t.NONE: None, t.TRUE: True, t.FALSE: False, t.ELLIPSIS: ...}


class Expressions(Strings, Parameters):
    """The expression half of the grammar."""

    __slots__ = ()

    # Entry points, from wide to narrow.

    def star_expressions(self) -> ast.expr:
        """`a`, `*a`, `a, *b`: what a right-hand side may be, but for `yield`."""
        start = self.pos
        first = self.star_expression()
        return self.comma_list(first, start, self.star_expression) if self.kinds[self.pos] == COMMA else first

    def expressions(self) -> ast.expr:
        """`a`, `a, b`: without stars."""
        start = self.pos
        first = self.expression()
        return self.comma_list(first, start, self.expression) if self.kinds[self.pos] == COMMA else first

    def comma_list(self, first: ast.expr, start: int, element: Callable[[], ast.expr]) -> ast.Tuple:
        """A tuple without brackets whose first element is read."""
        elements = [first]
        kinds = self.kinds
        while kinds[self.pos] == COMMA:
            self.pos += 1
            if not STARTS_EXPRESSION[kinds[self.pos]]:
                break
            elements.append(element())
        return self.node(ast.Tuple, start, {"elts": elements, "ctx": LOAD})

    def star_expression(self) -> ast.expr:
        return self.starred(BIT_OR) if self.kinds[self.pos] == STAR else self.expression()

    def star_named_expression(self) -> ast.expr:
        return self.starred(BIT_OR) if self.kinds[self.pos] == STAR else self.named_expression()

    def starred(self, limit: int) -> ast.Starred:
        """`*value`; 0 for the limit lets any expression follow the star."""
        start = self.pos
        self.pos += 1
        value = self.operation(limit) if limit else self.expression()
        return self.node(ast.Starred, start, {"value": value, "ctx": LOAD})

    def yield_or_star_expressions(self) -> ast.expr:
        return self.yield_expression() if self.kinds[self.pos] == YIELD else self.star_expressions()

    def named_expression(self) -> ast.expr:
        """`name := value`, or an expression."""
        start = self.pos
        kinds = self.kinds
        if kinds[start] != NAME or kinds[start + 1] != COLONEQUAL:
            return self.expression()
        self.since(8)
        self.pos = start + 1
        target = self.node(ast.Name, start, {"id": self.texts[start], "ctx": STORE})
        self.pos = start + 2
        return self.node(ast.NamedExpr, start, {"target": target, "value": self.expression()})

    def expression(self) -> ast.expr:
        """A lambda, or an operation with or without `if`–`else`."""
        start = self.pos
        if self.kinds[start] == LAMBDA:
            return self.lambda_expression()
        body = self.operation(OR)
        if self.kinds[self.pos] != IF:
            return body
        self.pos += 1
        test = self.operation(OR)
        self.expect(ELSE)
        self.deeper(nesting.CONDITIONAL)
        otherwise = self.expression()
        self.level -= nesting.CONDITIONAL
        return self.node(ast.IfExp, start, {"test": test, "body": body, "orelse": otherwise})

    # Operators.

    def operation(self, limit: int) -> ast.expr:
        """An operand and all operators after it that bind at least as tightly as `limit`."""
        kinds = self.kinds
        start = self.pos
        kind = kinds[start]
        if kind == NAME:
            operand: ast.expr = new(ast.Name)
            operand.__dict__ = {
                "id": self.texts[start],
                "ctx": LOAD,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[start],
                "end_col_offset": self.end_columns[start],
            }
            self.pos = start + 1
        elif kind == NOT and limit > NEGATION:
            raise Mismatch
        else:
            operand = PREFIX[kind](self)
        if TRAILER[kinds[self.pos]]:
            operand = self.trailers(operand, start)
        if STRENGTH[kinds[self.pos]] < limit:
            return operand
        return self.climb(operand, start, limit)

    def climb(self, left: ast.expr, start: int, limit: int) -> ast.expr:
        """The operators that follow an operand, as long as they bind at least as tightly as `limit`."""
        kinds = self.kinds
        while True:
            kind = kinds[self.pos]
            strength = STRENGTH[kind]
            if strength < limit or strength == 0:
                return left
            if strength > COMPARISON:
                self.pos += 1
                right = self.exponent() if kind == DOUBLESTAR else self.operation(RIGHT_LIMIT[kind])
                last = self.pos - 1
                left = build(
                    ast.BinOp,
                    {
                        "left": left,
                        "op": BINARY_OPERATOR[kind],
                        "right": right,
                        "lineno": self.lines[start],
                        "col_offset": self.columns[start],
                        "end_lineno": self.end_lines[last],
                        "end_col_offset": self.end_columns[last],
                    },
                )
                if kind == t.AT:
                    self.since(5)
            elif strength == COMPARISON:
                if kind == NOT and kinds[self.pos + 1] != IN:
                    return left
                left = self.comparison(left, start)
            else:
                left = self.boolean(left, start, kind, strength + 1)

    def boolean(self, first: ast.expr, start: int, kind: int, limit: int) -> ast.BoolOp:
        """`first and b and c`, or the same with `or`: one node for the chain."""
        values = [first]
        while self.kinds[self.pos] == kind:
            self.pos += 1
            values.append(self.operation(limit))
        return self.node(ast.BoolOp, start, {"op": _BOOLEAN[kind], "values": values})

    def comparison(self, left: ast.expr, start: int) -> ast.Compare:
        """`left < b <= c`: one node for the chain."""
        kinds = self.kinds
        operators: list[ast.cmpop] = []
        operands: list[ast.expr] = []
        while STRENGTH[kind := kinds[self.pos]] == COMPARISON:
            operator = _COMPARISONS[kind]
            if kind == NOT:
                if kinds[self.pos + 1] != IN:
                    break
                self.pos += 1
            elif kind == t.IS and kinds[self.pos + 1] == NOT:
                operator = _IS_NOT
                self.pos += 1
            elif kind == t.NOTEQUAL and self.texts[self.pos] != self.not_equal:
                raise Mismatch
            self.pos += 1
            operators.append(operator)
            operands.append(self.operation(BIT_OR))
        return self.node(ast.Compare, start, {"left": left, "ops": operators, "comparators": operands})

    def exponent(self) -> ast.expr:
        self.deeper(nesting.EXPONENT)
        value = self.operation(RIGHT_LIMIT[DOUBLESTAR])
        self.level -= nesting.EXPONENT
        return value

    def negation(self) -> ast.expr:
        start = self.pos
        self.pos = start + 1
        self.deeper(nesting.NEGATION)
        operand = self.operation(NEGATION)
        self.level -= nesting.NEGATION
        return self.node(ast.UnaryOp, start, {"op": _NOT, "operand": operand})

    def signed(self) -> ast.expr:
        start = self.pos
        self.pos = start + 1
        operator = _UNARY[self.kinds[start]]
        self.deeper(nesting.SIGN)
        operand = self.operation(FACTOR)
        self.level -= nesting.SIGN
        return self.node(ast.UnaryOp, start, {"op": operator, "operand": operand})

    def awaited(self) -> ast.expr:
        start = self.pos
        self.since(5)
        self.pos = start + 1
        return self.node(ast.Await, start, {"value": self.primary()})

    # Primaries: atoms with attributes, calls and subscripts behind them.

    def primary(self) -> ast.expr:
        start = self.pos
        kind = self.kinds[start]
        if kind in _ATOM_SET:
            return self.trailers(PREFIX[kind](self), start)
        raise Mismatch

    def trailers(self, node: ast.expr, start: int) -> ast.expr:
        """`.name`, `(arguments)` and `[slices]`, as many as follow."""
        kinds = self.kinds
        line, column = self.lines[start], self.columns[start]
        while True:
            pos = self.pos
            kind = kinds[pos]
            fields: dict[str, object]
            if kind == DOT:
                last = pos + 1
                if kinds[last] != NAME:
                    raise Mismatch
                self.pos = pos + 2
                trailed = new(ast.Attribute)
                fields = {"value": node, "attr": self.texts[last], "ctx": LOAD}
            elif kind == LPAR:
                trailed = new(ast.Call)
                if kinds[pos + 1] == RPAR:
                    last = pos + 1
                    fields = {"func": node, "args": [], "keywords": []}
                else:
                    self.pos = pos + 1
                    args, keywords = self.arguments(pos)
                    last = self.pos
                    fields = {"func": node, "args": args, "keywords": keywords}
                self.pos = last + 1
            elif kind == LSQB:
                self.pos = pos + 1
                trailed = new(ast.Subscript)
                fields = {"value": node, "slice": self.slices(), "ctx": LOAD}
                last = self.pos
                self.expect(RSQB)
            else:
                return node
            fields["lineno"] = line
            fields["col_offset"] = column
            fields["end_lineno"] = self.end_lines[last]
            fields["end_col_offset"] = self.end_columns[last]
            trailed.__dict__ = fields
            node = trailed

    def arguments(self, opening: int) -> tuple[list[ast.expr], list[ast.keyword]]:
        """What stands between the parentheses of a call; `opening` is the index of the first one."""
        kinds = self.kinds
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        mapping = False  # a `**mapping` was seen: no positional argument may follow, starred or not
        while (kind := kinds[self.pos]) != RPAR:
            start = self.pos
            if kind == NAME and kinds[start + 1] == EQUAL:
                self.pos = start + 2
                keywords.append(self.keyword(self.texts[start], start))
            elif kind == DOUBLESTAR:
                mapping = True
                self.pos = start + 1
                keywords.append(self.keyword(None, start))
            elif kind == STAR:
                if mapping:
                    raise Mismatch
                args.append(self.starred(0))
            else:
                if keywords:
                    raise Mismatch
                value = self.named_expression()
                if kinds[self.pos] == FOR or kinds[self.pos] == ASYNC:
                    return [self.sole_generator(value, opening, args)], []
                args.append(value)
            if kinds[self.pos] == COMMA:
                self.pos += 1
            elif kinds[self.pos] != RPAR:
                raise Mismatch
        return args, keywords

    def keyword(self, name: str | None, start: int) -> ast.keyword:
        value = self.expression()
        last = self.pos - 1
        return build(
            ast.keyword,
            {
                "arg": name,
                "value": value,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[last],
                "end_col_offset": self.end_columns[last],
            },
        )

    def sole_generator(self, element: ast.expr, opening: int, args: list[ast.expr]) -> ast.expr:
        """`f(x for x in y)`: the call's parentheses are the generator's own."""
        generators = self.clauses()
        if args or self.kinds[self.pos] != RPAR:
            raise Mismatch
        self.pos += 1
        node = self.node(ast.GeneratorExp, opening, {"elt": element, "generators": generators})
        self.pos -= 1
        return node

    def slices(self) -> ast.expr:
        """What stands between the brackets of a subscript: one slice, or a tuple of them."""
        start = self.pos
        first = self.slice()
        if self.kinds[self.pos] != COMMA:
            if type(first) is ast.Starred:
                return self.node(ast.Tuple, start, {"elts": [first], "ctx": LOAD})
            return first
        elements = [first]
        while self.accept(COMMA) and self.kinds[self.pos] != RSQB:
            elements.append(self.slice())
        return self.node(ast.Tuple, start, {"elts": elements, "ctx": LOAD})

    def slice(self) -> ast.expr:
        """`lower:upper:step` with any of them left out, `*items`, or an index."""
        start = self.pos
        kinds = self.kinds
        if kinds[start] == STAR:
            return self.starred(0)
        lower = None
        if kinds[start] != COLON:
            lower = self.named_expression()
            if kinds[self.pos] != COLON:
                return lower
            if type(lower) is ast.NamedExpr and kinds[start + 1] == COLONEQUAL:
                raise Mismatch
        self.pos += 1
        upper = self.slice_bound()
        step = self.slice_bound() if self.accept(COLON) else None
        return self.node(ast.Slice, start, {"lower": lower, "upper": upper, "step": step})

    def slice_bound(self) -> ast.expr | None:
        kind = self.kinds[self.pos]
        return None if kind in (COLON, COMMA, RSQB) else self.expression()

    # Atoms.

    def identifier(self) -> ast.expr:
        start = self.pos
        self.pos = start + 1
        return self.node(ast.Name, start, {"id": self.texts[start], "ctx": LOAD})

    def constant(self) -> ast.expr:
        """`None`, `True`, `False`, `...`."""
        start = self.pos
        self.pos = start + 1
        return self.node(ast.Constant, start, {"value": _CONSTANTS[self.kinds[start]], "kind": None})

    def parenthesized(self) -> ast.expr:
        """A group, a tuple or a generator expression."""
        start = self.pos
        kinds = self.kinds
        self.pos = start + 1
        kind = kinds[start + 1]
        if kind == RPAR:
            self.pos = start + 2
            return self.node(ast.Tuple, start, {"elts": [], "ctx": LOAD})
        if kind == YIELD:
            node = self.yield_expression()
            self.expect(RPAR)
            return node
        first = self.star_named_expression()
        following = kinds[self.pos]
        if following == RPAR and kind != STAR:
            self.pos += 1
            return first
        if following == COMMA:
            elements = self.elements(first, RPAR)
            return self.node(ast.Tuple, start, {"elts": elements, "ctx": LOAD})
        if kind == STAR:
            raise Mismatch
        return self.comprehension(ast.GeneratorExp, start, RPAR, {"elt": first})

    def list_display(self) -> ast.expr:
        start = self.pos
        kinds = self.kinds
        self.pos = start + 1
        if kinds[start + 1] == RSQB:
            self.pos = start + 2
            return self.node(ast.List, start, {"elts": [], "ctx": LOAD})
        first = self.star_named_expression()
        following = kinds[self.pos]
        if following in (COMMA, RSQB):
            elements = self.elements(first, RSQB)
            return self.node(ast.List, start, {"elts": elements, "ctx": LOAD})
        if kinds[start + 1] == STAR:
            raise Mismatch
        return self.comprehension(ast.ListComp, start, RSQB, {"elt": first})

    def elements(self, first: ast.expr, closing: int) -> list[ast.expr]:
        """The elements of a display whose first is read, and the closing bracket."""
        kinds = self.kinds
        elements = [first]
        while kinds[self.pos] == COMMA:
            self.pos += 1
            if kinds[self.pos] == closing:
                break
            elements.append(self.star_named_expression())
        self.expect(closing)
        return elements

    def braces(self) -> ast.expr:
        """A dict, a set, or a comprehension of one of them."""
        start = self.pos
        kinds = self.kinds
        self.pos = start + 1
        kind = kinds[start + 1]
        if kind == t.RBRACE or kind == DOUBLESTAR:
            return self.dict_display(start)
        first = self.star_named_expression()
        following = kinds[self.pos]
        if following == COLON and kind != STAR and kinds[start + 2] != COLONEQUAL:
            return self.dict_display(start, first)
        if following == COMMA or following == t.RBRACE:
            return self.node(ast.Set, start, {"elts": self.elements(first, t.RBRACE)})
        if kind == STAR:
            raise Mismatch
        return self.comprehension(ast.SetComp, start, t.RBRACE, {"elt": first})

    def dict_display(self, start: int, key: ast.expr | None = None) -> ast.expr:
        """The items of a dict; the first one's key may have been read."""
        kinds = self.kinds
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        while True:
            if key is None:
                kind = kinds[self.pos]
                if kind == t.RBRACE:
                    break
                if kind == DOUBLESTAR:
                    self.pos += 1
                    values.append(self.operation(BIT_OR))
                else:
                    key = self.expression()
            if key is not None:
                self.expect(COLON)
                values.append(self.expression())
            keys.append(key)
            key = None
            if kinds[self.pos] != COMMA:
                break
            self.pos += 1
        kind = kinds[self.pos]
        if kind in (FOR, ASYNC) and len(keys) == 1 and keys[0] is not None:
            return self.comprehension(ast.DictComp, start, t.RBRACE, {"key": keys[0], "value": values[0]})
        self.expect(t.RBRACE)
        return self.node(ast.Dict, start, {"keys": keys, "values": values})

    # Comprehensions, `lambda`, `yield`.

    def comprehension[N: ast.expr](
        self, node_class: type[N], start: int, closing: int, fields: dict[str, object]
    ) -> N:
        """The clauses of a comprehension whose element is read, and its closing bracket."""
        fields["generators"] = self.clauses()
        self.expect(closing)
        return self.node(node_class, start, fields)

    def clauses(self) -> list[ast.comprehension]:
        """`for target in iterable if condition ...`, one or more."""
        kinds = self.kinds
        clauses: list[ast.comprehension] = []
        while (kind := kinds[self.pos]) == FOR or kind == ASYNC:
            if kind == ASYNC:
                self.pos += 1
                self.since(6)
            self.expect(FOR)
            target = self.star_targets()
            self.expect(IN)
            iterable = self.operation(OR)
            conditions: list[ast.expr] = []
            while kinds[self.pos] == IF:
                self.pos += 1
                conditions.append(self.operation(OR))
            fields = {"target": target, "iter": iterable, "ifs": conditions, "is_async": int(kind == ASYNC)}
            clauses.append(build(ast.comprehension, fields))
        if not clauses:
            raise Mismatch
        return clauses

    def star_targets(self) -> ast.expr:
        """What stands between `for` and `in`."""
        start = self.pos
        target = self.star_target()
        if self.kinds[self.pos] == COMMA:
            target = self.comma_list(target, start, self.star_target)
            target.ctx = STORE
        return target

    def star_target(self) -> ast.expr:
        target = self.starred(BIT_OR) if self.kinds[self.pos] == STAR else self.operation(BIT_OR)
        store(target)
        return target

    def lambda_expression(self) -> ast.expr:
        start = self.pos
        self.pos = start + 1
        args = self.parameters(COLON)
        self.expect(COLON)
        self.deeper(nesting.LAMBDA)
        body = self.expression()
        self.level -= nesting.LAMBDA
        return self.node(ast.Lambda, start, {"args": args, "body": body})

    def yield_expression(self) -> ast.expr:
        start = self.pos
        self.pos = start + 1
        if self.accept(t.FROM):
            return self.node(ast.YieldFrom, start, {"value": self.expression()})
        value = self.star_expressions() if STARTS_EXPRESSION[self.kinds[self.pos]] else None
        return self.node(ast.Yield, start, {"value": value})

    def unfit(self) -> ast.expr:
        """No expression starts with this token."""
        raise Mismatch


type _Reader = Callable[[Expressions], ast.expr]
_readers: dict[int, _Reader] = {
    NAME: Expressions.identifier,
    t.NUMBER: Expressions.number,
    t.STRING: Expressions.strings,
    t.FSTRING_START: Expressions.strings,
    LPAR: Expressions.parenthesized,
    LSQB: Expressions.list_display,
    t.LBRACE: Expressions.braces,
    NOT: Expressions.negation,
    t.AWAIT: Expressions.awaited,
    **dict.fromkeys(_CONSTANTS, Expressions.constant),
    **dict.fromkeys(_UNARY, Expressions.signed),
}
PREFIX: Final[list[_Reader]] = _table(Expressions.unfit, _readers)
_ATOM_SET: Final = frozenset(_ATOMS)
