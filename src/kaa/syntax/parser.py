"""Source text to tree, the front half of compilation: `parse(source)` gives what `ast.parse(source)`
gives.

In: source text, and what `compile` takes to steer a parse: the mode, flags, a version of the grammar. Out:
a tree of the standard `ast` classes with exact positions, or CPython's own error for a source that has a
mistake. The reading itself is in the modules beside this one, one for each part of the grammar, each a
class for the next: `stream`, `strings` and `parameters`, `expressions`, `patterns`, `simple_statements`,
`statements`; here are the four ways to start.

A source is read twice only if the first reading fails; the second, in `diagnosis`, looks for what to say.
"""

import ast
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from kaa.syntax import collector, diagnosis, nesting
from kaa.syntax import terminals as t
from kaa.syntax.statements import COMPOUND, Statements
from kaa.syntax.stream import Mismatch
from kaa.syntax.terminals import COLON, COMMA, DOUBLESTAR, ENDMARKER, NEWLINE, RBRACE, RPAR, STAR, terminals
from kaa.syntax.tokenizer import tokenize

PyCF_DONT_IMPLY_DEDENT: Final = 0x200
PyCF_TYPE_COMMENTS: Final = 0x1000

CURRENT_VERSION: Final = sys.version_info.minor

# How much deeper than its caller a parse may go, in frames: two for each call of CPython's parser, and a few.
MAX_DEPTH: Final = 2 * nesting.MAX_CALLS + 100
# The reading that looks for mistakes goes deeper, level by level of the grammar.
MAX_DIAGNOSIS_DEPTH: Final = 60_000


class Parser(Statements):
    """The four starting points of the grammar."""

    __slots__ = ()

    def module(self) -> ast.Module:
        """Mode `exec`."""
        self.level = nesting.STATEMENT
        return ast.Module(body=self.file(), type_ignores=[])

    def interactive(self) -> ast.Interactive:
        """Mode `single`: one line of simple statements, or one compound statement and an empty line."""
        kinds = self.kinds
        body: list[ast.stmt] = []
        self.top = self.pos
        if (compound := COMPOUND.get(kinds[self.pos])) is not None:
            body.append(compound(self))
            self.expect(NEWLINE)
        else:
            self.simple_statements(body)
            if type(body[-1]) is ast.Match:
                self.expect(NEWLINE)
        return ast.Interactive(body=body)

    def expression_mode(self) -> ast.Expression:
        """Mode `eval`."""
        self.top = self.pos
        body = self.expressions()
        self.ending()
        return ast.Expression(body=body)

    def function_type(self) -> ast.FunctionType:
        """Mode `func_type`: the signature in a type comment (PEP 484), `(int, *str, **Any) -> int`."""
        self.top = self.pos
        self.expect(t.LPAR)
        arguments: list[ast.expr] = []
        stars = 0  # how many stars the last argument had
        while self.kinds[self.pos] != RPAR:
            kind = self.kinds[self.pos]
            if kind in (STAR, DOUBLESTAR):
                self.pos += 1
            now = {STAR: 1, DOUBLESTAR: 2}.get(kind, 0)
            if now <= stars and stars:
                raise Mismatch
            stars = now
            arguments.append(self.expression())
            if self.kinds[self.pos] != COMMA:
                break
            self.pos += 1
            if self.kinds[self.pos] == RPAR:
                raise Mismatch
        self.expect(RPAR)
        self.expect(t.RARROW)
        returns = self.expression()
        self.ending()
        return ast.FunctionType(argtypes=arguments, returns=returns)

    def ending(self) -> None:
        while self.accept(NEWLINE):
            pass
        self.expect(ENDMARKER)


NO_TEXT: Final = frozenset((NEWLINE, t.INDENT, t.DEDENT, ENDMARKER))

MODES: Final[dict[str, Callable[[Parser], ast.mod]]] = {
    "exec": Parser.module,
    "single": Parser.interactive,
    "eval": Parser.expression_mode,
    "func_type": Parser.function_type,
}


@collector.paused()
def parse(
    source: str,
    filename: str = "<unknown>",
    mode: str = "exec",
    *,
    flags: int = 0,
    feature_version: int = -1,
) -> ast.mod:
    """The tree of a source text.

    `mode` is `exec` (gives a `Module`), `eval` (`Expression`), `single` (`Interactive`) or `func_type`
    (`FunctionType`). `flags` are `compile`'s: type comments, future statements, what an interactive prompt
    needs. `feature_version` is the minor version of Python 3 whose grammar is asked for, -1 for the present
    one. Raises `SyntaxError` and its kin as CPython does, and `MemoryError` for a source that is nested too
    deeply.
    """
    version = CURRENT_VERSION if feature_version < 0 else feature_version
    tokens = tokenize(
        source,
        filename,
        mode=mode,
        imply_dedents=not flags & PyCF_DONT_IMPLY_DEDENT,
        type_comments=bool(flags & PyCF_TYPE_COMMENTS),
    )
    parser = Parser(tokens, terminals(tokens), filename, flags, version)
    start = MODES[mode]
    try:
        tree = start(parser)
    except (Mismatch, RecursionError) as failure:
        tree = read_again(parser, start, mode, failure)
    tokens.warn(filename, parser.pos + 1)
    if mode == "single" and not set(parser.kinds[parser.pos :]) <= NO_TEXT:
        raise diagnosis.several_statements(parser)
    if isinstance(tree, ast.Module):
        tree.type_ignores.extend(ast.TypeIgnore(lineno=line, tag=tag) for line, tag in tokens.type_ignores)
    return tree


def read_again(parser: Parser, start: Callable[[Parser], ast.mod], mode: str, failure: Exception) -> ast.mod:
    """Once more: the source is too deep for the caller's recursion limit, or there is a mistake in it."""
    try:
        if isinstance(failure, RecursionError):
            parser.pos = parser.level = 0
            try:
                with deep_recursion():
                    tree = start(parser)
                check_depth(parser, mode)
                return tree
            except Mismatch as mismatch:
                failure = mismatch
        check_depth(parser, mode)
        check_depth_of_search(parser)
        with deep_recursion(MAX_DIAGNOSIS_DEPTH):
            raise diagnosis.error(parser, mode, failure)
    except RecursionError:
        raise MemoryError(nesting.TOO_DEEP) from None


def check_depth(parser: Parser, mode: str) -> None:
    """Give up where brackets alone are too deep for CPython's first reading, up to the token that was reached."""
    reached = parser.kinds[: parser.pos + 1]
    if reached[-1] in (t.ERROR, ENDMARKER):
        reached.pop()
    start = 0 if mode == "eval" else nesting.STATEMENT - nesting.TARGET
    if start + max(nesting.enclosing(reached), default=0) > nesting.MAX_CALLS - nesting.OPERAND:
        raise MemoryError(nesting.TOO_DEEP)


def check_depth_of_search(parser: Parser) -> None:
    """Give up where CPython's second reading, which looks for mistakes, is too deep and the first one was not."""
    if parser.kinds[parser.pos] == t.ERROR:
        return  # the tokenizer has found the mistake; there is no second reading
    if parser.kinds[parser.pos - 1 : parser.pos + 1] == [COLON, RBRACE]:
        return  # a dict whose value is missing is noticed before anything is read twice
    costs = nesting.enclosing(parser.kinds, searching=True)
    depth = max(level + costs[pos] for level, pos in (parser.deepest, (parser.level, parser.pos)))
    if depth > nesting.MAX_CALLS - nesting.OPERAND:
        raise MemoryError(nesting.TOO_DEEP)


_recursion_lock: Final = allocate_lock()
_recursion_users = 0
_recursion_limit = 0


@contextmanager
def deep_recursion(depth: int = MAX_DEPTH) -> Iterator[None]:
    """Room for so many frames more, whatever the caller has used up of the recursion limit.

    The limit is the process's, so it goes back when the last of the threads that are in here leaves.
    """
    global _recursion_users, _recursion_limit
    with _recursion_lock:
        if not _recursion_users:
            _recursion_limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _recursion_limit + depth))
        _recursion_users += 1
    try:
        yield
    finally:
        with _recursion_lock:
            _recursion_users -= 1
            if not _recursion_users:
                sys.setrecursionlimit(_recursion_limit)
