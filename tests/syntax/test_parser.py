"""Trees equal the host's: for the standard library, for small sources of every kind, in every mode."""

import ast
import pathlib
import sysconfig
import warnings

import pytest

from kaa.syntax.parser import PyCF_TYPE_COMMENTS, parse

STANDARD_LIBRARY = sorted(pathlib.Path(sysconfig.get_path("stdlib")).rglob("*.py"))


def same_tree(source, mode="exec", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flags = PyCF_TYPE_COMMENTS if options.get("type_comments") else 0
        version = options.get("feature_version", (3, -1))[1]
        ours = parse(source, mode=mode, flags=flags, feature_version=version)
        host = ast.parse(source, mode=mode, **options)
    assert ast.dump(ours, include_attributes=True) == ast.dump(host, include_attributes=True)


@pytest.mark.parametrize("path", STANDARD_LIBRARY[::37], ids=lambda path: path.name)
def test_standard_library(path):
    try:
        source = path.read_text("utf-8")
        ast.parse(source, type_comments=True)
    except (SyntaxError, UnicodeDecodeError):
        pytest.skip("not a source for the host")
    same_tree(source, type_comments=True)


EXPRESSIONS = r"""
a
(a)
((a),)
()
[]
{}
{a}
{a, *b}
{**a, b: c, **d}
a if b else c if d else e
lambda: 0
lambda a, /, b=1, *c, d, e=2, **f: (a, b)
lambda *, a: a
not a == b
not not a
a or b and c or d
a < b <= c != d is not e not in f in g is h
-a ** -b ** c
- - +~a
a ** b ** c
(a ** b) ** c
a + b - c * d / e // f % g @ h << i >> j & k ^ l | m
await a ** 2
-await a.b(c)[d]
a.b.c(d)(e)[f].g
a()
a(b, *c, d, e=f, *g, **h, i=j)
a(b for b in c)
a(b := c, d)
a[b]
a[b:c:d]
a[:]
a[::]
a[b:, :c, ::d, *e, f := g]
a[*b]
a[b,]
a[(b, c):d]
[a for b in c if d if e for f, *g in h]
{a: b async for c in d}
{a for (b), [c, *d], e.f, g[h] in i or j}
(a for a in b)
(yield)
(yield a, *b)
(yield from a)
(a := b)
f(a, b := c)
1_000
0xff
0o17
0b11
1e10
1j
.5
'a' "b" '''c
d'''
u'a' 'b'
b'a' rb'\b' b'\x41'
'\N{DIGIT ONE}\u0041'
f''
f'a'
f'{a}'
f'{a!r:>{b}.{c}}d{{e}}{f=}'
f'{{{a}'
f'{a = !s}'
f'{a=:}' 'b' f"{'c' f'{d}'}"
f'''{
a # comment
=}'''
rf'\{a:\n}'
rf'{a:{b:\x41}}\n'
f"{'\n'=}"
f'{a, *b}{(yield)}{lambda_}'
f'{(lambda: 1)}'
u'a' f'{b}'
é + ﬁ
...
None, True, False
"""


@pytest.mark.parametrize("source", EXPRESSIONS.strip().split("\n"))
def test_expressions(source):
    if (
        source.count("'''") % 2
        or source.endswith(("{", "comment"))
        or source.startswith(("d'''", "a #", "=}"))
    ):
        pytest.skip("a line of a longer expression")
    same_tree(source, "exec" if source[0] == "*" else "eval")


STATEMENTS = [
    "x = y = z\n",
    "x, *y = [a, [b, (c, *d)]] = z\n",
    "x: int\nx.y: int = 3\n(x): int\nx[0]: int = yield\nx: tuple = 1, *y\n",
    "x += 1\nx.y @= yield\n(x) **= 1, 2\n",
    "del a, (b), [c, d], e.f, g[h],\ndel ()\n",
    "pass; break; continue;\n",
    "return\nreturn 1\nreturn *a, b\n",
    "raise\nraise a\nraise a from b\n",
    "assert a\nassert a, b\n",
    "global a, b\nnonlocal c\n",
    "import a.b.c as d, e\nfrom . import a\nfrom ...b.c import (d as e, f,)\nfrom .... import *\n",
    "if a: b\nelif c: d\nelif e:\n  f;\nelse: g\nif h: i\n",
    "while a: b\nelse: c\n",
    "for a, *b in c, *d: e\nelse: f\nfor g.h in i: j\nfor *a, in b: c\n",
    "with a: b\nwith a as b, c as (d, e): f\nwith (a, b): c\nwith (a as b, c as d,): e\nwith (a): b\n",
    "with (a), b: c\nwith (a, b) as c: d\nwith (a.b).c as d: e\nwith (yield a): b\nwith (a := b): c\nwith (): a\n",
    "try: a\nexcept: b\ntry: a\nexcept b: c\nexcept (d, e) as f: g\nelse: h\nfinally: i\ntry: a\nfinally: b\n",
    "try: a\nexcept* b: c\nexcept *d as e: f\n",
    "@a\n@b.c(d)\n@e := f\ndef g(): h\n@a\nclass b: c\n@a\nasync def b(): c\n",
    "def f(a: b, /, c: d = e, *f: *g, h: i, j: k = l, **m: n) -> o:\n  p\n",
    "def f[T: int = str, *Ts = *x, **P = [y]](): pass\nclass A[T](B, metaclass=C, *d, **e): pass\n",
    "class A((b for b in c)): pass\n",
    "async def f():\n  async for a in b: c\n  async with d as e: f\n  return [g async for g in h]\n",
    "type X = int\ntype X[T] = T\ntype = 1\ntype(x)\ntype.x\nprint(type)\n",
    "match x:\n  case 1 | -1 | 1+2j | -1-2j | 'a' 'b' | b'c' | None | True | f.g.h: pass\n  case _ if y := z: pass\n",
    "match x, *y:\n  case a, *b: pass\n  case [c, *_, d]: pass\n  case (): pass\n  case (e,): pass\n  case (f): pass\n",
    "match *x,:\n  case {}: pass\n  case {1: a, b.c: d, **e,}: pass\n  case {-1: _}: pass\n  case *f,: pass\n",
    "match (x):\n  case A(): pass\n  case a.B(c, d=e, f=g,): pass\n  case (A() as b) | (c as d): pass\n",
    "match = 1\nmatch[a]\nmatch(x)\nmatch.x\nmatch, y\nmatch: int\nmatch * a\nmatch -a\n",
    "case = _ = type\ncase(_)\n",
    "def f():\n\tif a:\n\t\tb\n\n# comment\n\tc\n\n\nd",
    "x = (1,\n  2)\n\\\ny = 1\n",
    "",
    "\n\n# only a comment",
]


@pytest.mark.parametrize("source", STATEMENTS)
def test_statements(source):
    same_tree(source)


@pytest.mark.parametrize(
    "source", ["a\n", "a; b\n", "if a:\n  b\n\n", "def f(): pass\n\n", "@a\nclass b: c\n"]
)
def test_interactive(source):
    same_tree(source, "single")


@pytest.mark.parametrize(
    "source", ["() -> a", "(a, b) -> c", "(*a) -> b", "(a, *b, **c) -> d", "(**a) -> b\n"]
)
def test_function_type(source):
    same_tree(source, "func_type")


TYPE_COMMENTS = """\
x = 1  # type: int
def f(a,  # type: int
      *b,  # type: str
      c=1,  # type: float
      **d  # type: list
      ):
    # type: (...) -> None
    for a in b:  # type: int
        with c as d:  # type: x
            pass
    y = x  # type: ignore[some]
def g(a): # type: (int) -> str
    pass
with (a as b):  # type: int
    pass
"""


def test_type_comments():
    same_tree(TYPE_COMMENTS, type_comments=True)
    same_tree(TYPE_COMMENTS)


def test_old_grammar():
    same_tree("async def f():\n  await a\n", feature_version=(3, 6))
    same_tree("with (a, b): c\n", feature_version=(3, 8))


def test_contexts_are_shared():
    first, second = parse("a").body[0].value, parse("b").body[0].value
    assert first.ctx is second.ctx


def test_nesting_is_not_limited_by_the_callers_recursion_limit():
    source = "(" * 200 + "a" + ")" * 200
    same_tree(source, "eval")
    with pytest.raises(MemoryError):
        parse("-" * 100_000 + "1")


def test_long_chains_take_linear_time():
    for part in ("+a", ".a", "(a)", " and a", " < a"):
        tree = parse("a" + part * 100_000, mode="eval")
        assert tree.body.end_col_offset == 1 + 100_000 * len(part)
