"""Instructions for `match` statements. (Language reference, section 8.6.4, "Patterns".)"""

from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL

# Include/object.h: Py_TPFLAGS_SEQUENCE, Py_TPFLAGS_MAPPING, _Py_TPFLAGS_MATCH_SELF
_SEQUENCE, _MAPPING, _MATCH_SELF = 1 << 5, 1 << 6, 1 << 22


def GET_LEN(frame: Frame, _: int) -> None:
    frame.stack.append(len(frame.peek()))


def MATCH_MAPPING(frame: Frame, _: int) -> None:
    frame.stack.append(bool(flags_of(frame.peek()) & _MAPPING))


def MATCH_SEQUENCE(frame: Frame, _: int) -> None:
    frame.stack.append(bool(flags_of(frame.peek()) & _SEQUENCE))


def flags_of(value: Any) -> int:
    """The flags of a value's class."""
    flags: int = type.__dict__["__flags__"].__get__(type(value))
    return flags


def MATCH_KEYS(frame: Frame, _: int) -> None:
    keys = frame.peek()
    subject = frame.peek(2)
    frame.stack.append(values_of(subject, keys))


def values_of(subject: Any, keys: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The values under distinct keys, or None if one is missing. Defaults of the mapping do not count."""
    seen: set[Any] = set()
    values = []
    get = subject.get if keys else None
    missing = object()
    for key in keys:
        if key in seen:
            raise ValueError(f"mapping pattern checks duplicate key ({key!r})")
        seen.add(key)
        assert get is not None
        value = get(key, missing)
        if value is missing:
            return None
        values.append(value)
    return tuple(values)


def MATCH_CLASS(frame: Frame, count: int) -> None:
    names = frame.stack.pop()
    cls = frame.stack.pop()
    frame.stack.append(attributes_of(frame.stack.pop(), cls, count, names))


def attributes_of(subject: Any, cls: Any, count: int, names: tuple[str, ...]) -> tuple[Any, ...] | None:
    """The attributes that a class pattern takes from an instance, or None if it does not match."""
    if not isinstance(cls, type):
        raise TypeError("called match pattern must be a class")
    if not isinstance(subject, cls):
        return None
    positional: tuple[Any, ...] = ()
    match_self = False
    if count:
        match_names = getattr(cls, "__match_args__", NULL)
        if match_names is NULL:
            match_self = bool(type.__dict__["__flags__"].__get__(cls) & _MATCH_SELF)
            match_names = ()
        elif not isinstance(match_names, tuple):
            kind = type(match_names).__name__
            raise TypeError(f"{cls.__name__}.__match_args__ must be a tuple (got {kind})")
        allowed = 1 if match_self else len(match_names)
        if count > allowed:
            raise TypeError(
                f"{cls.__name__}() accepts {allowed} positional sub-pattern{'s' * (allowed != 1)} "
                f"({count} given)"
            )
        positional = match_names[:count]
    values = [subject] if match_self else []
    seen: set[Any] = set()
    for name in positional:
        if not isinstance(name, str):
            raise TypeError(f"__match_args__ elements must be strings (got {type(name).__name__})")
    for name in (*positional, *names):
        if name in seen:
            raise TypeError(f"{cls.__name__}() got multiple sub-patterns for attribute {name!r}")
        seen.add(name)
        value = getattr(subject, name, NULL)
        if value is NULL:
            return None
        values.append(value)
    return tuple(values)
