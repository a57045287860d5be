"""SHA-256 without `hashlib`, which would load OpenSSL into every process: several MiB and milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    from _sha2 import sha256

__all__ = ["sha256"]
