"""Calls of all kinds, closures, defaults, comprehensions, generators."""

import functools
from functools import partial

total = 0


def area(width, height=2, *rest, unit="m", **more):
    total = width * height + sum(rest)
    return f"{total:>6}{unit!s}{len(more)}"


def counter(start):
    step = 1

    def count(by=step):
        nonlocal start
        start += by
        return start

    return count


def numbers(limit):
    n = 0
    while n < limit:
        sent = yield n
        n = n + (sent or 1)
    return "done"


def delegate(limit):
    result = yield from numbers(limit)
    yield result


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


unit = {"unit": "k"}
print(area(3), area(3, 4, 5, unit="cm", depth=1), area(*(1, 2), **unit))
tick = counter(10)
print(tick(), tick(5), [tick() for _ in range(3)])
print(list(delegate(4)), fibonacci(8))
generator = numbers(10)
print(next(generator), generator.send(3), generator.close())
print({x: [y for y in range(x) if y % 2] for x in range(5)}, {x % 3 for x in range(9)})
print(sorted(((-x, str(x)) for x in range(4)), key=lambda pair: pair[1]))


def account(flag):
    global total, spent
    total, spent = ~total, flag
    if flag:
        note = "noted"
    kept = [flag]

    def drop():
        nonlocal kept
        del kept

    drop()
    del spent
    return note


a, *b, c = range(5)
print(partial(account, 1)(), total)
try:
    account(0)
except UnboundLocalError as error:
    print(error)
print(a, b, c, (d := a + c), functools.reduce(lambda x, y: x * y, [1, 2, 3, d]))
try:
    print(undefined)
except NameError as error:
    print(type(error).__name__)
finally:
    del tick
