"""An exception where .NET before 5 would end the process: it knows OpenSSL 1 only, and aborts when that is not there.

Much of the framework asks OpenSSL for random bytes: `XmlDocument` does, for its tables of names. The CLR asks a
resolver before it loads a native library for an assembly, so the assemblies that call OpenSSL get one that raises.
"""

from __future__ import annotations

import ctypes
import importlib
from typing import Any

LIBRARIES = ("libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10")
"""Where .NET 3.1 looks for OpenSSL, in its order."""

BINDING = "System.Security.Cryptography.Native.OpenSsl"
"""The native library of .NET's that looks for OpenSSL, and aborts."""

CALLERS = (
    "System.Net.Http",
    "System.Net.Security",
    "System.Security.Cryptography.Algorithms",
    "System.Security.Cryptography.Encoding",
    "System.Security.Cryptography.OpenSsl",
    "System.Security.Cryptography.X509Certificates",
)
"""The assemblies that call it."""

_kept: list[Any] = []
"""The resolver, which .NET knows by a delegate only."""


def guard(clr: Any) -> None:
    """Let the running CLR raise where it would abort for want of an OpenSSL that it knows."""
    system = importlib.import_module("System")
    if system.Environment.Version.Major >= 5 or any(_is_loadable(library) for library in LIBRARIES):
        return
    clr.AddReference("System.Runtime.InteropServices")
    interop = importlib.import_module("System.Runtime.InteropServices")

    def resolve(name: str, assembly: Any, search_path: Any) -> Any:
        if BINDING in name:
            raise ImportError(
                f"this .NET needs OpenSSL 1 ({LIBRARIES[0]}), which is not there; set DOTNET_ROOT to a newer .NET"
            )
        return system.IntPtr(0)  # look where it would be looked for anyhow

    _kept.append(interop.DllImportResolver(resolve))
    for caller in CALLERS:
        try:
            interop.NativeLibrary.SetDllImportResolver(system.Reflection.Assembly.Load(caller), _kept[-1])
        except system.IO.FileNotFoundException:  # not in this framework, so nothing of it calls OpenSSL
            continue


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
