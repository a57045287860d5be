"""Instructions for imports. Finding and loading modules is the import system's."""

import builtins
import sys

from kaa.import_failure import import_failure
from kaa.reference.frame import Frame
from kaa.reference.program import NULL


def IMPORT_NAME(frame: Frame, name: str) -> None:
    wanted = frame.stack.pop()
    level = frame.stack.pop()
    find = frame.builtins.get("__import__", NULL)
    if find is NULL:
        raise ImportError("__import__ not found")
    if find is builtins.__import__:
        frame.stack.append(find(name, frame.globals, frame.names, wanted, level))
    else:
        frame.stack.append(frame.call(find, name, frame.globals, frame.names, wanted, level))


def IMPORT_FROM(frame: Frame, name: str) -> None:
    module = frame.peek()
    value = getattr(module, name, NULL)
    if value is NULL:
        package = getattr(module, "__name__", NULL)
        if isinstance(package, str):
            value = sys.modules.get(f"{package}.{name}", NULL)
    if value is NULL:
        raise import_failure(module, name)
    frame.stack.append(value)
