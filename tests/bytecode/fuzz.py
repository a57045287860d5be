"""Feed damaged cache files to Kaa, and to the host, and count what becomes of them.

    python -m tests.bytecode.fuzz --cases 100000 --seed 1 --json figures.json

Three ways to run a file, each in child processes that may crash without harm:

- `reference`: read with care, verify, run on the reference PVM: what Kaa does;
- `verified`: read with care, verify, run on the *host's* loop. It trusts its code, so that a file which the verifier
  lets pass and which is not safe shows itself as a crash;
- `host`: `marshal.loads` and the host's loop, without a question: what CPython does.

A file is *refused* (DamagedCode), or its program *ran*, *raised*, or was *stopped* by the limit of time; none of these
is an error. *crashed* (a signal), *hung* (work without end that no signal stops, or no sign of life) and *internal* (an
exception that speaks of the machine's own insides) are errors, and make the exit code 1 for the first two ways. On the
host's loop, hanging is none: it looks at signals only at some instructions, and an endless loop without one cannot be
stopped. CPython's own compiler makes such loops, of `while not (a < b < c): pass`.
"""

import argparse
import builtins
import contextlib
import faulthandler
import io
import json
import marshal
import os
import resource
import select
import signal
import sys
import time
from collections import Counter

from kaa.bytecode import pyc, reader, verifier
from kaa.bytecode.code_image import DamagedCode
from kaa.reference.machine import Machine

from .damage import case

BATCH = 250
SECONDS_A_CASE = 0.15
SECONDS_OF_WORK = 1
"""Processor time after which a case hangs: a slow or busy machine does not make it so."""
SECONDS_WITHOUT_AN_ANSWER = 120
MEMORY = 3 << 30

IMPORTED_BEFORE_THE_FORK = (reader, verifier)

OUTCOMES = ("refused", "ran", "raised", "stopped", "internal")
ERRORS = {"reference": ("crashed", "hung", "internal"), "verified": ("crashed",), "host": ("crashed", "hung")}

HARMLESS = {
    name: value
    for name, value in vars(builtins).items()
    if name
    not in {"open", "exec", "eval", "compile", "input", "breakpoint", "exit", "quit", "__import__", "help"}
}
"""The built-ins that damaged programs get to see."""


def harmless_import(name, *_):
    if name not in (
        "functools",
        "typing",
    ):  # the host imports typing for type parameters, and crashes if it cannot
        raise ImportError(name)
    return __import__(name)


HARMLESS["__import__"] = harmless_import


class Stopped(BaseException):
    """The time is over."""


class Alarm:
    """Ends a case: by an exception, and if the program catches that again and again, by the end of the process."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.rings = 0
        signal.signal(signal.SIGVTALRM, self.ring)

    def ring(self, *_):
        self.rings += 1
        if self.rings > 3:
            os.write(self.pipe, bytes([OUTCOMES.index("stopped")]))
            os._exit(0)
        raise Stopped

    def set(self, seconds):
        self.rings = 0
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds / 2 if seconds else 0)


def load_as_the_host(data):
    return marshal.loads(memoryview(data)[pyc.HEADER_SIZE :])


def prepare(way):
    """The function that loads and runs a file in one way, in a fresh namespace."""
    load = load_as_the_host if way == "host" else pyc.load
    run = Machine(compile).run_code if way == "reference" else exec
    return lambda data: run(load(data), {"__name__": "__main__", "__builtins__": HARMLESS})


def outcome(execute, data, alarm):
    """Run one file; the index of its outcome."""
    try:
        alarm.set(SECONDS_A_CASE)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            execute(data)
        alarm.set(0)
        return "ran"
    except DamagedCode:
        return "refused"
    except Stopped:
        return "stopped"
    except BaseException as error:
        alarm.set(0)
        return "internal" if speaks_of_insides(error) else "raised"
    finally:
        alarm.set(0)


def speaks_of_insides(error):
    """Whether an exception comes from a machine that met what it never should have met."""
    with contextlib.suppress(BaseException):
        text = f"{type(error).__name__} {error}"
        return "NULL" in text or "'Null'" in text
    return False


def child(way, files, pipe):
    """Run the files one by one, and write a byte for each."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(600)
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    alarm = Alarm(pipe)
    execute = prepare(way)
    for data in files:
        most = int(time.process_time()) + 1 + SECONDS_OF_WORK
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        try:
            answer = outcome(execute, data, alarm)
        except Stopped:
            answer = "stopped"
        os.write(pipe, bytes([OUTCOMES.index(answer)]))


def answers(way, files):
    """Run files in a child process; their outcomes up to and with the one that ended it."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(read)
        with contextlib.suppress(BaseException):
            child(way, files, write)
        os._exit(0)
    os.close(write)
    found = []
    while len(found) < len(files):
        if not select.select([read], [], [], SECONDS_WITHOUT_AN_ANSWER)[0]:
            os.kill(process, signal.SIGKILL)
            found.append("hung")
            break
        data = os.read(read, len(files))
        if not data:
            break
        found += [OUTCOMES[byte] for byte in data]
    os.close(read)
    _, status = os.waitpid(process, 0)
    stopped = status == 0 and found[-1:] == ["stopped"]
    if len(found) < len(files) and found[-1:] != ["hung"] and not stopped:
        worked_without_end = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        found.append("hung" if worked_without_end else "crashed")
    return found


def run_all(way, files):
    """The outcome of each file."""
    found = []
    while len(found) < len(files):
        found += answers(way, files[len(found) :])
    return found


def fuzz(ways, first, count, report=lambda *_: None):
    """Count outcomes by way and kind of damage; list the cases that ended in an error.

    What one way refuses, those after it need not try: only `host` does not ask.
    """
    counts = {way: {} for way in ways}
    errors = {way: [] for way in ways}
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        cases = [case(number) for number in numbers]
        known = {}
        for way in ways:
            asked = [n for n in numbers if way == "host" or known.get(n) != "refused"]
            found = dict(zip(asked, run_all(way, [cases[n - start][1] for n in asked]), strict=True))
            known = {**known, **found} if way != "host" else known
            for number in numbers:
                kind, ended = cases[number - start][0], found.get(number, "refused")
                counts[way].setdefault(kind, Counter())[ended] += 1
                if ended in ERRORS[way]:
                    errors[way].append((number, kind, ended))
        report(numbers.stop - first, counts, errors)
    return counts, errors


def totals(counts):
    return dict(sum(counts.values(), Counter()).most_common())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="a million cases lie between two seeds")
    parser.add_argument("--ways", default="reference,verified,host")
    parser.add_argument("--json", help="write the figures to this file")
    arguments = parser.parse_args()
    started = time.monotonic()

    def report(done, counts, errors):
        print(f"{done} cases, {time.monotonic() - started:.0f} s", flush=True)
        for way in counts:
            print(f"  {way:10} {totals(counts[way])}", *errors[way][:5] if way != "host" else "", flush=True)

    ways = arguments.ways.split(",")
    counts, errors = fuzz(ways, arguments.seed * 1_000_000, arguments.cases, report)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(
                {"cases": arguments.cases, "seed": arguments.seed, "counts": counts, "errors": errors},
                file,
                indent=1,
            )
    sys.exit(any(errors[way] for way in ways if way != "host"))


if __name__ == "__main__":
    main()
