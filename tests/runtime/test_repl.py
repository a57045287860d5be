"""The prompt: piped, on a terminal with the host's own editor, and on terminals that are not up to it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from pathlib import Path

import pytest

from tests.runtime.commands import KAA, Command

SESSION = r"""
x = 1
x; x + 1
_
def f():
  1/0

f()
if 1:
  print(5)

f(
)
1+
for
from __future__ import annotations
def g(a: nope): return 1

g.__annotations__
raise KeyboardInterrupt
class A:
    def f(self):
        return 1

    y = 2

A.y
'''a
b'''
# a comment


@staticmethod
def h(): pass

raise ValueError(1)
import sys
sys.last_exc
\
1
"\d"
None
print(__name__, sys.argv, sys.ps1, sys.ps2, sys.flags.interactive, sys.flags.inspect)
sys.ps1 = "changed "
input()
a line
sys.displayhook = lambda value: print("shown", value)
5
exit(7)
not reached
"""


@pytest.mark.parametrize(
    "words", [["-qi"], ["-i", "-c", "x = 3"], ["-i", "failing.py"], ["-iq", "-"]], ids=" ".join
)
def test_piped_session(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text("import sys\nx = 3\n1/0\n")
    outcome = Command(words, input=SESSION.encode()).same(tmp_path)
    assert outcome.status == 7


@pytest.mark.parametrize(
    "source", ["", "x = (", "if 1:\n  print(2)", "1", "raise SystemExit", "if"], ids=repr
)
def test_input_that_ends_early(source: str, tmp_path: Path) -> None:
    Command(["-qi"], input=source.encode()).same(tmp_path)


STATEMENTS = {
    "errors of the compiler": "\nreturn 1\nnonlocal x\ndef f(x, x): ...\n\nif 1:\n    break\n\n",
    "no more lines for a statement": "def f(x, x): 1\nimport sys\n1\n",
    "lines by number": "\n\n# c\n   \n1\n(\n2)\nx = = 1\nimport linecache\n"
    "print({name: lines for name, lines in linecache.cache.items() if 'stdin' in name})\n",
    "a closed input": "import os\nprint('before')\nos.close(0)\nprint('after')\n",
}


@pytest.mark.parametrize("source", STATEMENTS.values(), ids=STATEMENTS)
def test_statements(source: str, tmp_path: Path) -> None:
    Command(["-q", "-I", "-i"], input=source.encode()).same(tmp_path)


def test_statements_are_compiled_by_kaa(tmp_path: Path) -> None:
    session = (
        "from kaa.runtime.on_demand import COMPILER, part\nreal = part(COMPILER).compile\n"
        "part(COMPILER).compile = lambda *given: print('compiled') or real(*given)\n5\n"
    )
    assert "compiled\n5\n" in Command(["-q", "-i"], input=session.encode()).run(KAA, tmp_path).out


def test_startup_file_and_inspection_by_environment(tmp_path: Path) -> None:
    (tmp_path / "startup.py").write_text("started = __file__\n")
    startup = {"PYTHONSTARTUP": "startup.py"}
    Command(["-qi"], input=b"started\n__file__\n", environment=startup).same(tmp_path)
    Command(["-qiE"], input=b"started\n", environment=startup).same(tmp_path)
    Command(["-qi"], input=b"1\n", environment={"PYTHONSTARTUP": "missing.py"}).same(tmp_path)
    setting = "import os; os.environ['PYTHONINSPECT'] = '1'"
    Command(["-i", "-c", setting], input=b"os\n").same(tmp_path)


def test_banner_names_both(tmp_path: Path) -> None:
    err = Command(["-i"]).run(KAA, tmp_path).err
    assert re.match(r"Kaa [\d.]+, Python 3\.13\.\d+ .* on linux\n", err)


class Terminal:
    """A session on a pseudo-terminal."""

    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self.shown = ""
        self.seen = 0
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execve(program, [program, "-q"], environment)

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Read until `text` comes after what was seen before."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.seen :] and self.read(end - time.monotonic()):
            pass
        self.seen = self.shown.index(text, self.seen) + len(text)

    def read(self, seconds: float) -> bool:
        """Wait for more of what the session shows; False when it has ended."""
        if not select.select([self.descriptor], [], [], max(0, seconds))[0]:
            raise TimeoutError(f"nothing comes after {self.shown[self.seen :]!r}")
        try:
            chunk = os.read(self.descriptor, 1 << 16)
        except OSError:  # the other side has gone
            return False
        self.shown += re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\x1b[=>]", "", chunk.decode()).replace("\r", "")
        return bool(chunk)

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def interrupt(self, answer: str) -> None:
        """Press Ctrl-C until it is answered: readline sees one that comes just before it waits at the next key only."""
        for _ in range(30):
            self.type(CONTROL_C)
            try:
                return self.wait_for(answer, seconds=2)
            except TimeoutError:
                continue
        raise TimeoutError(f"Ctrl-C is not answered by {answer!r}")

    def close(self) -> int:
        while self.read(60):
            pass
        _, status = os.waitpid(self.process, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)


CONTROL_C = "\x03"

KINDS = {
    "editor": {"TERM": "xterm"},
    "dumb": {"TERM": "dumb"},
    "basic": {"TERM": "xterm", "PYTHON_BASIC_REPL": "1"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_terminal(kind: str, tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    terminal = Terminal(KAA, inherited | {"NO_COLOR": "1", "HOME": str(tmp_path)} | KINDS[kind])
    steps = [
        ("6 * 7\r", "42"),
        ("\x10\r", "42"),  # Ctrl-P: the last line of the history
        ("def f():\r  return 1/0\r\r", ">>> "),
        ("f()\r", "ZeroDivisionError: division by zero"),
        ("input('name? ')\r", "name? "),
        ("Kaa\r", "'Kaa'"),
        (CONTROL_C, "KeyboardInterrupt"),
        ("import os; os.getpid() > 0\r", "True"),
        ("exit(3)\r", ""),
    ]
    terminal.wait_for(">>> ")
    for keys, answer in steps:
        if keys == CONTROL_C:
            terminal.interrupt(answer)
        else:
            terminal.type(keys)
            terminal.wait_for(answer)
        if answer and not answer.startswith((">>>", "name?")):
            terminal.wait_for(">>> ")
    assert terminal.close() == 3, terminal.shown
    assert "return 1/0" in terminal.shown.split("Traceback")[1]


def test_control_c_ends_a_statement_and_not_the_session(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    terminal = Terminal(KAA, inherited | {"TERM": "xterm", "NO_COLOR": "1", "HOME": str(tmp_path)})
    terminal.wait_for(">>> ")
    terminal.type("while True: print('ti' 'ck')\r\r")
    terminal.wait_for("tick")
    terminal.wait_for("tick")
    os.kill(terminal.process, signal.SIGINT)
    terminal.wait_for("KeyboardInterrupt")
    terminal.type("\r")
    terminal.wait_for(">>> ")
    terminal.type("exit(4)\r")
    assert terminal.close() == 4
