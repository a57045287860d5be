"""What Jython's users expect and JPype leaves out; installed once, when the JVM has started.

- Properties of beans: `thread.name` for `getName` and `setName`, `thread.daemon` for `isDaemon` and `setDaemon`.
- Java's lists, sets and maps equal Python's with the same contents.
- `class Task(Runnable):` makes a Python class that Java takes for a `Runnable`.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any

#: The Java interfaces whose objects compare with Python's containers, and what they are compared as.
CONTAINERS: dict[str, tuple[Callable[[Any], object], tuple[type, ...]]] = {
    "java.util.List": (list, (list, tuple)),
    "java.util.Set": (set, (set, frozenset)),
    "java.util.Map": (dict, (dict,)),
}


def install() -> None:
    """Give all Java classes of this process these habits."""
    import _jpype
    from jpype import JImplementationFor

    JImplementationFor("java.lang.Object")(_BeanProperties)
    for name, (as_python, comparable) in CONTAINERS.items():
        JImplementationFor(name)(type(name, (), {"__eq__": _equality(as_python, comparable)}))
    metaclass = _jpype._JClass
    metaclass.__new__ = staticmethod(_class_maker(metaclass.__new__))


class _BeanProperties:
    """Adds `x.name` for `getName`, `isName` and `setName`, where the class has no field or method of that name."""

    def __jclass_init__(self) -> None:
        members: dict[str, Any] = dict(vars(self))
        for field, (getter, setter) in _accessors(members).items():
            if field not in members and not keyword.iskeyword(field):
                self._customize(field, property(getter, setter))  # type: ignore[attr-defined]  # JPype's


def _accessors(members: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The getter and the setter, or None, of each property; JPype knows their shapes by their arguments."""
    getters: dict[str, Any] = {}
    setters: dict[str, Any] = {}
    for name, member in members.items():
        prefix = "is" if name.startswith("is") else name[:3]
        field = name[len(prefix) :]
        if not field[:1].isupper() or name == "getClass" or not hasattr(member, "_isBeanAccessor"):
            continue
        field = field[0].lower() + field[1:]
        if prefix == "set" and member._isBeanMutator():
            setters[field] = member
        elif prefix == "get" and member._isBeanAccessor():
            getters[field] = member
        elif prefix == "is":
            getters.setdefault(field, _without_arguments(member))
    return {field: (getters.get(field), setters.get(field)) for field in {**getters, **setters}}


def _without_arguments(method: Callable[[Any], object]) -> Callable[[Any], object]:
    """The getter of `isX`; for a method that wants more than its object (`Class.isInstance`) there is no property."""

    def get(self: Any) -> object:
        try:
            return method(self)
        except TypeError as fault:
            raise AttributeError(str(fault)) from None

    return get


def _equality(
    as_python: Callable[[Any], object], comparable: tuple[type, ...]
) -> Callable[[Any, object], Any]:
    def equal(self: Any, other: object) -> Any:
        if isinstance(other, comparable):
            return as_python(self) == as_python(other)
        return bool(self.equals(other))

    return equal


def _class_maker(make: Callable[..., type]) -> Callable[..., type]:
    """The metaclass's `__new__` that also takes class statements: only they bring a `__qualname__`."""

    def new(
        metaclass: type, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **rest: Any
    ) -> type:
        if "__qualname__" not in namespace:
            return make(metaclass, name, bases, namespace, **rest)
        return implement(name, bases, namespace, **rest)

    return new


def implement(name: str, bases: tuple[type, ...], namespace: dict[str, Any], **rest: Any) -> type:
    """Make a Python class whose instances Java takes for the interfaces among `bases`.

    Java calls the methods by their names. One that the class lacks is Java's default, else a `NoSuchMethodError`.

    Raises:
        TypeError: a base is a Java class and not an interface; JPype cannot make subclasses in a running JVM.
    """
    import _jpype

    interfaces = [base for base in bases if isinstance(base, _jpype._JClass)]
    for base in interfaces:
        if not base.class_.isInterface():
            raise TypeError(
                f"{name}: {base.__name__} is a Java class; a Python class can implement interfaces only"
            )
    others = tuple(base for base in bases if base not in interfaces)

    def new(kind: Any, *arguments: Any, **keywords: Any) -> Any:
        return _jpype._JProxy.__new__(kind, None, None, kind.__jpype_interfaces__)

    members = {"__new__": new, **namespace, "__jpype_interfaces__": tuple(interfaces)}
    return type(name, (*others, _jpype._JProxy), members, **rest)
