# ruff: noqa
import sys


def patterns(subject):
    match subject:
        case 0 | 1:
            return "small"
        case int(x) if x > 100:
            return f"big {x}"
        case str() as text:
            return text.upper()
        case [x, y, *rest]:
            return x, y, rest
        case {"key": value, **others}:
            return value, others
        case complex(real=r, imag=i):
            return r, i
        case None:
            return "none"
        case _:
            return "other"


for subject in (0, 500, 5, "text", [1, 2, 3], (1,), {"key": 1, "z": 2}, {}, 3 + 4j, None, b"", range(4)):
    print(patterns(subject))

first, *middle, last = range(5)
print(first, middle, last)
for wrong in ("a, b = 1", "a, b = [1]", "a, b = [1, 2, 3]", "a, *b, c = [1]", "a, b = iter([1, 2, 3])"):
    try:
        exec(wrong)
    except (TypeError, ValueError) as error:
        print(error)

value, width = 3.14159, 10
print(f"{value:.2f} {value!r:>{width}} {'x'!a} {value=} {[1, 2]!s}")
print({**{"a": 1}, "b": 2}, [*range(3), *"ab"], {*"aa"}, (*"xy",))
print(
    [i * j for i in range(3) for j in range(i)],
    {k: v for k, v in zip("ab", range(2))},
    {x % 3 for x in range(9)},
)
x = [1, 2, 3, 4, 5]
x[1:3] = "z"
del x[0]
x[0] += "!"
print(
    x,
    x[:2],
    x[::2],
    1 < 2 < 3 > 2,
    not x,
    x is not None,
    4 in x,
    -(2**2),
    ~5,
    7 // 2,
    7 % -3,
    2 @ 3 if False else 0,
)
if (n := len(x)) > 2:
    print("walrus", n)
i = 0
while True:
    i += 1
    if i == 3:
        continue
    if i > 5:
        break
else:
    print("never")
print(i)


def namespaces(a):
    b = 2
    inner = [locals() for c in (3,)]
    exec("d = a + b")
    exec("global e; e = a + b")
    frame = sys._getframe()
    frame.f_locals["b"] = 20
    return b, sorted(inner[0]), e, eval("a * b"), sorted(vars()), frame.f_code.co_name, dir()


print(namespaces(5))
print(eval("x + y", {"x": 1}, {"y": 2}), eval(" 3"))
space = {}
exec("from math import *\nimport os.path as p, json\nfrom collections import OrderedDict as O\nz = 1", space)
print(space["pi"], space["p"].__name__, space["json"].__name__, space["O"], space["z"])
for wrong in ("import no_such_module", "from os import no_such_name", "from . import x"):
    try:
        exec(wrong, {"__name__": "program"})
    except ImportError as error:
        print(type(error).__name__, error, error.name)
print(type(lambda: 0).__name__, __name__, [x for x in "abc" if x != "b"])
try:
    assert x == 0, "message"
except AssertionError as error:
    print(error)
a: int = 3
print(__annotations__)
