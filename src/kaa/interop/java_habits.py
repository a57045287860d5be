"""What Jython's users expect and JPype leaves out; installed once, when the JVM has started.

- Properties of beans: `thread.name` for `getName` and `setName`, `thread.daemon` for `isDaemon` and `setDaemon`.
- Its events: `button.actionPerformed = f`; and all of them as keywords of a constructor: `Thread(name="x")`.
- `class Task(Runnable):` makes a Python class that Java takes for a `Runnable`, and so does `isinstance`.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from typing import Any

from kaa.interop import java_calls, java_collections, java_overloads
from kaa.interop.java_events import events


def install() -> None:
    """Give all Java classes of this process these habits."""
    import _jpype
    from jpype import JImplementationFor

    JImplementationFor("java.lang.Object")(_BeanProperties)
    java_collections.install()
    metaclass = _jpype._JClass
    metaclass.__new__ = staticmethod(_class_maker(metaclass.__new__))
    metaclass.__instancecheck__ = _instance_check(metaclass.__instancecheck__)
    java_calls.install(_jpype._JMethod, metaclass, java_overloads.choose)


class _BeanProperties:
    """Adds `x.name` for `getName`, `isName` and `setName`, where the class has no field or method of that name.

    Adds its events in the same way.
    """

    def __init__(self, *arguments: object, **properties: object) -> None:
        for name, value in properties.items():
            setattr(self, name, value)

    def __jclass_init__(self) -> None:
        members: dict[str, Any] = dict(vars(self))
        for field, (getter, setter) in _accessors(self, members).items():
            if field not in members and not keyword.iskeyword(field):
                self._customize(field, property(getter, setter))  # type: ignore[attr-defined]  # JPype's
        for event, setting in events(self, members, implement):
            if event not in members:
                self._customize(event, setting)  # type: ignore[attr-defined]


def _accessors(java_class: Any, names: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """The getter and the setter, or None, of each property that one of these methods reads or writes.

    The other half may be a method of a superclass.
    """
    fields = {
        name[len(prefix) :] for name in names for prefix in ("get", "set", "is") if name.startswith(prefix)
    }
    accessors = {}
    for field in fields - {"Class"}:
        getter = _bean_method(java_class, "get" + field, "_isBeanAccessor")
        setter = _bean_method(java_class, "set" + field, "_isBeanMutator")
        test: Any = getattr(java_class, "is" + field, None)
        if getter is None and hasattr(test, "_isBeanAccessor"):
            getter = _without_arguments(test)
        if field[:1].isupper() and (getter or setter):
            accessors[field[0].lower() + field[1:]] = (getter, setter)
    return accessors


def _bean_method(java_class: Any, name: str, condition: str) -> Any:
    """A method of the class if it has a shape that JPype knows, else None."""
    method = getattr(java_class, name, None)
    return method if getattr(method, condition, bool)() else None


def _without_arguments(method: Callable[[Any], object]) -> Callable[[Any], object]:
    """The getter of `isX`; for a method that wants more than its object (`Class.isInstance`) there is no property."""

    def get(self: Any) -> object:
        try:
            return method(self)
        except TypeError as fault:
            raise AttributeError(str(fault)) from None

    return get


def _class_maker(make: Callable[..., type]) -> Callable[..., type]:
    """The metaclass's `__new__` that also takes class statements: only they bring a `__qualname__`."""

    def new(
        metaclass: type, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **rest: Any
    ) -> type:
        if "__qualname__" not in namespace:
            return make(metaclass, name, bases, namespace, **rest)
        return implement(name, bases, namespace, **rest)

    return new


def _instance_check(check: Callable[[Any, object], bool]) -> Callable[[Any, object], bool]:
    """The metaclass's `__instancecheck__` that also knows the interfaces of Python classes."""

    def instance_check(self: Any, value: object) -> bool:
        if check(self, value):
            return True
        interfaces = getattr(type(value), "__jpype_interfaces__", ())
        return any(issubclass(interface, self) for interface in interfaces)

    return instance_check


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
