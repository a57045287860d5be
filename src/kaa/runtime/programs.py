"""The main program: finding it, reading it, and running it as `__main__`.

One function for each way to name a program: a command (`-c`), a module (`-m`), a script, a `.pyc`, a folder
or archive with a `__main__`, and standard input. Each sets `sys.argv`, `sys.path[0]` and the attributes of
`__main__` as CPython does, and answers with the exit status.
"""

from __future__ import annotations

import _frozen_importlib_external as machinery
import builtins
import os
import stat
import sys
from _frozen_importlib import BuiltinImporter
from _frozen_importlib_external import PathFinder, SourceFileLoader, SourcelessFileLoader

from kaa import sealing
from kaa.own_types import CodeType, ModuleType
from kaa.runtime import caches, front, program_folder
from kaa.runtime.invisible import invisible
from kaa.runtime.uncaught import FAILURE, guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kaa.runtime.engines import Engine

#: The status for a program that cannot be opened, and for a command line that cannot be understood.
USAGE = 2


#: The `__main__` by which the host was started. Without a reference to it the host crashes: when its main program
#: has raised an exception it lets go of the module, and then still clears `__file__` in its dict.
_replaced: list[ModuleType] = []


def fresh_main() -> ModuleType:
    """Make an empty `__main__`, with the attributes that CPython's has, and put it into `sys.modules`."""
    main = ModuleType("__main__")
    main.__loader__ = BuiltinImporter
    main.__annotations__ = {}
    vars(main)["__builtins__"] = builtins
    _replaced.append(sys.modules["__main__"])
    sys.modules["__main__"] = main
    return main


@invisible
def run_command(engine: Engine, command: str, arguments: list[str]) -> int:
    """Run the text that follows `-c`."""
    sys.argv[:] = ["-c", *arguments]
    prepend_path("")
    main = fresh_main()
    source = command + "\n"
    try:
        source.encode()
    except UnicodeEncodeError as error:
        print("Unable to decode the command from the command line:", file=sys.stderr)
        print(f"UnicodeEncodeError: {error}", file=sys.stderr)
        return FAILURE
    sys.audit("cpython.run_command", source)
    _remember_lines("<string>", source)
    return guarded(engine, run_source, engine, source, "<string>", main)


@invisible
def run_module(engine: Engine, name: str, arguments: list[str]) -> int:
    """Run a module as a script (`-m`)."""
    sys.argv[:] = ["-m", *arguments]
    prepend_path(os.getcwd())
    fresh_main()
    sys.audit("cpython.run_module", name)
    return guarded(engine, run_module_as_main, engine, name, True)


@invisible
def run_file(engine: Engine, name: str, arguments: list[str], skip_first_line: bool) -> int:
    """Run a script, a `.pyc` file, or a folder or archive that holds a `__main__`."""
    sys.argv[:] = [name, *arguments]
    path = os.getcwd() if name in ("", ".") else os.path.join(os.getcwd(), name)
    if PathFinder._path_importer_cache(path) is not None:  # type: ignore[attr-defined]
        _put_first(path)
        fresh_main()
        return guarded(engine, run_module_as_main, engine, "__main__", False)
    prepend_path(os.path.dirname(os.path.realpath(name)))
    main = fresh_main()
    sys.audit("cpython.run_file", path)
    try:
        with open(path, "rb") as file:
            if stat.S_ISDIR(os.fstat(file.fileno()).st_mode):
                raise IsADirectoryError
            data = file.read()
    except IsADirectoryError:
        print(f"{sys.executable}: {path!r} is a directory, cannot continue", file=sys.stderr)
        return FAILURE
    except OSError as error:
        problem = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file {path!r}: {problem}", file=sys.stderr)
        return USAGE
    compiled = path.endswith(".pyc") or data[:2] == machinery.MAGIC_NUMBER[:2]
    loader = SourcelessFileLoader if compiled else SourceFileLoader
    vars(main).update(__file__=path, __cached__=None, __loader__=loader("__main__", path))
    if compiled:
        status = guarded(engine, _run_compiled, engine, data, path, main)
    else:
        script = _without_first_line(data) if skip_first_line else data
        status = guarded(engine, _run_script, engine, script, path, main)
    forget_file(main)
    return status


@invisible
def run_input(engine: Engine, arguments: list[str], named: bool) -> int:
    """Run the program that standard input holds; `named` when the command line says `-`."""
    sys.argv[:] = ["-" if named else "", *arguments]
    prepend_path("")
    main = fresh_main()
    sys.audit("cpython.run_stdin")
    data = _read_input()
    vars(main).update(__file__="<stdin>", __cached__=None)
    status = guarded(engine, _run_input, engine, data, main, _is_seekable())
    forget_file(main)
    return status


def _is_seekable() -> bool:
    try:
        os.lseek(0, 0, os.SEEK_CUR)
    except OSError:
        return False
    return True


def _read_input() -> bytes:
    chunks = []
    while chunk := os.read(0, 1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


@invisible
def run_source(engine: Engine, source: str | bytes, filename: str, main: ModuleType) -> None:
    code = front.translate(source, filename, "exec", keep=True)
    engine.execute(code, vars(main))


@invisible
def _run_script(engine: Engine, data: bytes, filename: str, main: ModuleType) -> None:
    code = front.translate_script(data, filename, keep=True)
    engine.execute(code, vars(main))


@invisible
def _run_input(engine: Engine, data: bytes, main: ModuleType, seekable: bool) -> None:
    code = front.translate_script(data, "<stdin>", seekable)
    engine.execute(code, vars(main))


@invisible
def _run_compiled(engine: Engine, data: bytes, filename: str, main: ModuleType) -> None:
    is_ours = data[:4] == machinery.MAGIC_NUMBER
    if len(data) < (sealing.HEADER_SIZE if is_ours else len(machinery.MAGIC_NUMBER)):
        raise EOFError("EOF read where not expected")
    if not is_ours:
        raise RuntimeError("Bad magic number in .pyc file")
    try:
        caches.prove(data, name="__main__", path=filename)
    except caches.CutOffCache:
        raise RuntimeError("Bad code object in .pyc file") from None
    read: Any = vars(machinery)["_compile_bytecode"]
    code = read(memoryview(data)[sealing.HEADER_SIZE :], "__main__", filename)
    if not isinstance(code, CodeType):
        raise RuntimeError("Bad code object in .pyc file")
    engine.execute(code, vars(main))


@invisible
def run_module_as_main(engine: Engine, name: str, alter_argv: bool) -> None:
    import runpy

    run: Any = vars(runpy)["_run_module_as_main"]
    engine.call(run, name, alter_argv)


def prepend_path(folder: str) -> None:
    """Let the program import from its folder, unless `-P` forbids it."""
    if sys.flags.safe_path:
        program_folder.tell_host(None)
    else:
        _put_first(folder)


def _put_first(folder: str) -> None:
    sys.path.insert(0, folder)
    program_folder.tell_host(folder)


@invisible
def forget_file(main: ModuleType) -> None:
    """`__main__` has a file only while it runs: what runs later (`-i`, `atexit`) sees none, as in CPython."""
    for name in ("__file__", "__cached__"):
        vars(main).pop(name, None)


def _without_first_line(data: bytes) -> bytes:
    """`-x`: drop the first line but keep its end, so that line numbers stay."""
    return data[data.find(b"\n") :] if b"\n" in data else b""


def _remember_lines(filename: str, source: str) -> None:
    """Let tracebacks show the lines of a source that is no file."""
    import linecache

    register: Any = vars(linecache)["_register_code"]
    register(filename, source, filename)
