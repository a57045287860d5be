"""Files of suspended computations: the workflow of the examples survives kill -9, damaged files are refused whole."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from kaa.microthreads import restore, save
from tests.runtime.commands import KAA, Command, Outcome

WORKFLOW = Path(__file__).parent.parent.parent / "examples" / "workflow.py"

ENGINES = ["native", "reference"]


def run(engine: str, folder: Path, **environment: str) -> Outcome:
    return Command(["-X", f"engine={engine}", str(WORKFLOW), "order"], environment=environment).run(
        KAA, folder
    )


def test_a_workflow_survives_kill_9_between_any_two_steps(tmp_path: Path) -> None:
    """Each run does one step and is killed before its second; the engines take turns."""
    whole = run(ENGINES[0], tmp_path).out
    steps = whole.count("done:")
    assert steps == 6
    for count in range(steps):
        outcome = run(ENGINES[count % 2], tmp_path, KILL_AT="1")
        assert outcome.status == -signal.SIGKILL, outcome
    # A killed process loses what it printed into a pipe; the steps of the last run are to be seen.
    outcome = run(ENGINES[0], tmp_path)
    assert (outcome.err, outcome.status) == ("", 0)
    assert whole.endswith(outcome.out) and outcome.out.count("done:") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_world_of_actors_goes_on_on_the_other_machine(tmp_path: Path) -> None:
    words = [str(WORKFLOW.with_name("actors.py")), "world", "5"]
    whole = Command(["-X", "engine=native", *words]).run(KAA, tmp_path)
    assert (whole.err, whole.status) == ("", 0)
    for turn in ("2", "4"):
        engine = ENGINES[turn == "4"]
        killed = Command(["-X", f"engine={engine}", *words], environment={"KILL_AT": turn}).run(KAA, tmp_path)
        assert killed.status == -signal.SIGKILL, killed
        assert killed.out.splitlines()[-1] == f"turn {turn}"
    rest = Command(["-X", "engine=native", *words]).run(KAA, tmp_path)
    assert (rest.err, rest.status) == ("", 0)
    assert whole.out.endswith(rest.out) and rest.out.startswith("turn 5")


def test_a_cut_or_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    save(file, list(range(50)))
    assert restore(file) == list(range(50))
    whole = file.read_bytes()
    for index in range(len(whole)):
        for damaged in (whole[:index], whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :]):
            file.write_bytes(damaged)
            with pytest.raises(ValueError, match="not a whole file"):
                restore(file)


def test_a_value_that_cannot_be_stored_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "value"
    save(file, 1)
    with pytest.raises(TypeError, match="pickle"), file.open() as open_file:
        save(file, open_file)
    assert restore(file) == 1
    assert list(tmp_path.iterdir()) == [file]
