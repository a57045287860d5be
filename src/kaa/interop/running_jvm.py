"""Joining a JVM that runs already: a library that stands for libjvm and hands out the running machine.

JPype starts a JVM by the `JNI_CreateJavaVM` of the library that it is told to load, and there is one JVM in a process.
In a Java program that has loaded Python, the library made here is what it loads: its `JNI_CreateJavaVM` attaches the
calling thread to the JVM that there is. It is an ELF shared object of a few hundred bytes, made in memory.

Facts: the ELF-64 layout of System V's ABI, and the invocation interface of the JNI specification.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

CREATE = "JNI_CreateJavaVM"
CREATED = "JNI_GetCreatedJavaVMs"

ATTACH_AS_DAEMON = 7 * 8
"""The offset, in bytes, of `AttachCurrentThreadAsDaemon` in a JVM's table of functions."""

PAGE = 0x1000
HEADER, SEGMENT, SYMBOL = 64, 56, 24
"""Sizes in bytes of an ELF file's header, of a segment's header and of a symbol."""


def library(libjvm: str) -> str:
    """A file whose `JNI_CreateJavaVM` answers with the JVM of this process.

    Args:
        libjvm: the path of the JVM's own library.
    Raises:
        ImportError: there is no JVM in this process, or the processor is not an x86-64.
    """
    if platform.machine() != "x86_64":
        raise ImportError(
            f"Kaa joins a running JVM on x86-64 only, this is {platform.machine()}", name="java"
        )
    machine, count = ctypes.c_void_p(), ctypes.c_int()
    ctypes.CDLL(libjvm)[CREATED](ctypes.byref(machine), 1, ctypes.byref(count))
    if not count.value or machine.value is None:
        raise ImportError("no JVM runs in this process", name="java")
    file = os.memfd_create("libjvm-of-this-process")
    os.write(file, image(machine.value))
    return f"/proc/self/fd/{file}"


def image(machine: int) -> bytes:
    """The bytes of the library; `machine` is the address of the JVM's `JavaVM`."""
    create = (
        b"\x48\xb8" + struct.pack("<Q", machine)  # mov rax, machine
        + b"\x48\x89\x07"  # mov [rdi], rax: the machine
        + b"\x48\x89\xc7"  # mov rdi, rax; rsi is where the thread's JNIEnv goes
        + b"\x31\xd2"  # xor edx, edx
        + b"\x48\x8b\x00"  # mov rax, [rax]: its table of functions
        + b"\xff\x60" + bytes([ATTACH_AS_DAEMON])  # jmp [rax + offset]
    )  # fmt: skip
    created = (
        b"\x48\xb8" + struct.pack("<Q", machine)  # mov rax, machine
        + b"\x48\x89\x07"  # mov [rdi], rax
        + b"\xc7\x02\x01\x00\x00\x00"  # mov dword [rdx], 1
        + b"\x31\xc0\xc3"  # xor eax, eax; ret
    )  # fmt: skip
    return shared_object({CREATE: create, CREATED: created})


def shared_object(functions: dict[str, bytes]) -> bytes:
    """An ELF shared object for x86-64 with these functions: one page that runs, one page for the linker's table."""
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
