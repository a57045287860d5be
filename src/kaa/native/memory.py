"""Memory for machine code: one reserved region, in which the image and all linked code can reach each other.

In: an `Image`. Out: `LoadedImage`, the image in memory with the host's addresses filled in. Pages are
writable or executable, never both.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from typing import Any, Final

from kaa.native.image import PAGE, Image

REACHABLE: Final = 1 << 30
"""Bytes of address space; 32-bit distances must reach from one end to the other."""
RESERVED: Final = REACHABLE + REACHABLE // 2
"""What lies behind the reachable part is where linked code is written."""
NO_ACCESS: Final = 0
MAP_FAILED: Final = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_mmap = _libc.mmap
_mmap.restype = ctypes.c_void_p
_mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_mprotect = _libc.mprotect
_mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_register_atfork = getattr(_libc, "__register_atfork")
_register_atfork.argtypes = [ctypes.c_void_p] * 4


class LoadedImage:
    """An image in memory. `base` is its address; [base + size, base + RESERVED) is free."""

    def __init__(self, image: Image) -> None:
        self.image = image
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000)
        base = _mmap(None, RESERVED, NO_ACCESS, flags, -1, 0)
        if base is None or base == MAP_FAILED:
            raise MemoryError(f"cannot reserve {RESERVED} bytes of address space for machine code")
        self.base: int = base
        self.protect(0, image.size, mmap.PROT_READ | mmap.PROT_WRITE)
        ctypes.memmove(base, image.data, len(image.data))
        self._fill_addresses()
        self.protect(0, image.writable, mmap.PROT_READ | mmap.PROT_EXEC)

    def _fill_addresses(self) -> None:
        table = (ctypes.c_uint64 * len(self.image.externs)).from_address(self.base + self.image.got)
        for index, name in enumerate(self.image.externs):
            table[index] = _host_address(name)

    def protect(self, offset: int, size: int, protection: int) -> None:
        """Set the access to whole pages at `offset` from the base."""
        if _mprotect(self.base + offset, size + -size % PAGE, protection):
            raise OSError(ctypes.get_errno(), "mprotect")

    def at_fork(self, before: str, child: str) -> None:
        """Have native functions run in the process that forks, before it does, and in the child."""
        if _register_atfork(self.address(before), None, self.address(child), None):
            raise MemoryError("no room for functions to run at a fork")

    def address(self, symbol: str) -> int:
        """Where a native function is."""
        return self.base + self.image.symbols[symbol]

    def function(self, symbol: str, prototype: Any) -> Callable[..., Any]:
        """A native function as a ctypes callable."""
        return prototype(self.address(symbol))  # type: ignore[no-any-return]

    def cell(self, name: str) -> ctypes.c_uint64:
        """A cell of the image, to read and write."""
        return ctypes.c_uint64.from_address(self.base + self.image.cells[name])


def _host_address(name: str) -> int:
    """The address of a symbol of libpython or the C library."""
    try:
        symbol = getattr(ctypes.pythonapi, name)
    except AttributeError:
        symbol = getattr(_libc, name)
    return ctypes.cast(symbol, ctypes.c_void_p).value or 0
