"""Telling the host's C code where the program is.

In: the folder that CPython would put at the front of `sys.path`. Out: the same folder in the host's configuration
(`PyConfig.sys_path_0`, in CPython's `cpython/initconfig.h`). The host has filled that in at its own start, with the
folder of whatever started Kaa. It goes by it when a module lacks an attribute, to suggest that the program's folder
hides a module of the standard library, and when it makes the `sys.path` of a subinterpreter.
"""

from __future__ import annotations

import ctypes
import os
import sys

SYS_PATH_0 = 424
"""Offset of the field in `PyConfig`, in bytes, where `_is_known_layout`."""


def tell_host(folder: str | None) -> None:
    """Set the program's folder; None when a program's folder is not on `sys.path` (`-P`)."""
    if not _is_known_layout():
        return
    api = ctypes.pythonapi
    for function in (api._Py_GetConfig, api.Py_DecodeLocale):
        function.restype = ctypes.c_void_p
    new = None
    if folder is not None:
        new = api.Py_DecodeLocale(ctypes.c_char_p(os.fsencode(folder)), None)
    field = ctypes.c_void_p.from_address(api._Py_GetConfig() + SYS_PATH_0)
    old, field.value = field.value, new
    api.PyMem_RawFree(ctypes.c_void_p(old))


def _is_known_layout() -> bool:
    """Whether the host is a CPython 3.13 for a 64-bit Unix, with the GIL."""
    known = sys.version_info[:2] == (3, 13) and sys.maxsize > 2**32
    return known and getattr(sys, "abiflags", "t") in ("", "d")  # Windows has no such attribute
