"""Run all features of a guest file in one process of `kaa`, since starting a JVM or a CLR takes its time."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from tests.runtime.commands import KAA, Command, Outcome

GUESTS = Path(__file__).parent / "guests"
ENGINES = ("reference", "native")

#: Calls each function of the guest file and says how it ended, so that one failure does not hide the next.
DRIVER = """
import runpy, sys, traceback
functions = runpy.run_path(sys.argv[1])
for name in sys.argv[2:]:
    try:
        functions[name]()
    except BaseException:
        print("failed", name)
        traceback.print_exc(file=sys.stdout)
    else:
        print("passed", name)
"""


def names(guest: str) -> list[str]:
    """The features of a guest file: its functions."""
    tree = ast.parse((GUESTS / guest).read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@functools.cache
def outcome(guest: str, engine: str, environment: tuple[tuple[str, str], ...]) -> Outcome:
    """What all features of a guest file print on an engine."""
    words = ["-X", f"engine={engine}", "-c", DRIVER, str(GUESTS / guest), *names(guest)]
    return run(words, GUESTS, **dict(environment))


def run(words: list[str], folder: Path, **environment: str) -> Outcome:
    """Run `kaa` with the runtimes from PyPI, whatever is installed here."""
    inherited = {"JAVA_HOME": "", "DOTNET_ROOT": "", "CLASSPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    return Command(words, environment=inherited | environment).run(KAA, folder)


def check(guest: str, engine: str, name: str, **environment: str) -> None:
    """Assert that a feature passed, and that the process ended well."""
    result = outcome(guest, engine, tuple(environment.items()))
    assert f"passed {name}\n" in result.out, str(result)
    assert result.status == 0, str(result)
