"""Small programs that use every construct of the language, and broken ones for every compile-time error."""

from textwrap import dedent

from tests.bytecode.corpus import files


def blocks(text):
    """The blocks of a text that stand between lines of `--`."""
    return [block.strip("\n") + "\n" for block in dedent(text).split("\n--\n")]


CORPUS = files(every=60)
"""A sample of the standard library with its tests."""

CONSTRUCTS = blocks(
    r'''
def f(a, /, b: int = 1, *args: *Ts, c: "x" = 2, d, **kwargs: dict) -> list[int]:
    """Docstring

        with indentation
    """
    return a
--
@outer
@inner(1)
async def f(__x, *, __y=3):
    async with a as b, c():
        await d
        x = await e
    async for x in y:
        yield x
        if x: continue
        break
    else:
        pass
    return
--
from __future__ import annotations
x: a[1:2, ::3] = (yield_ := {**b, 'c': [*d]})
y: not a or b and c < d <= e ** -f ** (g if h else i)
z: lambda a, /, b=1, *c, d=2, **e: (f, *g)
w: f"{a!r:>{b}} {{}}" 'c' + f'{ {1: 2} }'
v: (1,) + () + (1.5e400, -1j, ..., b'x', u'y', (yield_))
u: [a async for b, c in d if e if f for g in h] | {a: b for a in b} | {a for a in b} | (a for a in b)
def f(a: x.y, *b: *z, c: f(a for a in b)) -> 1 .real: q: (r, s)
--
class C[T: (int, str), *Ts = *tuple[int], **P = [int]](Base, metaclass=Meta, __k=1):
    """Doc"""
    x: int
    __y: T = 1
    def m[S: T](self, v: S = x) -> __y:
        self.a, self.b = super().m(v), __class__
        self.c += 1
        return super(C, self).z
    type A[Q] = dict[Q, T, x]
    z = [x for _ in T if x]
    class Inner(C): nonlocal_ = T
--
type X = Y
type Z[A, B: A = int, *C = *D, **D = []] = lambda: (A, B)
--
def f():
    try:
        return g()
    except (A, B) as e:
        raise e from None
    except C:
        return 1
    except:
        pass
    else:
        return 2
    finally:
        for x in y:
            if x: break
            with z: continue
        print('end')
--
def f():
    while a:
        try:
            try: continue
            finally: b()
            with c as d: break
        except* E as e: f()
        except* (G, H): i()
        else: j()
        finally:
            with k: return l
    else: m()
--
def f(x):
    match x:
        case 1 | -2.5 | 1+2j | 'a' 'b' | b'c' | None | True: return 1
        case [a, [b, *_], *c, {'k': d, 1: e, **rest}] if a > b: return c
        case (A(w, y=B.C(), z=_) as x) | [x, *_, w] : return w
        case {'x': {}, A.B: [*_]} | {'y': _}: pass
        case [_, *_, z] | (_, z): pass
        case {**all_}: pass
        case str() | int(): pass
        case (first, *_, last) | [first, last]: pass
        case []: pass
        case [*every]: pass
        case y: return y
--
match a:
    case _: b
--
match a:
    case 1: b
    case _ if c: d
--
a = b = c, *d = [e, (f, *g)] = h
a += b; a.b -= c; a[b] @= c; a[b:c] //= d; a[b:c:d] **= e
(a): int = 1; a.b: int; a[b, c:d]: int; a.b: int = 2; a[b:c]: int = 3
del a, b.c, d[e], f[g:h], (i, [j])
a[b:c] = d[e:f] + g[h:i:j] + k[:] + l[m, n:o]
--
x = a < b < c == d is not e not in f
y = a and b or not c and (d or e) if f and g or h else i if not j else k
if a < b < c or not (d and e): pass
elif (a if b else c) and not d: pass
while not (a or b < c < d): pass
assert a and b, c
assert not a
--
f(a, *b, c=d, **e)
f(*a)
f(**a)
f(a, b=c, d=e)
a.b(c, d=e)
a.b(*c)
a\
  .bbb(
   c).d(e=
   f)
f(a, *b, *c, d, e=1, **f, g=2, h=3, **i)
print(*a, sep='')
--
f(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
  c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0)
f.g(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
  c0, c1, c2, c3, c4, c5, c6, c7, c8, c9)
f(a=1, b=1, c=1, d=1, e=1, f=1, g=1, h=1, i=1, j=1, k=1, l=1, m=1, n=1, o=1, p=1)
f(**z, a=1, b=1, c=1, d=1, e=1, f=1, g=1, h=1, i=1, j=1, k=1, l=1, m=1, n=1, o=1, p=1)
--
[1, 2, 3]; (1, 2, 3); {1, 2, 3}; [1, 2]; {1, 2}; [*a]; (*a, 1, 2); {*a, 1}; [1, *a, 2]; (1, *a)
x = [1, 2, 3]; y = {1, 2, 3, 'a'}; z = (a, b, 1)
{}; {'a': 1}; {'a': 1, 'b': c}; {a: 1, 'b': 2}; {**a}; {'a': 1, **b, 'c': 2, **d}
{0: a, 1: a, 2: a, 3: a, 4: a, 5: a, 6: a, 7: a,
  8: a, 9: a, 10: a, 11: a, 12: a, 13: a, 14: a, 15: a, 16: a, 17: a, **b, 18: c}
[a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
  c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0]
{a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
  c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0}
--
f''; f'a'; f'{a}'; f'{a}b{c!r}'; f'{a:>{b}}'; f'{a=}'; f'{a:}'; f'{a!s:x}{b!a}'
f'{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}'
'%s and %r' % (a, b); '%5d%%' % (c,)
--
def outer(p):
    global g
    v = 1
    def inner():
        nonlocal v
        v = [lambda: x + v for x in p if (last := x)]
        return last, g, {y: [z for z in y] for y in p}, {w for w in [v] for u in (w,)}
    async def co():
        return [x async for x in p], [await x for x in p], (x async for x in p), {x: y async for x, y in p}
    return inner, (i for i in p for j in i if j), lambda a=v, *b, c=p: (yield a)
--
import a, b.c, d.e.f as g, h as i
from j import k, l as m
from . import n
from ..o.p import (q, r,)
from s import *
--
def f():
    x = yield
    y = yield x
    z = yield from y
    del x
    if x:
        return
    raise
raise A from B
--
class A:
    locals()
    y = 1
    f = [lambda: y for x in y]
    g = {x: __class__ for x in [1] if super}
    def m(self): return __class__
    def n(self):
        class B:
            nonlocal self
            self = 1
        self.attribute: int = 2
        for self.other in self: pass
        return [super().n() for _ in self]
--
"docstring"
x: int
if x:
    for y in z:
        try: w: str
        except A: pass
--
try: a
except A: b
finally: c
for x in a: b
else: c
with a: b
with (a as (b, c), d as e.f, g as h[i]): j
--
def f():
    with a, b as c:
        for x in y:
            try:
                with d: return e
            finally:
                return
    return 1; return
--
if 0: a
if 1: b
while 1: break
while 0: c
if __debug__: d
x = 1 if True else 2
x = () is ()
--
1 .real; "a".join(b); a.b.c.d; -1; +a; ~b; not c; ...; None; 1_000; 0x10; 1j; b'x' b'y'
a @ b; a << b; a >> b; a & b; a | b; a ^ b; a // b; a % b; a ** b; a / b
'''
)

BROKEN = blocks(
    """
return
--
class A: return 1
--
yield 1
--
x = [(yield) for a in b]
--
await x
--
def f(): await x
--
async def f(): yield from x
--
async def f():
    yield 1
    return 2
--
async with a: b
--
def f():
    async for a in b: c
--
def f(): [x async for x in y]
--
break
--
continue
--
def f():
    while 1:
        def g(): break
--
try: a
except: b
except A: c
--
for x in y:
    try: a
    except* A: break
--
try: a
except* A:
    for b in c: return
--
a, *b, *c = d
--
*a = b
--
f(a=1, b=2, a=3)
--
class A(a=1, a=2): b
--
f(__debug__=1)
--
__debug__ = 1
--
del __debug__
--
a.__debug__ = 1
--
def f(__debug__): a
--
lambda *__debug__: a
--
import __debug__
--
for __debug__ in a: b
--
def f(a, a): b
--
def f():
    from a import *
--
nonlocal a
--
def f():
    nonlocal a
--
def f(a):
    global a
--
def f():
    a = 1
    global a
--
def f():
    print(a)
    nonlocal a
--
def f():
    global a
    nonlocal a
--
def f():
    global a
    a: int = 1
--
[a := 1 for a in b]
--
[[(a := 1) for b in c] for a in d]
--
[b for b in (a := c)]
--
class A: [(a := 1) for b in c]
--
def f[T: (yield)](): a
--
def f[T: [(a := 1) for b in c]](): a
--
type X = (yield)
--
class A[T]((a := 1)): b
--
def f[T, T](): a
--
def f[T]():
    nonlocal T
--
from __future__ import annotations
x: (yield)
--
from __future__ import nothing
--
from __future__ import braces
--
a
from __future__ import annotations
--
from __future__ import annotations; a; from __future__ import division
--
match a:
    case b: c
    case d: e
--
match a:
    case _: c
    case d: e
--
match a:
    case (b, b): c
--
match a:
    case [b, *c, *d]: e
--
match a:
    case [b] | c: d
--
match a:
    case b | [c]: d
--
match a:
    case {1: b, 1: c}: d
--
match a:
    case A(b=c, b=d): e
--
match a:
    case f'{b}': c
--
match a:
    case A(__debug__=c): e
"""
)

SUSPICIOUS = (
    """
x is 1|x is not 'a'|1 is y is 2|x is ()|1()|'a'()|(1, 2)()|{}()|[x for x in y]()|f'{x}'()|None[x]|True[x]|{1}[x]|1.5[x]
(lambda: x)[y]|(x for x in y)[z]|'a'['b']|(1, 2)[1.5]|[x]['y']|[x for x in y][None]|f'{x}'['y']|b'x'[lambda: y]
assert (x, 'y')|assert (x,)|assert ()
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
"""Expressions that are warned about, and some that are not."""
