"""Which machine runs a program: by option, by environment, by what the host can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.commands import KAA, Command

SHOW = ["-X", "showengine", "-c", "print(6 * 7)"]


@pytest.mark.parametrize("name", ["native", "reference", "host"])
def test_named_engines(name: str, tmp_path: Path) -> None:
    by_option = Command(["-X", f"engine={name}", *SHOW]).run(KAA, tmp_path)
    by_environment = Command(SHOW, environment={"KAA_ENGINE": name}).run(KAA, tmp_path)
    assert by_option == by_environment
    assert (by_option.status, by_option.out, by_option.err) == (0, "42\n", f"kaa: engine {name}\n")


def test_the_default_is_native(tmp_path: Path) -> None:
    assert Command(SHOW, environment={"KAA_ENGINE": ""}).run(KAA, tmp_path).err == "kaa: engine native\n"


def test_an_unknown_engine(tmp_path: Path) -> None:
    outcome = Command(["-X", "engine=steam", *SHOW]).run(KAA, tmp_path)
    assert (outcome.status, outcome.out) == (2, "")
    assert "unknown engine 'steam': choose one of" in outcome.err


@pytest.mark.parametrize("runs", ["0", "1", "999999999999999999"])
def test_when_code_is_warm(runs: str, tmp_path: Path) -> None:
    script = "-c", "t = 0\nfor n in range(100): t += n\nprint(t)"
    outcome = Command(["-X", "engine=native", "-X", f"warm={runs}", *script]).run(KAA, tmp_path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "4950\n", "")


@pytest.mark.parametrize(
    "option", ["warm", "warm=", "warm=-1", "warm=soon", "warm=²", "warm=1000000000000000000000"]
)
def test_wrong_numbers_of_runs(option: str, tmp_path: Path) -> None:
    outcome = Command(["-X", "engine=native", "-X", option, *SHOW]).run(KAA, tmp_path)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "kaa: -X warm=N needs a number of runs\n"


def test_where_machine_code_cannot_be_made(tmp_path: Path) -> None:
    """Under `-S` no installed library is found, and with an empty cache there is no machine code yet."""
    empty = {"KAA_ENGINE": "", "KAA_CACHE": str(tmp_path / "cache")}
    outcome = Command(["-S", "-v", *SHOW], environment=empty).run(KAA, tmp_path)
    assert outcome.out == "42\n"
    assert "the reference engine takes its place" in outcome.err
    assert "kaa: engine reference\n" in outcome.err
    quiet = Command(["-S", *SHOW], environment=empty).run(KAA, tmp_path)
    assert quiet.err == "kaa: engine reference\n"
    refused = Command(["-S", "-X", "engine=native", *SHOW], environment=empty).run(KAA, tmp_path)
    assert (refused.status, refused.out) == (2, "")
    assert "needs llvmlite" in refused.err
