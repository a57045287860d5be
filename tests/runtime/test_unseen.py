"""What walks the frames of a thread from C sees the guest's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.native.host import needs_native
from tests.runtime.commands import HOST, KAA, Command

pytestmark = needs_native

PROGRAM = """
import faulthandler, sys
exec("faulthandler.dump_traceback(sys.stderr, all_threads=False)")
def deep(n):
    try:
        return deep(n + 1)
    except RecursionError:
        return n
sys.setrecursionlimit(100)
print(deep(0), sys._getframe().f_back is None)
"""


@pytest.mark.parametrize("words", [["-c", PROGRAM], ["program.py"], ["-m", "program"], ["-"]], ids=str)
def test_no_frames_of_kaa_in_a_dump(words: list[str], tmp_path: Path) -> None:
    Path(tmp_path, "program.py").write_text(PROGRAM)
    expected = Command(words, input=PROGRAM.encode()).run(HOST, tmp_path)
    assert "most recent call first" in expected.err
    assert Command(["-X", "engine=native", *words], input=PROGRAM.encode()).run(KAA, tmp_path) == expected


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"], ids=["plain", "future"])
def test_future_statements_of_the_caller_alone_are_inherited(future: str, tmp_path: Path) -> None:
    """Those of Kaa's own modules are not."""
    program = future + "exec('x: int = 1; print(__annotations__)')\nprint(compile('x', 'f', 'eval').co_flags)"
    Command(["-c", program]).same(tmp_path)
