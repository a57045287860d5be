"""The seal behind the code object in a cache file: a digest by which Kaa knows that it wrote the file, and all of it.

In: the bytes of a file, or of a code object in marshal's format. Out: whether they are what Kaa wrote, or the seal for
them. This is all that a start with warm caches needs of the format; the rest of it is in `kaa.bytecode.pyc`.
"""

import _imp

MAGIC = (3571).to_bytes(2, "little") + b"\r\n"
"""The magic number of CPython 3.13."""

HEADER_SIZE = 16

_SEAL = b"KAA\x01"
_DIGEST_SIZE = 8
_SEAL_SIZE = len(_SEAL) + _DIGEST_SIZE
_SEAL_KEY = int.from_bytes(_SEAL, "little")


def is_sealed(data: bytes) -> bool:
    """Whether what is behind the header is what Kaa wrote, and whole."""
    return data[-_SEAL_SIZE:-_DIGEST_SIZE] == _SEAL and data.endswith(
        seal(memoryview(data)[HEADER_SIZE:-_SEAL_SIZE])
    )


def seal(payload: bytes | memoryview) -> bytes:
    """What Kaa puts behind the bytes of a code object."""
    return _SEAL + _imp.source_hash(_SEAL_KEY, payload)
