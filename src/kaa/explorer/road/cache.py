"""The last stage: the cache file that an import of the program would write, and the one that is there."""

from __future__ import annotations

import os
import sys
from importlib.util import cache_from_source
from types import CodeType
from typing import Any

from kaa.bytecode import pyc
from kaa.bytecode.code_image import DamagedCode
from kaa.loading import CACHE_TAG


def describe_cache(code: CodeType, source: str, filename: str | None) -> dict[str, Any]:
    """The bytes of the header with their meanings, and whether the file beside the source is fresh, and why.

    `filename` is None if the source is in no file.
    """
    encoded = source.encode()
    try:
        status: os.stat_result | None = os.stat(filename) if filename is not None else None
    except (OSError, ValueError):
        status = None
    time = int(status.st_mtime) if status else 0
    data = pyc.dump(code, pyc.Header(time, len(encoded)))
    rows = [
        ["magic number", data[0:4].hex(" "), "bytecode of CPython 3.13"],
        ["flags", data[4:8].hex(" "), "fresh while time and size of the source are these"],
        ["time", data[8:12].hex(" "), str(time) if status else "0: the source is in no file"],
        ["size", data[12:16].hex(" "), f"{len(encoded)} bytes of source"],
        ["code object", data[16:24].hex(" ") + " …", f"{len(data) - 28} bytes in marshal's format"],
        ["seal", data[-12:].hex(" "), "Kaa's digest of the code object; CPython does not read this far"],
    ]
    return {
        "size": len(data),
        "rows": rows,
        "file": _file(filename, status) if filename is not None and status else None,
    }


def cache_path(filename: str) -> str:
    """Where Kaa keeps the cache of a module; this process may be the host's own."""
    folder, name = os.path.split(cache_from_source(filename))
    return os.path.join(folder, name.replace(f".{sys.implementation.cache_tag}.", f".{CACHE_TAG}."))


def _file(filename: str, source: os.stat_result) -> dict[str, Any]:
    """What is known of the cache that lies beside a source."""
    path = cache_path(filename)
    try:
        with open(path, "rb") as file:
            data = file.read()
        with open(filename, "rb") as file:
            text = file.read()
    except OSError:
        return {"path": path, "fresh": False, "why": "there is none: the program has not been imported yet"}
    try:
        found = pyc.header(data)
        fault = _fault(found, source, text)
        if fault is None:
            pyc.prove(data)
    except DamagedCode as error:
        return {"path": path, "fresh": False, "why": f"damaged, so it is made anew: {error}"}
    if fault is not None:
        return {"path": path, "fresh": False, "why": f"stale: {fault}"}
    seal = (
        "sealed by Kaa" if pyc.is_sealed(data) else "not sealed by Kaa, so it is verified before it is read"
    )
    return {"path": path, "fresh": True, "why": f"fresh: {_reason(found)}; {seal}"}


def _fault(found: pyc.Header, source: os.stat_result, text: bytes) -> str | None:
    """Why an importer would not take a cache with this header."""
    if found.source_hash is not None:
        differs = found.checked and found.source_hash != pyc.source_hash(text)
        return "the source's hash is not the one in the header" if differs else None
    if found.mtime != int(source.st_mtime) & 0xFFFFFFFF:
        return f"it was made from a source of time {found.mtime}, and the source's is {int(source.st_mtime)}"
    if found.size != source.st_size & 0xFFFFFFFF:
        return f"it was made from {found.size} bytes, and the source has {source.st_size}"
    return None


def _reason(found: pyc.Header) -> str:
    if found.source_hash is None:
        return "the source's time and size are those in the header"
    return "the source's hash is the one in the header" if found.checked else "its header says not to check"
