"""`kaa.compile` is the built-in `compile`: the same code, trees, errors."""

import ast
import pathlib
import sys
import types
import warnings
from textwrap import dedent

import pytest

import kaa
from tests.compiler.programs import BROKEN, CONSTRUCTS, CORPUS

FIELDS = [
    name
    for name in dir(types.CodeType)
    if name.startswith("co_")
    and not callable(getattr(types.CodeType, name))
    and name not in ("co_lnotab", "_co_code_adaptive", "co_consts")
]


def shape(value):
    """A constant, or a whole code object, in a form that is equal only for what is the same to the last bit."""
    if isinstance(value, types.CodeType):
        return [(name, getattr(value, name)) for name in FIELDS], [shape(item) for item in value.co_consts]
    if isinstance(value, tuple | frozenset):
        return type(value).__name__, [shape(item) for item in value]
    return type(value).__name__, repr(value)


def outcome(function, *arguments, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = function(*arguments, **keywords)
        except Exception as error:
            return type(error), error.args
    return ast.dump(result, include_attributes=True) if isinstance(result, ast.AST) else shape(result)


def same(*arguments, **keywords):
    return outcome(kaa.compile, *arguments, **keywords) == outcome(compile, *arguments, **keywords)


@pytest.mark.parametrize("optimize", [0, 1, 2])
@pytest.mark.parametrize("source", CONSTRUCTS)
def test_constructs(source, optimize):
    assert same(source, "<test>", "exec", 0, True, optimize)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path):
    assert same(path.read_bytes(), str(path), "exec", 0, True)


@pytest.mark.parametrize("source", BROKEN)
def test_errors(source):
    assert same(source, "<test>", "exec", 0, True)


EXPRESSIONS = [
    "a + b",
    "[x for x in y]",
    "lambda: (yield)",
    "(x := 1)",
    "f'{a}'",
    "a if b else c",
    "",
    "a b",
    "yield",
]
INTERACTIVE = [
    "a\n",
    "a; b\n",
    "if a:\n    b\n",
    "x: int = 1\n",
    "def f():\n    a\n",
    "1\n",
    "'doc'\n",
    "x = 1\n",
]


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_eval(source):
    assert same(source, "<test>", "eval", 0, True)


@pytest.mark.parametrize("source", INTERACTIVE)
def test_single(source):
    assert same(source, "<test>", "single", 0, True)


@pytest.mark.parametrize("source", ["() -> int", "(int, *str, **dict) -> List[int]", "x"])
def test_func_type(source):
    assert same(source, "<test>", "func_type", ast.PyCF_ONLY_AST, True)


@pytest.mark.parametrize(
    "source",
    [
        "await a",
        "[x async for x in y]",
        "async with a: b",
        "async for a in b: c",
        "def f(): await a",
        "(x async for x in y)",
        "[(x async for x in y) for z in w]",
        "x = 1",
        "yield",
    ],
)
@pytest.mark.parametrize("mode", ["exec", "single"])
def test_top_level_await(source, mode):
    assert same(source, "<test>", mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)


FLAGS = [0, ast.PyCF_ONLY_AST, ast.PyCF_OPTIMIZED_AST, 0x10, 0x20000, 0x1000000, 0x1FE0000, 1 << 28, "x", 0.5]


@pytest.mark.parametrize("flags", FLAGS)
def test_flags(flags):
    assert same("'doc'\nx: int = 1 + 2\n", "<test>", "exec", flags, True)


@pytest.mark.parametrize("mode", ["exec", "eval", "single", "func_type", "", None, b"exec"])
@pytest.mark.parametrize("flags", [0, ast.PyCF_ONLY_AST])
def test_modes(mode, flags):
    assert same("x", "<test>", mode, flags, True)


@pytest.mark.parametrize(
    "filename", ["f", b"f", b"\xff", pathlib.Path("a/f"), bytearray(b"f"), 1, None, "f\0"]
)
def test_filenames(filename):
    assert same("x", filename, "exec", 0, True)


@pytest.mark.parametrize("optimize", [-2, -1, 0, 1, 2, 3])
def test_optimize(optimize):
    assert same("'doc'\nassert x, y\nz = __debug__\n", "<test>", "exec", 0, True, optimize)


SOURCES = [
    b"x",
    bytearray(b"x"),
    memoryview(b"x"),
    "x\0",
    b"x\0",
    1,
    None,
    "\ud800",
    b"\xff",
    b"#coding: latin-1\n'\xe9'",
]


@pytest.mark.parametrize("source", SOURCES, ids=range(len(SOURCES)))
def test_sources(source):
    assert same(source, "<test>", "exec", 0, True)


def test_keywords():
    assert same(source="x", filename="<test>", mode="exec", flags=0, dont_inherit=True, optimize=0)
    assert same("x:=1", "<test>", "exec", ast.PyCF_ONLY_AST, True, _feature_version=7)


def test_future_statements_of_the_caller_are_inherited():
    source = """
        from __future__ import annotations
        def call(compile, inherit): return compile('x: a', 'f', 'exec', 0, not inherit)
    """
    namespace = {}
    exec(dedent(source), namespace)
    for inherit in (True, False):
        ours, expected = (namespace["call"](function, inherit) for function in (kaa.compile, compile))
        assert shape(ours) == shape(expected)
        assert bool(ours.co_flags & 0x1000000) is inherit


@pytest.mark.parametrize("source", CONSTRUCTS)
def test_trees_as_input_stay_as_they_are(source):
    tree = ast.parse(source)
    before = ast.dump(tree, include_attributes=True)
    assert same(tree, "<test>", "exec", 0, True)
    assert ast.dump(tree, include_attributes=True) == before


def test_equal_constants_of_functions_are_one_object():
    code = kaa.compile(
        "def f(): return (1.5, 'a b', (2, 'c d'))\ndef g(): return (1.5, 'a b', (2, 'c d'))", "f", "exec"
    )
    first, second = (inner.co_consts for inner in code.co_consts if isinstance(inner, types.CodeType))
    assert first[1] is second[1]


@pytest.mark.parametrize("shape_", ["a{}", "x = a{}"])
@pytest.mark.parametrize("part", ["+a", "()", ".b", "[0]"])
def test_deep_trees(part, shape_):
    deep, too_deep = (shape_.format(part * count) for count in (5_000, 20_000))
    limit = sys.getrecursionlimit()
    assert same(deep, "<test>", "exec", 0, True)
    for flags in (0, ast.PyCF_ONLY_AST):
        assert same(too_deep, "<test>", "exec", flags, True)
    assert sys.getrecursionlimit() == limit


@pytest.mark.parametrize(
    "source", ["\n" * 20_000, "if a: b\n" + "elif c: d\n" * 3_000, "x = [\n" + "a,\n" * 20_000 + "]\n"]
)
def test_long_sources(source):
    assert same(source, "<test>", "exec", 0, True)
