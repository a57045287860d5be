"""SHA-256 without `hashlib`, which would load OpenSSL into every process: several MiB and milliseconds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256
else:
    from _sha2 import sha256

__all__ = ["sha256"]
