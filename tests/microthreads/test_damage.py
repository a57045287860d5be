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

CHANGES = """
WRONG = [NULL, 1, "s", None, (), KeyError("k"), iter([1]), [], {}]

def changes(whole):
    states = [dict(next=offset) for offset in range(-1, len(whole.code.co_code) // 2 + 1)]
    for place, wrong in itertools.product(range(len(whole.stack)), WRONG):
        states.append(dict(stack=[*whole.stack[:place], wrong, *whole.stack[place + 1:]]))
    for place, wrong in itertools.product(range(len(whole.variables)), WRONG):
        states.append(dict(variables=[*whole.variables[:place], wrong, *whole.variables[place + 1:]]))
    states += [
        dict(stack=whole.stack + [1]), dict(stack=whole.stack[1:]), dict(variables=[]), dict(handled=1),
        dict(started=not whole.started), dict(delegating=not whole.delegating), dict(closure=(1,)), dict(instance=1),
    ]
    for change in states:
        yield type(whole)(**{**vars(whole), **change})
"""

STATES = (
    START
    + CHANGES
    + """
for generator in started():
    for changed in changes(freeze(generator)):
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

CHAINS = (
    START
    + CHANGES
    + """
import stackless
from kaa.microthreads.chains import freeze_tasklet
from kaa.microthreads.tasklet_states import fill_tasklet, tasklet_state

channel = stackless.channel()

class Asks:
    def __init__(self):
        self.got = channel.receive()

def inner(x):
    add = lambda: x
    with Manager():
        for y in [1, 2]:
            try:
                raise KeyError
            except KeyError:
                stackless.schedule_remove()
            try:
                [x for x in [y, Asks(), x]]
            except* ValueError:
                x = add() + y
                stackless.schedule_remove(4)

def outer(*values):
    values += tuple(inner(value) for value in values) if len(values) > 5 else (inner(values[0]),)
    for value in channel:
        inner(key=value) if values is None else inner(value)

def suspended():
    for rounds in range(4):
        task = stackless.tasklet(outer)(1, 2)
        task.run()
        for n in range(rounds):
            if task.blocked:
                channel.send_exception(ValueError) if n % 2 else channel.send(n)
            else:
                task.run()
        yield task

for task in suspended():
    state = tasklet_state(task)
    task.kill()
    for place, whole in enumerate(state["_chain"]):
        for changed in changes(whole):
            made = stackless.tasklet()
            chain = [*state["_chain"][:place], changed, *state["_chain"][place + 1:]]
            try:
                fill_tasklet(made, {**state, "_chain": chain, "_channel": None, "_outcome": (3, False)})
            except (ValueError, TypeError):
                refused += 1
                continue
            used += 1
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            for act in (made.run, made.run, lambda: made.raise_exception(ValueError), made.kill):
                try:
                    act()
                except BaseException:
                    pass
            signal.setitimer(signal.ITIMER_REAL, 0)
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


@pytest.mark.parametrize("program", [STATES, CHAINS, PICKLES], ids=["states", "chains", "pickles"])
def test_no_damage_crashes_the_machine(program: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "tamper.py").write_text(program)
    outcome = Command(["-X", "engine=native", "-W", "ignore", "tamper.py"]).run(KAA, tmp_path)
    assert (outcome.out, outcome.status) == ("True True\n", 0)  # the host itself may complain of a bytearray
