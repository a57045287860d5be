"""`import stackless` under both machines. Each program asserts what Stackless's documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.microthreads.raising import RAISES
from tests.runtime.commands import HOST, KAA, Command

PRELUDE = (
    RAISES
    + """
import stackless
from stackless import channel, run, schedule, schedule_remove, tasklet, TaskletExit
log = []
"""
)

PROGRAMS = {
    "turns": """
def turn(name):
    for i in range(3):
        log.append(name + str(i)); schedule()
tasklet(turn)("a"); tasklet(turn)("b")
assert stackless.runcount == 3
run()
assert log == ["a0", "b0", "a1", "b1", "a2", "b2"], log
assert stackless.runcount == 1 and stackless.current is stackless.main is stackless.getcurrent()
""",
    "states": """
def body():
    assert t.is_current and not t.is_main and t.alive and t.scheduled and not t.paused
    schedule_remove()
    log.append("again")
t = tasklet(body)
assert not t.alive
raises(RuntimeError, "unbound(dead)", t.insert)
t.bind(None, ())
assert t.alive and t.paused and not t.scheduled
t.insert(); run()
assert t.paused and not log
raises(RuntimeError, "already bound", t.bind, body)
t.insert(); assert t.scheduled
t.remove(); run(); assert not log
t.run()
assert log == ["again"] and not t.alive
raises(RuntimeError, "unbound(dead)", t.run)
raises(TypeError, "callable", tasklet, 1)
""",
    "frames": """
def inner():
    me = stackless.current
    assert (me.frame.f_code.co_name, me.recursion_depth) == ("inner", 2)
    c.receive()
def outer():
    inner()
c = channel()
t = tasklet(outer)()
assert (t.frame, t.recursion_depth) == (None, 0)
t.run()
assert (t.frame.f_code.co_name, t.frame.f_back.f_code.co_name, t.recursion_depth) == ("inner", "outer", 2)
assert stackless.main.frame.f_code.co_name == "<module>"
t.kill()
assert (t.frame, t.recursion_depth) == (None, 0)
""",
    "run and switch": """
def body(name):
    log.append(name)
a, b = tasklet(body)("a"), tasklet(body)("b")
b.run(); log.append("main"); run()
assert log == ["b", "main", "a"] or log == ["b", "a", "main"], log
main = stackless.main
def back():
    assert main.paused
    main.insert()
tasklet(back).bind(None, ()).switch()
""",
    "preference": """
def exchange(preference):
    del log[:]
    c = channel(); c.preference = preference
    def receiver():
        log.append(c.receive()); log.append("received")
    def sender():
        c.send("value"); log.append("sent")
    tasklet(receiver)(); tasklet(sender)(); run()
    return log[:]
assert exchange(-1) == ["value", "received", "sent"]
assert exchange(1) == exchange(0) == ["sent", "value", "received"]
""",
    "balance and closing": """
c = channel()
senders = [tasklet(c.send)(i) for i in range(3)]
run()
assert c.balance == 3 and c.queue is senders[0] and senders[0].blocked
raises(RuntimeError, "blocked", senders[0].insert)
c.close()
assert c.closing and not c.closed
assert list(c) == [0, 1, 2] and c.closed and c.balance == 0
raises(ValueError, "closed", c.receive)
raises(ValueError, "closed", c.send, 1)
c.open()
tasklet(lambda: log.extend(next(c) for _ in range(3)))()
run()
assert c.balance == -1
assert c.send_sequence("xyz") == 3
run()
assert log == ["x", "y", "z"]
""",
    "deadlock": """
c = channel()
raises(RuntimeError, "Deadlock", c.receive)
assert c.balance == 0
tasklet(c.receive)()
raises(RuntimeError, "Deadlock", c.send_sequence, [1, 2])
assert c.balance == 0 and stackless.runcount == 1
def blocks():
    channel().receive()
tasklet(blocks)()
raises(RuntimeError, "Deadlock", channel().receive)
""",
    "exceptions": """
import traceback
def fails():
    1 / 0
after = tasklet(log.append)
tasklet(fails)(); after("after")
try:
    run()
except ZeroDivisionError as error:
    names = [entry.name for entry in traceback.extract_tb(error.__traceback__)]
    assert names == ["<module>", "fails"], names
else:
    raise AssertionError
assert not log
run()
assert log == ["after"]
def ends():
    raise TaskletExit
tasklet(ends)(); run()
tasklet(exit)(3)
raises(SystemExit, "3", run)
c = channel()
def receives():
    raises(KeyError, "k", c.receive)
    log.append("caught")
t = tasklet(receives)(); run()
c.send_exception(KeyError, "k"); run()
assert log == ["after", "caught"]
""",
    "kill and throw": """
c = channel()
def waits():
    try:
        c.receive()
    except BaseException as error:
        log.append(type(error).__name__); raise
t = tasklet(waits)(); run()
t.kill()
assert log == ["TaskletExit"] and not t.alive and c.balance == 0
t.kill()
t = tasklet(waits)(); run()
raises(ValueError, "why", t.throw, ValueError, "why")
t = tasklet(waits)(); run()
t.throw(OSError("later"), None, None, True)
assert len(log) == 2 and t.scheduled
raises(OSError, "later", run)
t = tasklet(waits)()
t.kill(); run()
assert log == ["TaskletExit", "ValueError", "OSError"]
raises(RuntimeError, "dead", t.raise_exception, KeyError)
""",
    "traps": """
c = channel()
tasklet(schedule)()
assert stackless.switch_trap(1) == 0
raises(RuntimeError, "switch_trap", schedule)
raises(RuntimeError, "switch_trap", run)
assert stackless.switch_trap(-1) == 1
run()
stackless.current.block_trap = True
raises(RuntimeError, "blocked", c.receive)
stackless.current.block_trap = False
with stackless.atomic():
    assert stackless.current.atomic
assert not stackless.current.atomic
""",
    "callbacks": """
main = stackless.main
def switched(before, after):
    log.append((before is main, after is main))
assert stackless.set_schedule_callback(switched) is None
tasklet(lambda: None)(); run()
assert stackless.set_schedule_callback(None) is switched
assert log == [(True, False), (False, True)], log
def fails(before, after):
    raise KeyError("callback")
stackless.set_schedule_callback(fails)
tasklet(schedule)()
raises(KeyError, "callback", run)
stackless.set_schedule_callback(None)
assert stackless.current is main
run()
del log[:]
c = channel()
stackless.set_channel_callback(lambda *event: log.append(event))
t = tasklet(c.receive)(); run(); c.send(1); run()
assert log == [(c, t, False, True), (c, main, True, False)], log
raises(TypeError, "callable", stackless.set_channel_callback, 1)
""",
    "subclasses": """
class Named(tasklet):
    def __init__(self, name):
        self.name = name
    def __call__(self, *arguments):
        self.bind(self.body)
        return super().__call__(*arguments)
    def body(self, x):
        log.append((self.name, x))
Named("n")(1); run()
assert log == [("n", 1)]
""",
    "threads": """
import threading
def other():
    tasklet(log.append)(stackless.main); run()
    raises(RuntimeError, "another thread", mine.run)
mine = tasklet(log.append)("mine")
thread = threading.Thread(target=other); thread.start(); thread.join()
assert log[0] is not stackless.main
run()
assert log[1] == "mine"
assert stackless.get_thread_info() == (stackless.main, stackless.current, 1)
""",
    "deep and many": """
def depth(n):
    if n == 0:
        schedule()
        return 0
    return 1 + depth(n - 1)
def deep():
    log.append(depth(100))
for _ in range(200):
    tasklet(deep)()
run()
assert log == [100] * 200
first = last = channel()
for _ in range(1000):
    after = channel()
    tasklet(lambda a, b: b.send(a.receive() + 1))(last, after)
    last = after
tasklet(first.send)(0)
assert last.receive() == 1000
""",
    "handled exceptions and calls from C": """
import sys
def handles(kind):
    assert sys.exception() is None
    try:
        raise kind
    except kind:
        schedule()
        assert type(sys.exception()) is kind
def counts():
    for i in range(3):
        schedule()
        yield i
tasklet(handles)(KeyError); tasklet(handles)(ValueError)
tasklet(lambda: log.append(list(counts())))()
tasklet(lambda: log.append(sorted([3, 1, 2], key=lambda x: (schedule(), x))))()
run()
assert sorted(log) == [[0, 1, 2], [1, 2, 3]]
def endless():
    endless()
tasklet(endless)()
raises(RecursionError, "maximum recursion depth", run)
""",
    "the end with living tasklets": """
c = channel()
def waits():
    try:
        c.receive()
    finally:
        pass
for _ in range(10):
    tasklet(waits)()
run()
""",
    "run with a timeout": """
def spin(n):
    while n:
        n -= 1
    log.append("ended")
t = tasklet(spin)(5000)
turns = 0
while (interrupted := run(1000)) is not None:
    assert interrupted is t and t.alive and t.paused and not t.scheduled and not t.is_current
    assert stackless.current is stackless.main and stackless.runcount == 1
    assert t.frame.f_code is spin.__code__ and 0 < t.frame.f_locals["n"] < 5000
    turns += 1
    t.insert()
assert log == ["ended"] and 30 < turns < 100, (log, turns)
assert run(1000) is None
raises(ValueError, "negative", run, -1)
""",
    "turns that switch in time": """
def polite(n):
    for i in range(n):
        schedule()
    log.append("polite")
def spin():
    while True:
        pass
tasklet(polite)(500); tasklet(polite)(500); t = tasklet(spin)()
assert run(1000) is t and log == []
assert run(1000) is None and log == ["polite", "polite"]
tasklet(polite)(500); tasklet(polite)(500)
while (interrupted := run(2000, totaltimeout=True)) is not None:
    interrupted.insert()
    log.append("interrupted")
assert log[2] == "interrupted" and log.count("polite") == 4
""",
    "a soft timeout": """
def spin(n):
    for i in range(n):
        pass
    log.append(n)
    schedule()
    log.append("again")
tasklet(spin)(2000); tasklet(spin)(3000)
assert run(1000, soft=True) is None
assert log == [2000] and stackless.runcount == 3 and stackless.current is stackless.main
run()
assert log == [2000, 3000, "again", "again"] or log == [2000, "again", 3000, "again"], log
""",
    "what is not interrupted": """
def busy(n):
    for i in range(n):
        pass
    return n
def careful():
    with stackless.atomic():
        busy(3000)
        log.append("atomic")
    busy(3000)
t = tasklet(careful)()
assert run(1000) is t and log == ["atomic"]
t.kill()
def nested():
    log.append(sorted([3000, 2000], key=busy))
    busy(3000)
t = tasklet(nested)()
assert run(1000) is t and log[1:] == [[2000, 3000]]
t.kill()
for change in (lambda t: t.set_ignore_nesting(True), lambda t: None):
    t = tasklet(nested)()
    change(t)
    assert run(1000, ignore_nesting=not t.ignore_nesting) is t and len(log) == 2
    t.kill()
""",
    "exceptions and callbacks in a run with a timeout": """
def spin(stop):
    try:
        while True:
            pass
    except stop as error:
        log.append(error)
t = tasklet(spin)(KeyError)
assert run(1000) is t
t.insert(); t.throw(KeyError, "pending", pending=True)
assert run(1000) is None and str(log.pop()) == "'pending'"
t = tasklet(spin)(KeyError)
assert run(1000) is t
raises(ZeroDivisionError, "now", t.throw, ZeroDivisionError, "now")
assert not t.alive and log == []
def fails():
    for i in range(500):
        pass
    1 / 0
tasklet(fails)()
raises(ZeroDivisionError, "division", run, 100_000)
import traceback
def seen(previous, following):
    for i in range(200):
        pass
    log.append((previous, following))
stackless.set_schedule_callback(seen)
t = tasklet(spin)(KeyError)
assert run(1000) is t and log == [(stackless.main, t), (t, stackless.main)]
stackless.set_schedule_callback(None)
t.kill()
""",
    "channels join threads": """
import threading
there, back, finished = channel(), channel(), channel()
def serve():
    while (n := there.receive()) is not None:
        back.send((threading.get_ident(), n * n))
    finished.send(None)
def thread():
    tasklet(serve)()
    finished.receive()
other = threading.Thread(target=thread)
other.start()
for n in range(200):
    there.send(n)
    ident, square = back.receive()
    assert ident == other.ident and square == n * n
ended = channel()
for n in range(50):  # several tasklets of this thread wait at once
    tasklet(lambda n=n: (there.send(n), log.append(back.receive()[1]), ended.send(n)))()
for n in range(50):
    ended.receive()
assert sorted(log) == [n * n for n in range(50)]
there.send(None)
other.join()
""",
    "many threads at one channel": """
import threading
c, done = channel(), channel()
def produce(name):
    for n in range(100):
        c.send((name, n))
    done.send(name)
threads = [threading.Thread(target=produce, args=(i,)) for i in range(4)]
for t in threads: t.start()
got = [c.receive() for _ in range(400)]
assert sorted(done.receive() for _ in threads) == [0, 1, 2, 3]
for t in threads: t.join()
assert sorted(got) == [(i, n) for i in range(4) for n in range(100)]
assert all([n for i, n in got if i == name] == list(range(100)) for name in range(4))
assert c.balance == done.balance == 0
raises(RuntimeError, "Deadlock", c.receive)
""",
    "tasklets that other threads make runnable": """
import threading, time
def body():
    log.append(threading.get_ident())
t = tasklet().bind(body, ())
other = threading.Thread(target=lambda: (time.sleep(0.05), t.insert(), raises(RuntimeError, "another thread", t.run)))
other.start()
run(threadblock=True)
other.join()
assert log == [threading.get_ident()], log
ready, go = threading.Event(), threading.Event()
def elsewhere():
    stackless.getcurrent()
    ready.set(); go.wait()
    run(threadblock=False)
other = threading.Thread(target=elsewhere); other.start(); ready.wait()
t = tasklet().bind(body, ())
t.bind_thread(other.ident)
assert t.thread_id == other.ident
t.insert(); go.set(); other.join()
assert log[1:] == [other.ident]
raises(RuntimeError, "not found", tasklet(body).bind_thread, 1)
raises(RuntimeError, "stays in its thread", stackless.main.bind_thread)
raises(RuntimeError, "stays in its thread", tasklet(body)().bind_thread)
run()
""",
    "leaving a queue": """
c = channel()
def waits(name):
    log.append((name, c.receive()))
for gone in ("", "a", "b", "d", "ab", "bc", "cd", "abcd"):
    tasks = {name: tasklet(waits)(name) for name in "abcd"}
    run()
    assert c.balance == -4 and c.queue is tasks["a"]
    for name in gone:
        tasks[name].kill()
    late = tasklet(waits)("late")
    run()
    left = [name for name in tasks if name not in gone] + ["late"]
    assert c.balance == -len(left) and not any(tasks[name].alive for name in gone)
    del log[:]
    for number, name in enumerate(left):
        c.send(number)
    run()
    assert log == [(name, number) for number, name in enumerate(left)] and c.balance == 0 and c.queue is None
""",
    "timeouts in two threads": """
import threading
def count(n, of):
    for i in range(n):
        of.append(i)
def work(turns):
    mine = []
    t = tasklet(count)(4_000, mine)
    while run(1000):
        turns.append(1); t.insert()
    assert mine == list(range(4_000))
a, b = [], []
other = threading.Thread(target=work, args=(a,))
other.start(); work(b); other.join()
assert 20 < len(a) < 200 and 20 < len(b) < 200, (len(a), len(b))
""",
}


SMALL_STACKS = "from kaa.microthreads import switching\nswitching.MANY = 0\n"
"""Gives all tasklets what else only those of very many get."""


@pytest.mark.parametrize(
    ("engine", "setting"),
    [("native", ""), ("native", SMALL_STACKS), ("reference", "")],
    ids=lambda words: words[:6],
)
def test_programs(engine: str, setting: str, tmp_path: Path) -> None:
    """All in one process each, every program in namespaces of its own."""
    (tmp_path / "main.py").write_text(
        f"{setting}for name, source in {PROGRAMS!r}.items():\n"
        f"    exec(compile({PRELUDE!r} + source, name, 'exec'), {{'__name__': 'guest'}})\n"
        "    print(name)\n"
    )
    outcome = Command(["-X", f"engine={engine}", "main.py"]).run(KAA, tmp_path)
    assert (outcome.err, outcome.status) == ("", 0)
    assert outcome.out.splitlines() == list(PROGRAMS)


def test_a_module_of_the_users_wins(tmp_path: Path) -> None:
    (tmp_path / "stackless.py").write_text("print('mine')")
    assert Command(["-c", "import stackless"]).run(KAA, tmp_path).out == "mine\n"


def test_the_host_has_none(tmp_path: Path) -> None:
    assert "No module named 'stackless'" in Command(["-c", "import stackless"]).run(HOST, tmp_path).err


ENDING = """
from stackless import channel, run, tasklet, TaskletExit
nobody = channel()
def waits(name):
    try:
        nobody.receive()
    finally:
        print("left", name)
def fails():
    try:
        nobody.receive()
    finally:
        1 / 0
def stays():
    while True:
        try:
            nobody.receive()
        except TaskletExit:
            print("stays")
tasklet(waits)(1); tasklet(fails)(); tasklet(stays)(); tasklet(waits)(2)
run()
tasklet(waits)("never")
print("end")
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_tasklets_leave_their_blocks_at_the_end(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(ENDING)
    outcome = Command(["-X", f"engine={engine}", "main.py"]).run(KAA, tmp_path)
    assert outcome.out.split("\n") == ["end", "left 1", "stays", "left 2", ""]
    assert outcome.err.endswith("ZeroDivisionError: division by zero\n") and outcome.err.count("fails") == 2
    assert outcome.status == 0


STACKS = (
    SMALL_STACKS
    + """
import ctypes, gc, os, random, sys, threading
from stackless import channel, run, schedule, tasklet
from kaa.microthreads import dumps, loads

c, log = channel(), []

def deep(n, act):
    return deep(n - 1, act) + 1 if n else act()

def lots(*_, **__):
    a, b, c, d, e, f, g, h = range(8)
    return [x + y for x in range(9) for y in (a, b, c, d, e, f, g, h)]

def generates(n):
    if n:
        yield from generates(n - 1)
    yield deep(n % 5, lambda: len(lots()))

def work(seed):
    # Crosses the end of the small chunk again and again, at any depth, and waits there.
    rng = random.Random(seed)
    total = 0
    for _ in range(30):
        total += deep(rng.randrange(12), lambda: c.receive() + len(lots()))
        total += sum(generates(rng.randrange(6)))
        try:
            deep(rng.randrange(12), lambda: 1 // 0)
        except ZeroDivisionError:
            total += 1
        if rng.random() < 0.2:
            schedule()
    log.append(total)

def results(count):
    del log[:]
    for seed in range(count):
        tasklet(work)(seed)
    run()
    while c.balance < 0:
        c.send(1)
        schedule()
    return sorted(log)

first = results(200)
switching.MANY = 10**9
assert results(200) == first
switching.MANY = 0
assert len(first) == 200 and results(200) == first  # in used chunks

# Killed at any depth, dropped, dropped before the beginning, and in another thread.
for round in range(3):
    tasks = [tasklet(lambda n=n: deep(n, c.receive))() for n in range(300)]
    run()
    for task in random.Random(round).sample(tasks, 150):
        task.kill()
    c.preference = 1
    while c.balance:
        c.send(1)
    run()
    assert not any(task.alive for task in tasks)
    new = [tasklet(deep).bind(deep, (3, lots)) for _ in range(50)]
    del new, tasks
    gc.collect()
def elsewhere():
    mine = channel()
    for n in range(100):
        tasklet(lambda n=n: deep(n, mine.receive))()
    run()
    while mine.balance:
        mine.send(1)
    run()
    tasklet(lambda: deep(5, mine.receive))()  # waits when the thread ends
    run()
sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=elsewhere) for _ in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]

# Stored and loaded, and a recursion that has no end.
def asks(n):
    return deep(n, c.receive)
task = tasklet(lambda: log.append(asks(8)))()
run()
task, c2, log2 = loads(dumps((task, c, log)))
c2.send(100); run()
assert log2[-1] == 108
def endless(n): return endless(n + 1)
def caught():
    try:
        endless(0)
    except RecursionError:
        log.append("recursion")
tasklet(caught)(); run()
assert log[-1] == "recursion"
c.send(1); run()
if (child := os.fork()) == 0:
    os._exit(results(50) != first[:0] and len(log) != 50)
assert os.waitpid(child, 0)[1] == 0
print("done")
"""
)


def test_small_stacks(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(STACKS)
    outcome = Command(["-X", "engine=native", "main.py"]).run(KAA, tmp_path)
    assert (outcome.out, outcome.err, outcome.status) == ("done\n", "", 0)


COLLECTING = """
import gc, sys, threading
from stackless import channel, run, schedule_remove, tasklet
from kaa.microthreads import collect
log = []
def waits(c, name, depth=0):
    if depth:
        return waits(c, name, depth - 1)
    try:
        c.receive()
    finally:
        log.append(name)
def holds(c, name):
    box = [c]
    tasklet(waits)(c, name + " 2", 3)
    waits(c, name)
def paused(name):
    try:
        schedule_remove()
    finally:
        log.append(name)
def found(*names):
    count = collect()
    assert count == len(log) == len(names) and set(log) == set(names), (count, log, names)
    del log[:]

kept = channel()
tasklet(waits)(channel(), "alone")
tasklet(waits)(kept, "kept")
tasklet(holds)(channel(), "pair")
held = tasklet(waits)(channel(), "held")
tasklet(paused)("paused")
run()
found("alone", "pair", "pair 2", "paused")
found()
kept = None
found("kept")
held = None
found("held")

# What only a frame's stack holds, or another waiting tasklet that is held, or another thread, lives.
def both(first, second):
    return first, second
def begun():
    task = tasklet(waits)(channel(), "begun")
    run()
    return task
task, count = both(begun(), collect())
assert (count, task.alive) == (0, True)
chain = first = channel()
for n in range(5):
    chain = channel()
    tasklet(lambda inner, outer: both(outer.receive(), inner))(first, chain)
    run()
    first = chain
assert collect() == 0
first = None
assert collect() == 0 and chain.balance == -1
other = threading.Thread(target=lambda: (tasklet(waits)(channel(), "elsewhere"), run()))
other.start(); other.join()
assert collect() == 0
# Threads that have a scheduler find their own; what another thread moves about meanwhile, lives.
def loses():
    tasklet(waits)(channel(), "its own")
    run()
    return collect()
counts = []
other = threading.Thread(target=lambda: counts.append(loses()))
other.start(); other.join()
assert counts == [1] and log == ["its own"]
del log[:]
def hops(here, there):
    while not stop:
        there.append(here.pop())
        here, there = there, here
stop, boxes = [], [[[task]], []]
task = None
interval = sys.getswitchinterval()
sys.setswitchinterval(1e-4)
other = threading.Thread(target=hops, args=boxes, daemon=True)
other.start()
if len(gc.get_objects()) < 100_000:  # else the searches take half a minute
    tasklet(waits)(channel(), "beside a thread")
    run()
    while not collect():
        pass
    assert log == ["beside a thread"], log
    del log[:]
    assert collect() == 0
stop.append(1)
other.join()
sys.setswitchinterval(interval)
((task,),) = boxes[0] + boxes[1]
boxes = None
task.kill()
assert log == ["begun"]
del log[:]
task = chain = None
assert collect() == 5
# What a tasklet raises then comes out.
def fails(c):
    try:
        c.receive()
    finally:
        1 / 0
tasklet(fails)(channel())
run()
try:
    collect()
except ZeroDivisionError:
    log.append("failed")
assert log
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_unreachable_tasklets_are_ended(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(COLLECTING)
    outcome = Command(["-X", f"engine={engine}", "main.py"]).run(KAA, tmp_path)
    assert (
        "Error" not in outcome.err.replace("ZeroDivisionError: division by zero", "") and outcome.status == 0
    ), outcome


COLLECTED = """
import gc, stackless, sys
from greenlet import greenlet
from stackless import channel, run, schedule, tasklet
from kaa.microthreads import collection
log = []
def waits(c, name):
    try:
        c.receive()
    finally:
        log.append(name)
def lose(name, function=waits):
    tasklet(function)(channel(), name)
    run()
def expect(*names):
    assert log == list(names), (log, names)
    del log[:]

# Nothing is found where nothing waits; what waits is, by a collection of all, or of its own accord.
gc.collect()
lose("explicit")
gc.collect(1)
expect()
gc.collect()
expect("explicit")
lose("automatic")
junk = []
while not log and len(junk) < 10_000_000:
    junk.append([junk])
junk = None
expect("automatic")

# In a tasklet, which goes on where it was.
def collects(name):
    lose_in_turn = tasklet(waits)(channel(), name)
    lose_in_turn.run()
    del lose_in_turn
    gc.collect()
    log.append("collected")
tasklet(collects)("inner")
run()
expect("inner", "collected")

# A frame holds its function, and what lies on its stack; a generator's is seen by the collector as well.
def encloses():
    inlet = channel()
    def function(_, name):
        waits(inlet, name)
    lose("closure", function)
encloses()
def second(first, value):
    return value
lose("on the stack", lambda c, name: second([stackless.current], waits(c, name)))
gc.collect()
assert set(log) == {"closure", "on the stack"}, log
del log[:]
def receives(box):
    yield
    yield box[0].receive()
def iterates(box, name):
    try:
        for _ in receives(box):
            pass
    finally:
        log.append(name)
box = [channel()]
box.append(tasklet(iterates)(box, "generator"))
run()
def holds(box):
    gc.collect()
    expect()
    assert box[1].blocked
box_of_frame = [box]
del box
holds(box_of_frame.pop())
gc.collect()
expect("generator")

# A plain greenlet that is held holds.
def holder():
    held = channel()
    tasklet(waits)(held, "by greenlet")
    run()
    return greenlet(lambda: held.balance)
def keep(held):
    gc.collect()
    expect()
keep(holder())
gc.collect()
expect("by greenlet")

# Objects that lie about their class, or fail to tell it.
class Liar:
    @property
    def __class__(self):
        log.append("asked")
        raise RuntimeError
liar = Liar()
lose("beside a liar")
gc.collect()
expect("beside a liar")

# Not within a switch, nor where nobody may switch; then with the next collection.
def callback(before, after):
    gc.collect()
    assert not log
lose("callback")
stackless.set_schedule_callback(callback)
tasklet(lambda: None)()
run()
stackless.set_schedule_callback(None)
expect()
gc.collect(0)
expect("callback")
lose("trap")
stackless.switch_trap(1)
gc.collect()
stackless.switch_trap(-1)
expect()
with stackless.atomic():
    gc.collect(0)
    expect()
gc.collect(0)
expect("trap")

# Blocks that collect, take turns, or fail: nothing of it reaches the main tasklet.
def stubborn(c, name):
    try:
        c.receive()
    finally:
        gc.collect()
        schedule()
        log.append(name)
        1 / 0
lose("stubborn", stubborn)
gc.collect()
run()
expect("stubborn")
assert gc.isenabled() and gc.collect() >= 0

# Where it is dear, it is done when twice as many have begun.
collection._OFTEN = 0
kept = channel()
def three():
    for n in range(3):
        tasklet(waits)(kept, "kept")
    run()
three()
gc.collect()
lose("dear")
gc.collect()
expect()
three()
gc.collect()
expect("dear")
kept.close()
print("done", kept.balance)
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_the_collector_ends_unreachable_tasklets(engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(COLLECTED)
    outcome = Command(["-X", f"engine={engine}", "main.py"]).run(KAA, tmp_path)
    assert (outcome.out, outcome.status) == ("done -6\n", 0), outcome
    lines = outcome.err.splitlines()
    assert (lines[0], lines[-1]) == (
        "Traceback (most recent call last):",
        "ZeroDivisionError: division by zero",
    )
