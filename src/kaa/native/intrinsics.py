"""What native code can say that Python has no word for. The translator knows each of these functions by
identity.

The arithmetic ones run as plain Python too; the ones that touch memory exist in compiled code only.
"""

from __future__ import annotations

import struct
from typing import Any, Final, overload

from kaa.native.types import Ptr, Struct

NULL: Final[Any] = None
"""The null pointer of any type. `if not pointer:` asks for it."""


def _compiled_only(name: str) -> TypeError:
    return TypeError(f"{name} exists in compiled code only")


@overload
def cast[T](kind: type[T], value: object) -> T: ...
@overload
def cast(kind: object, value: object) -> Any: ...
def cast(kind: Any, value: object) -> Any:
    """Reinterpret a pointer or an address as another pointer type."""
    raise _compiled_only("cast")


def address(pointer: object) -> int:
    """A pointer as a number."""
    raise _compiled_only("address")


def reserve[T](kind: type[T], count: int = 1) -> Ptr[T]:
    """Room for `count` values on the machine's stack, until the function returns; uninitialised."""
    raise _compiled_only("reserve")


def size_of(struct: type[Struct]) -> int:
    """Bytes of a struct, as far as it is described."""
    from kaa.native.types import layout

    return layout(struct).size


def likely(condition: object) -> bool:
    """The condition, expected to hold: the other way is kept out of the straight path."""
    return bool(condition)


def unlikely(condition: object) -> bool:
    """The condition, expected not to hold."""
    return bool(condition)


def _overflowing(value: int) -> tuple[int, bool]:
    wrapped = (value + (1 << 63)) % (1 << 64) - (1 << 63)
    return wrapped, wrapped != value


def add_overflow(left: int, right: int) -> tuple[int, bool]:
    """The 64-bit sum, and whether it overflowed."""
    return _overflowing(left + right)


def subtract_overflow(left: int, right: int) -> tuple[int, bool]:
    """The 64-bit difference, and whether it overflowed."""
    return _overflowing(left - right)


def multiply_overflow(left: int, right: int) -> tuple[int, bool]:
    """The 64-bit product, and whether it overflowed."""
    return _overflowing(left * right)


def float_bits(value: float) -> int:
    """The IEEE 754 bits of a float as a u64."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def copy_memory(target: object, source: object, size: int) -> None:
    """Copy bytes between places that do not overlap."""
    raise _compiled_only("copy_memory")


def clear_memory(target: object, size: int) -> None:
    """Set bytes to zero."""
    raise _compiled_only("clear_memory")


def atomic_or(place: object, bits: int) -> None:
    """Set bits of a 64-bit word that other threads change too."""
    raise _compiled_only("atomic_or")


def atomic_and(place: object, bits: int) -> None:
    """Clear the bits of such a word that are not given."""
    raise _compiled_only("atomic_and")


def trap() -> None:
    """Stop the process: a fact of the machine does not hold."""
    raise AssertionError("trap")
