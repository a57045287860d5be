"""SHA-256 without `hashlib`, which would load OpenSSL into every process: several MiB and milliseconds."""

from _sha2 import sha256  # type: ignore[import-not-found]  # typeshed does not know it

__all__ = ["sha256"]
