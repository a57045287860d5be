"""Trace functions and profilers of the guest's see what they see on the host, and nothing of Kaa's own."""

from pathlib import Path

import pytest

from tests.native.host import needs_native
from tests.runtime.commands import HOST, KAA, Command

PROFILED = """\
import sys

events = []


def profiler(frame, event, argument):
    # Not every engine can report the calls of `exec` and `eval` themselves: they are Python functions there.
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

BUILTINS = """\
import sys

events = []


def profiler(frame, event, argument):
    name = argument.__name__ if event.startswith("c_") else None
    events.append((event, frame.f_code.co_name, frame.f_lineno, name))


def main():
    exec("x = len('a')", {})
    eval("len('b')", {})
    compile("1", "f", "eval")
    for broken in compile, exec, eval:
        try:
            broken("len(", "f", "exec") if broken is compile else broken("len(", {})
        except SyntaxError:
            pass


sys.setprofile(profiler)
main()
sys.setprofile(None)
print(*events, sep="\\n")
print([(type(f), repr(f), f.__text_signature__, f.__self__) for f in (compile, exec, eval)])
"""

AUDITED = """\
import sys


def trace(frame, event, *args):
    if frame.f_code == Hook.__call__.__code__:
        traced.append(event)


class Hook:
    __cantrace__ = True

    def __call__(self, event, args):
        pass


traced = []
sys.addaudithook(Hook())
sys.settrace(trace)
eval("3")
exec("x = 3")
compile("x", "f", "eval")
sys.settrace(None)
print(traced)


def tell(event, args):
    if event == "sys.excepthook":
        print(event, args[:3])
    elif event == "compile" and told:
        print(event, args)


told = True
sys.addaudithook(tell)
compile("x = 1", b"f", "exec")
told = False
raise ValueError("the end")
"""

LEFT_ON = """\
import sys

sys.setprofile(lambda frame, event, argument: None)
exec("pass")
print("done")
"""


RAISING = """\
import sys


def tell(frame, event, argument):
    if frame.f_code.co_filename in ("<inner>", "<outer>"):
        print(event, frame.f_code.co_filename, frame.f_lineno)
    return tell


def inner(text):
    return compile(text, "<inner>", "exec")


sys.settrace(tell)
for text in "exec(inner('1/0'))", "eval('1/0')", "compile('1/', 'f', 'exec')", "import broken_to_be", "int('x')":
    try:
        exec(compile(text, "<outer>", "exec"))
    except Exception as error:
        print(type(error).__name__)
sys.settrace(None)
"""

UNTIL_THE_END = """\
import atexit
import sys


def goodbye():
    return "bye".upper()


def tell(frame, event, argument):
    write(f"{event} {frame.f_code.co_name} {frame.f_lineno}\\n")
    return tell


write = sys.stdout.write
atexit.register(goodbye)
sys.settrace(tell)
sys.setprofile(tell)
(lambda: 4)()
"""

SINGLE_CODE = """\
import sys

events = sys.monitoring.events
sys.monitoring.use_tool_id(1, "test")
sys.monitoring.register_callback(1, events.LINE, lambda code, line: print(code.co_name, line))


def plain():
    a = 1
    return a


def changing():
    want(changing, events.LINE)
    for number in range(2):
        number += 1
    want(changing, 0)
    return number


def want(function, wanted):
    sys.monitoring.set_local_events(1, function.__code__, wanted)


for wanted in 0, events.LINE, 0, 0, events.LINE:
    print(wanted)
    want(plain, wanted)
    for _ in range(3):
        plain()
for _ in range(3):
    changing()
try:
    sys.monitoring.set_local_events(1, plain, events.LINE)
except TypeError as error:
    print(error)
"""

AGAIN = """\
import sys

events = sys.monitoring.events
seen = []
sys.monitoring.use_tool_id(1, "test")
for event in "CALL", "C_RETURN", "PY_START", "PY_RETURN":
    record = lambda code, *more, event=event: seen.append((event, code.co_name))
    sys.monitoring.register_callback(1, getattr(events, event), record)


def watched():
    sys.monitoring.set_events(1, events.CALL | events.PY_START | events.PY_RETURN)
    work()
    sys.monitoring.set_events(1, 0)
    work()


def work():
    return len("a")


for _ in range(4):
    watched()
    sys.monitoring.restart_events()
print(*seen, sep="\\n")
"""

DEBUGGED = """\
class Number:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        result = self.value + other
        return result


def doubled(count):
    for number in range(count):
        yield number * 2


def work(count):
    total = 0
    for number in doubled(count):
        total += number
        total = Number(total) + 1
    try:
        {}["missing"]
    except KeyError as error:
        total += len(error.args)
    return total


print(work(3), [work(count) for count in range(2)])
"""

SESSION = """\
break work
continue
where
args
next
next
step
next
step
return
next
step
step
step
return
until
display total
next
next
next
up
print(sorted(vars()))
down
tbreak 19
continue
next
whatis total
!total = 100
jump 20
next
next
return
retval
next
break doubled, count == 1
continue
where
clear 1
continue
longlist
next
step
continue
quit
"""

MIDWAY = (Path(__file__).parent / "programs/watched_midway.py").read_text()


@pytest.mark.parametrize("engine", ["native", "host", "reference"])
@pytest.mark.parametrize(
    "program", [PROFILED, LEFT_ON, UNTIL_THE_END], ids=["profiled", "left_on", "until_the_end"]
)
def test_a_profiler_sees_what_it_sees_on_the_host(program: str, engine: str, tmp_path: Path) -> None:
    expected = Command(["-c", program]).run(HOST, tmp_path)
    assert Command(["-X", f"engine={engine}", "-c", program]).run(KAA, tmp_path) == expected


@needs_native
def test_a_frame_that_runs_when_the_watching_begins_is_watched(tmp_path: Path) -> None:
    """What an instruction calls in C may be the guest's again, and begin it: where a debugger starts, for one."""
    expected = Command(["-c", MIDWAY]).run(HOST, tmp_path)
    assert Command(["-X", "engine=native", "-c", MIDWAY]).run(KAA, tmp_path) == expected


@needs_native
@pytest.mark.parametrize("program", [SINGLE_CODE, AGAIN], ids=["single_code", "again"])
def test_monitoring_comes_and_goes(program: str, tmp_path: Path) -> None:
    expected = Command(["-c", program]).run(HOST, tmp_path)
    assert Command(["-X", "engine=native", "-c", program]).run(KAA, tmp_path) == expected


@needs_native
@pytest.mark.parametrize("program", [BUILTINS, AUDITED, RAISING], ids=["builtins", "audited", "raising"])
def test_built_ins_are_seen_as_on_the_host(program: str, tmp_path: Path) -> None:
    on_machine_code = Command(["-X", "engine=native", "-c", program]).run(KAA, tmp_path)
    assert on_machine_code == Command(["-c", program]).run(HOST, tmp_path)


IMPORTING = """\
import sys

seen = []


def trace(frame, event, argument):
    seen.append(frame.f_code.co_filename)
    return trace


sys.settrace(trace)
sys.setprofile(trace)
import module
sys.setprofile(None)
sys.settrace(None)
print(module.x, [name for name in seen if "kaa" in name])
"""


@needs_native
def test_an_import_shows_nothing_of_kaa(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1\n")
    for _ in ("a cache is written", "and read"):
        shown = Command(["-c", IMPORTING]).run(KAA, tmp_path)
        assert (shown.out, shown.err) == ("1 []\n", "")


@needs_native
def test_a_session_with_a_debugger(tmp_path: Path) -> None:
    Path(tmp_path, "debugged.py").write_text(DEBUGGED)
    words, session = ["-m", "pdb", "debugged.py"], SESSION.encode()
    expected = Command(words, session).run(HOST, tmp_path)
    assert "doubled" in expected.out
    assert Command(["-X", "engine=native", *words], session).run(KAA, tmp_path) == expected
