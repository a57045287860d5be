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
from types import CodeType
from typing import TYPE_CHECKING, Any

import kaa
from kaa.runtime import programs
from kaa.runtime.uncaught import guarded, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaa.runtime.engines import Engine

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


def run(engine: Engine, arguments: list[str], named: bool) -> int:
    """The REPL as the main program."""
    sys.argv[:] = ["-" if named else "", *arguments]
    if not sys.flags.safe_path:
        sys.path.insert(0, "")
    if not sys.flags.quiet:
        print(f"Kaa {kaa.version}, Python {sys.version} on {sys.platform}", file=sys.stderr)
        if not sys.flags.no_site:
            print(HINT, file=sys.stderr)
    programs.fresh_main()
    set_inspect_off()
    install_plain_loop(engine)
    guarded(engine, _run_startup_file, engine)
    guarded(engine, _run_interactive_hook, engine)
    sys.audit("cpython.run_stdin")
    if _wants_plain_loop():
        return guarded(engine, plain_loop, engine)
    return guarded(engine, programs.run_module_as_main, engine, "_pyrepl", False)


def run_after(engine: Engine) -> int:
    """The REPL after a program (`-i`), in the namespace that the program left behind."""
    install_plain_loop(engine)
    guarded(engine, _run_interactive_hook, engine)
    if _wants_plain_loop():
        guarded(engine, plain_loop, engine)
    else:
        guarded(engine, _pyrepl_after, engine)
    return 0


def set_inspect_off() -> None:
    """What is inspected is no program any more: an exit leaves now."""
    from kaa.runtime import process

    process.set_flags(inspect=0)
    os.environ.pop("PYTHONINSPECT", None)


def install_plain_loop(engine: Engine) -> None:
    """Let `_pyrepl` fall back to Kaa's loop instead of the host's."""
    vars(sys)["_baserepl"] = lambda: plain_loop(engine)


def _wants_plain_loop() -> bool:
    if not os.isatty(0):
        return True
    return not sys.flags.ignore_environment and bool(os.environ.get("PYTHON_BASIC_REPL"))


def _pyrepl_after(engine: Engine) -> None:
    module: Any = importlib.import_module("_pyrepl.main")
    engine.call(module.interactive_console)


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


def _run_interactive_hook(engine: Engine) -> None:
    hook: Callable[[], object] | None = getattr(sys, "__interactivehook__", None)
    if hook is not None:
        sys.audit("cpython.run_interactivehook", hook)
        engine.call(hook)


def plain_loop(engine: Engine) -> None:
    """Read, run and report statements until the input ends.

    Raises:
        SystemExit: a statement wants to leave.
    """
    session = Session()
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

    def __init__(self) -> None:
        from codeop import Compile

        self.ended = False
        self.reading = False
        self._count = 0
        self._compile: Any = Compile()
        self._terminal = os.isatty(0) and os.isatty(1)

    def read(self) -> CodeType | None:
        """The next statement, compiled; None when there was only an empty line, or nothing more.

        Raises:
            SyntaxError: the statement is broken.
        """
        lines: list[str] = []
        self.reading = True
        while True:
            line = self._read_line(str(sys.ps2 if lines else sys.ps1))
            if line is None:
                self.ended = True
                if not lines:
                    return None
            else:
                lines.append(line)
                if len(lines) == 1 and not line.strip():
                    return None
            code = self._try_compile("\n".join(lines), complete=self.ended)
            if code is not None:
                self.reading = False
                return code

    def _try_compile(self, source: str, complete: bool) -> CodeType | None:
        """The statement's code; None when more lines are needed."""
        from codeop import _maybe_compile  # type: ignore[attr-defined]

        name = f"<stdin>-{self._count}"
        _register(name, source)
        code: CodeType | None
        if complete:
            code = self._compile(source + "\n", name, "single", incomplete_input=False)
        else:
            code = _maybe_compile(self._compile, source, name, "single")
        if code is not None:
            self._count += 1
        return code

    def _read_line(self, prompt: str) -> str | None:
        """A line without its end; None at the end of the input."""
        if self._terminal:
            try:
                return input(prompt)
            except EOFError:
                return None
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = bytearray()
        while (byte := os.read(0, 1)) not in (b"", b"\n"):
            line += byte
        if not byte and not line:
            return None
        return line.decode(errors="surrogateescape")


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
