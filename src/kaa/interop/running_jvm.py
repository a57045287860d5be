"""Joining a JVM that runs already: a library that stands for libjvm and hands out the running machine.

JPype starts a JVM by the `JNI_CreateJavaVM` of the library that it is told to load, and there is one JVM in a process.
In a Java program that has loaded Python, the library made here is what it loads: its `JNI_CreateJavaVM` attaches the
calling thread to the JVM that there is.

Facts: the invocation interface of the JNI specification.
"""

from __future__ import annotations

import ctypes
import platform
import struct

from kaa.interop import shared_library

CREATE = "JNI_CreateJavaVM"
CREATED = "JNI_GetCreatedJavaVMs"

ATTACH_AS_DAEMON = 7 * 8
"""The offset, in bytes, of `AttachCurrentThreadAsDaemon` in a JVM's table of functions."""


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
    return shared_library.file("libjvm-of-this-process", functions(machine.value))


def functions(machine: int) -> dict[str, bytes]:
    """The library's functions; `machine` is the address of the JVM's `JavaVM`."""
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
    return {CREATE: create, CREATED: created}
