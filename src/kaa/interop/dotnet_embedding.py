"""The Python half of the class `Kaa.Engine`, with which a C# program runs Python scripts (`embedding/dotnet/Kaa.cs`).

In: a .NET program in whose process pythonnet has started Python. Out: the process's Python is Kaa's, and C# has its
`Session`. As a program, `python -m kaa.interop.dotnet_embedding`, it says what C# must know before: two lines with this
Python's library and its executable.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kaa.interop import dotnet, scripts
from kaa.interop.python_library import library
from kaa.interop.scripts import Script, new_names

if TYPE_CHECKING:
    from kaa.runtime.engines import Engine


class Session:
    """What C# holds of Kaa."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def Names(self) -> Names:
        """New names, on which nothing has run."""
        return Names(self.engine)


class Names:
    """What one `Kaa.Engine` holds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._names = new_names()

    def get(self, name: str) -> Any:
        """The value of a name. Raises NameError."""
        if name not in self._names:
            raise NameError(f"name {name!r} is not defined", name=name)
        return self._names[name]

    def set(self, name: str, value: object) -> None:
        self._names[name] = value

    def run(self, source: str, file: str) -> object:
        """Run a script; the value of its last expression. What it raises has no frames of Kaa's."""
        try:
            return Script(source, file).run(self._engine, self._names)
        except BaseException as error:
            self._engine.clean(error)
            raise


def take_over(engine_name: str) -> Session:
    """Give this process's Python to Kaa, by `scripts.take_over`, and its .NET to the guest's imports."""
    engine = scripts.take_over(engine_name)
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        if stream is not None:
            stream.reconfigure(line_buffering=True)  # .NET does not flush it at its end
    dotnet.join()
    return Session(engine)


if __name__ == "__main__":
    print(library(), sys.executable, sep="\n")
