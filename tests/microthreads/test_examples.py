"""The examples of the tour of microthreads do what they say, on either machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.commands import KAA, Command

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

SHOWN = {
    ("ping_pong.py", "2"): "pong 0\nping 0\npong 1\nping 1\n",
    ("pipeline.py", "10"): "2 3 5 7 11 13 17 19 23 29\n",
    ("actor_ring.py", "20", "4"): "the token was passed on 80 times\nall have stopped\n",
    ("preemption.py",): "ended after 20 turns: endless\nsteps: {27: 111, 97: 118, 871: 178}\n",
    ("game.py", "500", "6"): "500 creatures, 6 frames: 2049 steps, 124 meals, 194 awake\n",
}


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("words", SHOWN, ids=lambda words: words[0])
def test_an_example(words: tuple[str, ...], engine: str, tmp_path: Path) -> None:
    file, *arguments = words
    outcome = Command(["-X", f"engine={engine}", str(EXAMPLES / file), *arguments]).run(KAA, tmp_path)
    assert outcome.out == SHOWN[words]
    assert outcome.status == 0 and "Error" not in outcome.err
