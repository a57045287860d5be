"""Statements and blocks of them: tokens to `ast.stmt` nodes.

In: the stream at the first token of a statement. Out: the node, the stream behind it. Language reference,
"Simple statements" and "Compound statements". A statement is known by its first token; the exceptions are
`match` and `type`, which are ordinary names elsewhere, and `with (`, which may open a group of items or
an expression.
"""

import ast
from collections.abc import Callable
from typing import Final

from kaa.syntax import nesting
from kaa.syntax import terminals as t
from kaa.syntax.expressions import STARTS_EXPRESSION
from kaa.syntax.nodes import build
from kaa.syntax.simple_statements import SIMPLE, SimpleStatements
from kaa.syntax.stream import Mismatch
from kaa.syntax.terminals import (
    AS,
    ASYNC,
    COLON,
    COMMA,
    DEDENT,
    ELSE,
    ENDMARKER,
    IN,
    INDENT,
    LPAR,
    NAME,
    NEWLINE,
    RPAR,
    SEMI,
    STAR,
    TYPE_COMMENT,
)

_LAYOUT: Final = frozenset((NEWLINE, INDENT, DEDENT, ENDMARKER))
_SOFT_STATEMENTS: Final = frozenset(("match", "type"))

type Block = list[ast.stmt]


class Statements(SimpleStatements):
    """The statements of the grammar, and how they follow each other."""

    __slots__ = ("top",)

    top: int  # the index of the first token of the statement at module level that is being read

    def statements(self, end: int) -> Block:
        """All statements up to a token of kind `end`."""
        kinds = self.kinds
        body: Block = []
        while kinds[self.pos] != end:
            self.statement(body)
        return body

    def file(self) -> Block:
        """All statements of a module."""
        kinds = self.kinds
        body: Block = []
        while kinds[self.pos] != ENDMARKER:
            self.top = self.pos
            self.statement(body)
        self.top = self.pos
        return body

    def statement(self, body: Block) -> None:
        """A compound statement, or the simple statements of a line, added to `body`."""
        compound = COMPOUND.get(self.kinds[self.pos])
        if compound is not None:
            body.append(compound(self))
        else:
            self.simple_statements(body)

    def block(self) -> Block:
        """An indented block, or simple statements on the same line."""
        kinds = self.kinds
        if kinds[self.pos] != NEWLINE:
            body: Block = []
            self.simple_statements(body, match=False)
            return body
        self.pos += 1
        self.expect(INDENT)
        body = self.statements(DEDENT)
        self.pos += 1
        return body

    def simple_statements(self, body: Block, match: bool = True) -> None:
        """Statements separated by `;`, to the end of the line; the first may be a `match` if `match` says so."""
        kinds = self.kinds
        while True:
            pos = self.pos
            kind = kinds[pos]
            simple = SIMPLE.get(kind)
            if simple is not None:
                body.append(simple(self))
            elif kind == NAME and self.texts[pos] in _SOFT_STATEMENTS:
                statement = self.soft_statement(pos, match)
                body.append(statement)
                if type(statement) is ast.Match:
                    return
            else:
                body.append(self.expression_statement())
            kind = kinds[self.pos]
            if kind == NEWLINE:
                self.pos += 1
                return
            if kind != SEMI:
                raise Mismatch
            self.pos += 1
            if kinds[self.pos] == NEWLINE:
                self.pos += 1
                return
            match = False

    def compound[N: ast.stmt](self, node_class: type[N], start: int, fields: dict[str, object]) -> N:
        """A statement that ends in a block: it reaches to the block's last token that is not layout."""
        kinds = self.kinds
        last = self.pos - 1
        while kinds[last] in _LAYOUT:
            last -= 1
        fields["lineno"] = self.lines[start]
        fields["col_offset"] = self.columns[start]
        fields["end_lineno"] = self.end_lines[last]
        fields["end_col_offset"] = self.end_columns[last]
        return build(node_class, fields)

    # Statements that start with a soft keyword.

    def soft_statement(self, start: int, match: bool) -> ast.stmt:
        """What starts with the name `match` or `type`: the statement, or one that uses the name."""
        if self.texts[start] == "type":
            return self.type_alias() if self.kinds[start + 1] == NAME else self.expression_statement()
        if match and (statement := self.match_statement()) is not None:
            return statement
        self.pos = start
        return self.expression_statement()

    def match_statement(self) -> ast.stmt | None:
        """A `match` statement; None if the line is not the head of one."""
        start, level = self.pos, self.level
        self.pos = start + 1
        if not STARTS_EXPRESSION[self.kinds[self.pos]]:
            return None
        try:
            subject = self.subject()
            self.expect(COLON)
            self.expect(NEWLINE)
        except Mismatch:
            self.level = level
            return None
        self.since(10)
        self.expect(INDENT)
        cases: list[ast.match_case] = []
        while not self.accept(DEDENT):
            cases.append(self.case())
        return self.compound(ast.Match, start, {"subject": subject, "cases": cases})

    def subject(self) -> ast.expr:
        start = self.pos
        first = self.star_named_expression()
        if self.kinds[self.pos] == COMMA:
            return self.comma_list(first, start, self.star_named_expression)
        if type(first) is ast.Starred and self.kinds[start] == STAR:
            raise Mismatch
        return first

    def case(self) -> ast.match_case:
        if self.name() != "case":
            raise Mismatch
        pattern = self.patterns()
        guard = self.named_expression() if self.accept(t.IF) else None
        self.expect(COLON)
        return build(ast.match_case, {"pattern": pattern, "guard": guard, "body": self.block()})

    # Compound statements.

    def if_statement(self) -> ast.stmt:
        """`if` with all of its `elif`s, which are nested in the tree and all end where the last one ends."""
        heads: list[tuple[int, ast.expr, Block]] = []
        while not heads or self.kinds[self.pos] == t.ELIF:
            start = self.pos
            self.pos = start + 1
            if heads:
                self.deeper(nesting.ELIF)
            test = self.named_expression()
            self.expect(COLON)
            heads.append((start, test, self.block()))
        otherwise = self.else_block()
        self.level -= nesting.ELIF * (len(heads) - 1)
        while True:
            start, test, body = heads.pop()
            statement = self.compound(ast.If, start, {"test": test, "body": body, "orelse": otherwise})
            if not heads:
                return statement
            otherwise = [statement]

    def else_block(self) -> Block:
        if not self.accept(ELSE):
            return []
        self.expect(COLON)
        return self.block()

    def while_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        test = self.named_expression()
        self.expect(COLON)
        body = self.block()
        return self.compound(ast.While, start, {"test": test, "body": body, "orelse": self.else_block()})

    def for_statement(self) -> ast.stmt:
        return self.for_loop(ast.For, self.pos)

    def for_loop(self, node_class: type[ast.stmt], start: int) -> ast.stmt:
        self.pos += 1
        target = self.star_targets()
        self.expect(IN)
        iterable = self.star_expressions()
        self.expect(COLON)
        comment = self.type_comment()
        fields: dict[str, object] = {
            "target": target,
            "iter": iterable,
            "body": self.block(),
            "orelse": self.else_block(),
            "type_comment": comment,
        }
        return self.compound(node_class, start, fields)

    def with_statement(self) -> ast.stmt:
        return self.with_block(ast.With, self.pos)

    def with_block(self, node_class: type[ast.stmt], start: int) -> ast.stmt:
        self.pos += 1
        items = None
        if self.kinds[self.pos] == LPAR:
            items = self.parenthesized_items()
        if items is None:
            items = self.items()
            self.expect(COLON)
        comment = self.type_comment()
        return self.compound(
            node_class, start, {"items": items, "body": self.block(), "type_comment": comment}
        )

    def parenthesized_items(self) -> list[ast.withitem] | None:
        """`(items):`; None if the parentheses belong to an expression."""
        start, level = self.pos, self.level
        self.pos += 1
        try:
            items = [self.item()]
            while self.accept(COMMA) and self.kinds[self.pos] != RPAR:
                items.append(self.item())
            self.expect(RPAR)
            self.expect(COLON)
        except Mismatch:
            self.pos, self.level = start, level
            return None
        return items

    def items(self) -> list[ast.withitem]:
        items = [self.item()]
        while self.accept(COMMA):
            items.append(self.item())
        return items

    def item(self) -> ast.withitem:
        context = self.expression()
        target = self.star_target() if self.accept(AS) else None
        return build(ast.withitem, {"context_expr": context, "optional_vars": target})

    def async_statement(self) -> ast.stmt:
        """`async def`, `async for`, `async with`: the statement starts at `async`."""
        start = self.pos
        self.since(5)
        self.pos = start + 1
        kind = self.kinds[start + 1]
        if kind == t.DEF:
            return self.function(ast.AsyncFunctionDef, start, [])
        if kind == t.FOR:
            return self.for_loop(ast.AsyncFor, start)
        if kind == t.WITH:
            return self.with_block(ast.AsyncWith, start)
        raise Mismatch

    def try_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        self.expect(COLON)
        body = self.block()
        handlers: list[ast.ExceptHandler] = []
        groups = self.kinds[self.pos] == t.EXCEPT and self.kinds[self.pos + 1] == STAR
        while self.kinds[self.pos] == t.EXCEPT:
            handlers.append(self.handler(groups))
        otherwise = self.else_block() if handlers else []
        finally_: Block = []
        if self.accept(t.FINALLY):
            self.expect(COLON)
            finally_ = self.block()
        elif not handlers:
            raise Mismatch
        node_class = ast.TryStar if groups else ast.Try
        fields: dict[str, object] = {
            "body": body,
            "handlers": handlers,
            "orelse": otherwise,
            "finalbody": finally_,
        }
        return self.compound(node_class, start, fields)

    def handler(self, groups: bool) -> ast.ExceptHandler:
        """`except`, or `except*` if the statement's first handler is one."""
        start = self.pos
        self.pos = start + 1
        if self.accept(STAR) != groups:
            raise Mismatch
        if groups:
            self.since(11)
        exception = name = None
        if groups or self.kinds[self.pos] != COLON:
            exception = self.expression()
            if self.accept(AS):
                name = self.name()
        self.expect(COLON)
        body = self.block()
        last = self.pos - 1
        while self.kinds[last] in _LAYOUT:
            last -= 1
        return build(
            ast.ExceptHandler,
            {
                "type": exception,
                "name": name,
                "body": body,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[last],
                "end_col_offset": self.end_columns[last],
            },
        )

    # Definitions.

    def decorated(self) -> ast.stmt:
        """Decorators and what they decorate."""
        decorators: list[ast.expr] = []
        while self.accept(t.AT):
            decorators.append(self.named_expression())
            self.expect(NEWLINE)
        start = self.pos
        if self.accept(ASYNC):
            self.since(5)
            return self.function(ast.AsyncFunctionDef, start, decorators)
        if self.kinds[start] == t.DEF:
            return self.function(ast.FunctionDef, start, decorators)
        return self.class_(start, decorators)

    def function_definition(self) -> ast.stmt:
        return self.function(ast.FunctionDef, self.pos, [])

    def function(self, node_class: type[ast.stmt], start: int, decorators: list[ast.expr]) -> ast.stmt:
        self.expect(t.DEF)
        name = self.name()
        type_parameters = self.type_parameters()
        self.expect(LPAR)
        args = self.parameters(RPAR)
        self.pos += 1
        returns = self.expression() if self.accept(t.RARROW) else None
        self.expect(COLON)
        comment = self.function_type_comment()
        fields: dict[str, object] = {
            "name": name,
            "args": args,
            "body": self.block(),
            "decorator_list": decorators,
            "returns": returns,
            "type_comment": comment,
            "type_params": type_parameters,
        }
        return self.compound(node_class, start, fields)

    def function_type_comment(self) -> str | None:
        """A type comment behind the colon, or alone on the first line of the body."""
        kinds = self.kinds
        pos = self.pos
        if kinds[pos] == NEWLINE and kinds[pos + 1] == TYPE_COMMENT and kinds[pos + 2] == NEWLINE:
            if kinds[pos + 3] != INDENT:
                raise Mismatch
            self.pos = pos + 2
            return self.tokens.contents[pos + 1]
        return self.type_comment()

    def class_definition(self) -> ast.stmt:
        return self.class_(self.pos, [])

    def class_(self, start: int, decorators: list[ast.expr]) -> ast.stmt:
        self.expect(t.CLASS)
        name = self.name()
        type_parameters = self.type_parameters()
        bases: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        opening = self.pos
        if self.accept(LPAR):
            bases, keywords = self.arguments(opening)
            self.expect(RPAR)
            if bases and type(bases[0]) is ast.GeneratorExp and self.starts_at(bases[0], opening):
                raise Mismatch  # a generator expression that took the parentheses of the class
        self.expect(COLON)
        fields: dict[str, object] = {
            "name": name,
            "bases": bases,
            "keywords": keywords,
            "body": self.block(),
            "decorator_list": decorators,
            "type_params": type_parameters,
        }
        return self.compound(ast.ClassDef, start, fields)

    def starts_at(self, node: ast.expr, pos: int) -> bool:
        return node.lineno == self.lines[pos] and node.col_offset == self.columns[pos]


COMPOUND: Final[dict[int, Callable[[Statements], ast.stmt]]] = {
    t.DEF: Statements.function_definition,
    t.IF: Statements.if_statement,
    t.CLASS: Statements.class_definition,
    t.WITH: Statements.with_statement,
    t.FOR: Statements.for_statement,
    t.TRY: Statements.try_statement,
    t.WHILE: Statements.while_statement,
    t.AT: Statements.decorated,
    t.ASYNC: Statements.async_statement,
}
