"""Attributes that guest code may read and not set, with the host's words for the attempt."""

from collections.abc import Callable
from typing import Any


class Absent:
    """In place of an attribute that instances of every class have, but those of the host's type do not."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        raise AttributeError(f"'{owner.__name__}' object has no attribute '{self._name}'")


class Readonly:
    """A property without a setter, as the host's own types have them."""

    def __init__(self, get: Callable[[Any], Any]) -> None:
        self._get = get
        self.__doc__ = get.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else self._get(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(
            f"attribute '{self._name}' of '{type(instance).__name__}' objects is not writable"
        )

    def __delete__(self, instance: Any) -> None:
        self.__set__(instance, None)


class Forgettable:
    """An attribute that is None until it is set, and again when it is deleted, also when it was never set.

    A `__delattr__` of the class would do the same, but would make every store into an instance slow: the host has
    one slot for both.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.__dict__.get(self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value

    def __delete__(self, instance: Any) -> None:
        instance.__dict__.pop(self._name, None)
