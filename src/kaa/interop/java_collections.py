"""Java's collections with what Python's have, and Python's where Java wants its own; installed once.

In: Java's lists, sets and maps; Python's values where Java wants an object. Out: the methods and operators of Python's
containers on the former, most of them from `collections.abc`; copies or stand-ins of the latter.

Lists, tuples, sets and dicts are copied into Java's, so that Java does not change Python's. What else Python has goes
to Java as an object that Java can keep, compare and print, and comes back as itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping, MutableSequence, MutableSet
from typing import Any, Final

CONTAINERS: Final = {
    "java.util.List": ("java.util.ArrayList", (list, tuple)),
    "java.util.Set": ("java.util.LinkedHashSet", (set, frozenset)),
    "java.util.Map": ("java.util.LinkedHashMap", (dict,)),
}
"""For Java's interfaces, the class that holds a copy, and the classes of Python's that are copied."""

STAND_IN: Final = "java.util.EventListener"
"""The interface of objects of Python's in Java; it has no methods."""


def install() -> None:
    """Give all Java collections of this process these habits, and Java these values."""
    from jpype import JClass, JConversion, JImplementationFor, JOverride

    JOverride(sticky=True)(_List.remove)  # in each class, since JPype has put one of its own there
    for name, prototype in (("java.util.List", _List), ("java.util.Set", _Set), ("java.util.Map", _Map)):
        JImplementationFor(name)(prototype)
    for name, (copy, classes) in CONTAINERS.items():
        for kind in classes:
            JConversion(name, instanceof=kind)(_copier(JClass(copy)))
            JConversion("java.lang.Object", instanceof=kind)(_copier(JClass(copy)))
    JConversion("java.lang.Object", instanceof=object)(_stand_in)


def _copier(kind: Any) -> Callable[[Any, Any], Any]:
    """Makes a Java container of this class with the items of one of Python's."""

    def copy(wanted: Any, value: Any) -> Any:
        target = kind()
        if isinstance(value, Mapping):
            for key, item in value.items():
                target.put(key, item)
        else:
            for item in value:
                target.add(item)
        return target

    return copy


def _copy(name: str, value: Any) -> Any:
    from jpype import JClass

    return _copier(JClass(CONTAINERS[name][0]))(None, value)


def _stand_in(wanted: Any, value: Any) -> Any:
    """An object of Java's for one of Python's, of which it is the other side."""
    import _jpype
    from jpype import JClass

    if isinstance(value, JClass):
        return value.class_
    return _jpype._JProxy(value, _StandIn, [JClass(STAND_IN)], True)


class _StandIn:
    """What Java asks of every object, of one of Python's."""

    @staticmethod
    def equals(value: Any, other: Any) -> bool:
        from jpype import JClass

        known = (
            None if other is None else JClass("java.util.Objects").requireNonNull(other)
        )  # as a result, itself
        return bool(value == known)

    @staticmethod
    def hashCode(value: Any) -> int:
        number = (hash(value) if isinstance(value, Hashable) else id(value)) & 0xFFFFFFFF
        return number - ((number & 0x80000000) << 1)

    @staticmethod
    def toString(value: Any) -> str:
        return str(value)


def _equality(as_python: Callable[[Any], object], name: str) -> Callable[[Any, object], bool]:
    def equal(self: Any, other: object) -> bool:
        if isinstance(other, CONTAINERS[name][1]):
            return as_python(self) == as_python(other)
        return bool(self.equals(other))

    return equal


def _text(self: Any) -> str:
    return str(self.toString())


class _List:
    """What `java.util.List` has beside Java's methods and JPype's."""

    __eq__ = _equality(list, "java.util.List")
    __repr__ = _text
    __iadd__ = MutableSequence.__iadd__
    extend = MutableSequence.extend
    index = MutableSequence.index
    count = MutableSequence.count
    pop = MutableSequence.pop

    def __jclass_init__(self: Any) -> None:
        """Put Python's `sort` before a class's own, which it calls by another name."""
        import _jpype

        MutableSequence.register(self)
        if isinstance(self.sort, _jpype._JMethod):
            self._customize("sort_", self.sort)
        self._customize("sort", _sort)

    def __getitem__(self: Any, index: Any) -> Any:
        if isinstance(index, slice):
            return _copy("java.util.List", [self.get(place) for place in range(self.size())[index]])
        return self.get(index + self.size() if index < 0 else index)

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            changed = list(self)
            changed[index] = value
            self.clear()
            self.addAll(changed)
        else:
            self.set(index + self.size() if index < 0 else index, value)

    def __delitem__(self: Any, index: Any) -> None:
        from jpype import JInt

        places = range(self.size())[index]
        for place in sorted(places, reverse=True) if isinstance(places, range) else [places]:
            self.remove_(JInt(place))

    def insert(self: Any, index: int, value: Any) -> None:
        size = self.size()
        self.add(min(max(index + size if index < 0 else index, 0), size), value)

    def remove(self: Any, value: Any) -> Any:
        """By its place, for an int, as in Java; else by value, as in Python."""
        from jpype import JInt, JObject

        if type(value) is int:
            return self.remove_(JInt(value))
        if not self.remove_(JObject(value, JObject)):
            raise ValueError(f"{value!r} is not in list")
        return None


def _sort(self: Any, comparator: Any = None, *, key: Any = None, reverse: bool = False) -> None:
    if key is None and not reverse:
        self.sort_(comparator)
    else:
        self[:] = sorted(self, key=key, reverse=reverse)


class _Set:
    """What `java.util.Set` has beside Java's methods and JPype's: the operators."""

    __eq__ = _equality(set, "java.util.Set")
    __repr__ = _text
    __and__ = MutableSet.__and__
    __rand__ = MutableSet.__rand__  # type: ignore[attr-defined]  # typeshed does not know it
    __or__ = MutableSet.__or__
    __ror__ = MutableSet.__ror__
    __sub__ = MutableSet.__sub__
    __rsub__ = MutableSet.__rsub__  # type: ignore[attr-defined]  # typeshed does not know it
    __xor__ = MutableSet.__xor__
    __rxor__ = MutableSet.__rxor__  # type: ignore[attr-defined]  # typeshed does not know it
    __le__ = MutableSet.__le__
    __lt__ = MutableSet.__lt__
    __ge__ = MutableSet.__ge__
    __gt__ = MutableSet.__gt__
    __iand__ = MutableSet.__iand__
    __ior__ = MutableSet.__ior__
    __isub__ = MutableSet.__isub__
    __ixor__ = MutableSet.__ixor__
    isdisjoint = MutableSet.isdisjoint

    def __jclass_init__(self: Any) -> None:
        MutableSet.register(self)

    @classmethod
    def _from_iterable(cls, items: Iterable[Any]) -> Any:
        return _copy("java.util.Set", items)

    def discard(self: Any, value: Any) -> None:
        self.remove(value)


class _Map:
    """What `java.util.Map` has beside Java's methods and JPype's."""

    __eq__ = _equality(dict, "java.util.Map")
    __repr__ = _text
    update = MutableMapping.update
    popitem = MutableMapping.popitem
    setdefault = MutableMapping.setdefault

    def __jclass_init__(self: Any) -> None:
        MutableMapping.register(self)

    def __delitem__(self: Any, key: Any) -> None:
        if not self.containsKey(key):
            raise KeyError(key)
        self.remove(key)

    def pop(self: Any, key: Any, *default: Any) -> Any:
        if default and not self.containsKey(key):
            return default[0]
        value = self[key]
        del self[key]
        return value
