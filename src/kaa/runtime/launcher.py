"""The command `kaa`: from its words to an exit status.

In: the command line, the environment, a host that has just started. Out: the program has run and the process
can end. The steps: read the words (`options`), honour them (`process`), choose the machine (`engines`), give
the process to Kaa (`takeover`), and run the program (`programs`) or the REPL (`repl`).
"""

from __future__ import annotations

import os
import sys

import kaa
from kaa.runtime import engines, options, path_file, process, programs, takeover
from kaa.runtime.engines import UnusableEngine
from kaa.runtime.invisible import invisible
from kaa.runtime.options import CommandLine, UsageError
from kaa.runtime.uncaught import FAILURE, INTERRUPTED, display, stays
from kaa.runtime.unwatched import unwatch_while_alive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import NoReturn

    from kaa.runtime.engines import Engine

#: The lines that `-h` adds to the host's.
OWN_HELP = """\
Options of Kaa:
-X engine=native|reference|host: the machine that runs the program; also KAA_ENGINE
-X showengine: say on stderr which machine it is
-X warm=N: make machine code that is fast to run, instead of fast to make, of what has run N times (100)
-X stats: say on stderr, at the end, what the native machine linked and what its caches saw
"""


def launch(words: list[str]) -> int:
    """Do what a command line says.

    Returns:
        The exit status, when there is no program to run.
    Raises:
        KeyboardInterrupt: what makes the host start the program (`on_empty_stack`).
    """
    try:
        line = options.parse(words)
    except UsageError as error:
        return _usage(str(error))
    if line.answer is not None:
        return _answer(line.answer)
    command = path_file.command_with_path_file()
    if command:
        path_file.isolate(line)
    if process.needs_fresh_host(line):
        process.replace_host(line, words, command)
    process.apply(line, words)
    try:
        engine = engines.choose(_engine_name(line))
    except UnusableEngine as error:
        print(f"kaa: {error}", file=sys.stderr)
        return programs.USAGE
    if line.x_option("showengine") is not None:
        print(f"kaa: engine {engine.name}", file=sys.stderr)
    takeover.prepare(engine)
    if command:
        path_file.honour(command, line)
    on_empty_stack(_run, engine, line)


def _engine_name(line: CommandLine) -> str:
    """The machine's name by option, else by environment; "" for the default."""
    chosen = line.x_option("engine")
    if chosen is None and not sys.flags.ignore_environment:
        chosen = os.environ.get("KAA_ENGINE")
    return chosen or ""


def on_empty_stack(run: Callable[[Engine, CommandLine], int], engine: Engine, line: CommandLine) -> NoReturn:
    """Run the program where no frame of Kaa's or of the host's start-up lies below the guest's first one.

    The host calls `sys.excepthook` when an exception has left its main program: with an empty stack. `SystemExit`
    raised in the hook ends the process as everywhere. When the hook returns instead, the host ends the process by what
    the exception was, and after a `KeyboardInterrupt` that is by the signal: just what an interrupted guest needs.
    """

    @invisible
    def start(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        error.__traceback__ = None
        sys.excepthook = sys.__excepthook__
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            vars(sys).pop(name, None)
        leave = SystemExit()  # made while there is memory for it
        frame: set[object] = set()  # gone when the frame is
        try:
            status = run(engine, line)
        except SystemExit:
            raise
        except BaseException as failure:  # no memory to report the guest's error, say
            status = FAILURE
            try:
                display(failure)
            except MemoryError:  # nor to report that
                pass
        try:
            # A profiler must not be told of how this frame, which no one can see, is left.
            unwatch_while_alive(frame)
        except MemoryError:
            pass
        if status != INTERRUPTED:
            leave.code = status
            raise leave

    sys.excepthook = start
    raise KeyboardInterrupt


@invisible
def _run(engine: Engine, line: CommandLine) -> int:
    """Run the program, then the REPL where one is asked for."""
    if sys.flags.inspect or line.file == "-" or not _has_program(line):
        from kaa.runtime import repl

        if not sys.flags.isolated and (sys.flags.inspect or not _has_program(line)):
            repl.load_line_editing()
    if line.command is not None:
        status = programs.run_command(engine, line.command, line.arguments)
    elif line.module is not None:
        status = programs.run_module(engine, line.module, line.arguments)
    elif line.file is not None and line.file != "-":
        status = programs.run_file(engine, line.file, line.arguments, bool(line.given("x")))
    elif not repl.is_interactive():
        status = programs.run_input(engine, line.arguments, line.file == "-")
    else:
        return repl.run(engine, line.arguments, line.file == "-")
    if stays():
        from kaa.runtime import repl

        if repl.is_interactive():
            return repl.run_after(engine)
    return status


def _has_program(line: CommandLine) -> bool:
    return line.command is not None or line.module is not None or line.file is not None


def _program_name() -> str:
    return process.executable(sys.executable)


def _usage(problem: str) -> int:
    name = _program_name()
    print(problem, file=sys.stderr)
    print(f"usage: {name} [option] ... [-c cmd | -m mod | file | -] [arg] ...", file=sys.stderr)
    print("Try `kaa -h' for more information.", file=sys.stderr)
    return programs.USAGE


def _answer(subject: str) -> int:
    """Print the version or a help text; the help is the host's own, since its options are Kaa's."""
    if subject == "version":
        print(f"Python {sys.version.split()[0]}")
    elif subject == "full-version":
        print(f"Python {sys.version}\n[Kaa {kaa.version}]")
    else:
        import subprocess

        host = sys.executable
        text = subprocess.run([host, "--" + subject], capture_output=True, text=True, check=True).stdout
        print(text.replace(host, _program_name()), end="")
        if subject != "help-env":
            print("\n" + OWN_HELP, end="")
    return 0
