"""Simple statements: those that end with the line or a semicolon.

In: the stream at the first token of a statement. Out: the node, the stream behind it. Language reference, "Simple
statements". What starts with an expression may turn out to be an assignment: what was read becomes its target.
"""

import ast
from collections.abc import Callable
from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.expressions import STARTS_EXPRESSION
from kaa.syntax.nodes import build, new
from kaa.syntax.patterns import Patterns
from kaa.syntax.targets import delete, store, store_single
from kaa.syntax.terminals import (
    AS,
    COLON,
    COMMA,
    DOT,
    EQUAL,
    LPAR,
    NAME,
    NEWLINE,
    RPAR,
    SEMI,
    STAR,
    TYPE_COMMENT,
)

AUGMENTED: Final[dict[int, ast.operator]] = {
    t.PLUSEQUAL: ast.Add(),
    t.MINEQUAL: ast.Sub(),
    t.STAREQUAL: ast.Mult(),
    t.SLASHEQUAL: ast.Div(),
    t.PERCENTEQUAL: ast.Mod(),
    t.ATEQUAL: ast.MatMult(),
    t.VBAREQUAL: ast.BitOr(),
    t.AMPEREQUAL: ast.BitAnd(),
    t.CIRCUMFLEXEQUAL: ast.BitXor(),
    t.LEFTSHIFTEQUAL: ast.LShift(),
    t.RIGHTSHIFTEQUAL: ast.RShift(),
    t.DOUBLESTAREQUAL: ast.Pow(),
    t.DOUBLESLASHEQUAL: ast.FloorDiv(),
}


class SimpleStatements(Patterns):
    """The statements of the grammar that have no block."""

    __slots__ = ()

    def type_comment(self) -> str | None:
        pos = self.pos
        return self.tokens.contents[pos] if self.accept(TYPE_COMMENT) else None

    def expression_statement(self) -> ast.stmt:
        """What starts with an expression: an assignment of any kind, or the expression alone."""
        kinds = self.kinds
        start = self.pos
        first = self.yield_or_star_expressions()
        kind = kinds[self.pos]
        if kind == NEWLINE:
            last = self.pos - 1
            node: ast.Expr = new(ast.Expr)
            node.__dict__ = {
                "value": first,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[last],
                "end_col_offset": self.end_columns[last],
            }
            return node
        if kind == EQUAL:
            return self.assignment(first, start)
        if kind in AUGMENTED:
            if kind == t.ATEQUAL:
                self.since(5)
            self.pos += 1
            store_single(first)
            value = self.yield_or_star_expressions()
            return self.node(ast.AugAssign, start, {"target": first, "op": AUGMENTED[kind], "value": value})
        if kind == COLON:
            return self.annotated_assignment(first, start)
        return self.node(ast.Expr, start, {"value": first})

    def assignment(self, value: ast.expr, start: int) -> ast.stmt:
        """`target = target = value`."""
        kinds = self.kinds
        targets: list[ast.expr] = []
        while kinds[self.pos] == EQUAL:
            store(value)
            targets.append(value)
            self.pos += 1
            value = self.yield_or_star_expressions()
        comment = self.type_comment() if kinds[self.pos] == TYPE_COMMENT else None
        last = self.pos - 1
        return build(
            ast.Assign,
            {
                "targets": targets,
                "value": value,
                "type_comment": comment,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[last],
                "end_col_offset": self.end_columns[last],
            },
        )

    def annotated_assignment(self, target: ast.expr, start: int) -> ast.stmt:
        """`target: annotation = value`."""
        self.since(6)
        store_single(target)
        self.pos += 1
        fields: dict[str, object] = {
            "target": target,
            "annotation": self.expression(),
            "value": self.yield_or_star_expressions() if self.accept(EQUAL) else None,
            "simple": int(self.kinds[start] == NAME and type(target) is ast.Name),
        }
        return self.node(ast.AnnAssign, start, fields)

    def bare[N: ast.stmt](self, node_class: type[N]) -> N:
        """A statement of one keyword."""
        self.pos += 1
        return self.node(node_class, self.pos - 1, {})

    def pass_statement(self) -> ast.stmt:
        return self.bare(ast.Pass)

    def break_statement(self) -> ast.stmt:
        return self.bare(ast.Break)

    def continue_statement(self) -> ast.stmt:
        return self.bare(ast.Continue)

    def return_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        value = self.star_expressions() if STARTS_EXPRESSION[self.kinds[self.pos]] else None
        return self.node(ast.Return, start, {"value": value})

    def raise_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        exception = cause = None
        if STARTS_EXPRESSION[self.kinds[self.pos]]:
            exception = self.expression()
            if self.accept(t.FROM):
                cause = self.expression()
        return self.node(ast.Raise, start, {"exc": exception, "cause": cause})

    def assert_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        test = self.expression()
        message = self.expression() if self.accept(COMMA) else None
        return self.node(ast.Assert, start, {"test": test, "msg": message})

    def del_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        targets: list[ast.expr] = []
        while True:
            target = self.primary()
            delete(target)
            targets.append(target)
            if not self.accept(COMMA) or self.kinds[self.pos] in (NEWLINE, SEMI):
                break
        return self.node(ast.Delete, start, {"targets": targets})

    def names_statement[N: ast.stmt](self, node_class: type[N]) -> N:
        """`global a, b` or `nonlocal a, b`."""
        start = self.pos
        self.pos = start + 1
        names = [self.name()]
        while self.accept(COMMA):
            names.append(self.name())
        return self.node(node_class, start, {"names": names})

    def global_statement(self) -> ast.stmt:
        return self.names_statement(ast.Global)

    def nonlocal_statement(self) -> ast.stmt:
        return self.names_statement(ast.Nonlocal)

    def import_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        names = [self.alias(dotted=True)]
        while self.accept(COMMA):
            names.append(self.alias(dotted=True))
        return self.node(ast.Import, start, {"names": names})

    def alias(self, *, dotted: bool) -> ast.alias:
        start = self.pos
        name = self.dotted_name() if dotted else self.name()
        other = self.name() if self.accept(AS) else None
        return self.node(ast.alias, start, {"name": name, "asname": other})

    def dotted_name(self) -> str:
        name = self.name()
        while self.accept(DOT):
            name = f"{name}.{self.name()}"
        return name

    def import_from_statement(self) -> ast.stmt:
        start = self.pos
        self.pos = start + 1
        level = 0
        while (dots := {DOT: 1, t.ELLIPSIS: 3}.get(self.kinds[self.pos])) is not None:
            level += dots
            self.pos += 1
        module = None
        if not level or self.kinds[self.pos] != t.IMPORT:
            module = self.dotted_name()
        self.expect(t.IMPORT)
        fields: dict[str, object] = {"module": module, "names": self.imported_names(), "level": level}
        return self.node(ast.ImportFrom, start, fields)

    def imported_names(self) -> list[ast.alias]:
        """`*`, or names with or without parentheses; a last comma only inside of them."""
        start = self.pos
        if self.accept(STAR):
            return [self.node(ast.alias, start, {"name": "*", "asname": None})]
        parenthesized = self.accept(LPAR)
        names = [self.alias(dotted=False)]
        while self.accept(COMMA):
            if parenthesized and self.kinds[self.pos] == RPAR:
                break
            names.append(self.alias(dotted=False))
        if parenthesized:
            self.expect(RPAR)
        return names

    def type_alias(self) -> ast.stmt:
        start = self.pos
        self.since(12)
        self.pos = start + 1
        name = self.target_name()
        parameters = self.type_parameters()
        self.expect(EQUAL)
        fields: dict[str, object] = {"name": name, "type_params": parameters, "value": self.expression()}
        return self.node(ast.TypeAlias, start, fields)

    def target_name(self) -> ast.expr:
        name = self.identifier() if self.kinds[self.pos] == NAME else self.unfit()
        store(name)
        return name

    def type_parameters(self) -> list[ast.type_param]:
        """`[T: bound = default, *Ts, **P]`, or nothing."""
        parameters: list[ast.type_param] = []
        if not self.accept(t.LSQB):
            return parameters
        self.since(12)
        while True:
            parameters.append(self.type_parameter())
            if not self.accept(COMMA) or self.kinds[self.pos] == t.RSQB:
                break
        self.expect(t.RSQB)
        return parameters

    def type_parameter(self) -> ast.type_param:
        start = self.pos
        kind = self.kinds[start]
        if kind == STAR or kind == t.DOUBLESTAR:
            self.pos = start + 1
            node_class: type[ast.type_param] = ast.TypeVarTuple if kind == STAR else ast.ParamSpec
            fields: dict[str, object] = {"name": self.name()}
        else:
            node_class = ast.TypeVar
            fields = {"name": self.name(), "bound": self.expression() if self.accept(COLON) else None}
        fields["default_value"] = None
        if self.accept(EQUAL):
            self.since(13)
            fields["default_value"] = self.star_expression() if kind == STAR else self.expression()
        return self.node(node_class, start, fields)


SIMPLE: Final[dict[int, Callable[[SimpleStatements], ast.stmt]]] = {
    t.RETURN: SimpleStatements.return_statement,
    t.IMPORT: SimpleStatements.import_statement,
    t.FROM: SimpleStatements.import_from_statement,
    t.RAISE: SimpleStatements.raise_statement,
    t.PASS: SimpleStatements.pass_statement,
    t.DEL: SimpleStatements.del_statement,
    t.ASSERT: SimpleStatements.assert_statement,
    t.BREAK: SimpleStatements.break_statement,
    t.CONTINUE: SimpleStatements.continue_statement,
    t.GLOBAL: SimpleStatements.global_statement,
    t.NONLOCAL: SimpleStatements.nonlocal_statement,
}
