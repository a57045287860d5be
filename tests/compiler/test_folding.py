"""Constant folding, held against the host's `ast.parse(..., optimize=...)`."""

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.compiler.folding import fold_constants

from ..bytecode.corpus import files

EXPRESSIONS = [
    *("2**100", "2**200", "1<<100", "1<<128", "1<<129", "0<<1000", "1<<-1", "(-2)**63", "2**-1", "2.0**1000"),
    *(
        "(1,)*256",
        "(1,)*257",
        "'a'*4096",
        "'a'*4097",
        "4097*'a'",
        "((1,2),)*256*4",
        "True*'ab'",
        "()*5",
        "-1*'a'",
    ),
    *(
        "((1, 2), (3, 4))*128",
        "((1, 2), (3, 4))*129",
        "(((((1,),),),),)*256",
        "2*(1, 2.5)",
        "True*(1,)",
        "b'a'*3",
    ),
    *("10**20", "10**128", "1e308*10", "0.0*-1", "-0.0", "-1j", "1-2j", "0**0", "5**True", "1.0**10**10"),
    *("1/0", "1//0", "1%0", "1.0//0", "'a'%1", "b'a'%1", "1@2", "1+'a'", "1&1.5", "'a'+'b'", "('a'+'b')+'c'"),
    *("-True", "not ()", "not 0", "not 'a'", "+1", "+'a'", "-'a'", "~5", "~2.5", "-(-(1))", "not not 1"),
    *(
        "'abc'[1]",
        "'abc'[9]",
        "(1,2)[0]",
        "(1,2)[0:1]",
        "b'abc'[0]",
        "1[0]",
        "x[1,2]",
        "x[1:2,3]",
        "(1,2)['a']",
    ),
    *(
        "a in [1,b]",
        "a in {1,b}",
        "a in {1,2}",
        "a not in [1,2]",
        "a in {1,2} in [1,2]",
        "a not in [*b]",
        "a<b in [1]",
    ),
    *(
        "not a in b",
        "not a is b",
        "not a is not b",
        "not (a is b is c)",
        "not a == b",
        "not a < b",
        "not a not in b",
    ),
    *(
        "'%s' % (a,)",
        "'%5s %-5r %.3a%%' % (a,b,c)",
        "'%d' % (a,)",
        "'%s' % (*a,)",
        "'%s%s' % (a,)",
        "'%s' % (a,b)",
    ),
    *("'%123s' % (a,)", "'%12.123s' % (a,)", "'%05s' % (a,)", "'%-05s' % (a,)", "'%.s' % (a,)", "'%' % (a,)"),
    *(
        "'' % (a,)",
        "'%%' % (a,)",
        "'%%%%%s' % (a,)",
        "'%s' % (1,)",
        "'%99.99r' % (a,)",
        "'%+ #s' % (a,)",
        "'x' % a",
    ),
    *(
        "('%s' % (x,)) % (y,)",
        "'%\\ns' % (a,)",
        "'%(x)s' % (a,)",
        "'%*s' % (a,b)",
        "b'%s' % (a,)",
        "'%0s' % (a,)",
    ),
    *(
        "[x for x in [1,2] if x in {1}]",
        "{x: 1 for x in {1, y}}",
        "f(*[1,2])",
        "{**a, 1: 2}",
        "[1, 2]",
        "{1, 2}",
    ),
    *(
        "f'{1+2}'",
        "f'{a:{1+2}}'",
        "lambda x=1+1: __debug__",
        "1 if 1 else 2",
        "(1,(2,3),-1)",
        "(1, (x, 2*2))",
    ),
    *("1+1+1+1", "'\\ud800'+'a'", "(1,)+(2,)", "1 and 2", "...", "x.__debug__", "3 .real", "__debug__ + 1"),
]

PROGRAMS = [
    "'a' + 'b'",
    "def f():\n  'a' + 'b'\n  'c' * 2",
    "class C:\n  'abc'[1]",
    "async def f():\n  'doc'\n  'a' + 'b'",
    "'doc'\n'a' + 'b'",
    "'%s' % (x,)",
    "for x in [1, 2]: pass",
    "for x in {1, 2}: pass",
    "async def f():\n  async for x in [1, 2+3]: pass",
    "def f(a: 1+1 = 2+2, *b: 3+3, c: (1, 2)=(3, 4), **d: -1) -> 2*3: x: 4+4 = 5+5",
    "from __future__ import annotations\ndef f(a: 1+1 = 2+2, *b: 3+3) -> 2*3: x: 4+4 = 5+5",
    "match x:\n  case -1 | 1-2j | -1+3j | {1: 2, -3: y} | A(-1, z=1.5): pass\n  case [*_] if 1+1: pass",
    "with a(1+1) as b[1+1]: del x[2+2]",
    "try: pass\nexcept (A, 1+1): x = 1+1\nelse: 2+2\nfinally: 3+3",
    "type X[T: 1+1 = 2*2, *Ts = 3*3, **P = 4*4] = 5*5",
    "def f[T: (1, 2)](): pass",
    "assert 1+1, 2+2\nraise 1+1 from 2+2\nreturn_ = (yield_)",
    "x[1+1] += 2*2\n(a, b), [c] = 1, 2\nif __debug__: pass\nwhile not x in [1]: __debug__",
    "@d(1+1)\nclass C(1+1, k=2+2): pass",
]


def dump(tree):
    return ast.dump(tree, include_attributes=True)


def assert_folds_like_host(source, optimize=1):
    tree = ast.parse(source)
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    fold_constants(tree, optimize, fold_annotations=not future)
    assert dump(tree) == dump(ast.parse(source, optimize=optimize))


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expression(source):
    assert_folds_like_host(source)


@pytest.mark.parametrize("source", PROGRAMS)
def test_program(source):
    assert_folds_like_host(source, 1)
    assert_folds_like_host(source, 2)


def test_debug_is_true_without_optimization():
    tree = ast.parse("__debug__")
    fold_constants(tree, 0)
    assert tree.body[0].value.value is True


@pytest.mark.parametrize("mode", ["eval", "single"])
def test_modes(mode):
    tree = ast.parse("1 + 2", mode=mode)
    fold_constants(tree)
    assert "BinOp" not in dump(tree)


def test_function_type_stays():
    tree = ast.parse("(1 + 2) -> 3 + 4", mode="func_type")
    before = dump(tree)
    fold_constants(tree)
    assert dump(tree) == before


def test_standard_library():
    for path in files(every=50):
        try:
            ast.parse(path.read_bytes())
        except SyntaxError:
            continue  # broken on purpose
        assert_folds_like_host(path.read_bytes())


def test_deep_tree():
    """A tree is folded however deep it is, up to the depth where the host gives up."""
    assert folded_negations(9_000).value == 1
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded during compilation"):
        folded_negations(20_000)


def folded_negations(count):
    tree = ast.Expression(ast.Constant(1, lineno=1, col_offset=0))
    for _ in range(count):
        tree.body = ast.UnaryOp(ast.USub(), tree.body, lineno=1, col_offset=0)
    fold_constants(tree)
    return tree.body


def test_inverted_bool_warns_the_caller():
    tree = ast.parse("~True")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fold_constants(tree)
    with warnings.catch_warnings(record=True) as host:
        warnings.simplefilter("always")
        compile("~True", "", "eval")
    assert [str(warning.message) for warning in caught] == [str(warning.message) for warning in host]
    assert caught[0].filename == __file__
    assert tree.body[0].value.value == -2


def test_inverted_bool_as_error_stays():
    tree = ast.parse("~True")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fold_constants(tree)
    assert "UnaryOp" in dump(tree)


constants = st.one_of(
    st.integers(-300, 300),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.complex_numbers(max_magnitude=1e10),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.just(...),
).map(ast.Constant)
binary = st.sampled_from([kind() for kind in ast.operator.__subclasses__()])
unary = st.sampled_from([kind() for kind in ast.unaryop.__subclasses__() if kind is not ast.Invert])
expressions = st.recursive(
    constants,
    lambda inner: st.one_of(
        st.builds(ast.BinOp, inner, binary, inner),
        st.builds(ast.UnaryOp, unary, inner),
        st.builds(lambda items: ast.Tuple(items, ast.Load()), st.lists(inner, max_size=4)),
        st.builds(lambda value, index: ast.Subscript(value, index, ast.Load()), inner, inner),
        st.builds(lambda item, items: ast.Compare(item, [ast.In()], [ast.Set([items])]), inner, inner),
    ),
    max_leaves=12,
)


@given(expressions)
def test_random_expressions(expression):
    source = ast.unparse(ast.fix_missing_locations(ast.Expr(expression)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_folds_like_host(source)
