"""Tasklets that wait are stored and go on: in the same process, in another one, and on the other machine."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.microthreads.test_pickling import kaa
from tests.runtime.commands import KAA, Command

PLAY = """
import stackless

class Asks:
    def __init__(self, channel):
        self.answer = channel.receive()

def handling(channel, n):
    try:
        raise KeyError(n)
    except KeyError:
        got = channel.receive()
        try:
            raise
        except KeyError as again:
            return got, again.args

def failing(channel):
    try:
        channel.receive()
    except ValueError as error:
        return str(error), type(error.__context__).__name__
    finally:
        channel.send("finally")

def catching(channel):
    try:
        raise OSError
    except OSError:
        return failing(channel)

class Worker:
    count = 0

    def work(self, channel, log):
        add = lambda n: self.count + n
        for i in range(2):
            self.count = add(1)
            log.append((self.count, handling(channel, i), *[stackless.schedule(i)]))
        log.append(Asks(channel).answer)
        log.append(catching(channel))
        for value in channel:
            log.append(value)

def drive(channel, log, value):
    # What the main tasklet does in a round.
    if value == 3:
        channel.send_exception(ValueError, "sent")
        log.append(channel.receive())
    else:
        channel.send(value)
    settle()

def settle():
    while stackless.runcount > 1:
        stackless.schedule()

def start():
    channel, log, worker = stackless.channel(), [], Worker()
    stackless.tasklet(worker.work)(channel, log)
    settle()
    return channel, log
"""

ROUNDS = """
import os, signal, sys
import play, stackless
from kaa.microthreads import checkpoint, dumps, loads, resume

kind, file = sys.argv[1:]
if kind == "whole":
    channel, log = play.start()
    for value in range(6):
        play.drive(channel, log, value)
    print(log)
elif kind == "copies":
    channel, log = play.start()
    for value in range(6):
        channel, log = loads(dumps((channel, log)))
        play.drive(channel, log, value)
    print(log)
else:
    if os.path.exists(file):
        channel, log, value = resume(file)
    else:
        channel, log = play.start()
        value = 0
    if value == 6:
        print(log)
    else:
        play.drive(channel, log, value)
        assert checkpoint(file, (channel, log, value + 1)) == 1
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "play.py").write_text(PLAY)
    (tmp_path / "rounds.py").write_text(ROUNDS)
    return tmp_path


def test_tasklets_go_on_from_any_point(folder: Path) -> None:
    whole = kaa("native", folder, "rounds.py", "whole", "")
    assert whole.count("(") == 7 and "'sent', 'OSError'" in whole
    for engine in ("native", "reference"):
        assert kaa(engine, folder, "rounds.py", "copies", "") == whole


def test_checkpoints_survive_kill_on_machines_that_take_turns(folder: Path) -> None:
    whole = kaa("native", folder, "rounds.py", "whole", "")
    for engine in ("native", "reference") * 3:
        outcome = Command(["-X", f"engine={engine}", "rounds.py", "turns", "stored"]).run(KAA, folder)
        assert (outcome.err, outcome.status) == ("", -signal.SIGKILL)
    assert kaa("native", folder, "rounds.py", "turns", "stored") == whole


BUSY = """
import stackless

class Sum:
    def __init__(self, numbers):
        self.value = 0
        for number in numbers:
            self.value += number

def recursive(depth):
    return 1 if depth == 0 else recursive(depth - 1) + sum([x for x in [depth]])

def steps(n, log):
    count = 0
    while n != 1:
        try:
            if n % 2:
                raise KeyError(n)
            n //= 2
        except KeyError as error:
            for _ in (1, 2):
                n = 3 * error.args[0] + 1
        finally:
            count += 1
    log.append((count, Sum(list(range(count))).value, recursive(count % 20)))

def work(log):
    for n in range(1, 40):
        steps(n, log)
"""

INTERRUPTED = """
import os, sys
import busy, stackless
from kaa.microthreads import dumps, loads, restore, save

kind, file = sys.argv[1:]
if os.path.exists(file):
    task, log = restore(file)
else:
    log = []
    task = stackless.tasklet(busy.work)(log)
if kind == "whole":
    task.insert()
    stackless.run()
elif kind == "copies":
    interruptions = 0
    while task := stackless.run(150):
        interruptions += 1
        task, log = loads(dumps((task, log)))
        task.insert()
    assert interruptions > 20, interruptions
else:
    task.insert()
    for _ in range(5):
        task = stackless.run(300)
        task.insert()
    task.remove()
    save(file, (task, log))
    log = len(log)
print(log)
"""


def test_interrupted_tasklets_go_on_where_they_were(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    whole = kaa("native", tmp_path, "interrupted.py", "whole", "")
    for engine in ("native", "reference"):
        assert kaa(engine, tmp_path, "interrupted.py", "copies", "") == whole
    lengths = [
        int(kaa(engine, tmp_path, "interrupted.py", "turns", "stored"))
        for engine in ("native", "reference") * 2
    ]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1] < 39
    assert kaa("native", tmp_path, "interrupted.py", "whole", "stored") == whole


MANNERS = """
import functools, os, sys, threading
import stackless
from kaa.microthreads import checkpoint, dumps, loads, resume

channel = stackless.channel()

def waits(*_):
    return channel.receive()

def generates():
    yield channel.receive()

def loops():
    for _ in generates():
        pass

def sequence():
    channel.send_sequence([1, 2])

def holds_a_file():
    with open(sys.argv[0]) as file:
        channel.receive()

def indexes():
    class Odd:
        def __add__(self, other):
            return channel.receive()
    Odd() + 1

def listing():
    list(channel)

def refused(function, *arguments, kind=ValueError, text=""):
    task = stackless.tasklet(function)(*arguments)
    task.run()
    assert task.alive and task.blocked
    try:
        dumps(task)
    except kind as error:
        assert text in str(error) + "".join(getattr(error, "__notes__", [])), error
    else:
        raise AssertionError(function)
    assert not task.restorable or kind is TypeError
    task.kill()
    assert not task.alive

refused(map(waits, [1]).__next__, text="waits")
refused(lambda: sorted([1, 2], key=waits), text="waits")
refused(functools.partial(waits), text="waits")
refused(loops, text="generates")
refused(sequence, text="send_sequence")
refused(indexes, text="__add__")
refused(listing, text="listing")
refused(holds_a_file, kind=TypeError, text="holds_a_file")
for task in (stackless.getcurrent(), stackless.main):
    try:
        dumps(task)
    except ValueError as error:
        assert "is running" in str(error)
    else:
        raise AssertionError

# One that has not begun, and subclasses with what they hold.
class Named(stackless.tasklet):
    pass

class Pipe(stackless.channel):
    pass

log = []
pipe = Pipe()
pipe.name = "pipe"
named = Named(lambda p: log.append(p.receive()))(pipe)
named.name = "named"
new, q = loads(dumps((named, pipe)))
assert (type(new), new.name, type(q), q.name, new.paused, new.alive) == (Named, "named", Pipe, "pipe", True, True)
named.kill()
new.insert()
q.send("begun")
stackless.run()
assert not new.alive

# Only the thread of a tasklet can store it.
def elsewhere():
    try:
        dumps(theirs)
    except ValueError as error:
        log.append("another thread" in str(error))

theirs = stackless.tasklet(waits)()
theirs.run()
thread = threading.Thread(target=elsewhere)
thread.start()
thread.join()
assert log.pop() is True
theirs.kill()

# Frames that a trace function watches are stored as well.
sys.settrace(lambda *event: None)
watched = stackless.tasklet(lambda: waits())()
watched.run()
sys.settrace(None)
assert loads(dumps(watched)).recursion_depth == 2
watched.kill()

# One that runs nothing but a channel's method.
pipe = stackless.channel()
for value in (7, 8):
    stackless.tasklet(pipe.send)(value)
stackless.run()
copy = loads(dumps(pipe))
assert copy.balance == 2 and copy.queue.alive
assert [copy.receive(), pipe.receive(), copy.receive(), pipe.receive()] == [7, 7, 8, 8]
sender = loads(dumps(pipe)).queue
stackless.run()
refused(functools.partial(channel.receive))

# A row of tasklets, each waiting for the next, as long as one likes: and all in one dumps.
def passes_on(left, right):
    left.send(right.receive() + 1)

first = left = stackless.channel()
for _ in range(3000):
    right = stackless.channel()
    stackless.tasklet(passes_on)(left, right)
    left = right
stackless.run()
first, left = loads(dumps((first, left)))
left.send(0)
stackless.run()
assert first.receive() == 3000

# A throw reaches the frames, a kill runs their finally blocks, and a dropped one runs nothing.
def guarded(out):
    try:
        channel.receive()
    except KeyError as error:
        out.append("caught")
        channel.receive()
    finally:
        out.append("finally")

def copied():
    out = []
    task = stackless.tasklet(guarded)(out)
    task.run()
    stored = dumps((task, out))
    task.kill()
    return loads(stored)

task, out = copied()
task.raise_exception(KeyError)
assert out == ["caught"] and task.blocked
task.kill()
assert out == ["caught", "finally"] and not task.alive
task, out = copied()
del task
assert out == []
task, out = copied()
task.kill()
assert out == ["finally"]

# What a tasklet does not handle comes out of run(), with its own traceback.
def deep():
    channel.receive()
    raise ZeroDivisionError

def outer():
    deep()

task = stackless.tasklet(outer)()
task.run()
task, channel = loads(dumps((task, channel)))
assert (task.frame, task.recursion_depth) == (None, 2)
try:
    channel.send(1)
    stackless.run()
except ZeroDivisionError as error:
    position, names = error.__traceback__, []
    while position:
        names.append(position.tb_frame.f_code.co_name)
        position = position.tb_next
    assert names[-2:] == ["outer", "deep"], names
else:
    raise AssertionError

# Raising StopIteration is not returning.
def stops():
    channel.receive()
    raise StopIteration(5)

def hears():
    try:
        return stops()
    except StopIteration as error:
        log.append(error.value)

for send in (lambda: channel.send(1), lambda: channel.send_exception(StopIteration, 6)):
    task = stackless.tasklet(hears)()
    task.run()
    task, channel = loads(dumps((task, channel)))
    send()
    stackless.run()
print(log)

# A damaged checkpoint is refused whole.
stackless.tasklet(passes_on)(first, left)
stackless.run()
checkpoint("stored", 1)
data = open("stored", "rb").read()
for index in (3, 40, len(data) // 2, len(data) - 1):
    with open("stored", "wb") as file:
        file.write(data[:index] + bytes([data[index] ^ 1]) + data[index + 1:])
    try:
        resume("stored")
    except ValueError:
        pass
    else:
        raise AssertionError
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_manners(engine: str, tmp_path: Path) -> None:
    (tmp_path / "manners.py").write_text(MANNERS)
    assert kaa(engine, tmp_path, "manners.py") == "['begun', 5, 6]\n"
