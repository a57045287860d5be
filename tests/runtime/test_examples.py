"""The examples run."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.commands import KAA, Command

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_tour(tmp_path: Path) -> None:
    outcome = Command([str(EXAMPLES / "tour.py")]).run(KAA, tmp_path)
    assert outcome.err == ""
    assert outcome.status == 0
    for fact in (
        "19-21  if",
        "NotEq()",
        "in steps  count  local",
        "POP_JUMP_IF_FALSE B3",
        "# Push a local variable that is known to be bound.",
        "toured.kaa-313.pyc",
        "sealed: True; with one bit changed: False",
        "return 111 from steps",
        "the program has run 1000 instructions",
        "This program ran on Kaa itself.",
    ):
        assert fact in outcome.out
