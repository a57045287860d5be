"""The interactive prompt.

On a terminal it is the host's own `_pyrepl`, a Python program that runs on Kaa like any other. Where that
cannot run (no terminal, `PYTHON_BASIC_REPL`, a terminal without abilities) it is the plain loop of this
module, which stands in for CPython's C loop and so takes the place of `sys._baserepl`: read a statement,
compile it, run it, report what it raises.
"""

from __future__ import annotations

import importlib
import os
import sys

import kaa
from kaa.loading import load_apart
from kaa.own_types import CodeType
from kaa.runtime import programs, uncaught
from kaa.runtime.invisible import invisible
from kaa.runtime.on_demand import COMPILER, part
from kaa.runtime.uncaught import guarded, report
from kaa.runtime.unwatched import unwatched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kaa.runtime.engines import Engine

codeop: Any = load_apart("codeop")
"""Decides whether a statement is complete; it is given Kaa's compiler, as its own `compile` is the host's."""
_ONLY_TREE = 0x400
"""PyCF_ONLY_AST: the tree is wanted."""
_INCOMPLETE = codeop.PyCF_DONT_IMPLY_DEDENT | codeop.PyCF_ALLOW_INCOMPLETE_INPUT
_FUTURES = sum(feature.compiler_flag for feature in codeop._features)

HINT = 'Type "help", "copyright", "credits" or "license" for more information.'


def is_interactive() -> bool:
    """Whether standard input is asked for statements one by one: it is a terminal, or `-i` says so."""
    try:
        return bool(sys.flags.interactive) or os.isatty(0)
    except OSError:
        return False


def load_line_editing() -> None:
    """Load GNU readline and its completer where the host has them."""
    try:
        import readline  # noqa: F401
        import rlcompleter  # noqa: F401
    except ImportError:
        pass


@invisible
def run(engine: Engine, arguments: list[str], named: bool) -> int:
    """The REPL as the main program."""
    sys.argv[:] = ["-" if named else "", *arguments]
    programs.prepend_path("")
    if not sys.flags.quiet:
        print(f"Kaa {kaa.version}, Python {sys.version} on {sys.platform}", file=sys.stderr)
        if not sys.flags.no_site:
            print(HINT, file=sys.stderr)
    programs.fresh_main()
    uncaught.inspects_no_more()
    install_plain_loop(engine)
    guarded(engine, _run_startup_file, engine)
    guarded(engine, _run_interactive_hook, engine)
    sys.audit("cpython.run_stdin")
    if _wants_plain_loop():
        return guarded(engine, plain_loop, engine)
    return guarded(engine, programs.run_module_as_main, engine, "_pyrepl", False)


@invisible
def run_after(engine: Engine) -> int:
    """The REPL after a program (`-i`), in the namespace that the program left behind."""
    uncaught.inspects_no_more()
    install_plain_loop(engine)
    guarded(engine, _run_interactive_hook, engine)
    if _wants_plain_loop():
        guarded(engine, plain_loop, engine)
    else:
        guarded(engine, _pyrepl_after, engine)
    return 0


def install_plain_loop(engine: Engine) -> None:
    """Let `_pyrepl` fall back to Kaa's loop instead of the host's."""
    vars(sys)["_baserepl"] = lambda: plain_loop(engine)


def _wants_plain_loop() -> bool:
    if not os.isatty(0):
        return True
    return not sys.flags.ignore_environment and bool(os.environ.get("PYTHON_BASIC_REPL"))


@invisible
def _pyrepl_after(engine: Engine) -> None:
    module: Any = importlib.import_module("_pyrepl.main")
    engine.call(module.interactive_console)


@invisible
def _run_startup_file(engine: Engine) -> None:
    path = "" if sys.flags.ignore_environment else os.environ.get("PYTHONSTARTUP", "")
    if not path:
        return
    sys.audit("cpython.run_startup", path)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        print(f"Could not open PYTHONSTARTUP\n{type(error).__name__}: {error}", file=sys.stderr)
        return
    main = sys.modules["__main__"]
    vars(main).update(__file__=path, __cached__=None)
    try:
        programs.run_source(engine, source, path, main)
    finally:
        programs.forget_file(main)


@invisible
def _run_interactive_hook(engine: Engine) -> None:
    hook: Callable[[], object] | None = getattr(sys, "__interactivehook__", None)
    if hook is not None:
        sys.audit("cpython.run_interactivehook", hook)
        engine.call(hook)


@invisible
def plain_loop(engine: Engine) -> None:
    """Read, run and report statements until the input ends.

    Raises:
        SystemExit: a statement wants to leave.
    """
    session = Session(engine)
    main = sys.modules["__main__"]
    for name, default in (("ps1", ">>> "), ("ps2", "... ")):
        if not hasattr(sys, name):
            setattr(sys, name, default)
    while not session.ended:
        try:
            code = session.read()
            if code is not None:
                engine.execute(code, vars(main))
        except SystemExit:
            raise
        except KeyboardInterrupt as error:
            if session.reading:
                print("\nKeyboardInterrupt", file=sys.stderr)
            else:
                report(engine, error)
        except BaseException as error:
            report(engine, error)
        _flush()


class Session:
    """Statements from standard input, with what earlier ones leave to later ones: number and `__future__`.

    Attributes:
        ended: the input is exhausted.
        reading: a statement is being read, not run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.ended = False
        self.reading = False
        self._count = 0
        self._futures = 0
        if os.isatty(0) and os.isatty(1):
            self._read_line = self._ask_terminal
        else:
            # Like C's stream the reader takes what is there, and leaves nothing to the guest's own `input()`.
            buffered = not getattr(sys.stdout, "write_through", False)
            self._stream = open(0, "rb", buffering=-1 if buffered else 0, closefd=False)  # noqa: SIM115  # for the whole session
            self._read_line = self._ask_stream

    def read(self) -> CodeType | None:
        """The next statement, compiled; None when there was only an empty line, or nothing more.

        Raises:
            SyntaxError: the statement is broken.
        """
        source = ""
        self.reading = True
        while True:
            line = self._read_line(str(sys.ps2 if source else sys.ps1))
            if not line and not source:
                self.ended = True
                return None
            source += line
            if not source.strip():
                self._name(source)
                return None
            if line and not line.endswith("\n"):
                continue  # the input ends in the middle of a line
            code = self._try_compile(source, complete=not line)
            if code is not None:
                self.reading = False
                return code

    def _try_compile(self, source: str, complete: bool) -> CodeType | None:
        """The statement's code; None when more lines are needed."""
        failure: SyntaxError | None = None
        code: CodeType | None = None
        try:
            tree = self._parse_whole(source) if complete else self._parse_if_complete(source)
            if tree is not None:
                # The parser's errors and warnings speak of <stdin>. From here on a statement is found by its number.
                code = _compile(tree, self._name(source), self._futures)
                self._futures |= code.co_flags & _FUTURES
        except SyntaxError as error:
            failure = error
        if failure is not None:
            if failure.text is None and failure.lineno:  # trees have no text
                failure.text = source.splitlines(keepends=True)[failure.lineno - 1]
            failure.__traceback__ = failure.__context__ = None
            raise failure
        return code

    def _name(self, source: str) -> str:
        """The file name of the next statement, by which `linecache` knows its lines."""
        name = f"<stdin>-{self._count}"
        self._count += 1
        _register(name, source)
        return name

    def _parse(self, source: str, filename: str, mode: str, incomplete_input: bool = True) -> Any:
        flags = self._futures | _ONLY_TREE | (_INCOMPLETE if incomplete_input else 0)
        return _compile(source, filename, flags)

    def _parse_whole(self, source: str) -> Any:
        return self._parse(source, "<stdin>", "single", incomplete_input=False)

    def _parse_if_complete(self, source: str) -> Any:
        """The tree of a statement; None when more lines are needed."""
        try:
            return codeop._maybe_compile(self._parse, source.removesuffix("\n"), "<stdin>", "single")
        except SyntaxError:
            # `codeop` looks at the text without its last newline, carets do not
            return self._parse_whole(source)

    def _ask_terminal(self, prompt: str) -> str:
        """A line from the terminal, with its end; "" at the end of the input."""
        try:
            # The engine makes the call, so that Ctrl-C interrupts it as it does the guest's own `input`.
            return self._engine.call(input, prompt) + "\n"
        except (EOFError, OSError):
            sys.stdout.write("\n")
            return ""

    def _ask_stream(self, prompt: str) -> str:
        """A line from a file or pipe, with its end; "" at the end of the input."""
        sys.stderr.write(prompt)
        sys.stderr.flush()
        try:
            line = self._engine.call(self._stream.readline).decode(errors="surrogateescape")
        except OSError:  # a program may close the file
            line = ""
        if not line:
            sys.stderr.write("\n")
        return line


def _compile(source: Any, filename: str, flags: int) -> Any:
    """What Kaa's compiler makes of a statement, as text or tree."""
    level = min(sys.flags.optimize, 2)
    return unwatched(part(COMPILER).compile, source, filename, "single", flags, True, level)


def _register(name: str, source: str) -> None:
    import linecache

    register: Any = vars(linecache)["_register_code"]
    register(name, source, "<stdin>")


def _flush() -> None:
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
