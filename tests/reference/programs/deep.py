# ruff: noqa
import sys


def deep(n):
    return n and 1 + deep(n - 1)


class Chain:
    def __init__(self, n):
        self.inner = Chain(n - 1) if n else None


def nested(n):
    if n:
        next(nested(n - 1))
    yield n


def delegating(n):
    if n:
        yield from delegating(n - 1)
    yield n


async def awaiting(n):
    return n and 1 + await awaiting(n - 1)


class Managed:
    def __init__(self, n):
        self.n = n

    def __enter__(self):
        if self.n:
            with Managed(self.n - 1) as depth:
                return depth + 1
        return 0

    def __exit__(self, *details):
        pass


def failing(n):
    if n == 0:
        raise ValueError("at the bottom")
    try:
        failing(n - 1)
    finally:
        n = None


def entries(error):
    position, count = error.__traceback__, 0
    while position:
        position, count = position.tb_next, count + 1
    return count


for depth in (400, 2_000):
    sys.setrecursionlimit(3 * depth + 1000)
    print(deep(depth), next(nested(depth)), sum(1 for _ in delegating(depth // 100)))
    chain = Chain(depth)
    while chain:
        chain = chain.inner
    try:
        awaiting(depth).send(None)
    except StopIteration as stopped:
        print(stopped.value)
    with Managed(depth) as inner:
        print(inner)
    try:
        failing(depth)
    except ValueError as error:
        print(error, entries(error) - depth)


class Adding:
    def __add__(self, other):
        return Adding() + other


sys.setrecursionlimit(500)
for runaway in (lambda: deep(10**9), lambda: Adding() + 1, lambda: sorted([1], key=lambda x: deep(10**9))):
    try:
        runaway()
    except RecursionError as error:
        print(str(error).startswith("maximum recursion depth exceeded"))
