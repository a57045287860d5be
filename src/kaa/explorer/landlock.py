"""What of the file system a process may see from now on: Landlock, which needs no privileges (Linux 5.13 and later).

    hide_files_except(["/usr/lib/python3.13"])

Facts: linux/landlock.h; numbers of system calls are the same on all processors.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_RIGHTS = (13, 14, 15, 15, 16)
"""How many rights there are in version 1, 2, …; those of this list's last one hold for all that follow."""


def version() -> int:
    """Landlock's version in this kernel; 0 if it has none."""
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def hide_files_except(paths: Iterable[str]) -> None:
    """Let this thread, and those that it starts, read only files beneath these paths, and write none.

    It must have given up new privileges (`prctl`). What is open stays open. OSError if the kernel refuses.
    """
    rights = (1 << _RIGHTS[min(version(), len(_RIGHTS)) - 1]) - 1
    rules = _checked(_call(_CREATE_RULESET, struct.pack("Q", rights), 8, 0))
    try:
        for path in paths:
            _allow(rules, path)
        _checked(_call(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)


def library() -> list[str]:
    """Where the modules of Python, those that are installed, and the libraries of C that they need are."""
    own = sysconfig.get_paths()
    folders = [
        own["stdlib"],
        own["platstdlib"],
        own["purelib"],
        own["platlib"],
        *filter(os.path.isabs, sys.path),
    ]
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"]
    return [*dict.fromkeys(folders + system), "/etc/ld.so.cache", "/dev/null", "/dev/urandom"]


def _allow(rules: int, path: str) -> None:
    """Reading beneath a path. One that is not there is passed over."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rights = _EXECUTE | _READ_FILE | (_READ_FOLDER if os.path.isdir(path) else 0)
    try:
        _checked(_call(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(ctypes.c_long(number), *words))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "the kernel does not take the rules for files")
    return result
