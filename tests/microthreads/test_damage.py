"""Stored frames that were tampered with are refused, or go on somehow: the machine survives what `loads` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.microthreads.test_pickling import FLOW
from tests.runtime.commands import KAA, Command

START = """
import itertools, random, resource, signal, sys
import flow
from kaa.microthreads import dumps, loads, pickling
from kaa.microthreads.frozen import freeze, thaw
from kaa.reference.program import NULL

# A changed pickle may ask for any amount of memory, and changed code may loop for ever.
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

def stop(*_):
    raise TimeoutError

signal.signal(signal.SIGALRM, stop)
sys.unraisablehook = lambda *_: None  # what is dropped may have been changed, too

def by_value(key=3):
    for k in range(key):
        with Manager() as m, Manager():
            try:
                [x for x in [(yield k), m]]
                raise KeyError
            except* KeyError:
                yield (lambda: key)()

class Manager:
    def __enter__(self): return self
    def __exit__(self, kind, *_): return kind is KeyError

def started():
    for make in (lambda: flow.outer(2), flow.handling, lambda: flow.steps(1), by_value, lambda: (x for x in [1, 2])):
        for count in range(5):
            generator = make()
            try:
                for _ in range(count):
                    generator.send(None)
            except StopIteration:
                break
            yield generator

def use(made):
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        for _ in range(9):
            made.send(None)
    except BaseException:
        pass
    try:
        made.close()
    except BaseException:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)

refused = used = 0
"""

STATES = (
    START
    + """
WRONG = [NULL, 1, "s", None, (), KeyError("k"), iter([1]), [], {}]
for generator in started():
    whole = freeze(generator)
    states = [dict(next=offset) for offset in range(-1, len(whole.code.co_code) // 2 + 1)]
    for place, wrong in itertools.product(range(len(whole.stack)), WRONG):
        states.append(dict(stack=[*whole.stack[:place], wrong, *whole.stack[place + 1:]]))
    for place, wrong in itertools.product(range(len(whole.variables)), WRONG):
        states.append(dict(variables=[*whole.variables[:place], wrong, *whole.variables[place + 1:]]))
    states += [
        dict(stack=whole.stack + [1]), dict(stack=whole.stack[1:]), dict(variables=[]), dict(handled=1),
        dict(started=not whole.started), dict(delegating=not whole.delegating), dict(closure=(1,)),
    ]
    for change in states:
        changed = type(whole)(**{**vars(whole), **change})
        try:
            made = thaw(changed)
        except (ValueError, TypeError):
            refused += 1
        else:
            used += 1
            use(made)
print(refused > 500, used > 100)
"""
)

PICKLES = (
    START
    + """
source = random.Random(5)
stored = [dumps(generator) for generator in started()]
for _ in range(3000):
    damaged = bytearray(source.choice(stored))
    for _ in range(source.choice((1, 1, 2, 5))):
        damaged[source.randrange(len(damaged))] ^= 1 << source.randrange(8)
    try:
        made = loads(bytes(damaged))
    except Exception:
        refused += 1
    else:
        used += 1
        use(made)
print(refused > 500, used > 100)
"""
)


@pytest.mark.parametrize("program", [STATES, PICKLES], ids=["states", "pickles"])
def test_no_damage_crashes_the_machine(program: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "tamper.py").write_text(program)
    outcome = Command(["-X", "engine=native", "-W", "ignore", "tamper.py"]).run(KAA, tmp_path)
    assert (outcome.out, outcome.status) == ("True True\n", 0)  # the host itself may complain of a bytearray
