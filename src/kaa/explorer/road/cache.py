"""The last stage: the cache file that an import of the program would write, and the one that is there."""

from __future__ import annotations

import os
from importlib.util import cache_from_source
from types import CodeType
from typing import Any

from kaa.bytecode import pyc
from kaa.bytecode.code_image import DamagedCode


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
        "file": _file(filename, status, len(encoded)) if filename is not None and status else None,
    }


def _file(filename: str, source: os.stat_result, size: int) -> dict[str, Any]:
    """What is known of the cache that lies beside a source."""
    path = cache_from_source(filename)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return {"path": path, "fresh": False, "why": "there is none: the program has not been imported yet"}
    try:
        found = pyc.header(data)
    except DamagedCode as error:
        return {"path": path, "fresh": False, "why": f"stale: {error}"}
    return {"path": path} | _judgement(found, source, size, pyc.is_sealed(data))


def _judgement(found: pyc.Header, source: os.stat_result, size: int, sealed: bool) -> dict[str, Any]:
    seal = "sealed by Kaa" if sealed else "not sealed by Kaa, so it is verified before it is read"
    if found.source_hash is not None:
        return {"fresh": True, "why": f"it goes by the source's hash; {seal}"}
    if found.mtime != int(source.st_mtime) & 0xFFFFFFFF:
        why = f"stale: it was made from a source of time {found.mtime}, and the source's is {int(source.st_mtime)}"
        return {"fresh": False, "why": why}
    if found.size != size & 0xFFFFFFFF:
        return {
            "fresh": False,
            "why": f"stale: it was made from {found.size} bytes, and the source has {size}",
        }
    return {"fresh": True, "why": f"fresh: the source's time and size are those in the header; {seal}"}
