"""What `kaa.microthreads.dumps` stores goes on where it was: on the machine that wrote it, and on the other one.

The guest stores each program at each of its yields, and runs the rest of what it loads, twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.commands import KAA, Command

FLOW = """
def numbers(n):
    total = 0
    add = lambda x: total + x
    for i, c in zip(range(n), enumerate("abcdefgh")):
        try:
            total = add((yield total, i, c) or i)
        finally:
            pass
    return total
def outer(n):
    for x in [10, 20]:
        result = yield from numbers(n)
        yield x, result
def handling():
    try:
        raise KeyError("k")
    except KeyError as e:
        yield 1
        try:
            raise
        except KeyError as again:
            yield again.args
class Wait:
    def __await__(self):
        r = yield "wait"
        return r
async def steps(n):
    out = []
    for i in range(n):
        out.append(await Wait())
    async def inner():
        for i in range(3):
            yield i
    async for x in inner():
        out.append(("x", x, await Wait()))
    return out
"""

DRIVER = """
import pickle, sys
import flow
from kaa.microthreads import dumps, loads

def local(k, *more, key=3):
    def sum():
        return k + key
    for i in sorted(more):
        k += i
        yield sum()

def recursive():
    def down(n):
        return n and 1 + down(n - 1)
    for n in range(3):
        yield down(n)

def proceed(generator, results, count=-1):
    while len(results) != count:
        sent = len(results) if results and results[-1] == "wait" else None
        try:
            results.append(generator.send(sent))
        except StopIteration as error:
            results.append(error.value)
            break
    return results

def check(data):
    generator, again, results, whole = loads(data)
    assert generator is again
    assert proceed(generator, results) == whole, (results, whole)

class Actor:
    def act(self):
        for self.count in range(2):
            yield self.count

def actor():
    mine = Actor()
    mine.acting = mine.act()  # which holds the actor that holds it
    yield next(mine.acting)
    yield from mine.acting

PROGRAMS = [
    lambda: flow.outer(3), flow.handling, lambda: flow.steps(2), lambda: local(1, 5, 2, 9), recursive, actor
]

if sys.argv[1] == "write":
    stored = []
    for program in PROGRAMS:
        whole = proceed(program(), [])
        for count in range(len(whole)):
            generator = program()
            results = proceed(generator, [], count)
            stored.append(dumps((generator, generator, results, whole)))
            generator.close()
    with open("stored", "wb") as file:
        pickle.dump(stored, file)
with open("stored", "rb") as file:
    stored = pickle.load(file)
for data in stored:
    check(data)
    check(data)
print(len(stored))
"""

REFUSALS = """
import sys
import flow
from kaa.microthreads import dumps, loads

def refused(kind, text, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert text in str(error) + "".join(getattr(error, "__notes__", [])), error
    else:
        raise AssertionError

def running():
    refused(ValueError, "", dumps, me)
    yield
me = running()
next(me)
refused(StopIteration, "", next, me)
refused(ValueError, "", dumps, me)

def holds_a_file():
    with open(sys.argv[0]) as file:
        yield
holder = holds_a_file()
next(holder)
refused(TypeError, "holds_a_file", dumps, holder)

local = {"__name__": "nowhere"}
exec("def g():\\n yield", local)
refused(ValueError, "nowhere", dumps, local["g"]())

changed = flow.handling()
next(changed)
data = dumps(changed)
flow.handling = flow.numbers
refused(ValueError, "handling", loads, data)

by_value = holds_a_file()
data = dumps(by_value)
start = data.index(b"\\xe3")  # of marshal's code object
for index in range(start + 21, start + 60):
    damaged = bytearray(data)
    damaged[index] ^= 0x55
    try:
        loads(bytes(damaged))
    except (ValueError, TypeError):
        pass
print("refused")
"""


def kaa(engine: str, folder: Path, *words: str) -> str:
    outcome = Command(["-X", f"engine={engine}", *words]).run(KAA, folder)
    assert (outcome.err, outcome.status) == ("", 0)
    return outcome.out


@pytest.mark.parametrize(("writer", "reader"), [("native", "reference"), ("reference", "native")])
def test_stored_generators_go_on(writer: str, reader: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "driver.py").write_text(DRIVER)
    assert kaa(writer, tmp_path, "driver.py", "write") == "29\n"
    assert kaa(reader, tmp_path, "driver.py", "read") == "29\n"


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_refusals(engine: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "refusals.py").write_text(REFUSALS)
    assert kaa(engine, tmp_path, "refusals.py") == "refused\n"
