"""The text of annotations: the host's own, for expressions of all shapes."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.compiler.codegen.annotation_text import annotation_text

names = st.sampled_from(["a", "b"]).map(lambda name: ast.Name(name, ast.Load()))
constants = st.sampled_from(
    [0, 1.5, 1e400, -1e400, 2j, complex(1e400, 1), "it's", 'say "so"', b"x", None, True, ..., "{", "é\n"]
).map(ast.Constant)


def grow(inner):
    pair = st.tuples(inner, inner)
    binary = st.sampled_from([ast.Add, ast.Mult, ast.Pow, ast.LShift, ast.BitOr, ast.BitAnd, ast.MatMult])
    unary = st.sampled_from([ast.Not, ast.USub, ast.Invert])
    compare = st.sampled_from([ast.Lt, ast.IsNot, ast.NotIn])
    formatted = st.builds(
        ast.FormattedValue, inner, st.sampled_from([-1, ord("r"), ord("s"), ord("a")]), st.none()
    )
    text = st.builds(ast.Constant, st.sampled_from(["x", "{y}", "'"]))
    return st.one_of(
        st.builds(lambda p, op: ast.BinOp(p[0], op(), p[1]), pair, binary),
        st.builds(lambda value, op: ast.UnaryOp(op(), value), inner, unary),
        st.builds(lambda p, op: ast.BoolOp(op(), list(p)), pair, st.sampled_from([ast.And, ast.Or])),
        st.builds(lambda p, op: ast.Compare(p[0], [op()], [p[1]]), pair, compare),
        st.builds(lambda p, test: ast.IfExp(test, *p), pair, inner),
        st.builds(lambda p: ast.Tuple(list(p), ast.Load()), pair),
        st.builds(lambda value: ast.Tuple([value], ast.Load()), inner),
        st.builds(lambda value: ast.Attribute(value, "c", ast.Load()), inner),
        st.builds(lambda p: ast.Subscript(p[0], p[1], ast.Load()), pair),
        st.builds(lambda p: ast.Subscript(p[0], ast.Slice(p[1], None, p[0]), ast.Load()), pair),
        st.builds(lambda p: ast.Call(p[0], [p[1]], [ast.keyword("k", p[0]), ast.keyword(None, p[1])]), pair),
        st.builds(lambda p: ast.Dict([p[0], None], [p[1], p[0]]), pair),
        st.builds(lambda value: ast.Await(value), inner),
        st.builds(
            lambda value: ast.Lambda(ast.arguments(args=[ast.arg("x")], defaults=[value]), value), inner
        ),
        st.builds(
            lambda p: ast.ListComp(p[0], [ast.comprehension(ast.Name("i", ast.Store()), p[1], [p[0]], 0)]),
            pair,
        ),
        st.builds(lambda parts: ast.JoinedStr(parts), st.lists(st.one_of(formatted, text), max_size=3)),
    )


expressions = st.recursive(st.one_of(names, constants), grow, max_leaves=12)


def host_text(expression):
    annotation = ast.AnnAssign(ast.Name("v", ast.Store()), expression, None, 1)
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    tree = ast.fix_missing_locations(ast.Module([future, annotation], []))
    namespace = {}
    exec(compile(tree, "<test>", "exec", dont_inherit=True), namespace)
    return namespace["__annotations__"]["v"]


@given(expressions)
def test_any_expression(expression):
    try:
        expected = host_text(expression)
    except SyntaxError:
        return
    assert annotation_text(expression) == expected


@pytest.mark.parametrize(
    "source",
    [
        "x[1:2, ::3]",
        "{*a, b}",
        "[x async for x, in y if z if w]",
        "{k: v for k, v in z}",
        "(x for x in y)",
        "f(x for x in y)",
        "lambda a, /, b=1, *, c, d=2, **e: 0",
        "lambda *a, b: 0",
        "(yield)",
        "(a := 1)",
        "1 .real",
        "u'x'",
        "f'{a:{b}}{c!r}'",
        "f'{ {1} }'",
        "''",
        "a.b[c](d)",
        "not (not a)",
        "(-1) ** 2",
        "-1 ** 2",
    ],
)
def test_shapes(source):
    expression = ast.parse(source, mode="eval").body
    if source in ("(yield)", "(a := 1)"):
        # Refused in annotations that are not arguments of a lambda: shown by what the host's `unparse` says.
        assert annotation_text(expression) == source
    else:
        assert annotation_text(expression) == host_text(expression)
