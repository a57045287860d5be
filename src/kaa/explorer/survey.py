"""The road of a program, made in a process of its own: a source can be written to take very long, or all memory.

In: as `child`, in whose place `sandbox` starts it: `python -m kaa.explorer.survey`. Out: one line of JSON in the
journal: what `road` gives, and the `imports` of the program's own file (see `imports`).
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from kaa.explorer.guest import folder_of
from kaa.explorer.imports import imported_files
from kaa.explorer.journal import Journal
from kaa.explorer.limits import Limits, confine
from kaa.explorer.road import nothing, road
from kaa.explorer.sandbox import Run

_CUT = b"limit: "
"""What stands in the journal before words that say why there is no road."""


def survey(source: str, filename: str, limits: Limits, imports: bool = False) -> bytes:
    """The road as JSON. One that the limits end holds nothing but the source and an error that says so."""
    run = Run(source, filename, limits, "kaa.explorer.survey")
    run.answer(json.dumps(imports))
    ending = run.wait()
    line = run.journal()
    if line and not line.startswith(_CUT):
        return line
    words = line.removeprefix(_CUT).decode().strip() or ending["words"]
    if ending["kind"] == "stopped":
        words = f"it takes more than {limits.seconds:g} s to compile, which is the limit"
    error: dict[str, Any] = {"type": "Limit", "message": words, "place": None}
    return json.dumps(nothing(source, filename) | {"error": error}).encode()


def main() -> NoReturn:
    """Read the order, make the road, write it."""
    lines = sys.stdin.buffer
    order, wants_imports = json.loads(lines.readline()), json.loads(lines.readline())
    limits = Limits(**order["limits"])
    journal = Journal(order["journal"])
    confine(limits)
    try:
        text = _road(order["source"], order["filename"], limits, wants_imports)
    except MemoryError:
        text = _out_of_memory(limits)
    journal.write(text)
    os._exit(0)


def _road(source: str, filename: str, limits: Limits, wants_imports: bool) -> str:
    result = road(source, filename, looks_at_files=not limits.public)
    if result["error"] == {"type": "MemoryError", "message": "", "place": None}:
        return _out_of_memory(limits)
    if wants_imports and not limits.public:
        result["imports"] = imported_files(source, filename, folder_of(filename))
    text = json.dumps(result)
    if len(text) > limits.road:
        return f"{_CUT.decode()}its road is longer than {limits.road >> 20} MiB, which is the limit"
    return text


def _out_of_memory(limits: Limits) -> str:
    return f"{_CUT.decode()}it needs more memory to compile than its limit of {limits.memory >> 20} MiB"


if __name__ == "__main__":
    main()
