"""Files of suspended computations: written whole or not at all, read whole or not at all.

In: a path, and what is to be stored. Out: a file of a title, a SHA-256 digest, and a pickle by `dumps`. A process that
is killed while it writes leaves the old file; the new one takes its place in one step when it is on the disk.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import Any

from kaa.microthreads.pickling import dumps, loads

_TITLE = b"Kaa, suspended, 1\n"
_DIGEST_SIZE = 32


def save(path: str | os.PathLike[str], value: Any) -> None:
    """Store a value, suspended generators and coroutines among it, in place of what the file held."""
    content = dumps(value)
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    handle, unfinished = tempfile.mkstemp(prefix=os.path.basename(path) + ".", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_TITLE + hashlib.sha256(content).digest() + content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    entries = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entries)
    finally:
        os.close(entries)


def restore(path: str | os.PathLike[str]) -> Any:
    """What was saved. ValueError if the file is cut or damaged: then nothing of it is used."""
    with open(path, "rb") as file:
        data = file.read()
    start = len(_TITLE) + _DIGEST_SIZE
    content = data[start:]
    if data[:start] != _TITLE + hashlib.sha256(content).digest():
        raise ValueError(f"{os.fspath(path)!r} is not a whole file of suspended computations")
    return loads(content)
