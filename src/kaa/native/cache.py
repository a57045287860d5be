"""Images on disk: compiled once for each version of Kaa, host and processor, then mapped by every process.

In: the sources that an image is made of, and how to make it. Out: the image, from the user's cache folder if a good one
is there. A damaged or outdated file is replaced; a folder that cannot be written costs a compilation and no more.
"""

from __future__ import annotations

import marshal
import os
import sys

from kaa.cache_folder import cache_folder
from kaa.native.digest import SIZE, digest
from kaa.native.image import PLAIN, Image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


KEPT = 20
"""Files of each kind in the cache folder."""


def key(sources: Iterable[str], *, variant: str = "") -> str:
    """A digest of everything that the machine code depends on: the files at these paths, the host, the processor.

    Reading all files would be a good part of a start, so that the digest is kept by their times and sizes.
    """
    facts = (*host_facts(), variant)
    sources = sorted(sources)
    stamps = [(path, status.st_mtime_ns, status.st_size) for path in sources for status in (os.stat(path),)]
    stamp = digest(marshal.dumps((facts, stamps), PLAIN)).hex()
    path = os.path.join(cache_folder(), f"{stamp}.key")
    try:
        with open(path, "rb") as stream:
            found = stream.read().decode("ascii")
        if len(found) == 2 * SIZE:
            return found
    except (OSError, ValueError):
        pass
    found = _digest(facts, sources)
    store(path, found.encode())
    return found


def host_facts() -> tuple[str, ...]:
    """What machine code depends on besides the sources: the host and the processor."""
    return sys.version, os.uname().machine, sys.implementation.cache_tag or ""


def _digest(facts: Iterable[str], sources: Iterable[str]) -> str:
    parts = [fact.encode() + b"\0" for fact in facts]
    for path in sources:
        with open(path, "rb") as stream:
            parts.append(os.path.basename(path).encode() + b"\0" + stream.read())
    return digest(b"".join(parts)).hex()


def obtain(name: str, make: Callable[[], Image]) -> Image:
    """The cached image of this name, or a new one, which is then cached."""
    path = os.path.join(cache_folder(), f"{name}.image")
    try:
        with open(path, "rb") as stream:
            return Image.from_bytes(stream.read())
    except (OSError, ValueError):
        pass
    image = make()
    store(path, image.to_bytes())
    for kind in (".image", ".key"):
        forget_old(os.path.dirname(path), kind, KEPT)
    return image


def forget_old(folder: str, kind: str, kept: int) -> None:
    """Leave the latest files with this ending in a cache folder: each version of Kaa that ran here has left some."""
    try:
        files = [file for file in os.scandir(folder) if file.name.endswith(kind)]
        files.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in files[kept:]:
            os.unlink(file.path)
    except OSError:
        pass  # another process has been faster, or the folder belongs to somebody else


def store(path: str, data: bytes) -> None:
    """Write a file at once: another process sees all of it or nothing. A failure is no error."""
    import tempfile

    try:
        parent = os.path.dirname(path)
        os.makedirs(parent, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=parent, delete=False) as stream:
            stream.write(data)
        os.replace(stream.name, path)
    except OSError:
        pass
