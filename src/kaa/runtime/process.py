"""What the options change in the process: `sys.flags`, `sys.warnoptions`, `sys.executable`, the host itself.

The host has started before Kaa reads its own command line. Most options can still be honoured then, in place;
the few that the host's start-up has to know (`-I`, `-E`, `-S`, `-u`, `-X utf8`, ...) are given to a fresh
host that replaces this one.
"""

from __future__ import annotations

import _imp
import builtins
import os
import sys

from kaa.cache_folder import cache_folder
from kaa.runtime import options
from kaa.runtime.options import CommandLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

#: The file that starts Kaa when the host is given it as a script.
ENTRY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")

#: The `-X` option by which a starter says what command was given.
COMMAND = "kaa_command"

#: Letters that only a fresh host can honour, and letters that change nothing but fields of `sys.flags`.
HOST_LETTERS = "IEsSubR"
IN_PLACE_LETTERS = "BdiOPqv"

#: Names of `-X` options that only a fresh host can honour.
HOST_X_OPTIONS = frozenset(
    {
        "cpu_count",
        "dev",
        "faulthandler",
        "frozen_modules",
        "gil",
        "importtime",
        "int_max_str_digits",
        "no_debug_ranges",
        "perf",
        "perf_jit",
        "presite",
        "showrefcount",
        "tracemalloc",
        "utf8",
        "warn_default_encoding",
    }
)


def host_options(line: CommandLine) -> list[str]:
    """The options on this line that the host itself must be started with, a word each."""
    words = ["-" + letter * line.given(letter) for letter in HOST_LETTERS if line.given(letter)]
    words += ["-X" + option for option in line.x_options if option.partition("=")[0] in HOST_X_OPTIONS]
    if line.given("b"):  # comes after those of `-W` among the warning options
        words += ["-W" + option for option in line.warnings]
    return words


def needs_fresh_host(line: CommandLine) -> bool:
    """Whether this host was started without an option that only a start can honour."""
    wanted = host_options(line)
    return bool(wanted) and not set(wanted) <= set(host_options(options.parse(sys.orig_argv[1:])))


def replace_host(line: CommandLine, words: list[str], command: str | None = None) -> NoReturn:
    """Start the host again in this process, with the options it must know, and Kaa with the same words.

    It is told of `command` where that has a path file beside it.
    """
    known = [] if command is None else [f"-X{COMMAND}={command}"]
    os.execv(sys.executable, [sys.executable, *host_options(line), *known, ENTRY, *words])


def apply(line: CommandLine, words: list[str]) -> None:
    """Honour in place what can be, and make `sys` tell of Kaa's command line instead of the host's."""
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder of whatever started Kaa
    _raise_flags(line.raised_flags(IN_PLACE_LETTERS))
    for option in line.x_options:
        name, equals, value = option.partition("=")
        sys._xoptions[name] = value if equals else True
        if name == "pycache_prefix":
            sys.pycache_prefix = value or None
    if line.check_hash is not None:
        vars(_imp)["check_hash_based_pycs"] = line.check_hash
    if not line.given("b"):
        _add_warning_options(line.warnings)
    sys.executable = executable(sys.executable)
    sys.orig_argv[:] = [sys.executable, *words]


def set_flags(**values: int | bool) -> None:
    """Replace fields of `sys.flags`, which is read-only in itself."""
    flags: Any = sys.flags
    vars(sys)["flags"] = flags.__replace__(**values)


def _raise_flags(raised: dict[str, int]) -> None:
    if raised:
        old = {field: getattr(sys.flags, field) for field in raised}
        set_flags(**{field: type(value)(value + raised[field]) for field, value in old.items()})
    if "dont_write_bytecode" in raised:
        sys.dont_write_bytecode = True
    if "optimize" in raised:
        vars(builtins)["__debug__"] = False


def _add_warning_options(arguments: list[str]) -> None:
    """`-W`: `warnings` reads `sys.warnoptions` when it is loaded, and is told when that has been already."""
    sys.warnoptions += arguments
    if "warnings" in sys.modules:
        process: Any = vars(sys.modules["warnings"])["_processoptions"]
        process(arguments)


def executable(host: str) -> str:
    """A file that starts Kaa when it is executed: what `sys.executable` tells the guest.

    That is the command `kaa` beside the host where Kaa is installed. For a source tree that is not, a starter
    is written once into the user's cache folder. Where no such file can be written, it is the host.
    """
    installed = os.path.join(os.path.dirname(host), "kaa")
    if os.path.exists(installed):
        return installed
    starter = f'#!/bin/sh\nexec {_quoted(host)} -X {COMMAND}="$0" {_quoted(ENTRY)} "$@"\n'
    folder = os.path.join(cache_folder(), f"starter-{_imp.source_hash(0, starter.encode()).hex()}")
    path = os.path.join(folder, "kaa")
    if os.path.exists(path):
        return path
    try:
        os.makedirs(folder, exist_ok=True)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "w") as file:
            file.write(starter)
        os.chmod(temporary, 0o755)
        os.replace(temporary, path)
    except OSError:
        return host
    return path


def _quoted(word: str) -> str:
    """A word for the shell."""
    return "'" + word.replace("'", "'\"'\"'") + "'"
