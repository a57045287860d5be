"""Under the hood: the machine code of every function of a program, and what its inline caches know after a run.

In: as `child`, which `sandbox` starts: `python -m kaa.explorer.hood`. Out: two lines of JSON in the journal:
`"compiled"` as soon as the program is, then an object of `files` and `words`. `words` say what ran; `files` are the
program's own and those of the modules it has imported from its folder, by name: the functions by qualified name and
first line, each with its pieces of machine code, one an instruction.
The program runs on the native machine, with the answers of the recorded run as its input; what it prints is dropped.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import CodeType
from typing import Any, NoReturn

import kaa.microthreads  # noqa: F401  # loaded before the take-over, after which there is a second copy of `typing`
from kaa.baseline.listing import Piece, disassemble, pieces
from kaa.explorer.files import is_own
from kaa.explorer.guest import code_of, folder_of, prepare
from kaa.explorer.journal import Journal
from kaa.explorer.limits import Limits
from kaa.explorer.sandbox import Run
from kaa.runtime.engines import NativeEngine

_SECONDS = 3.0
"""A program that runs longer is interrupted: its caches have settled long before."""

_leave = os._exit


class _Interrupted(BaseException):
    """The program has run long enough."""


def listing(source: str, filename: str, limits: Limits, answers: list[str] | None) -> dict[str, Any]:
    """What stands in the journal of a process of this module. Without `answers` the program is not run.

    A program that ends its process is listed without a run. A failure is `{"error": words, "compiled": bool}`.
    """
    told: dict[str, Any] = {}
    if answers is not None:
        told = _ask(source, filename, limits, answers)
        if "files" in told or not told["compiled"]:
            return told
    plain = _ask(source, filename, limits, None)
    if "files" in plain and answers is not None:
        plain["words"] = (
            f"The caches are empty, as the program did not come back from its run: {told['error']}."
        )
    return plain


def _ask(source: str, filename: str, limits: Limits, answers: list[str] | None) -> dict[str, Any]:
    run = Run(source, filename, limits, "kaa.explorer.hood")
    run.answer(json.dumps(answers is not None))
    for line in answers or ():
        run.answer(line.removesuffix("\n"))
    run.end_input()
    ending = run.wait()
    lines = run.lines()
    if len(lines) < 2:
        return {"error": ending["words"], "compiled": bool(lines)}
    result: dict[str, Any] = json.loads(lines[1])
    return result


def main() -> NoReturn:
    """Read the order, run the program if that is wanted, write its machine code."""
    lines = sys.stdin.buffer
    order, wanted = json.loads(lines.readline()), json.loads(lines.readline())
    journal = Journal(order["journal"])
    os.dup(1)  # the parent takes the end of this stream for that of the process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    engine, write = NativeEngine(), json.dumps
    list(disassemble(Piece(0, "", 0, "", 0, b"")))  # loads the disassembler while files can still be read
    interrupt = signal.setitimer
    filename, limits = order["filename"], Limits(**order["limits"])
    limits = replace(limits, memory=limits.memory + _address_space())
    program = prepare(engine, filename, limits)
    code = code_of(order["source"], filename)
    journal.write(write("compiled"))
    modules = [code]
    words = "The program was not run, so its caches are empty."
    if wanted:
        signal.signal(signal.SIGALRM, _stop)
        if not limits.public:
            _collect_modules(modules, folder_of(filename))
        words = _run(engine, code, program, interrupt)
    files: dict[str, dict[str, Any]] = {}
    for module in modules:
        if module.co_filename not in files:
            files[module.co_filename] = _functions(module)
    journal.write(write({"files": files, "words": words}))
    _leave(0)


def _address_space() -> int:
    """Bytes that are mapped: the engine reserves more than it will use, and that is not the program's."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")


def _collect_modules(modules: list[CodeType], folder: str) -> None:
    """Add the code of each module of the folder when it is run."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and type(arguments[0]) is CodeType and is_own(arguments[0].co_filename, folder):
            modules.append(arguments[0])

    sys.addaudithook(hook)


def _functions(module: CodeType) -> dict[str, Any]:
    return {
        f"{unit.co_qualname}:{unit.co_firstlineno}": [*map(_piece, pieces(unit))] for unit in _units(module)
    }


def _stop(*_: object) -> NoReturn:
    raise _Interrupted


def _run(engine: NativeEngine, code: CodeType, program: Any, interrupt: Any) -> str:
    """Run the program; the answer is how it ended, in words."""
    try:
        interrupt(signal.ITIMER_REAL, _SECONDS)
        engine.execute(code, vars(program))
        interrupt(signal.ITIMER_REAL, 0)
    except _Interrupted:
        return f"The caches are those after the first {_SECONDS:g} seconds of a run on the native machine."
    except BaseException as error:
        interrupt(signal.ITIMER_REAL, 0)
        return f"The caches are those after a run on the native machine, which ended with {type(error).__name__}."
    return "The caches are those after a run on the native machine."


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "offset": piece.offset // 2,
        "name": piece.instruction,
        "argument": piece.argument,
        "template": piece.template,
        "cache": piece.cache and {"state": piece.cache.state, "words": str(piece.cache)},
        "lines": list(disassemble(piece)),
    }


def _units(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _units(constant)


if __name__ == "__main__":
    main()
