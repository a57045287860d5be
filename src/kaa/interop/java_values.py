"""What Java gets for Python's values, and Python for Java's, where a Java program runs Python scripts.

Java's strings, numbers and truth values become Python's; other objects of Java's stay what they are. Python's strings,
numbers, lists, tuples, sets and dicts become Java's, as copies; other objects of Python's become `kaa.PythonObject`s,
which become themselves again on the way back.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterator
from typing import Any


@functools.cache
def java_class(name: str) -> Any:
    """The class of this name."""
    from jpype import JClass

    return JClass(name)


class Handle:
    """Says that a dict, say, is to reach Java as itself and not as a copy."""

    def __init__(self, value: object) -> None:
        self.value = value


class _PythonObject:
    """What `kaa.PythonObject` promises."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def get(self, attribute: Any) -> Any:
        return to_java(_raising(getattr, self.target, str(attribute)))

    def set(self, attribute: Any, value: Any) -> None:
        _raising(setattr, self.target, str(attribute), from_java(value))

    def call(self, arguments: Any) -> Any:
        return to_java(_raising(self.target, *map(from_java, arguments or ())))

    def implement(self, kind: Any) -> Any:
        return as_interface(self.target, kind, partly=True)

    def toString(self) -> str:
        return str(_raising(str, self.target))

    def hashCode(self) -> int:
        number = hash(self) if not self.target.__hash__ else hash(self.target)
        return (number & 0xFFFFFFFF) - (1 << 32 if number & 0x80000000 else 0)

    def equals(self, other: Any) -> bool:
        return bool(_raising(lambda: self.target == from_java(other)))


def _raising[R](function: Callable[..., R], *arguments: Any) -> R:
    """Call a function; what it raises is a Java exception that tells of Python's."""
    try:
        return function(*arguments)
    except BaseException as error:
        raise throwable(error) from None


def throwable(error: BaseException) -> Any:
    """The Java exception for a Python exception: itself, if it is one of Java's."""
    if isinstance(error, java_class("java.lang.Throwable")):
        return error
    text = "".join(traceback.format_exception(error)).rstrip()
    return java_class("kaa.PythonException")(text, to_java(error))


def member(owner: Any, name: str) -> Any:
    """A name of a namespace, or an attribute of an object; None if there is none."""
    return owner.get(name) if isinstance(owner, dict) else getattr(owner, name, None)


def as_interface(owner: Any, kind: Any, *, partly: bool) -> Any:
    """A Java object of an interface whose methods are an object's; None if it lacks some and must not.

    A function stands for the method of a functional interface.
    """
    from jpype import JClass

    interface = JClass(kind)
    modifier = java_class("java.lang.reflect.Modifier")
    wanted = {str(each.getName()) for each in kind.getMethods() if modifier.isAbstract(each.getModifiers())}
    wanted -= {"equals", "hashCode", "toString"}  # `Comparator`, for one, names what every object has
    if callable(owner) and len(wanted) == 1 and not hasattr(owner, *wanted):
        methods = {wanted.pop(): owner}
    else:
        methods = {name: member(owner, name) for name in wanted}
        if not partly and not all(map(callable, methods.values())):
            return None

    def forward(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *arguments: to_java(_raising(function, *map(from_java, arguments)))

    members = {name: forward(function) for name, function in methods.items() if callable(function)}
    return type("Implementation", (interface,), {"__qualname__": "Implementation", **members})()


def implementation(target: Any, interface: Any) -> Any:
    """A Java object of an interface that passes its calls to a Python object and is that object on the way back."""
    import _jpype

    return _jpype._JProxy(target, target, [interface], True)


def to_java(value: Any) -> Any:
    """What Java gets for a Python value."""
    from _jpype import _JProxy
    from jpype import JObject

    if value is None or isinstance(value, (bool, float, str, JObject, _JProxy)):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else java_class("java.math.BigInteger")(str(int(value)))
    if isinstance(value, (bytes, bytearray)):
        from jpype import JArray, JByte

        return JArray(JByte)(bytes(value))
    if isinstance(value, (list, tuple)):
        return _filled("java.util.ArrayList", "add", ((to_java(each),) for each in value))
    if isinstance(value, (set, frozenset)):
        return _filled("java.util.LinkedHashSet", "add", ((to_java(each),) for each in value))
    if isinstance(value, dict):
        pairs = ((to_java(key), to_java(each)) for key, each in value.items())
        return _filled("java.util.LinkedHashMap", "put", pairs)
    target = value.value if isinstance(value, Handle) else value
    return implementation(_PythonObject(target), java_class("kaa.PythonObject"))


def _filled(name: str, method: str, rows: Iterator[tuple[Any, ...]]) -> Any:
    container = java_class(name)()
    for row in rows:
        getattr(container, method)(*row)
    return container


def from_java(value: Any) -> Any:
    """What Python gets for a value of Java's."""
    if isinstance(value, _PythonObject):
        return value.target
    if isinstance(value, (bool, java_class("java.lang.Boolean"))):
        return bool(value)
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (java_class("java.lang.String"), java_class("java.lang.Character"))):
        return str(value)
    if isinstance(value, java_class("java.math.BigInteger")):
        return int(str(value))
    return value
