"""Code objects of texts that have no cache file of their own: main programs, and what `exec`, `eval` and `compile` are
given.

In: a text, and what its compilation depends on. Out: its code object, from the user's cache folder if it is there.

CPython compiles such texts each time. For Kaa that would mean to load the front end, which is most of a start, and a
start has many of them: each named tuple, data class and forward reference is a text. So the first texts of a process
are kept, as they are likely to be the same the next time, and where they are, those that follow. A text that gives a
warning is not, as the warning has to be given again.

A text's digest names its file; it is made with a secret of the user's, so that nobody can write two texts of which one
is taken for the other. The oldest files go when there are too many. Nothing is written where the program writes
no caches (`-B`), and a failure to read or write is no error.
"""

from __future__ import annotations

import marshal
import posix
import sys

import kaa
from kaa import sealing
from kaa.cache_folder import cache_folder
from kaa.loading import together
from kaa.native.cache import forget_old
from kaa.native.digest import SIZE, digest
from kaa.native.image import PLAIN
from kaa.own_types import CodeType
from kaa.runtime import on_demand
from kaa.runtime.on_demand import WARNING, part
from kaa.runtime.own import OWN_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

KEPT = 2048
"""How many files are left when the oldest go."""
LOOKS = 32
"""One in so many texts that are written looks for files that are too many."""
MOST_BYTES = 1 << 18
"""What a file holds at most."""
MISSES = 64
"""Texts are looked up until so many have not been found."""

_FRONT_END = ("bytecode", "compiler", "compiler/codegen", "compiler/flowgraph", "compiler/symbols", "syntax")

_left = MISSES
_folder = ""
_version = b""
_secret = b""


def prepare() -> None:
    """Find out what every key depends on. Done at the start, this is not the machine's to run."""
    global _folder, _secret, _version
    _folder = f"{cache_folder()}/texts"
    _secret = _users_secret(f"{_folder}.secret")
    times = together.recall(("front end",), _sources, _times)
    _version = marshal.dumps((kaa.version, sys.version, times), PLAIN)


def _sources() -> list[str]:
    """The files that the front end is made of."""
    folders = [OWN_FOLDER + folder for folder in _FRONT_END]
    return [
        f"{folder}/{name}"
        for folder in folders
        for name in sorted(posix.listdir(folder))
        if name.endswith(".py")
    ]


def _times() -> bytes:
    """A digest of when each of them was changed."""
    times = [posix.stat(path).st_mtime_ns for path in _sources()]
    return digest(marshal.dumps(times, PLAIN))


def code_of(
    compile: Callable[..., Any], text: str | bytes, filename: str, mode: str, flags: int, level: int
) -> Any:
    """The code object that `compile(text, filename, mode, flags, True, level)` gives."""
    global _left
    if _left == 0 or on_demand.hears:
        return compile(text, filename, mode, flags, True, level)
    if not _version:
        prepare()
    key = _key(text, filename, mode, flags, level)
    path = f"{_folder}/{key.hex()}"
    code = _read(path, key)
    if code is None:
        _left -= 1
        warnings = part(WARNING).given
        code = compile(text, filename, mode, flags, True, level)
        if part(WARNING).given == warnings and not sys.dont_write_bytecode:
            _keep(path, key, code)
    return code


def _key(text: str | bytes, filename: str, mode: str, flags: int, level: int) -> bytes:
    """As many bytes as a header has, by which to know a text and all that its code object depends on."""
    facts = (type(text).__name__, filename, mode, flags, level, sys.get_int_max_str_digits())
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return digest(b"\n".join([_version, repr(facts).encode(), content]), _secret)


def _users_secret(path: str) -> bytes:
    """What is in the file, which is made if it is not there, or damaged. Where that is impossible, the secret serves
    this process alone.
    """
    try:
        with open(path, "rb") as file:
            found = file.read()
    except OSError:
        found = b""
    if len(found) == SIZE:
        return found
    made = posix.urandom(SIZE)
    if not sys.dont_write_bytecode:
        _write(path, made)
    return made


def _read(path: str, key: bytes) -> CodeType | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if data[: len(key)] != key or not sealing.is_sealed(data):
        return None
    code = marshal.loads(memoryview(data)[len(key) :])
    return code if isinstance(code, CodeType) else None


def _keep(path: str, key: bytes, code: CodeType) -> None:
    payload = marshal.dumps(code)
    if len(payload) <= MOST_BYTES and _is_same(code, marshal.loads(payload)):
        _write(path, key + payload + sealing.seal(payload))
        if key[0] % LOOKS == 0:
            forget_old(_folder, "", KEPT)


def _is_same(code: CodeType, copy: CodeType) -> bool:
    """Whether the sets among the constants have their items in the same order still."""
    for constant, other in zip(code.co_consts, copy.co_consts, strict=True):
        if isinstance(constant, CodeType):
            if not _is_same(constant, other):
                return False
        elif isinstance(constant, frozenset) and list(constant) != list(other):
            return False
    return True


def _write(path: str, data: bytes) -> None:
    """Write a file at once, which only its owner may read: a command may hold what is nobody else's business."""
    temporary = f"{path}.{posix.getpid()}"
    try:
        _make_folders(_folder)
        flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC
        with open(posix.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
        posix.replace(temporary, path)
    except OSError:
        pass


def _make_folders(path: str) -> None:
    """Make a folder, and those that it is in."""
    try:
        posix.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make_folders(path.rpartition("/")[0])
        posix.mkdir(path, 0o700)
