"""Programs put together at random from pieces of CPython's own tests: the same code, or the same error, as the host's.

Statements of every kind are nested in every other, so that blocks are left in ways that nobody writes by hand.
"""

import ast
import copy
import random

import pytest

import kaa
from tests.bytecode.corpus import STANDARD_LIBRARY
from tests.compiler.test_builtin import outcome

SOURCES = """
test_grammar test_patma test_with test_coroutines test_asyncgen test_type_params test_named_expressions
test_listcomps test_scope test_except_star test_fstring test_unpack_ex test_generators test_super
""".split()

FLAGS = (0, 0, 0x1000000, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
PROGRAMS_A_SEED = 40


@pytest.fixture(scope="module")
def pieces():
    """Short statements and expressions out of the test modules."""
    statements, expressions = [], []
    for name in SOURCES:
        for node in ast.walk(ast.parse((STANDARD_LIBRARY / "test" / f"{name}.py").read_text())):
            if isinstance(node, ast.stmt) and node.end_lineno - node.lineno < 10:
                statements.append(node)
            elif isinstance(
                node, ast.Call | ast.Compare | ast.BoolOp | ast.Await | ast.ListComp | ast.Lambda
            ):
                expressions.append(node)
    return statements, expressions


class Builder:
    """One random program after another."""

    def __init__(self, seed, pieces):
        self.random = random.Random(seed)
        self.statements, self.expressions = pieces

    def statement(self):
        return copy.deepcopy(self.random.choice(self.statements))

    def expression(self):
        return copy.deepcopy(self.random.choice(self.expressions))

    def nested(self, inner):
        """A compound statement around `inner`."""
        target = ast.Name("name", ast.Store())
        handler = ast.ExceptHandler(self.expression(), "error", [self.statement()])
        parameters = ast.arguments(args=[ast.arg("self")])
        shapes = [
            lambda: ast.Try([inner], [], [], [self.statement()]),
            lambda: ast.Try([inner], [handler], [self.statement()], [self.statement()]),
            lambda: ast.TryStar([inner], [handler], [], [self.statement()]),
            lambda: ast.While(self.expression(), [inner], [self.statement()]),
            lambda: ast.For(target, self.expression(), [inner, self.statement()], []),
            lambda: ast.With([ast.withitem(self.expression(), target)], [inner]),
            lambda: ast.If(self.expression(), [inner], [self.statement()]),
            lambda: ast.FunctionDef("function", parameters, [inner, self.statement()]),
            lambda: ast.AsyncFunctionDef("coroutine", parameters, [inner, self.statement()]),
            lambda: ast.ClassDef("Class", [self.expression()], [], [inner, self.statement()]),
        ]
        return self.random.choice(shapes)()

    def source(self):
        program = self.statement()
        for _ in range(self.random.randrange(1, 5)):
            program = self.nested(program)
        return ast.unparse(ast.fix_missing_locations(ast.Module([program], [])))


@pytest.mark.parametrize("seed", range(8))
def test_random_programs(seed, pieces):
    builder = Builder(seed, pieces)
    for _ in range(PROGRAMS_A_SEED):
        source = builder.source()
        flags, optimize = builder.random.choice(FLAGS), builder.random.randrange(3)
        arguments = source, "<test>", "exec", flags, True, optimize
        assert outcome(kaa.compile, *arguments) == outcome(compile, *arguments), source
