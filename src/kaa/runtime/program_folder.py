"""Telling the host's C code where the program is.

In: the folder that CPython would put at the front of `sys.path`. Out: the same folder in the host's configuration
(`PyConfig.sys_path_0`, in CPython's `cpython/initconfig.h`). The host has filled that in at its own start, with the
folder of whatever started Kaa. It goes by it when a module lacks an attribute, to suggest that the program's folder
hides a module of the standard library, and when it makes the `sys.path` of a subinterpreter.
"""

from __future__ import annotations

import os
import sys

from kaa.native.host_library import Address, place_of, python_function, word

SYS_PATH_0 = 424
"""Offset of the field in `PyConfig`, in bytes, where `_is_known_layout`."""


def tell_host(folder: str | None) -> None:
    """Set the program's folder; None when a program's folder is not on `sys.path` (`-P`)."""
    if not _is_known_layout():
        return
    new = 0
    if folder is not None:
        name = os.fsencode(folder)
        new = python_function("Py_DecodeLocale", Address, Address, Address)(place_of(name), None)
    field = word(python_function("_Py_GetConfig", Address)() + SYS_PATH_0)
    old, field.value = field.value, new
    python_function("PyMem_RawFree", None, Address)(old)


def _is_known_layout() -> bool:
    """Whether the host is a CPython 3.13 for a 64-bit Unix, with the GIL."""
    known = sys.version_info[:2] == (3, 13) and sys.maxsize > 2**32
    return known and getattr(sys, "abiflags", "t") in ("", "d")  # Windows has no such attribute
