"""A digest for caches without `hashlib` or its parts in C, which would be a few percent of a start."""

from __future__ import annotations

import _imp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_KEYS: Final = (int.from_bytes(b"Kaa one\n", "little"), int.from_bytes(b"Kaa two\n", "little"))
SIZE: Final = 8 * len(_KEYS)
"""Bytes of a digest."""


def digest(data: bytes, secret: bytes = b"") -> bytes:
    """What tells contents apart: the host's digest of sources (PEP 552), twice.

    Contents that were made to be confused it tells apart only by a secret, of as many bytes as a digest: SipHash is
    made for that. (The host takes its keys as signed numbers.)
    """
    keys = _KEYS
    if secret:
        keys = int.from_bytes(secret[:8], "little") >> 1, int.from_bytes(secret[8:SIZE], "little") >> 1
    return b"".join([_imp.source_hash(key, data) for key in keys])
