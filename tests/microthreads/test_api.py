"""The names of Stackless Python's documentation under `kaa`, and `pickle` and `copy` after `import stackless`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.microthreads.raising import RAISES
from tests.microthreads.test_pickling import kaa

NAMES = """
import stackless
import sys
import threading
from stackless import channel, run, schedule, tasklet

MODULE = '''
run schedule schedule_remove getcurrent getmain getruncount current main runcount threads set_schedule_callback
get_schedule_callback set_channel_callback get_channel_callback switch_trap enable_softswitch get_thread_info
pickle_flags pickle_flags_default PICKLEFLAGS_PRESERVE_TRACING_STATE PICKLEFLAGS_PRESERVE_AG_FINALIZER TaskletExit bomb
atomic tasklet channel
'''.split()
TASKLET = '''
bind setup insert remove run switch throw raise_exception kill set_atomic set_ignore_nesting bind_thread alive paused
blocked scheduled restorable atomic block_trap ignore_nesting is_current is_main thread_id next prev frame tempval
recursion_depth nesting_level trace_function profile_function
'''.split()
CHANNEL = '''
send receive preference schedule_all send_exception send_throw send_sequence close open closing closed balance queue
__iter__ __next__
'''.split()
for owner, names in ((stackless, MODULE), (tasklet(), TASKLET), (channel(), CHANNEL)):
    for name in names:
        getattr(owner, name)

assert stackless.enable_softswitch(False) is True and stackless.enable_softswitch(1) is False
assert stackless.enable_softswitch(True) is True

# Flags are the thread's; new threads begin with the default.
TRACING, FINALIZER = stackless.PICKLEFLAGS_PRESERVE_TRACING_STATE, stackless.PICKLEFLAGS_PRESERVE_AG_FINALIZER
assert stackless.pickle_flags() == 0 == stackless.pickle_flags(TRACING | FINALIZER, TRACING)
assert stackless.pickle_flags(0, 0) == TRACING == stackless.pickle_flags(0, TRACING)
raises(ValueError, "flags", stackless.pickle_flags, 64, 64)
assert stackless.pickle_flags_default(FINALIZER, FINALIZER) == 0
seen = []
thread = threading.Thread(target=lambda: seen.append(stackless.pickle_flags()))
thread.start(); thread.join()
assert seen == [FINALIZER] and stackless.pickle_flags() == 0
assert stackless.pickle_flags_default(0, FINALIZER) == FINALIZER and stackless.pickle_flags_default() == 0

# How many C functions have called the tasklet's code.
waits = channel()
levels = []
def nested(_):
    levels.append(stackless.current.nesting_level)
    return waits.receive()
plain = tasklet(nested)(0)
in_c = tasklet(lambda: sorted([1], key=nested))()
twice = tasklet(lambda: sorted([1], key=lambda _: max([2], key=nested)))()
new = tasklet(nested)
run()
assert levels == [0, 1, 2], levels
assert [task.nesting_level for task in (plain, in_c, twice, new)] == [0, 1, 2, 0]
assert [task.restorable for task in (plain, in_c, twice, new)] == [True, False, False, True]
assert stackless.main.nesting_level == 0
for _ in range(3):
    waits.send(1)
run()

# Each tasklet has trace and profile functions of its own.
events = []
def trace(frame, event, argument):
    if event == "call":
        events.append(frame.f_code.co_name)
def steps(name):
    def inside(): pass
    inside()
    schedule()
    inside()
watched, free = tasklet(steps)("watched"), tasklet(steps)("free")
raises(TypeError, "callable", setattr, free, "trace_function", 1)
watched.trace_function = trace
assert (watched.trace_function, watched.profile_function, free.trace_function) == (trace, None, None)
run()
assert events == ["steps", "inside", "inside"], events
assert sys.gettrace() is None and stackless.current.trace_function is None
profiled = tasklet(steps)("profiled")
profiled.profile_function = trace
tasklet(steps)("free")
del events[:]
run()
assert events == ["steps", "inside", "inside"], events
assert sys.getprofile() is None
"""

WATCHED = """
import stackless, sys
from stackless import schedule, tasklet
events = []
def trace(frame, event, argument):
    if event == "call":
        events.append(frame.f_code.co_name)
def first(): pass
def second(): pass
def third(): pass
def works():
    first()
    schedule()
    second()
    schedule()
    third()
def watches(name):
    schedule()
    setattr(task, name, trace)
    schedule()
    setattr(task, name, None)
    first()
for name in ("trace_function", "profile_function"):
    task = tasklet(works)()
    tasklet(watches)(name)
    stackless.run()  # the first time, nothing was watched before
    assert events == ["third"], (name, events)
    del events[:]

# The current one gives itself a trace function, which sees what is called from then on.
def watches_itself():
    first()
    stackless.current.trace_function = trace
    second()
    schedule()
    third()
    stackless.current.trace_function = None
    first()
tasklet(watches_itself)()
tasklet(works)()
stackless.run()
first()
assert events == ["second", "third"], events
del events[:]

# One that goes on because another has ended, or fails, is watched as well; nobody else is.
def waits():
    try:
        schedule()
    finally:
        second()
def ends():
    first()
    task.trace_function = trace
task = tasklet(waits)()
tasklet(ends)()
stackless.run()
assert events == ["second"], events
task = tasklet(waits)()
stackless.schedule()
task.trace_function = trace
task.kill()
third()
assert events == ["second"] * 2 and sys.gettrace() is None, events
"""

PLAIN = """
import asyncio, copy, io, pickle, pickletools, sys, types
import stackless
from copy import deepcopy
from pickle import dumps, loads
from stackless import channel, run, tasklet

def by_file(value):
    file = io.BytesIO()
    pickle.dump(value, file)
    pickle.Pickler(file, 4).dump("next")
    file.seek(0)
    result = pickle.load(file)
    assert pickle.load(file) == "next"
    return result

WAYS = [lambda value: loads(dumps(value)), lambda value: loads(dumps(value, 3)), by_file, deepcopy]

# Tasklets and what they share, also with others in the same pickle.
for way in WAYS:
    def adds(inlet, log, total=0):
        for number in inlet:
            total += number
            log.append(total)
    inlet, log = channel(), []
    tasks = [tasklet(adds)(inlet, log), tasklet(lambda: log.append(inlet.receive()))()]
    run()
    inlet.send(1)
    *again, inlet2, log2 = way([*tasks, inlet, log])
    assert inlet2 is not inlet and inlet2.balance == inlet.balance == -2 and inlet2.queue is again[1]
    inlet2.send(10), inlet2.send(20)
    run()
    assert (log2, log) == ([1, 10, 21], [1])
    for task in tasks:
        task.kill()

# Generators, also such as hold themselves.
def squares(count):
    done = lambda: [me, count]
    for number in range(count):
        yield number ** 2, done
me = squares(4)
assert next(me)[0] == 0
for way in WAYS:
    again, same = way((me, [me]))
    assert again is same[0] and again is not me
    value, done = next(again)
    assert value == 1 and done()[1] == 4
assert next(me)[0] == 1

# A class with a state of its own.
class Named(tasklet):
    def __reduce__(self):
        make, arguments, state = tasklet.__reduce__(self)
        return make, arguments, (state, self.name)
    def __setstate__(self, state):
        tasklet.__setstate__(self, state[0])
        self.name = state[1] + "!"
class Pipe(channel):
    def __setstate__(self, state):
        channel.__setstate__(self, state)
        self.loaded = True
for way in WAYS:
    pipe, log = Pipe(), []
    task = Named(lambda: log.append(pipe.receive()))()
    task.name = "named"
    run()
    task2, pipe2, log2 = way((task, pipe, log))
    assert (task2.name, pipe2.loaded, hasattr(pipe, "loaded")) == ("named!", True, False)
    pipe2.send(5)
    run()
    assert (log2, log, task2.alive) == ([5], [], False)
    task.kill()

# Other kinds.
table = {1: 2, 3: 4}
cell = (lambda table: lambda: table)(table).__closure__[0]
def fails():
    raise OSError(1)
try:
    fails()
except OSError as error:
    traceback = error.__traceback__
for way in WAYS[:-1]:
    keys, values, items, same = way((table.keys(), table.values(), table.items(), table))
    same[5] = 6
    assert (list(keys), list(values), list(items)) == ([1, 3, 5], [2, 4, 6], [(1, 2), (3, 4), (5, 6)])
    assert way(sys) is sys and way(asyncio) is asyncio
    assert way(cell).cell_contents == table
    code = way(fails.__code__)
    assert type(code) is types.CodeType and code == fails.__code__
    entries = way(traceback)
    assert type(entries) is types.TracebackType
    assert [(t.tb_lineno, t.tb_frame.f_code.co_name) for t in (entries, entries.tb_next)] == [
        (t.tb_lineno, t.tb_frame.f_code.co_name) for t in (traceback, traceback.tb_next)]
    raises(ValueError, "no module", way, types.ModuleType("nowhere"))
    with open(sys.argv[0]) as file:
        raises(TypeError, "cannot pickle", way, file)
with open(sys.argv[0]) as file:
    raises(TypeError, "cannot pickle", deepcopy, [me, file])
assert pickletools.optimize(pickle.dumps([1, "a"], 2)) == b"\\x80\\x02](K\\x01X\\x01\\x00\\x00\\x00ae."  # as ever

# Trace functions travel if they are to.
def trace(*_): pass
task = tasklet(fails)
task.trace_function = trace
assert loads(dumps(task)).trace_function is None
stackless.pickle_flags(1, 1)
assert loads(dumps(task)).trace_function is trace
stackless.pickle_flags(0, 1)
"""

ASYNC = """
import asyncio, stackless, sys, types
from pickle import dumps, loads

class Wait:
    def __await__(self):
        return (yield "wait")

async def numbers(log):
    try:
        for n in range(4):
            try:
                got = yield n, await Wait()
                log.append(got)
            except KeyError:
                log.append("caught")
                await Wait()
    finally:
        await Wait()
        log.append("closed")

async def uses(log):
    out = []
    g = numbers(log)
    async for item in g:
        out.append(item)
        break
    out.append(await g.asend("sent"))
    out.append(await g.athrow(KeyError()))
    await g.aclose()
    assert not g.ag_running
    return out, log

def proceed(coroutine, count, results):
    while len(results) != count:
        try:
            results.append(coroutine.send(len(results) or None))
        except StopIteration as error:
            return [*results, error.value]
    return results

whole = proceed(uses([]), -1, [])
assert whole[-1][1] == ["sent", "caught", "closed"], whole
for count in range(len(whole)):
    coroutine = uses([])
    results = proceed(coroutine, count, [])
    stored = dumps((coroutine, results))
    for _ in range(2):
        assert proceed(*(lambda c, r: (c, -1, r))(*loads(stored))) == whole, count
    coroutine.close() if count == 0 else None
    sys.unraisablehook = lambda *_: None  # the first one is dropped in the middle

# One that has not been awaited, and one that has been.
g = numbers([])
spent = g.asend(None)
assert spent.send(None) == "wait"
try:
    spent.send(1)
except StopIteration as error:
    assert error.value == (0, 1)
fresh = g.asend("fresh")
g2, fresh2, spent2 = loads(dumps((g, fresh, spent)))
assert fresh2.send(None) == "wait" and g2.ag_running
try:
    spent2.send(None)
except RuntimeError as error:
    assert "already awaited" in str(error)
else:
    raise AssertionError
sys.unraisablehook = lambda *_: None
del g2, fresh2, spent2, spent
try:
    fresh.close()
except RuntimeError as error:
    assert "ignored GeneratorExit" in str(error)

# What the event loop has it finalized by.
hook = callable
for flag, expected in ((0, 0), (2, 1)):
    stackless.pickle_flags(flag, 2)
    sys.set_asyncgen_hooks(finalizer=hook)
    g = numbers([])
    step = g.asend(None)
    step.send(None)
    sys.set_asyncgen_hooks(None, None)
    stored = dumps(g)
    assert (b"callable" in stored) == expected, flag
    loads(stored)
stackless.pickle_flags(0, 2)

# Futures: a chain of tasks goes on in another loop.
async def inner(future):
    return 1 + await future

async def outer(task):
    return 10 + await task

async def first():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    done, failed, gone = (loop.create_future() for _ in range(3))
    done.set_result([1]); failed.set_exception(OSError(3)); gone.cancel()
    task = loop.create_task(inner(future), name="inner")
    last = loop.create_task(outer(task))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stored = dumps((future, task, last, done, failed, gone))
    future.set_result(1)
    assert await last == 12
    ended = dumps(last)
    return stored, ended

async def second(stored, ended):
    future, task, last, done, failed, gone = loads(stored)
    assert task.get_name() == "inner" and not future.done()
    assert done.result() == [1] and failed.exception().args == (3,) and gone.cancelled()
    assert loads(ended).result() == 12
    await asyncio.sleep(0)
    future.set_result(5)
    return await last, await task

stored, ended = asyncio.run(first())
assert asyncio.run(second(stored, ended)) == (16, 6)
try:
    loads(stored)
except RuntimeError as error:
    assert "no running event loop" in str(error)
else:
    raise AssertionError
"""

TIMED = """
import asyncio
import time

from kaa.microthreads import dumps, loads

LONG = 1000

async def sleeps():
    return await asyncio.sleep(0.6, "slept")

async def expires():
    try:
        async with asyncio.timeout(0.3):
            await asyncio.sleep(LONG)
    except TimeoutError:
        return "expired"

async def waits():
    return await asyncio.wait_for(sleeps(), LONG)

async def short(number):
    await asyncio.sleep(0.2)
    if number < 0:
        raise ValueError(number)
    return number

async def gathers():
    return await asyncio.gather(short(1), short(2))

async def groups():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(short(number)) for number in (3, 4)]
    return [task.result() for task in tasks]

async def fails():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(short(-1))
            group.create_task(asyncio.sleep(LONG))
    except ExceptionGroup as caught:
        return [error.args for error in caught.exceptions]

async def looks():
    done, rest = await asyncio.wait([asyncio.create_task(short(5)), asyncio.create_task(asyncio.sleep(LONG))],
                                    return_when="FIRST_COMPLETED")
    return [task.result() for task in done], [task.cancel() for task in rest]

async def locks():
    lock = asyncio.Lock()
    async with lock:
        await asyncio.sleep(0.2)
    return lock.locked()

async def on_event(event):
    await event.wait()
    return "set"

async def store(function, *arguments):
    task = asyncio.create_task(function(*arguments))
    await asyncio.sleep(0.1)
    stored = dumps((task, *arguments))
    task.cancel()
    return stored

async def go_on(stored):
    task, *events = loads(stored)
    for event in events:
        event.set()
    return await asyncio.wait_for(task, 20)

for function, result in ((expires, "expired"), (waits, "slept"), (gathers, [1, 2]), (groups, [3, 4]), (fails, [(-1,)]),
                         (looks, ([5], [True])), (locks, False)):
    found = asyncio.run(go_on(asyncio.run(store(function))))
    assert found == result, (function, found)
assert asyncio.run(go_on(asyncio.run(store(on_event, asyncio.Event())))) == "set"

# It sleeps for the rest of its time, whatever the clock of the other loop says; a timer that is over stays so.
stored = asyncio.run(store(sleeps))
started = time.monotonic()
assert asyncio.run(go_on(stored)) == "slept" and time.monotonic() - started > 0.2

async def timers():
    loop = asyncio.get_running_loop()
    heard = []
    gone, over, due = (loop.call_later(delay, heard.append, delay) for delay in (LONG, 0.05, 0.6))
    gone.cancel()
    await asyncio.sleep(0.1)
    return dumps((gone, over, due, heard))

async def again(stored):
    gone, over, due, heard = loads(stored)
    assert gone.cancelled() and over.cancelled() and not due.cancelled()
    await asyncio.sleep(0.8)
    return heard

assert asyncio.run(again(asyncio.run(timers()))) == [0.05, 0.6]
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("program", ["NAMES", "WATCHED", "PLAIN", "ASYNC", "TIMED"])
def test_the_api(program: str, engine: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(RAISES + globals()[program])
    assert kaa(engine, tmp_path, "main.py") == ""
