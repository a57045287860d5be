# ruff: noqa
import functools
import inspect
import types


def show(function, *arguments, **keywords):
    try:
        print(function(*arguments, **keywords))
    except TypeError as error:
        print(error)


def plain(a, b=2, *args, c=3, **kw):
    return a, b, args, c, kw


def strict(a, b, /, c, *, d, e=5):
    return a, b, c, d, e


def nothing():
    return ()


for arguments, keywords in [
    ((), {}), ((1,), {}), ((1, 2, 3), {"c": 9, "z": 4}), ((1,), {"a": 1}), ((), {"a": 1}), ((1, 2, 3, 4), {}),
    ((1, 2), {"c": 3, "d": 4}), ((1, 2, 3), {"d": 4, "dd": 4}), ((), {"d": 4}), ((1, 2, 3, 4), {"d": 5}),
    ((), {"a": 1, "b": 2, "c": 3, "d": 4}),
]:  # fmt: skip
    for function in (plain, strict, nothing):
        show(function, *arguments, **keywords)
    show(lambda x, y=1: (x, y), *arguments, **keywords)

show(lambda: plain(*3))
show(lambda: plain(**3))
show(lambda: plain(a=1, **{"a": 2}))
show(lambda: plain(1, *(), *7))


def counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    return step


step = counter()
print(step(), step(), step.__closure__[0].cell_contents, step.__code__.co_freevars)


def decorate(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return "wrapped", function(*arguments)

    return wrapper


@decorate
def documented(x: int, y: "str" = "d") -> list:
    "Says what it does."
    return [x, y]


print(documented(1), documented.__name__, documented.__doc__, documented.__wrapped__(2))
print(inspect.signature(documented), documented.__annotations__)
print(type(plain) is types.FunctionType, isinstance(plain, types.FunctionType), plain.__class__)
print(plain.__defaults__, plain.__kwdefaults__, plain.__qualname__, plain.__module__)
made = types.FunctionType(plain.__code__, globals(), "made", (8,), kwdefaults={"c": 7})
print(made(1), made.__name__)
print(sorted("hello", key=lambda letter: -ord(letter)), list(map(lambda x: x * x, range(4))))


class Method:
    def bound(self, x):
        return x

    @classmethod
    def of_class(cls):
        return cls.__name__

    @staticmethod
    def static(x):
        return x


method = Method().bound
print(method(3), Method.of_class(), Method.static(4), type(method) is types.MethodType)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


print(deep(700))
try:
    deep(10**6)
except RecursionError as error:
    print(error)


def unbound():
    try:
        print(later)
    except NameError as error:
        print(type(error).__name__, error, error.name)
    later = 1
    del later
    try:
        del later
    except NameError as error:
        print(type(error).__name__, error)


unbound()
try:
    missing  # noqa: B018, F821
except NameError as error:
    print(error, error.name)
