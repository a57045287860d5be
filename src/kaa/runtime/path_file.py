"""`kaa._pth` beside the command: a file that says where modules are found, as `python._pth` does for CPython.

In: how the command was started. Out: `sys.path` is what the file says, and nothing else has a say: the environment is
ignored, and `site` is imported only if a line of the file is `import site`. The name is the command's with `._pth`
behind it; entries are relative to its folder. (CPython: Modules/getpath.py, and "The initialization of the sys.path
module search path" in its documentation.)
"""

from __future__ import annotations

import os
import sys

from kaa.runtime import process
from kaa.runtime.options import CommandLine

SUFFIX = "._pth"
IMPORT_SITE = "import site"


def command_with_path_file() -> str | None:
    """The command that was started, if there is such a file beside it."""
    command = str(sys._xoptions.pop(process.COMMAND, None) or sys.argv[0])
    return command if os.path.isfile(command + SUFFIX) else None


def isolate(line: CommandLine) -> None:
    """What the file asks of the host: to be isolated, and to leave `site` alone."""
    line.counts |= {"I": 1, "S": 1}


def honour(command: str, line: CommandLine) -> None:
    """Set `sys.path` by the file, and import `site` if it says so."""
    with open(command + SUFFIX, encoding="utf-8") as file:
        lines = [text for text in (line.partition("#")[0].strip() for line in file) if text]
    folder = os.path.dirname(os.path.abspath(command))
    sys.path[:] = [
        os.path.abspath(os.path.join(folder, text)) for text in lines if not text.startswith("import ")
    ]
    sys.executable = sys.orig_argv[0] = command
    process.set_flags(no_user_site=min(line.given("s"), 1))
    if IMPORT_SITE in lines:
        import site

        process.set_flags(no_site=0)
        site.main()
