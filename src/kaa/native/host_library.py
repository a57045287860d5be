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
    "Word",
    "address_of",
    "addresses_of",
    "addressof",
    "c_function",
    "copy_bytes",
    "get_errno",
    "place_of",
    "python_function",
    "word",
    "words",
]

_everything: Any = None
_process = dlopen(_everything, RTLD_LOCAL)


class Address(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "P"


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


def address_of(name: str) -> int:
    """The address of a symbol of the host's or the C library's; OSError if there is none."""
    return dlsym(_process, name)


class _PythonFunction(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI


class _CFunction(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL | FUNCFLAG_USE_ERRNO


def addresses_of(names: list[str]) -> list[int]:
    """The same for many."""
    return [dlsym(_process, name) for name in names]


def python_function(place: str | int, result: Any, *arguments: Any) -> Any:
    """The function of this name, or at this address, which runs with the GIL and may raise."""
    return _function(_PythonFunction, place, result, arguments)


def c_function(place: str | int, result: Any, *arguments: Any) -> Any:
    """A function of the C library, which runs without the GIL; `get_errno` tells what it says of an error."""
    return _function(_CFunction, place, result, arguments)


def _function(kind: Any, place: str | int, result: Any, arguments: tuple[Any, ...]) -> Any:
    function = kind(address_of(place) if isinstance(place, str) else place)
    function.restype = result
    function.argtypes = arguments
    return function


def copy_bytes(address: int, data: bytes | memoryview) -> None:
    """Put bytes into memory."""
    memoryview(words(address, -(-len(data) // 8))).cast("B")[: len(data)] = data


place_of = python_function("PyBytes_AsString", Address, Object)
"""The place of bytes in memory, as long as they live."""


def word(address: int) -> Word:
    """The eight bytes at an address, to read and write."""
    return Word.from_address(address)


def words(address: int, count: int) -> Any:
    """An array of them."""
    return (Word * count).from_address(address)
