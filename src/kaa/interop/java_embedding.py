"""The Python half of the script engine `kaa`: what Java's `kaa.Guest` asks for.

In: a Java program in whose process `kaa.Interpreter` has started Python (`embedding/java`). Out: the process's Python
is Kaa's, JPype uses the program's JVM, and Java has a `Guest`. `java_jar` makes the jar.
"""

from __future__ import annotations

import builtins
import io
import sys
import threading
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from kaa.interop import java
from kaa.interop.java_values import (
    Handle,
    as_interface,
    from_java,
    implementation,
    java_class,
    member,
    throwable,
    to_java,
)
from kaa.interop.scripts import Script, new_names, take_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaa.runtime.engines import Engine

_context: ContextVar[Any] = ContextVar("script context")
"""The `javax.script.ScriptContext` of the script that runs."""


def serve(home: str, engine_name: str) -> None:
    """Give this process's Python to Kaa and its JVM to JPype, tell Java, and keep the main thread for ever.

    Args:
        home: the Java home of the process.
        engine_name: see `scripts.take_over`.
    """
    engine = take_over(engine_name)
    failures: list[BaseException] = []

    def begin() -> None:  # in a thread without Java frames, where JNI finds the classes of the class path
        try:
            java.join(home)
            _tell_java(engine)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    threading.Event().wait()


def _tell_java(engine: Engine) -> None:
    sys.stdin = _Input(sys.stdin)
    sys.stdout = _Output(sys.stdout, "getWriter")
    sys.stderr = _Output(sys.stderr, "getErrorWriter")
    java_class("kaa.Interpreter").ready(implementation(_Guest(engine), java_class("kaa.Guest")))


class _Output(io.TextIOBase):
    """A standard stream that goes where the running script's context says, and elsewhere to the process's own."""

    def __init__(self, process: Any, writer: str) -> None:
        self.process, self.writer = process, writer

    def write(self, text: str) -> int:
        context = _context.get(None)
        if context is None:
            self.process.write(text)
            self.process.flush()
        else:
            writer = getattr(context, self.writer)()
            writer.write(text)
            writer.flush()
        return len(text)

    def writable(self) -> bool:
        return True


class _Input(io.TextIOBase):
    """The standard input: the running script's context's, and elsewhere the process's own."""

    def __init__(self, process: Any) -> None:
        self.process = process

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> str:
        return "".join(self._characters(size, ""))

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]  # typeshed names it `size: int`
        return "".join(self._characters(size, "\n"))

    def _characters(self, size: int | None, last: str) -> Iterator[str]:
        """As many characters as there are, up to a size and up to a character."""
        context = _context.get(None)
        read = (lambda: self.process.read(1)) if context is None else partial(_next, context.getReader())
        left = -1 if size is None else size
        while left and (character := read()):
            yield character
            left = 0 if character == last else left - 1


def _next(reader: Any) -> str:
    """The next character of a Java `Reader`, and "" at its end."""
    number = reader.read()
    return "" if number < 0 else chr(number)


class _Guest:
    """What `kaa.Guest` promises."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.script_exception = java_class("javax.script.ScriptException")
        self.no_such_method = java_class("java.lang.NoSuchMethodException")

    def namespace(self) -> Any:
        return to_java(Handle(new_names()))

    def get(self, names: Any, name: Any) -> Any:
        return to_java(from_java(names).get(str(name)))

    def set(self, names: Any, name: Any, value: Any) -> None:
        from_java(names)[str(name)] = from_java(value)

    def remove(self, names: Any, name: Any) -> Any:
        return to_java(from_java(names).pop(str(name), None))

    def copy(self, names: Any) -> Any:
        hidden = ("__name__", "__builtins__", "__annotations__")
        return to_java({name: value for name, value in from_java(names).items() if name not in hidden})

    def compile(self, source: Any, file: Any) -> Any:
        with self._script_exceptions(str(file)):
            return to_java(Handle(Script(str(source), str(file))))

    def run(self, script: Any, names: Any, context: Any) -> Any:
        script, names = from_java(script), from_java(names)
        everywhere = context.getBindings(context.GLOBAL_SCOPE)
        if everywhere is not None and everywhere.size():
            known = {str(name): from_java(value) for name, value in everywhere.items()}
            names["__builtins__"] = {**vars(builtins), **known}
        token = _context.set(context)
        try:
            with self._script_exceptions(script.file):
                return to_java(script.run(self.engine, names))
        finally:
            _context.reset(token)

    def call(self, owner: Any, name: Any, arguments: Any) -> Any:
        function = member(from_java(owner), str(name))
        if not callable(function):
            raise self.no_such_method(str(name))
        with self._script_exceptions(""):
            return to_java(function(*map(from_java, arguments or ())))

    def implement(self, owner: Any, kind: Any) -> Any:
        return as_interface(from_java(owner), kind, partly=False)

    @contextmanager
    def _script_exceptions(self, file: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.engine.clean(error)
            raise self._script_exception(error, file) from None

    def _script_exception(self, error: BaseException, file: str) -> Any:
        """Java's exception for one that has left a script; its cause is the exception itself."""
        message = traceback.format_exception_only(error)[-1].strip()
        if isinstance(error, SyntaxError):
            place = (error.filename or file, error.lineno or -1, error.offset or -1)
        else:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == file] or [-1]
            place = (file, lines[-1] or -1, -1)
        exception = self.script_exception(message, *place) if file else self.script_exception(message)
        exception.initCause(throwable(error))
        return exception
