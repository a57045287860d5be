"""A digest for caches without `hashlib` or its parts in C, which would be a few percent of a start."""

from __future__ import annotations

import _imp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_KEYS: Final = (int.from_bytes(b"Kaa one\n", "little"), int.from_bytes(b"Kaa two\n", "little"))
SIZE: Final = 8 * len(_KEYS)
"""Bytes of a digest."""


def digest(data: bytes) -> bytes:
    """What tells contents apart that were not made to be confused: the host's digest of sources (PEP 552), twice."""
    return b"".join([_imp.source_hash(key, data) for key in _KEYS])
