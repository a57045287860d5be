"""What Kaa's own modules want of `typing` when they run, for those that import apart from the guest (`kaa.loading`).

A start should not wait for `typing`, which is large; and there cannot be two of it in a process, because C code looks
for it in `sys.modules`. Type checkers see the real one, so most names here need only be there.
"""

from __future__ import annotations

import collections

__all__ = [
    "TYPE_CHECKING",
    "Any",
    "Final",
    "NamedTuple",
    "NoReturn",
    "Self",
    "cast",
    "get_args",
    "get_origin",
]

TYPE_CHECKING = False


class Any:
    """Also stands in unions, as any class does."""


class Final:
    def __class_getitem__(cls, item: object) -> type[Final]:
        return cls


class NoReturn:
    pass


class Self:
    pass


def cast(kind: object, value: object) -> object:
    return value


def get_args(alias: object) -> tuple[object, ...]:
    arguments: tuple[object, ...] = getattr(alias, "__args__", ())
    return arguments


def get_origin(alias: object) -> object:
    return getattr(alias, "__origin__", None)


class _Fields(type):
    """Makes a named tuple of a class with annotations; the rest of its namespace becomes the tuple's."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
        if not bases:
            return super().__new__(mcs, name, bases, namespace)
        fields = list(namespace.get("__annotations__", ()))  # type: ignore[call-overload]
        defaults = [namespace.pop(field) for field in fields if field in namespace]
        made = collections.namedtuple(name, fields, defaults=defaults, module=str(namespace["__module__"]))  # type: ignore[misc]
        for key, value in namespace.items():
            setattr(made, key, value)
        return made


class NamedTuple(metaclass=_Fields):
    """The base of a class whose annotated names are the fields of a tuple."""
