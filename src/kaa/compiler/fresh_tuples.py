"""Filling a tuple that nothing but its code object refers to, by the C API's way to fill a new one.

`ctypes` itself is not for the compiler, which has a library of its own: each copy of that module, when it is loaded,
empties the one table of pointer types in the process, and those of the guest would not fit each other any more. So this
is what `ctypes` makes, of what it is made of.
"""

from _ctypes import FUNCFLAG_CDECL, FUNCFLAG_PYTHONAPI, CFuncPtr, _SimpleCData, dlopen, dlsym
from typing import Any


class _Int(_SimpleCData):  # type: ignore[type-arg]  # it takes none when it runs
    _type_ = "i"


class _Word(_SimpleCData):  # type: ignore[type-arg]  # it takes none when it runs
    _type_ = "l"


class _Object(_SimpleCData):  # type: ignore[type-arg]
    _type_ = "O"


class _ApiFunction(CFuncPtr):
    """A function of the C API's that returns an int, or nothing."""

    _flags_ = FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI
    _restype_ = _Int


_HOST = dlopen("", 0)  # the process itself
_incref: Any = _ApiFunction(dlsym(_HOST, "Py_IncRef"))
_incref.argtypes = (_Object,)
_set_item: Any = _ApiFunction(dlsym(_HOST, "PyTuple_SetItem"))
_set_item.argtypes = (_Word, _Word, _Object)


def put_item(identity: int, index: int, value: Any) -> None:
    """Put a value in the place of an item of the tuple with this identity, to which one object refers; not even the
    caller may.
    """
    _incref(value)  # what is put there takes a reference over
    _set_item(identity, index, value)
