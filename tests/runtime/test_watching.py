"""Trace functions and profilers of the guest's see what they see on the host, and nothing of Kaa's own."""

from pathlib import Path

import pytest

from tests.runtime.commands import HOST, KAA, Command

PROFILED = """\
import sys

events = []


def profiler(frame, event, argument):
    # Of the calls in C, `exec` and `eval` themselves are not reported: they are Python functions here.
    if not event.startswith("c_") or argument.__name__ not in ("exec", "eval"):
        events.append((event, frame.f_code.co_name, frame.f_lineno))


def main():
    sys.setprofile(profiler)
    eval("len('a')")
    exec(compiled)
    compile("x = 1", "x", "exec")
    sys.setprofile(None)


compiled = compile("[abs(n) for n in (1, 2)]", "compiled", "exec")
main()
for event in events:
    if event[1] != "main" or event[0] not in ("c_call", "c_return"):
        print(*event)
"""

LEFT_ON = """\
import sys

sys.setprofile(lambda frame, event, argument: None)
exec("pass")
print("done")
"""


@pytest.mark.parametrize("engine", ["native", "host", "reference"])
@pytest.mark.parametrize("program", [PROFILED, LEFT_ON], ids=["profiled", "left_on"])
def test_a_profiler_sees_what_it_sees_on_the_host(program: str, engine: str, tmp_path: Path) -> None:
    expected = Command(["-c", program]).run(HOST, tmp_path)
    assert Command(["-X", f"engine={engine}", "-c", program]).run(KAA, tmp_path) == expected
