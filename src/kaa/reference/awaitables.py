"""What `await` accepts: coroutines of either kind, and objects with an `__await__`. (PEP 492.)"""

from types import CoroutineType, GeneratorType
from typing import Any

from kaa.reference.calls import lookup_special
from kaa.reference.program import NULL

ITERABLE_COROUTINE = 0x100
"""The code flag of generators that `types.coroutine` has made coroutines of."""


def is_awaitable(value: Any) -> bool:
    """True for coroutines of either kind and what has `__await__`."""
    if isinstance(value, CoroutineType):
        return True
    if isinstance(value, GeneratorType):
        return bool(value.gi_code.co_flags & ITERABLE_COROUTINE)
    return lookup_special(value, "__await__") is not NULL


def awaitable_iterator(value: Any) -> Any:
    """The iterator that stands behind an awaitable."""
    if isinstance(value, CoroutineType):
        return value
    if isinstance(value, GeneratorType) and value.gi_code.co_flags & ITERABLE_COROUTINE:
        return value
    method = lookup_special(value, "__await__")
    if method is NULL or method is None or isinstance(value, GeneratorType):
        raise TypeError(f"object {type(value).__name__} can't be used in 'await' expression")
    iterator = method()
    if isinstance(iterator, CoroutineType) or (
        isinstance(iterator, GeneratorType) and iterator.gi_code.co_flags & ITERABLE_COROUTINE
    ):
        raise TypeError("__await__() returned a coroutine")
    if not hasattr(type(iterator), "__next__"):
        raise TypeError(f"__await__() returned non-iterator of type '{type(iterator).__name__}'")
    return iterator
