"""What a child process does before it runs a program: the machine takes over, `__main__` is new, the limits hold."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from kaa.compiler import compile
from kaa.explorer.limits import Limits, confine
from kaa.runtime.programs import fresh_main
from kaa.runtime.takeover import take_over

if TYPE_CHECKING:
    from kaa.runtime.engines import Engine


def prepare(engine: Engine, filename: str, limits: Limits) -> ModuleType:
    """Make this process the guest's, for good, and answer with its `__main__`.

    A program of a stranger has no folder whose modules it could import.
    """
    sys.argv[:] = [filename]
    if not limits.public:
        sys.path.insert(0, folder_of(filename))
    take_over(engine)
    program = fresh_main()
    vars(program)["__file__"] = filename
    confine(limits)
    return program


def folder_of(filename: str) -> str:
    """The folder whose modules a program can import."""
    return os.path.dirname(os.path.abspath(filename))


def code_of(source: str, filename: str) -> CodeType:
    """The program's code; tracebacks find its lines though they may stand in no file.

    To be called after `prepare`: the guest's `linecache` is not Kaa's own.
    """
    import linecache as of_guest

    for module in (linecache, of_guest):
        vars(module)["cache"][filename] = (len(source), None, source.splitlines(True), filename)
    code: Any = compile(source, filename, "exec", dont_inherit=True)
    assert isinstance(code, CodeType)
    return code
