"""The image: all native code of Kaa, compiled once, as bytes that can be mapped anywhere.

In: what `build` made, or a file's bytes. Out: an `Image`: position-independent code and read-only data, a table of
addresses of the host's symbols to be filled in when it is loaded (the global offset table), zeroed cells, and for each
template where its holes are. `cache` keeps it on disk, `memory` loads it.

This module is part of every start, so it imports little. The head is marshalled: the digest vouches for it.
"""

from __future__ import annotations

import _imp
import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from kaa.native.build import Template

MAGIC: Final = b"Kaa image 5\n"
_KEY: Final = int.from_bytes(MAGIC[:8], "little")
_DIGEST_SIZE: Final = 8
PAGE: Final = 4096
PLAIN: Final = 2
"""The version of marshal whose bytes depend on values alone, not on which of them are shared."""
TEMPLATES, PLACES = "templates", "places"
"""Kept with the image for those who look into it: the templates, and where every function is."""


class Image:
    """See the module's docstring. Offsets are in bytes from the image's start.

    [0, writable) is code and constants; the global offset table and the cells follow, to `size`. `symbols` are the
    functions that may be asked for by name. `extra` is what the owner of the templates wants to keep with them.
    """

    __slots__ = ("cells", "data", "externs", "extra", "got", "size", "symbols", "writable")

    def __init__(
        self,
        *,
        data: bytes | memoryview,
        symbols: dict[str, int],
        externs: list[str],
        cells: dict[str, int],
        writable: int,
        got: int,
        size: int,
        extra: Mapping[str, bytes],
    ) -> None:
        self.data = data
        self.symbols = symbols
        self.externs = externs
        self.cells = cells
        self.writable = writable
        self.got = got
        self.size = size
        self.extra = dict(extra)

    @property
    def templates(self) -> dict[str, Template]:
        """The templates by name (decoded anew: few ask)."""
        from kaa.native.build import read_templates

        return read_templates(self.extra[TEMPLATES])

    @property
    def places(self) -> dict[str, int]:
        """The offsets of all functions and templates by name, decoded anew too."""
        from kaa.native.build import unpacked

        places: dict[str, int] = unpacked(self.extra[PLACES])
        return places

    def to_bytes(self) -> bytes:
        """A file's content: magic, digest of the rest, lengths of the head and of the data, head, data, extras."""
        head = marshal.dumps(
            {
                "symbols": self.symbols,
                "externs": self.externs,
                "cells": self.cells,
                "writable": self.writable,
                "got": self.got,
                "size": self.size,
                "lengths": {name: len(part) for name, part in self.extra.items()},
            },
            PLAIN,
        )
        lengths = [len(part).to_bytes(4, "little") for part in (head, self.data)]
        body = b"".join([*lengths, head, self.data, *self.extra.values()])
        return MAGIC + _imp.source_hash(_KEY, body) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Image:
        """The opposite. Raises ValueError for anything that `to_bytes` did not write."""
        start = len(MAGIC) + _DIGEST_SIZE
        body = memoryview(data)[start:]
        if data[:start] != MAGIC + _imp.source_hash(_KEY, body):
            raise ValueError("not an image of Kaa, or a damaged one")
        head_size, data_size = int.from_bytes(body[:4], "little"), int.from_bytes(body[4:8], "little")
        position = 8 + head_size
        head = marshal.loads(body[8:position])
        code = body[position : position + data_size]
        position += data_size
        extra = {}
        for name, length in head.pop("lengths").items():
            extra[name] = bytes(body[position : position + length])
            position += length
        return cls(data=code, extra=extra, **head)
