"""Cache files, `.pyc`: a header, a code object in marshal's format, and Kaa's seal.

In and out: the bytes of a file, and a code object. The header is CPython's (PEP 552): the magic number, flags, and
then either the source's time and size, or its hash. The seal is Kaa's own: a digest of the code object's bytes, behind
them. CPython never reads as far as that, so each reads the other's files.

The seal is there because the host's `marshal` trusts its input, and damaged bytes can crash it. A file whose seal is
whole holds what Kaa wrote. Any other file, also one that CPython wrote, is read by the reader that trusts nothing and
proved by the verifier before `marshal` sees it; that takes some microseconds a line, and is imported only then.

Whether a cache is fresh is for the importer to decide; it has the source.
"""

import _imp
import marshal
from struct import Struct
from types import CodeType
from typing import NamedTuple

from kaa.bytecode.code_image import CodeImage, CutOffCode, DamagedCode
from kaa.sealing import HEADER_SIZE, MAGIC, is_sealed, seal

__all__ = [
    "HEADER_SIZE",
    "MAGIC",
    "CutOffCode",
    "DamagedCode",
    "Header",
    "dump",
    "header",
    "is_sealed",
    "load",
    "prove",
    "seal",
    "source_hash",
]

_HASHED = 0b01
_CHECKED = 0b10
_FIELDS = Struct("<4sIII")
_HASH_SIZE = 8


class Header(NamedTuple):
    """What a cache says of its source: time and size (each modulo 2**32), or, if not None, its hash.

    `checked` asks the importer to compare the hash with the source's; without it, the cache is taken as fresh.
    """

    mtime: int = 0
    size: int = 0
    source_hash: bytes | None = None
    checked: bool = False

    def encode(self) -> bytes:
        """The sixteen bytes at the beginning of a file."""
        if self.source_hash is None:
            return _FIELDS.pack(MAGIC, 0, self.mtime & 0xFFFFFFFF, self.size & 0xFFFFFFFF)
        flags = _HASHED | (_CHECKED if self.checked else 0)
        return MAGIC + flags.to_bytes(4, "little") + self.source_hash


def header(data: bytes) -> Header:
    """The header of a file; DamagedCode if it has none that CPython 3.13 knows."""
    if len(data) < HEADER_SIZE:
        raise DamagedCode("the file ends within its header")
    magic, flags, mtime, size = _FIELDS.unpack_from(data)
    if magic != MAGIC:
        raise DamagedCode(f"the magic number is {magic!r}, not that of CPython 3.13")
    if flags & ~(_HASHED | _CHECKED):
        raise DamagedCode(f"the flags are {flags:#x}")
    if flags & _HASHED:
        return Header(
            source_hash=data[HEADER_SIZE - _HASH_SIZE : HEADER_SIZE], checked=bool(flags & _CHECKED)
        )
    return Header(mtime, size)


def source_hash(source: bytes) -> bytes:
    """The hash of a source that a header holds."""
    return _imp.source_hash(int.from_bytes(MAGIC, "little"), source)


def dump(code: CodeType, header: Header) -> bytes:
    """The bytes of a file, with its seal."""
    payload = marshal.dumps(code)
    return header.encode() + payload + seal(payload)


def load(data: bytes) -> CodeType:
    """The code object in the bytes of a file, safe to run; DamagedCode says what is wrong with them."""
    header(data)
    prove(data)
    try:
        code = marshal.loads(memoryview(data)[HEADER_SIZE:])
    except (EOFError, ValueError, TypeError) as error:
        raise DamagedCode(f"marshal data: {error}") from None
    if not isinstance(code, CodeType):
        raise DamagedCode(f"the file holds no code object, but a {type(code).__name__}")
    return code


def prove(data: bytes) -> None:
    """Make sure that what is behind the header of a file may be given to `marshal`; DamagedCode if not."""
    if is_sealed(data):
        return
    from kaa.bytecode import reader, verifier

    image, _ = reader.read(data, HEADER_SIZE)
    if not isinstance(image, CodeImage):
        raise DamagedCode(f"the file holds no code object, but a {type(image).__name__}")
    verifier.verify(image)
