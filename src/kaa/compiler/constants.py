"""Which constants of a code object are one and the same.

`1`, `1.0` and `True` are equal, and so are `0.0` and `-0.0`, but a code object must keep them apart.
`constant_key` gives each constant a hashable key that is equal for two constants exactly when a code object
may share one slot between them. `ConstantCache` goes further and makes equal constants of *all* code
objects of one compilation the same object.
"""

from math import copysign
from operator import is_
from types import CodeType
from typing import Any

__all__ = ["ConstantCache", "constant_key"]

_OWN_KEY = frozenset({int, str, type(None), type(Ellipsis), CodeType})
"""Types whose values never equal a value of another type, nor a composed key."""


def _sign_key(value: float | complex) -> Any:
    """What tells the zeros of a number apart: None for a number without negative zeros."""
    if type(value) is complex:
        negative_real = value.real == 0 and copysign(1, value.real) < 0
        negative_imaginary = value.imag == 0 and copysign(1, value.imag) < 0
        return negative_real, negative_imaginary
    return value == 0 and copysign(1, value.real) < 0


def constant_key(value: Any) -> Any:
    """Return a hashable key: equal for two constants if and only if they may share a slot in `co_consts`."""
    kind = type(value)
    if kind in _OWN_KEY:
        return value
    if kind is bool or kind is bytes:
        return kind, value
    if kind is float or kind is complex:
        return kind, value, _sign_key(value)
    if kind is tuple:
        return kind, tuple(map(constant_key, value))
    if kind is frozenset:
        return kind, frozenset(map(constant_key, value))
    return kind, id(value)


class ConstantCache:
    """Equal constants of one compilation, merged into one object each, inside tuples and frozensets too.

    This is what makes `a.__code__.co_consts[1] is b.__code__.co_consts[1]` hold for two functions of a
    module, and what makes the marshalled module small.
    """

    __slots__ = ("_merged", "_tables", "_united")

    def __init__(self) -> None:
        self._merged: dict[Any, Any] = {}
        self._united: dict[Any, Any] = {}
        self._tables: dict[tuple[int, ...], tuple[Any, ...]] = {}

    def merge(self, value: Any) -> tuple[Any, Any]:
        """Return `value`'s key and the object that stands for all constants with this key."""
        kind = type(value)
        if kind in _OWN_KEY:
            return value, self._merged.setdefault(value, value)
        if kind is tuple:
            return self._merge_tuple(value)
        key = constant_key(value)
        found = self._merged.get(key)
        if found is None:
            found = self._merge_frozenset(value) if kind is frozenset else value
            self._merged[key] = found
        return key, found

    def _merge_tuple(self, value: tuple[Any, ...]) -> tuple[Any, Any]:
        keys, items = [], []
        for item in value:
            key, item = self.merge(item)
            keys.append(key)
            items.append(item)
        whole = tuple, tuple(keys)
        found = self._merged.get(whole)
        if found is None:
            found = self._merged[whole] = value if all(map(is_, items, value)) else tuple(items)
        return whole, found

    def _merge_frozenset(self, value: frozenset[Any]) -> frozenset[Any]:
        # Made anew even if no item has changed, as the host does: that decides the order of iteration.
        return frozenset([self.merge(item)[1] for item in value]) if value else value

    def unite[T: bytes | tuple[str, ...]](self, value: T) -> T:
        """Return the one object that stands for all bytes, or tuples of names, that equal `value`."""
        united: T = self._united.setdefault(value, value)
        return united

    def unite_constants(self, constants: list[Any]) -> tuple[Any, ...]:
        """Return the one tuple that stands for all lists of the same merged constants."""
        table = tuple(constants)
        # They are merged, so identity is enough; and the tuple keeps them alive, so that no identity is reused.
        return self._tables.setdefault(tuple(map(id, constants)), table)
