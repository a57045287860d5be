"""Soft and hard switches: the same programs, whether frames go on by a jump, on copied C stacks, or on the reference
machine; and what the two kinds of switch could get wrong where they meet.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.microthreads.test_pickling import kaa

RANDOM = """
import contextvars, random, sys
import stackless
from kaa.microthreads import switching
from stackless import channel, run, schedule, tasklet

seed, softly = int(sys.argv[1]), sys.argv[2]
if softly == "hard":
    stackless.enable_softswitch(False)
if softly == "soft":
    switching.FEW = 0
rng = random.Random(seed)
log = []
channels = [channel() for _ in range(3)]
channels[1].preference, channels[2].preference = 1, 0
mark = contextvars.ContextVar("mark", default=None)
alive = []

class Own(Exception):
    pass

def act(name, depth):
    # One step, of its own frame or with others, C's among them, in between.
    what = rng.randrange(15)
    if what < 3:
        schedule()
    elif what < 5 and abs(channels[0].balance) < 4:
        channels[rng.randrange(3)].send((name, what))
    elif what < 7:
        log.append((name, "got", channels[rng.randrange(3)].receive()))
    elif what == 7 and depth < 4:
        sorted([1, 2], key=lambda _: act(name, depth + 1) or 0)
    elif what == 8 and depth < 4:
        log.append((name, "made", list(numbers(name, depth))))
    elif what == 9 and depth < 4:
        try:
            raise Own(name)
        except Own as error:
            act(name, depth + 1)
            assert sys.exception() is error
    elif what == 10:
        mark.set((name, rng.random()))
    elif what == 11 and len(alive) < 30:
        begin()
    elif what == 12 and rng.random() < 0.3:
        victim = rng.choice(alive)
        log.append((name, "kills", victim.name, victim.alive))
        victim.kill()
    elif what == 13:
        victim = rng.choice(alive)
        if victim.alive and not victim.is_current:
            victim.throw(Own, pending=True) if not victim.blocked else victim.raise_exception(Own, name)
    elif what == 14 and softly == "both":
        stackless.enable_softswitch(rng_of_flags.random() < 0.5)

rng_of_flags = random.Random(seed)

def numbers(name, depth):
    for number in range(3):
        act(name, depth + 1)
        yield number

def deep(name, levels):
    return deep(name, levels - 1) if levels else act(name, 0)

def work(name):
    mark.set(name)
    for _ in range(12):
        before = mark.get()
        try:
            deep(name, rng.randrange(9))
        except Own as error:
            log.append((name, "caught", type(error).__name__, sys.exception() is error))
        log.append((name, mark.get() == before, stackless.getcurrent().name))
        assert sys.exception() is None

class Named(tasklet):
    pass

def begin():
    task = Named(work)
    task.name = len(alive)
    alive.append(task)
    task(task.name)

stackless.getmain().name = "main"
for _ in range(5):
    begin()
for _ in range(40):
    try:
        run()
    except Own:
        log.append("out of run")
    for each in channels:
        try:
            if each.balance > 0:
                log.append(("main got", each.receive()))
            elif each.balance < 0:
                each.send("main")
        except (Own, RuntimeError) as error:
            log.append(("main", type(error).__name__))
for entry in log:
    print(entry)
print([task.alive for task in alive], [each.balance for each in channels])
"""


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(RANDOM)
    expected = kaa("reference", tmp_path, "main.py", str(seed), "soft")
    for way in ("soft", "kept", "hard", "both"):
        assert kaa("native", tmp_path, "main.py", str(seed), way) == expected, way


KINDS = """
import greenlet, stackless, sys
from stackless import channel, run, schedule, tasklet
c, log = channel(), []
from kaa.microthreads import switching
few, switching.FEW = switching.FEW, 0  # else some keep their carriers, to be quick
assert not stackless.enable_softswitch(True)  # where greenlet is imported, that has to be asked for

def soft(*tasks):
    return all(task._strand is not None and task._greenlet is None for task in tasks)

def hard(*tasks):
    return all(task._greenlet is not None for task in tasks)

def receives():
    return c.receive()
def calls_back():
    return sorted([1], key=lambda _: receives())
"""

MIXED = """
plain, in_c = tasklet(receives)(), tasklet(calls_back)()
run()
assert soft(plain) and hard(in_c)
assert [task.frame.f_code.co_filename for task in (plain, in_c)] == [__file__] * 2
was = stackless.enable_softswitch(False)
forced = tasklet(receives)()
run()
assert was and hard(forced) and forced._strand is None and soft(plain)
c.send(1)
stackless.enable_softswitch(True)
c.send(1), c.send(1)
assert not any(task.alive for task in (plain, in_c, forced))

def thrice():
    for _ in range(3):
        c.receive()
task = tasklet(thrice)()
run()
kinds = [soft(task)]
for flag in (False, True):
    stackless.enable_softswitch(flag)
    c.send(1)
    kinds.append(soft(task))
assert kinds == [True, False, True]
c.send(1)

# Each of many keeps its carrier, and gives it back.
tasks = [tasklet(calls_back)() for _ in range(100)]
run()
assert hard(*tasks)
for _ in tasks:
    c.send(1)
assert not any(task.alive for task in tasks) and 0 < len(tasks[0]._scheduler.idle) <= 4
"""

KEPT = """
# Who switches to the main tasklet keeps its carrier while there are few, and gives it back.
switching.FEW = few
def begun(function):
    task = tasklet(function)()
    run()
    return task
one, other = begun(receives), begun(receives)
assert hard(one, other) and one._strand is not None
c.send(1), c.send(2)
assert not (one.alive or other.alive) and 0 < len(stackless.getmain()._scheduler.idle) <= 4

def thrice():
    for _ in range(3):
        log.append(c.receive())
first, second = tasklet(thrice)(), tasklet(thrice)()
run()
assert soft(first) and hard(second)  # the first one has switched to the second
for number in range(4):
    c.send(number)
assert log == [0, 1, 2, 3]
second.kill(), first.kill()
assert not (first.alive or second.alive) and c.balance == 0

tasks = [begun(receives) for _ in range(few + 100)]
kept = [hard(task) for task in tasks]
assert kept.index(False) == few - 1 and not any(kept[few:])
for _ in tasks:
    c.send(1)
assert not any(task.alive for task in tasks)
"""

GREENLETS = """
# A tasklet switches to a greenlet of the program's, which schedules; wherever that began, it is no strand's stack.
main, back = greenlet.getcurrent(), []

def plain(count):
    for _ in range(count):
        schedule()
        log.append("p")
def uses(other):
    back.append(greenlet.getcurrent())
    for _ in range(3):
        other.switch()
        log.append("t")
def begin(other, depth):
    if depth:
        begin(other, depth - 1)
    elif len(back) % 2:
        sorted([1], key=lambda _: other.switch())
    else:
        other.switch()

for begun in (False, True):
    def life():
        if begun:
            main.switch()
        while True:
            schedule()
            log.append("g")
            back[-1].switch()
    for depth in range(6):
        other = greenlet.greenlet(life)
        if begun:
            begin(other, depth)
        tasklet(uses)(other), tasklet(plain)(9)
        run()
assert [log.count(which) for which in "gtp"] == [36, 36, 108]
"""

OF_MAIN = """
# The main tasklet schedules in a greenlet of the program's, and goes on there.
def other():
    for _ in range(3):
        log.append("t")
        schedule()
def inside():
    for _ in range(2):
        schedule()
        log.append(greenlet.getcurrent() is mine)
    return "inside"
tasklet(other)()
mine = greenlet.greenlet(inside)
assert mine.switch() == "inside" and log == ["t", True, "t", True]
run()
assert log[4:] == ["t"]
"""

OWNED = """
import stackless
from stackless import run, schedule, tasklet
assert stackless.enable_softswitch(True)
from greenlet import getcurrent, greenlet
assert not stackless.enable_softswitch(False)

# Greenlets that belong to a tasklet, which knows its own by name: both schedule.
results = []
def uses(number):
    mine = getcurrent()
    def life(value):
        for step in range(3):
            schedule()
            value = mine.switch(value + step)
        return -1
    other = greenlet(life)
    found = [other.switch(number)]
    while not other.dead:
        schedule()
        found.append(other.switch(10))
    assert getcurrent() is mine
    results.append(found)
for number in range(3):
    tasklet(uses)(number)
run()
assert results == [[number, 11, 12, -1] for number in range(3)], results
"""

DEEP = """
def deep(count):
    return deep(count - 1) + 1 if count else c.receive()
tasks = [tasklet(lambda: log.append(deep(700)))() for _ in range(20)]
run()
assert soft(*tasks) and tasks[0].recursion_depth > 700
for _ in tasks:
    c.send(1)
assert log == [701] * 20

def endless():
    return endless()
def caught():
    try:
        endless()
    except RecursionError as error:
        schedule()
        assert sys.exception() is error
        log.append("caught")
for _ in range(2):
    tasklet(caught)()
run()
assert log[20:] == ["caught"] * 2 and sys.exception() is None

def numbers():
    try:
        while True:
            yield deep(9)
    finally:
        log.append("left")
def takes():
    for number in numbers():
        log.append(number)
tasks = [tasklet(takes)() for _ in range(2)]
run()
assert soft(*tasks)
c.send(1), c.send(2)
for task in tasks:
    task.kill()
assert log[22:] == [10, 11, "left", "left"]
"""

WATCHED = """
def thrice():
    for _ in range(3):
        c.receive()
tasks = [tasklet(thrice)() for _ in range(5)]
run()
def tracer(frame, event, argument):
    log.append(event)
    return tracer
sys.settrace(tracer)
for _ in tasks:
    c.send(1)
sys.settrace(None)
assert "line" in log
del log[:]
for _ in range(10):
    c.send(1)
assert not any(task.alive for task in tasks) and not log

def inner():
    return 1
def watches():
    stackless.getcurrent().trace_function = tracer
    schedule()
    inner()
def is_not_watched():
    for _ in range(3):
        before = len(log)
        inner()
        assert len(log) == before
        schedule()
for each in (watches, is_not_watched, is_not_watched):
    tasklet(each)()
run()
assert "call" in log
"""


@pytest.mark.parametrize("program", ["MIXED", "KEPT", "GREENLETS", "OF_MAIN", "DEEP", "WATCHED"])
def test_where_the_kinds_meet(program: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(KINDS + globals()[program])
    assert kaa("native", tmp_path, "main.py") == ""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_greenlets_of_tasklets(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(OWNED)
    assert kaa(engine, tmp_path, "main.py") == ""
