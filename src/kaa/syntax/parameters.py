"""Parameter lists, of `def` and of `lambda`.

In: the stream at the first parameter. Out: an `ast.arguments`, the stream at the closing `)` or `:`.
Language reference, "Function definitions"; PEP 570 for `/`, PEP 646 for `*args: *Ts`.
"""

import ast

from kaa.syntax import terminals as t
from kaa.syntax.nodes import build
from kaa.syntax.stream import Mismatch, TokenStream
from kaa.syntax.terminals import COLON, COMMA, DOUBLESTAR, EQUAL, NAME, SLASH, STAR, TYPE_COMMENT

# What a parameter list has come to.
_PLAIN, _KEYWORD_ONLY, _ENDED = range(3)


class ParameterList:
    """The parameters of a list that is being read, by kind."""

    __slots__ = (
        "defaults",
        "keyword_defaults",
        "keyword_only",
        "mapping",
        "plain",
        "positional_only",
        "rest",
    )

    def __init__(self) -> None:
        self.positional_only: list[ast.arg] = []
        self.plain: list[ast.arg] = []
        self.defaults: list[ast.expr] = []
        self.rest: ast.arg | None = None  # *args
        self.keyword_only: list[ast.arg] = []
        self.keyword_defaults: list[ast.expr | None] = []
        self.mapping: ast.arg | None = None  # **kwargs

    def node(self) -> ast.arguments:
        return build(
            ast.arguments,
            {
                "posonlyargs": self.positional_only,
                "args": self.plain,
                "vararg": self.rest,
                "kwonlyargs": self.keyword_only,
                "kw_defaults": self.keyword_defaults,
                "kwarg": self.mapping,
                "defaults": self.defaults,
            },
        )


class Parameters(TokenStream):
    """The parameter lists of the grammar."""

    __slots__ = ()

    def expression(self) -> ast.expr:
        """A default or an annotation; `Expressions` knows."""
        raise NotImplementedError

    def star_expression(self) -> ast.expr:
        """The annotation of `*args`; `Expressions` knows."""
        raise NotImplementedError

    def parameters(self, closing: int) -> ast.arguments:
        """The list up to `closing`: `)` for `def`, whose parameters may be annotated, `:` for `lambda`."""
        found = ParameterList()
        kinds = self.kinds
        stage = _PLAIN
        while (kind := kinds[self.pos]) != closing:
            if stage == _ENDED:
                raise Mismatch
            if kind == NAME:
                self.parameter(found, stage, closing)
                continue
            self.pos += 1
            if kind == STAR and stage == _PLAIN:
                stage = _KEYWORD_ONLY
                self.star(found, closing)
            elif kind == DOUBLESTAR:
                stage = _ENDED
                found.mapping = self.argument(closing, annotation_of_star=False)
                self.separator(found.mapping, closing)
            elif kind == SLASH and stage == _PLAIN and found.plain and not found.positional_only:
                self.since(8)
                found.positional_only, found.plain = found.plain, []
                self.separator(None, closing)
            else:
                raise Mismatch
        return found.node()

    def parameter(self, found: ParameterList, stage: int, closing: int) -> None:
        """`name: annotation = default`."""
        parameter = self.argument(closing, annotation_of_star=False)
        default = self.expression() if self.accept(EQUAL) else None
        if stage == _KEYWORD_ONLY:
            found.keyword_only.append(parameter)
            found.keyword_defaults.append(default)
        else:
            found.plain.append(parameter)
            if default is not None:
                found.defaults.append(default)
            elif found.defaults:
                raise Mismatch
        self.separator(parameter, closing)

    def star(self, found: ParameterList, closing: int) -> None:
        """`*args`, or a bare `*`, behind which a parameter must follow."""
        if self.kinds[self.pos] == NAME:
            found.rest = self.argument(closing, annotation_of_star=True)
            self.separator(found.rest, closing)
        elif self.kinds[self.pos] != COMMA or self.kinds[self.pos + 1] != NAME:
            raise Mismatch
        else:
            self.pos += 1

    def argument(self, closing: int, *, annotation_of_star: bool) -> ast.arg:
        """A parameter's name and annotation."""
        start = self.pos
        name = self.name()
        annotation = None
        if closing != COLON and self.kinds[self.pos] == COLON:
            self.pos += 1
            annotation = self.star_expression() if annotation_of_star else self.expression()
        last = self.pos - 1
        return build(
            ast.arg,
            {
                "arg": name,
                "annotation": annotation,
                "type_comment": None,
                "lineno": self.lines[start],
                "col_offset": self.columns[start],
                "end_lineno": self.end_lines[last],
                "end_col_offset": self.end_columns[last],
            },
        )

    def separator(self, parameter: ast.arg | None, closing: int) -> None:
        """The comma or the end after a parameter, and the parameter's type comment."""
        comma = self.accept(COMMA)
        if self.kinds[self.pos] == TYPE_COMMENT and parameter is not None and closing == t.RPAR:
            if not comma and self.kinds[self.pos + 1] != closing:
                raise Mismatch
            parameter.type_comment = self.tokens.contents[self.pos]
            self.pos += 1
        elif not comma and self.kinds[self.pos] != closing:
            raise Mismatch
