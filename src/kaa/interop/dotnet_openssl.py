"""Random bytes, and exceptions, where .NET before 5 would end the process: it aborts if there is no OpenSSL 1.

Much of the framework asks OpenSSL for random bytes and for nothing else: `XmlDocument` does, for its tables of names.
The CLR asks a resolver before it loads a native library for an assembly. So the assemblies that call OpenSSL get
one: it hands out a library whose random bytes are Linux's, and what else they call is not in it, which is an
`EntryPointNotFoundException`; assemblies that have no use for random bytes alone get an exception that says more.
"""

from __future__ import annotations

import ctypes
import importlib
import platform
from typing import Any

from kaa.interop import shared_library

LIBRARIES = ("libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10")
"""Where .NET 3.1 looks for OpenSSL, in its order."""

BINDING = "System.Security.Cryptography.Native.OpenSsl"
"""The native library of .NET's that looks for OpenSSL, and aborts."""

RANDOM = "System.Security.Cryptography.Algorithms"
"""The assembly that asks it for random bytes."""

CALLERS = (
    RANDOM,
    "System.Net.Http",
    "System.Net.Security",
    "System.Security.Cryptography.Encoding",
    "System.Security.Cryptography.OpenSsl",
    "System.Security.Cryptography.X509Certificates",
)
"""The assemblies that call it."""

FUNCTIONS = {
    "CryptoNative_EnsureOpenSslInitialized": b"\x31\xc0\xc3",  # xor eax, eax; ret: it is there
    "CryptoNative_GetMaxMdSize": b"\xb8\x40\x00\x00\x00\xc3",  # mov eax, 64; ret: bytes of the longest digest
    "CryptoNative_GetRandomBytes": (
        b"\x48\x63\xf6"  # movsxd rsi, esi: how many; rdi is where to
        b"\x31\xd2"  # xor edx, edx: from where /dev/urandom has them
        b"\xb8\x3e\x01\x00\x00"  # mov eax, 318: getrandom
        b"\x0f\x05"  # syscall
        b"\x48\x39\xf0"  # cmp rax, rsi
        b"\x0f\x94\xc0"  # sete al
        b"\x0f\xb6\xc0\xc3"  # movzx eax, al; ret: whether these are all
    ),
}
"""The library's functions, for x86-64 and Linux."""

_kept: list[Any] = []
"""The resolver and the library, which .NET knows by addresses only."""


def guard(clr: Any) -> None:
    """Let the running CLR have random bytes, and raise, where it would abort for want of an OpenSSL that it knows."""
    system = importlib.import_module("System")
    is_mono = system.Type.GetType("Mono.Runtime") is not None
    if is_mono or system.Environment.Version.Major >= 5 or any(map(_is_loadable, LIBRARIES)):
        return
    clr.AddReference("System.Runtime.InteropServices")
    interop = importlib.import_module("System.Runtime.InteropServices")
    library = _library()

    def resolve(name: str, assembly: Any, search_path: Any) -> Any:
        if BINDING not in name:
            return system.IntPtr(0)  # look where it would be looked for anyhow
        if library is not None and assembly.GetName().Name == RANDOM:
            return system.IntPtr(library._handle)
        raise ImportError(
            f"this .NET needs OpenSSL 1 ({LIBRARIES[0]}), which is not there; set DOTNET_ROOT to a newer .NET"
        )

    _kept.extend((library, interop.DllImportResolver(resolve)))
    for caller in CALLERS:
        try:
            interop.NativeLibrary.SetDllImportResolver(system.Reflection.Assembly.Load(caller), _kept[-1])
        except system.IO.FileNotFoundException:  # not in this framework, so nothing of it calls OpenSSL
            continue


def _library() -> ctypes.CDLL | None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return None
    return ctypes.CDLL(shared_library.file("random-bytes-for-dotnet", FUNCTIONS))


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
