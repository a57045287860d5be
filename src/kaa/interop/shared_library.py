"""A shared library of a few hundred bytes, made in memory: what a runtime loads in place of one that will not do.

In: machine code for x86-64 by the names of its functions. Out: the path of a file that `dlopen` takes.

Facts: the ELF-64 layout of System V's ABI.
"""

from __future__ import annotations

import os
import struct

PAGE = 0x1000
HEADER, SEGMENT, SYMBOL = 64, 56, 24
"""Sizes in bytes of an ELF file's header, of a segment's header and of a symbol."""


def file(name: str, functions: dict[str, bytes]) -> str:
    """The path of a library with these functions, for as long as the process lives."""
    descriptor = os.memfd_create(name)
    os.write(descriptor, image(functions))
    return f"/proc/self/fd/{descriptor}"


def image(functions: dict[str, bytes]) -> bytes:
    """Its bytes: one page that runs, one page for the linker's table."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in functions)
    count = len(functions) + 1
    hashes = struct.pack(
        f"<{2 + 1 + count}I", 1, count, count - 1, *(max(index - 1, 0) for index in range(count))
    )
    symbols_at = HEADER + 4 * SEGMENT
    hashes_at = symbols_at + count * SYMBOL
    names_at = hashes_at + len(hashes)
    code_at = names_at + len(names)

    symbols, code = bytes(SYMBOL), b""
    for name, body in functions.items():
        place = names.index(b"\0" + name.encode() + b"\0") + 1
        symbols += struct.pack(
            "<IBBHQQ", place, 0x12, 0, 1, code_at + len(code), len(body)
        )  # global, function
        code += body
    tables = symbols + hashes + names + code
    dynamic = b"".join(
        struct.pack("<QQ", tag, value)
        for tag, value in (
            (4, hashes_at),  # DT_HASH
            (5, names_at),  # DT_STRTAB
            (6, symbols_at),  # DT_SYMTAB
            (10, len(names)),  # DT_STRSZ
            (11, SYMBOL),  # DT_SYMENT
            (0, 0),
        )
    )
    size = symbols_at + len(tables)
    segments = (
        (1, 5, 0, size),  # PT_LOAD, readable and executable
        (1, 6, PAGE, len(dynamic)),  # PT_LOAD, readable and writable: the linker relocates the table in place
        (2, 6, PAGE, len(dynamic)),  # PT_DYNAMIC
        (0x6474E551, 6, 0, 0),  # PT_GNU_STACK: no stack needs to be executable
    )
    header = struct.pack(
        "<4s5B7xHHIQQQIHHHHHH",
        b"\x7fELF", 2, 1, 1, 0, 0,  # 64 bits, little-endian, version 1, System V
        3, 62, 1, 0, HEADER, 0, 0, HEADER, SEGMENT, len(segments), 0, 0, 0,  # shared object, x86-64
    )  # fmt: skip
    for kind, flags, place, length in segments:
        header += struct.pack("<IIQQQQQQ", kind, flags, place, place, place, length, length, PAGE)
    return (header + tables).ljust(PAGE, b"\0") + dynamic
