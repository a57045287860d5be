"""Instructions that make containers, fill them, and take them apart."""

from typing import Any

from kaa.reference.arguments import is_iterable
from kaa.reference.calls import lookup_special
from kaa.reference.errors import called
from kaa.reference.frame import Frame
from kaa.reference.program import NULL


def BUILD_TUPLE(frame: Frame, count: int) -> None:
    frame.stack.append(tuple(frame.pop_many(count)))


def BUILD_LIST(frame: Frame, count: int) -> None:
    frame.stack.append(frame.pop_many(count))


def BUILD_SET(frame: Frame, count: int) -> None:
    frame.stack.append(set(frame.pop_many(count)))


def BUILD_MAP(frame: Frame, count: int) -> None:
    flat = frame.pop_many(2 * count)
    frame.stack.append(dict(zip(flat[::2], flat[1::2], strict=True)))


def BUILD_CONST_KEY_MAP(frame: Frame, count: int) -> None:
    keys = frame.stack.pop()
    frame.stack.append(dict(zip(keys, frame.pop_many(count), strict=True)))


def BUILD_STRING(frame: Frame, count: int) -> None:
    frame.stack.append("".join(frame.pop_many(count)))


def BUILD_SLICE(frame: Frame, count: int) -> None:
    frame.stack.append(slice(*frame.pop_many(count)))


def LIST_APPEND(frame: Frame, depth: int) -> None:
    value = frame.stack.pop()
    frame.peek(depth).append(value)


def SET_ADD(frame: Frame, depth: int) -> None:
    value = frame.stack.pop()
    frame.peek(depth).add(value)


def MAP_ADD(frame: Frame, depth: int) -> None:
    value = frame.stack.pop()
    key = frame.stack.pop()
    frame.peek(depth)[key] = value


def LIST_EXTEND(frame: Frame, depth: int) -> None:
    iterable = frame.stack.pop()
    if not is_iterable(iterable):
        raise TypeError(f"Value after * must be an iterable, not {type(iterable).__name__}")
    frame.peek(depth).extend(iterable)


def SET_UPDATE(frame: Frame, depth: int) -> None:
    iterable = frame.stack.pop()
    frame.peek(depth).update(iterable)


def DICT_UPDATE(frame: Frame, depth: int) -> None:
    mapping = frame.stack.pop()
    if not is_mapping(mapping):
        raise TypeError(f"'{type(mapping).__name__}' object is not a mapping")
    frame.peek(depth).update(mapping)


def DICT_MERGE(frame: Frame, depth: int) -> None:
    mapping = frame.stack.pop()
    target = frame.peek(depth)
    callable = frame.peek(depth + 3)
    if not is_mapping(mapping):
        kind = type(mapping).__name__
        raise TypeError(f"{called(callable)} argument after ** must be a mapping, not {kind}")
    for key in mapping.keys():  # noqa: SIM118  (only `keys` and `[]` make a mapping)
        if key in target:
            raise TypeError(f"{called(callable)} got multiple values for keyword argument '{key}'")
        target[key] = mapping[key]


def is_mapping(value: Any) -> bool:
    """True for what `**` accepts."""
    return hasattr(value, "keys")


def UNPACK_SEQUENCE(frame: Frame, count: int) -> None:
    items = take(frame.stack.pop(), count, "")
    frame.stack.extend(reversed(items))


def UNPACK_EX(frame: Frame, argument: int) -> None:
    before, after = argument & 0xFF, argument >> 8
    iterator = iterator_of(frame.stack.pop())
    items: list[Any] = []
    for _ in range(before):
        item = next(iterator, NULL)
        if item is NULL:
            raise too_few(f"at least {before + after}", len(items))
        items.append(item)
    rest = list(iterator)
    if len(rest) < after:
        raise too_few(f"at least {before + after}", before + len(rest))
    split = len(rest) - after
    items.append(rest[:split])
    items += rest[split:]
    frame.stack.extend(reversed(items))


def take(iterable: Any, count: int, at_least: str) -> list[Any]:
    """Exactly so many items of an iterable."""
    if type(iterable) in (tuple, list):
        items = list(iterable)
    else:
        iterator = iterator_of(iterable)
        items = []
        # One more than wanted shows that there are too many.
        while len(items) <= count and (item := next(iterator, NULL)) is not NULL:
            items.append(item)
    if len(items) < count:
        raise too_few(str(count), len(items))
    if len(items) > count:
        raise ValueError(f"too many values to unpack (expected {count})")
    return items


def iterator_of(iterable: Any) -> Any:
    """The iterator of what is to be unpacked."""
    if lookup_special(iterable, "__iter__") in (NULL, None) and not is_iterable(iterable):
        raise TypeError(f"cannot unpack non-iterable {type(iterable).__name__} object")
    return iter(iterable)


def too_few(expected: str, got: int) -> ValueError:
    """The error for an iterable that ends too early."""
    return ValueError(f"not enough values to unpack (expected {expected}, got {got})")
