""".NET: the runtime, started by `import clr` or `import System`, with IronPython's habits on top of pythonnet.

In: what `configure` was told, `DOTNET_ROOT`, pythonnet's own `PYTHONNET_RUNTIME`. Out: a running CLR in this process,
and pythonnet's finder in `sys.meta_path`.

pythonnet brings generics, delegates, events, enums, indexers, subclasses and exceptions. Added here: the runtime of the
package `dotnetcore2`, IronPython's `clr.AddReferenceTo...`, references to assemblies that only forward to others
(`System.Xml`), and Python iterables where .NET wants an `IEnumerable`.
"""

from __future__ import annotations

import glob
import importlib
import os
import re
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from kaa.interop import signals

__all__ = ["configure", "is_running", "start"]

FRAMEWORK = "Microsoft.NETCore.App"
RUNTIMES = ("coreclr", "mono")
_chosen: list[str] = []


def configure(*, runtime: str) -> None:
    """Choose the runtime: "coreclr" (the default) or "mono", an installed Mono.

    Raises:
        ValueError: there is no such runtime.
        RuntimeError: one runs already.
    """
    if runtime not in RUNTIMES:
        raise ValueError(f"no .NET runtime {runtime!r}: one of {', '.join(RUNTIMES)}")
    if is_running():
        raise RuntimeError("the .NET runtime is running: configure it before `import clr`")
    _chosen[:] = [runtime]


def is_running() -> bool:
    """Whether this process has a CLR under pythonnet."""
    return bool(getattr(sys.modules.get("pythonnet"), "_LOADED", False))


def provide(name: str, spec: ModuleSpec | None) -> bool:
    """Start the runtime for `clr` or `System`; False if a module of the user's has the name, or it runs already."""
    if is_running() or (spec is not None and not _is_pythonnets(spec)):
        return False
    start()
    return True


def start() -> None:
    """Start the runtime, unless it runs.

    Raises:
        ImportError: pythonnet is missing, there is no runtime, or it does not start.
    """
    if is_running():
        return
    try:
        import clr_loader  # noqa: F401  # what pythonnet finds runtimes by
        import pythonnet
    except ImportError as fault:
        message = f".NET namespaces need pythonnet ({fault}): pip install 'kaa[dotnet]'"
        raise ImportError(message, name="clr") from None
    try:
        if [os.environ.get("PYTHONNET_RUNTIME"), *_chosen][-1] == "mono":
            _try_mono()
            pythonnet.set_runtime("mono")
        elif "PYTHONNET_RUNTIME" in os.environ and not _chosen:
            pythonnet.set_runtime_from_env()
        else:
            pythonnet.set_runtime(_core_clr())
        with signals.kept():
            pythonnet.load()
    except ImportError:
        raise
    except Exception as fault:
        reason = " ".join(str(fault).split())
        raise ImportError(f"the .NET runtime does not start: {reason}", name="clr") from None
    _begin()


def join() -> None:
    """Use the CLR of this process, one that has loaded Python by pythonnet, instead of starting one."""
    import pythonnet

    vars(pythonnet)["_LOADED"] = True
    _begin()


def _begin() -> None:
    """Add IronPython's habits to the running CLR, and take pythonnet's ways to end the process away."""
    import clr

    from kaa.interop import dotnet_openssl, dotnet_subclasses

    _add_habits(clr)
    dotnet_openssl.guard(clr)
    dotnet_subclasses.install(clr)


def _try_mono() -> None:
    """Start Mono in another process first: one without `netstandard`, as Debian 12's, ends its process.

    Raises:
        ImportError: it did.
    """
    import subprocess

    words = [sys.executable, "-c", "import pythonnet; pythonnet.load('mono')"]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        lines = done.stdout.splitlines() or [f"exit status {done.returncode}"]
        reason = next((line for line in lines if line.startswith("* Assertion")), lines[-1])
        raise ImportError(f"Mono does not start: {reason}", name="clr")


def _is_pythonnets(spec: ModuleSpec) -> bool:
    """Whether this is the `clr.py` that pythonnet installs, beside its package."""
    folder = os.path.dirname(spec.origin or "")
    return os.path.isfile(os.path.join(folder, "pythonnet", "runtime", "Python.Runtime.dll"))


def _core_clr() -> Any:
    """The runtime of .NET: that of `DOTNET_ROOT` where it is set, else that of the package `dotnetcore2`."""
    import json
    import tempfile

    import clr_loader

    root = os.environ.get("DOTNET_ROOT") or _packaged_root()
    version = _newest_framework(root)
    options: dict[str, Any] = {"framework": {"name": FRAMEWORK, "version": version}}
    if "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT" not in os.environ:
        # Without this the CLR ends the process where it finds no ICU library that it knows.
        options["configProperties"] = {"System.Globalization.Invariant": True}
    with tempfile.NamedTemporaryFile("w", suffix=".runtimeconfig.json") as file:
        json.dump({"runtimeOptions": options}, file)
        file.flush()
        return clr_loader.get_coreclr(runtime_config=file.name, dotnet_root=root)


def _packaged_root() -> str:
    try:
        import dotnetcore2
    except ImportError:
        message = "no .NET runtime: set DOTNET_ROOT, or pip install 'kaa[dotnet]'"
        raise ImportError(message, name="clr") from None
    return os.path.join(os.path.dirname(os.path.abspath(dotnetcore2.__file__)), "bin")


def _newest_framework(root: str) -> str:
    """The newest version of the framework under a .NET root."""
    versions = [os.path.basename(path) for path in glob.glob(os.path.join(root, "shared", FRAMEWORK, "*"))]
    if not versions:
        raise ImportError(f"no .NET runtime in {root!r}: there is no shared/{FRAMEWORK}", name="clr")
    return max(versions, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])


def _add_habits(clr: Any) -> None:
    """Give `clr` IronPython's names, and conversions of Python's iterables."""
    from kaa.interop.dotnet_extensions import Extensions

    add = _following_forwards(clr.AddReference)
    clr.AddReference("Python.Runtime")
    codecs = importlib.import_module("Python.Runtime.Codecs")
    codecs.IterableDecoder.Register()
    codecs.SequenceDecoder.Register()
    names: dict[str, Any] = dict.fromkeys(
        ("AddReference", "AddReferenceByName", "AddReferenceByPartialName", "AddReferenceToFileAndPath"), add
    )
    names["AddReferenceToFile"] = _by_search_path(add)
    names["ImportExtensions"] = Extensions(clr).import_from
    # pythonnet puts its own functions back into the module with each new namespace, but what the class has wins.
    clr.__class__ = type("module", (ModuleType,), {name: _constant(value) for name, value in names.items()})


def _constant(value: object) -> property:
    return property(lambda module: value)


def _following_forwards(add: Callable[[str], Any]) -> Callable[[str], Any]:
    """`AddReference` that also adds where an assembly forwards its types to, as `System.Xml` does all of its own."""

    def add_with_targets(name: str) -> Any:
        assembly = add(name)
        try:
            forwarded = {str(kind.Assembly.GetName().Name) for kind in assembly.GetForwardedTypes()}
        except Exception:  # some assembly that it forwards to is not there; what is there can be used
            return assembly
        for target in forwarded:
            add(target)
        return assembly

    return add_with_targets


def _by_search_path(add: Callable[[str], Any]) -> Callable[[str], Any]:
    """IronPython's `AddReferenceToFile`: the file is looked for along `sys.path`."""

    def AddReferenceToFile(name: str) -> Any:
        file = name if name.lower().endswith(".dll") else name + ".dll"
        for folder in sys.path:
            path = os.path.abspath(os.path.join(folder, file))
            if os.path.isfile(path):
                return add(path)
        raise FileNotFoundError(f"no assembly {file!r} on sys.path")

    return AddReferenceToFile
