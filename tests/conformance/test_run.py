"""The runner of CPython's tests: what its children inherit, and what a run leaves that is ended early."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conformance.run import Comparison, Outcome, write_json

START_A_CHILD = """
import signal, subprocess, sys
from tests.conformance.run import let_children_be_interrupted
signal.signal(signal.SIGINT, signal.SIG_IGN)
if {repaired}:
    let_children_be_interrupted()
subprocess.run([sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT).__name__)"])
"""


def _handler_of_a_child(*, repaired: bool) -> str:
    words = [sys.executable, "-c", START_A_CHILD.format(repaired=repaired)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_children_can_be_interrupted_where_the_run_cannot() -> None:
    assert _handler_of_a_child(repaired=False) != "default_int_handler"
    assert _handler_of_a_child(repaired=True) == "default_int_handler"


def test_results_are_there_after_each_module(tmp_path: Path) -> None:
    file, comparisons = tmp_path / "conformance.json", []
    for module in ("test_bool", "test_with"):
        outcome = Outcome({f"test.{module}.T.test": ("passed", "")})
        comparisons.append(Comparison("native", module, outcome, outcome))
        write_json(file, comparisons)
        assert [row["module"] for row in json.loads(file.read_text())] == [c.module for c in comparisons]
    assert list(tmp_path.iterdir()) == [file]
