"""Small programs, each about one theme, print the same on the reference machine as on the host."""

import contextlib
import io
from pathlib import Path

import pytest

from kaa.reference.machine import Machine

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


def output(run, path: Path) -> str:
    code = compile(path.read_text(), str(path), "exec")
    namespace = {"__name__": "__main__", "__file__": str(path)}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        run(code, namespace)
    return printed.getvalue()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_prints_what_the_host_prints(path: Path) -> None:
    assert output(Machine(compile).run_code, path) == output(exec, path)
