"""Memory for machine code: one reserved region, in which the image and all linked code can reach each other.

In: an `Image`. Out: `LoadedImage`, the image in memory with the host's addresses filled in. Pages are
writable or executable, never both.
"""

from __future__ import annotations

from kaa.native.host_library import (
    Address,
    Int,
    Size,
    addresses_of,
    c_function,
    copy_bytes,
    get_errno,
    word,
    words,
)
from kaa.native.image import PAGE, Image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from kaa.native.host_library import Word

REACHABLE: Final = 1 << 30
"""Bytes of address space; 32-bit distances must reach from one end to the other."""
RESERVED: Final = REACHABLE + REACHABLE // 2
"""What lies behind the reachable part is where linked code is written."""
NO_ACCESS: Final = 0
READ: Final = 1
WRITE: Final = 2
EXECUTE: Final = 4
"""What may be done with pages: PROT_READ and so on, of Linux."""
_PRIVATE, _ANONYMOUS, _NO_RESERVE = 0x02, 0x20, 0x4000
_FAILED = (1 << 64) - 1

_mmap = c_function("mmap", Address, Address, Size, Int, Int, Int, Size)
_mprotect = c_function("mprotect", Int, Address, Size, Int)
_register_atfork = c_function("__register_atfork", Int, Address, Address, Address, Address)


class LoadedImage:
    """An image in memory. `base` is its address; [base + size, base + RESERVED) is free."""

    def __init__(self, image: Image) -> None:
        self.image = image
        base = _mmap(None, RESERVED, NO_ACCESS, _PRIVATE | _ANONYMOUS | _NO_RESERVE, -1, 0)
        if base is None or base == _FAILED:
            raise MemoryError(f"cannot reserve {RESERVED} bytes of address space for machine code")
        self.base: int = base
        self.protect(0, image.size, READ | WRITE)
        copy_bytes(base, image.data)
        self._fill_addresses()
        self.protect(0, image.writable, READ | EXECUTE)

    def _fill_addresses(self) -> None:
        names = self.image.externs
        words(self.base + self.image.got, len(names))[:] = addresses_of(names)

    def protect(self, offset: int, size: int, protection: int) -> None:
        """Set the access to whole pages at `offset` from the base."""
        if _mprotect(self.base + offset, size + -size % PAGE, protection):
            raise OSError(get_errno(), "mprotect")

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

    def cell(self, name: str) -> Word:
        """A cell of the image, to read and write."""
        return word(self.base + self.image.cells[name])
