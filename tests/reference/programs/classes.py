# ruff: noqa
import abc
import collections
import enum
import types


class Meta(type):
    def __new__(cls, name, bases, names, **keywords):
        print("new", name, keywords)
        return super().__new__(cls, name, bases, names)

    def __init__(cls, name, bases, names, **keywords):
        super().__init__(name, bases, names)

    def __call__(cls, *arguments):
        print("call", cls.__name__, arguments)
        return super().__call__(*arguments)

    @classmethod
    def __prepare__(cls, name, bases, **keywords):
        return collections.OrderedDict(prepared=True)


class Base(metaclass=Meta, option=1):
    registry = []

    def __init_subclass__(cls, **keywords):
        cls.registry.append((cls.__name__, keywords))

    def __class_getitem__(cls, item):
        return cls.__name__, item

    def __new__(cls, *arguments):
        return super().__new__(cls)

    def __init__(self, x):
        self.x = x


class Derived(Base, flag=2):
    def __init__(self, x):
        super().__init__(x + 1)

    @property
    def twice(self):
        return self.x * 2

    def __eq__(self, other):
        return self.x == other.x

    __hash__ = None

    def me(self):
        return __class__


print(
    Derived(3).twice, Base.registry, Derived[5], Derived.prepared, Derived(1) == Derived(1), Derived(1).me()
)


class Noting(type):
    def __init__(cls, *arguments, **keywords):
        print("noted", arguments[0], sorted(arguments[2]), keywords)
        super().__init__(*arguments)


class Noted(metaclass=Noting):
    def __init_subclass__(cls, **keywords):
        pass


print(
    type(type("Made", (Noted,), {"x": 1})),
    type(type("Made", (Noted,), {}, key=1)),
    type("Plain", (), {"x": 1}).x,
)


class Field:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        return self if instance is None else (self.name, instance.__dict__.get("v"))

    def __set__(self, instance, value):
        instance.__dict__["v"] = value


class Record:
    field = Field()
    __slots__ = ("__dict__",)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return "computed " + name


record = Record()
record.field = 4
print(record.field, record.other, hasattr(record, "_x"))


class Abstract(abc.ABC):
    @abc.abstractmethod
    def method(self): ...


try:
    Abstract()
except TypeError as error:
    print(error)


class Color(enum.Enum):
    RED = 1
    GREEN = enum.auto()


print(Color.RED, Color(2), list(Color), Color.RED.name)
Point = collections.namedtuple("Point", "x y")
print(Point(1, y=2)._replace(x=5), Point.__module__)
print(type("Made", (), {"a": 1, "f": lambda self: self.a})().f(), type("M", (), {}).__module__)


class Wrong:
    def __init__(self):
        return 3


try:
    Wrong()
except TypeError as error:
    print(error)


class Space:
    a = 1
    b = [i for i in range(a + 1)]
    c: int = 5
    d = locals().keys() >= {"a", "b", "c"}


print(Space.b, Space.__annotations__, Space.d)


class Generic[T]:
    def method[U](self, x: T) -> U: ...


type Alias[T: int] = list[T]
print(Generic.__type_params__, Generic[int], Alias, Alias.__value__, Alias.__type_params__[0].__bound__)
print(types.new_class("New", (Base,), {"flag": 7}, lambda names: names.update(z=1)).z, Base.registry)


class Numbers:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return Numbers(self.x + other.x)

    def __lt__(self, other):
        return self.x < other.x

    def __repr__(self):
        return f"<{self.x}>"

    def __call__(self, y):
        return self.x * y

    def __iter__(self):
        yield from range(self.x)

    def __len__(self):
        return self.x

    def __contains__(self, y):
        return y == self.x

    def __getitem__(self, key):
        return key


n = Numbers(3)
print(n + n, sorted([n, Numbers(1)]), n(4), list(n), len(n), 3 in n, n[1:2], n[1, ...], bool(Numbers(0)))


def generator():
    yield 1


# A class body that is no class statement's: it has parameters, or it is a generator.
for body in (lambda a: a, lambda a=1: print(a), lambda *a, b=2, **c: print(a, b, c), generator):
    try:
        print(__build_class__(body, "Made").__name__)
    except TypeError as error:
        print(error)
