"""Caches of compiled modules: `__pycache__/name.kaa-313.pyc`.

Imports run through the host's own `importlib`, which finds the sources, decides whether a cache is fresh
(time and size, or hash, PEP 552), honours `PYTHONPYCACHEPREFIX` and `-B`, and writes atomically. The tag in
the file's name is Kaa's, so that its caches and CPython's lie side by side.

Two things are added. What is written gets Kaa's seal, and what is read is proved safe first (`kaa.bytecode.pyc`):
to an import, a damaged cache counts as no cache where there is a source, and is an ImportError where there is none.
Who takes a loader and calls it by hand gets the error in both cases, as from the host's. Both happen
in the few functions that all of the host's importers call: those of files, of archives, and `py_compile`; and in
`marshal.load`, by which `pkgutil.read_code`, and so `runpy.run_path`, reads what follows a cache's header.
"""

from __future__ import annotations

import _frozen_importlib_external as machinery
import marshal
import sys
from _thread import get_ident

from kaa import sealing
from kaa.loading import CACHE_TAG
from kaa.runtime import places
from kaa.runtime.invisible import invisible
from kaa.runtime.on_demand import PYC, VERIFIER, part
from kaa.runtime.unwatched import unwatched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class CutOffCache(ImportError, EOFError):
    """A cache that ends before its code does. The host's importer lets the EOFError of `marshal` through.

    A traceback names it as what it is to a user.
    """

    __module__, __qualname__ = ImportError.__module__, ImportError.__qualname__


def install() -> None:
    """Name the caches that this process reads and writes from now on as Kaa's, seal and prove them."""
    sys.implementation.cache_tag = CACHE_TAG
    functions = vars(machinery)
    for name, around in WRAPPERS.items():
        functions[name] = around(functions[name])
    marshal.load = _proving_streams(marshal.load)


@invisible
def prove(data: bytes, *, name: str, path: str) -> None:
    """Make sure that the code object in a file may be read; ImportError names the file and the fault."""
    failure = _failure(data, name, path)
    if failure is not None:
        raise failure


_proving_threads: set[int] = set()


@invisible
def _failure(data: bytes, name: str, path: str) -> ImportError | None:
    """The error for a cache that Kaa did not write, if it is damaged."""
    if unwatched(sealing.is_sealed, data):
        return None
    thread = get_ident()
    if thread in _proving_threads:  # it loads what proves, whose own caches are then made anew
        return ImportError(f"no seal in {path!r}", name=name, path=path)
    _proving_threads.add(thread)
    try:
        pyc, _ = part(PYC), part(VERIFIER)
    finally:
        _proving_threads.discard(thread)
    try:
        unwatched(pyc.prove, data)
    except pyc.DamagedCode as fault:
        kind = CutOffCache if isinstance(fault, pyc.CutOffCode) else ImportError
        return kind(f"damaged bytecode in {path!r}: {fault}", name=name, path=path)
    return None


def _proving(classify: Callable[..., int]) -> Callable[..., int]:
    """The function that looks at a cache's header first, and at the rest, too.

    It is called where a source is at hand for any error that it raises (`SourceLoader.get_code`), or by those who have
    none. In the first case, an error that is to be seen has to wait for the next step.
    """

    @invisible
    def classify_pyc(data: bytes, name: str, exc_details: dict[str, str]) -> int:
        flags = classify(data, name, exc_details)
        failure = _failure(data, name, exc_details.get("path", name))
        if failure is not None:
            if not _is_loader_driven_by_hand():
                raise failure
            _waiting_failures[get_ident()] = data, failure
        return flags

    return classify_pyc


_waiting_failures: dict[int, tuple[bytes, ImportError]] = {}
"""By thread: the cache that it looked at last, if that is damaged and the error is to be seen."""

_IMPORT_SYSTEM = {"importlib._bootstrap", "importlib._bootstrap_external"}


@invisible
def _is_loader_driven_by_hand() -> bool:
    """Whether the loader of a source asks that neither an import nor `-m` has called."""
    frame = places.current.caller()
    if frame.f_globals is not vars(machinery) or "source_path" not in frame.f_code.co_varnames:
        return False
    module = ""
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if module not in _IMPORT_SYSTEM:
            break
        if frame.f_code.co_name == "_find_and_load":
            return False
        frame = frame.f_back
    return module != "runpy"


def _refusing(compile_bytecode: Callable[..., Any]) -> Callable[..., Any]:
    """The function that makes a code object of the cache that has just been looked at."""

    @invisible
    def refuse_or_compile(data: Any, *arguments: Any, **keywords: Any) -> Any:
        damaged, failure = _waiting_failures.pop(get_ident(), (None, None))
        if failure is not None and getattr(data, "obj", None) is damaged:
            raise failure
        return compile_bytecode(data, *arguments, **keywords)

    return refuse_or_compile


def _proving_streams(load: Callable[..., Any]) -> Callable[..., Any]:
    """The function that reads an object from a file, and proves it first if the file is a cache."""

    @invisible
    def load_proved(file: Any, /, **keywords: Any) -> Any:
        data = _cache_around(file)
        if data is not None:
            prove(data, name="__main__", path=getattr(file, "name", "<stream>"))
        return load(file, **keywords)

    return load_proved


@invisible
def _cache_around(file: Any) -> bytes | None:
    """All of a cache whose header has just been read; None if that is not where the file stands."""
    is_seekable = getattr(file, "seekable", None)
    if is_seekable is None or not is_seekable() or file.tell() != sealing.HEADER_SIZE:
        return None
    file.seek(0)
    data = file.read()
    file.seek(sealing.HEADER_SIZE)
    return data if data[: len(sealing.MAGIC)] == sealing.MAGIC else None


class Cache(bytearray):
    """The bytes of a cache that were made of a code object here, and the seal that vouches for them.

    A loader may do with them as it likes, and finds CPython's bytes. Where they are written to a file, the seal
    follows.
    """

    seal = b""


def _made(encode: Callable[..., bytearray]) -> Callable[..., Cache]:
    """The function that makes the bytes of a cache of a code object."""

    @invisible
    def code_to_pyc(*arguments: Any, **keywords: Any) -> Cache:
        cache = Cache(encode(*arguments, **keywords))
        cache.seal = unwatched(sealing.seal, memoryview(cache)[sealing.HEADER_SIZE :])
        return cache

    return code_to_pyc


def _sealing(write: Callable[..., None]) -> Callable[..., None]:
    """The function that writes a file, and the seal behind a cache."""

    @invisible
    def write_atomic(path: str, data: bytes | bytearray, *arguments: Any) -> None:
        write(path, data + data.seal if isinstance(data, Cache) else data, *arguments)

    return write_atomic


WRAPPERS: dict[str, Callable[..., Callable[..., Any]]] = {
    "_classify_pyc": _proving,
    "_compile_bytecode": _refusing,
    "_code_to_timestamp_pyc": _made,
    "_code_to_hash_pyc": _made,
    "_write_atomic": _sealing,
}
"""What `install` puts around functions of the host's import machinery, by their names there."""
