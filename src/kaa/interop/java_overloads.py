"""The overload that a call means where JPype finds several or none, as Jython chooses one.

In: a method or class of Java's, the arguments of a call that JPype has refused, and its error. Out: the same arguments
with the types of one overload's parameters, so that they fit no other; or None, if there is none or the error is about
something else.

Jython tries the overloads in a fixed order, and takes the first whose parameters the arguments can become: numbers
before objects, a string before an array of characters, what is more special before what is more general, `Object`
last, and those that collect any number of arguments after all others (`ReflectedArgs.precedence`). Here each argument
says how well a parameter suits it: first come those of `PREFERRED`, in that order. The overload is chosen whose worst
parameter is best; then the first parameters decide.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

_WHOLE_NUMBERS = "int long java.lang.Integer java.lang.Long short java.lang.Short byte java.lang.Byte"
_FRACTIONS = "double float java.lang.Double java.lang.Float"
_TRUTH = "boolean java.lang.Boolean"
_BIG = "java.math.BigInteger"

PREFERRED: dict[type, list[str]] = {
    bool: f"{_TRUTH} {_WHOLE_NUMBERS} {_FRACTIONS}".split(),
    int: f"{_WHOLE_NUMBERS} {_BIG} {_FRACTIONS} java.lang.Number {_TRUTH}".split(),
    float: f"{_FRACTIONS} java.lang.Number".split(),
    str: "java.lang.String java.lang.CharSequence char java.lang.Character char[]".split(),
    type(None): ["java.lang.String"],
}
"""What values of Python's become in Java, the best first."""

PREFERENCE, ARRAY, CLASS, ARRAY_OF_OBJECTS, OBJECT = range(5)
"""Where a parameter stands: among the preferred ones, or behind them."""

BITS = {
    "byte": 7, "short": 15, "int": 31, "long": 63,
    "java.lang.Byte": 7, "java.lang.Short": 15, "java.lang.Integer": 31, "java.lang.Long": 63,
}  # fmt: skip
"""How large a number these hold, without the bit for its sign."""
CHARACTERS = ("char", "java.lang.Character")
"""What no number becomes in Jython, though in JPype."""
_SIZES = sorted(set(BITS.values()))

REFUSALS: dict[type[BaseException], tuple[str, ...]] = {
    TypeError: ("Ambiguous overloads found for ", "No matching overloads found for "),
    OverflowError: ("Cannot convert value to Java ", "int too big to convert"),
}
"""How JPype's errors begin of calls that other arguments may save."""

Suit = tuple[Any, ...]
"""How well a parameter suits an argument: of two, the less is the better."""


class Overload:
    """One signature: its parameters as JPype's classes."""

    def __init__(self, executable: Any) -> None:
        from jpype import JClass

        self.kinds = [JClass(each) for each in executable.getParameterTypes()]
        self.collected = JClass(self.kinds[-1].class_.getComponentType()) if executable.isVarArgs() else None

    def candidates(self, count: int) -> Iterator[Candidate]:
        """The ways in which it takes so many arguments: one by one, or the last ones in an array."""
        if count == len(self.kinds):
            yield Candidate(self.kinds)
        rest = count - len(self.kinds) + 1
        if self.collected is not None and rest >= 0:
            yield Candidate([*self.kinds[:-1], *[self.collected] * rest], self.kinds[-1], rest)


class Candidate:
    """An overload for a number of arguments: what each becomes. The last `collects` of them go into an `array`."""

    def __init__(self, kinds: list[Any], array: Any = None, collects: int = 0) -> None:
        self.kinds = kinds
        self.array = array
        self.collects = collects

    def rank(self, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What candidates are compared by, the least is the best; None if some argument does not fit."""
        found = []
        for value, kind in zip(arguments, self.kinds, strict=True):
            suit = suits(value, kind)
            if suit is None:
                return None
            found.append(suit)
        return (self.array is not None, max(found, default=()), found, [_name(kind) for kind in self.kinds])

    def typed(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, each with the type of its parameter."""
        values = tuple(map(typed, arguments, self.kinds))
        if self.array is None:
            return values
        fixed = len(values) - self.collects
        return (*values[:fixed], self.array(values[fixed:]))


def choose(error: BaseException, called: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The arguments with the types of the overload that is meant; see the module's docstring."""
    refusals = REFUSALS.get(type(error))
    if refusals is None or error.__traceback__ is not None or not str(error).startswith(refusals):
        return None  # with a traceback it has come through Python's frames
    owner, name, static, receiver = _target(called, arguments)
    own = arguments[len(receiver) :]
    shapes = tuple(map(_shape, own))
    key = (owner, name, static, shapes)
    best = _chosen.get(key) or _best(_overloads(owner, name, static), own)
    if best is None:
        return None
    if None not in shapes:
        _chosen[key] = best
    return (*receiver, *best.typed(own))


_chosen: dict[Any, Candidate] = {}
"""What was chosen for arguments of these shapes."""


def _shape(value: Any) -> Any:
    """What the choice depends on, of a simple value: its class, how large or long it is; None for others."""
    kind = type(value)
    if kind is int:
        return kind, next((bits for bits in _SIZES if -1 << bits <= value < 1 << bits), None)
    if kind is str:
        return kind, len(value) == 1
    return kind if kind in PREFERRED else None


def _best(overloads: list[Overload], arguments: tuple[Any, ...]) -> Candidate | None:
    ranked = []
    for overload in overloads:
        for candidate in overload.candidates(len(arguments)):
            rank = candidate.rank(arguments)
            if rank is not None:
                ranked.append((rank, candidate))
    return min(ranked, key=lambda row: row[0])[1] if ranked else None


def _target(called: Any, arguments: tuple[Any, ...]) -> tuple[Any, str, bool | None, tuple[Any, ...]]:
    """Whose method is called, its name ("" for a constructor), and whether it is static, where that is known.

    Also the arguments that stand before its own: the object, in `Thread.join(thread, 5)`.
    """
    from jpype import JClass

    if isinstance(called, JClass):
        return called, "", None, ()
    name = called.__name__.removesuffix("_")  # JPype's suffix for a name that is a keyword of Python's
    if called.__self__ is not None:
        return type(called.__self__), name, None, ()
    owner = JClass(called.__qualname__.rpartition(".")[0])
    if arguments and isinstance(arguments[0], owner):
        return owner, name, False, arguments[:1]
    return owner, name, True, ()


@functools.cache
def _overloads(owner: Any, name: str, static: bool | None) -> list[Overload]:
    from jpype import JClass

    if not name:
        return [Overload(each) for each in owner.class_.getConstructors()]
    return [
        Overload(each)
        for each in owner.class_.getMethods()
        if str(each.getName()) == name
        and static in (None, bool(JClass("java.lang.reflect.Modifier").isStatic(each.getModifiers())))
    ]


def suits(value: Any, kind: Any) -> Suit | None:
    """How well a parameter of this class suits an argument; None if that cannot become one."""
    name = _name(kind)
    if not _becomes(value, kind, name):
        return None
    preferred = next((PREFERRED[base] for base in type(value).__mro__ if base in PREFERRED), [])
    if name in preferred:
        return PREFERENCE, preferred.index(name)
    if name == "java.lang.Object":
        return (OBJECT,)
    if kind.class_.isArray():
        return _suits_elements(value, kind)
    if callable(value) and kind.class_.isInterface():
        return CLASS, *_suits_function(value, kind)
    return CLASS, -len(kind.__mro__)  # the more special it is, the more classes stand above it


def _becomes(value: Any, kind: Any, name: str) -> bool:
    if isinstance(value, int):
        if name in CHARACTERS or (name in BITS and not -1 << BITS[name] <= value < 1 << BITS[name]):
            return False
        if name == _BIG:
            return True
    return kind._canConvertToJava(value) in ("implicit", "exact")


@functools.cache
def _name(kind: Any) -> str:
    """What Java calls a class: `int`, `char[]`, `java.lang.String`."""
    return str(kind.class_.getTypeName())


def _suits_elements(value: Any, kind: Any) -> Suit | None:
    """How well an array suits a sequence: as well as its class suits the worst element."""
    from jpype import JClass

    component = kind.class_.getComponentType()
    found = [] if value is None else [suits(element, JClass(component)) for element in value]
    if None in found:
        return None
    place = ARRAY if component.isPrimitive() else ARRAY_OF_OBJECTS
    return place, max((each for each in found if each is not None), default=())


def _suits_function(function: Any, kind: Any) -> Suit:
    """How well an interface suits a function: that it takes the arguments, keeps the result, names no exceptions."""
    from jpype import JClass

    methods = [
        each
        for each in kind.class_.getMethods()
        if JClass("java.lang.reflect.Modifier").isAbstract(each.getModifiers())
    ]
    if len(methods) != 1:
        return 1, 0, 0
    (method,) = methods
    try:
        inspect.signature(function).bind(*method.getParameterTypes())
    except TypeError:
        return 1, 0, 0
    except ValueError:  # a built-in function without a signature
        pass
    returns_nothing = str(method.getReturnType().getName()) == "void"
    return 0, int(returns_nothing), len(method.getExceptionTypes())


def typed(value: Any, kind: Any) -> Any:
    """A value of Java's with exactly this type."""
    from jpype import JClass, JObject

    if type(value) is int and value.bit_length() > BITS["long"] and not kind.class_.isPrimitive():
        value = JClass(_BIG)(str(value))
    elif type(value) is int and _name(kind) == _BIG:
        return kind.valueOf(value)
    return kind(value) if kind.class_.isPrimitive() else JObject(value, kind)
