"""The C functions and the memory of the host's process, by `_ctypes` alone: `ctypes` would be a good part of a start.

get = python_function("PyThreadState_Get", Address)
word(get() + 8).value
"""

from __future__ import annotations

from _ctypes import (
    FUNCFLAG_CDECL,
    FUNCFLAG_PYTHONAPI,
    FUNCFLAG_USE_ERRNO,
    RTLD_LOCAL,
    CFuncPtr,
    Structure,
    _SimpleCData,
    addressof,
    dlopen,
    dlsym,
    get_errno,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Address",
    "Int",
    "Object",
    "Size",
    "Structure",
    "Text",
    "Word",
    "address_of",
    "addressof",
    "c_function",
    "copy_bytes",
    "get_errno",
    "kept_bytes",
    "python_function",
    "word",
    "words",
]

_everything: Any = None
_process = dlopen(_everything, RTLD_LOCAL)


class Address(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "P"


class Text(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "z"


class Int(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "i"


class Size(_SimpleCData):  # type: ignore[type-arg]
    """Py_ssize_t, size_t and long of a 64-bit Unix, with a sign."""

    _type_ = "l"


class Word(_SimpleCData):  # type: ignore[type-arg]
    """Eight bytes in memory, without a sign."""

    _type_ = "L"


class Object(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "O"


class Byte(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "c"


def address_of(name: str) -> int:
    """The address of a symbol of the host's or the C library's; OSError if there is none."""
    return dlsym(_process, name)


def python_function(place: str | int, result: Any, *arguments: Any) -> Any:
    """The function of this name, or at this address, which runs with the GIL and may raise."""
    return _function(place, FUNCFLAG_PYTHONAPI, result, arguments)


def c_function(place: str | int, result: Any, *arguments: Any) -> Any:
    """A function of the C library, which runs without the GIL; `get_errno` tells what it says of an error."""
    return _function(place, FUNCFLAG_USE_ERRNO, result, arguments)


def _function(place: str | int, flags: int, result: Any, arguments: tuple[Any, ...]) -> Any:
    class Function(CFuncPtr):
        _flags_ = FUNCFLAG_CDECL | flags
        _restype_ = result
        _argtypes_ = arguments

    return Function(address_of(place) if isinstance(place, str) else place)


_copy = c_function("memmove", Address, Address, Address, Size)


def copy_bytes(address: int, data: bytes) -> None:
    """Put bytes into memory."""
    _copy(address, data, len(data))


def kept_bytes(data: bytes, room: int = 0) -> Any:
    """A buffer of C's with these bytes, and zeros behind them; its place is `addressof(buffer)`."""
    return (Byte * (len(data) + room)).from_buffer_copy(data + bytes(room))


def word(address: int) -> Word:
    """The eight bytes at an address, to read and write."""
    return Word.from_address(address)


def words(address: int, count: int) -> Any:
    """An array of them."""
    return (Word * count).from_address(address)
