"""The `pyperf` that a benchmark program imports when `benchmarks/run.py` runs it.

pyperf itself starts processes of its own and measures one interpreter after the other. Here the parent
decides when each interpreter works, so that all of them share the machine's good and bad moments. The
program's `Runner` therefore only obeys: it writes one JSON object a line to the parent, and reads one command
a line.

    program -> parent   {"benchmark": name}                 ready to run this one
    parent -> program   run SECONDS                         run for about that long, at least once
    program -> parent   {"values": [seconds an iteration], "first": seconds or null}
    parent -> program   next                                go on with the program
    program -> parent   {"peak": kilobytes}                 the program is over

Runs on every interpreter that is compared, so on Python 3.9 too.
"""

import argparse
import asyncio
import os
import resource
import sys
from time import perf_counter

SHORTEST_SAMPLE = 0.02
"""Seconds: iterations shorter than this are timed several at once, or the clock would be measured."""


def python_implementation():
    return sys.implementation.name


class Channel:
    """The lines to and from the parent; the program's own standard output goes nowhere."""

    def __init__(self):
        self.commands = os.fdopen(os.dup(0), "r")
        self.answers = os.fdopen(os.dup(1), "w")
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)

    def say(self, **answer):
        # Not json: the engine under test is not to import more than the program does.
        fields = ", ".join(f'"{key}": {self.literal(value)}' for key, value in answer.items())
        self.answers.write("{" + fields + "}\n")
        self.answers.flush()

    @staticmethod
    def literal(value):
        if value is None:
            return "null"
        if isinstance(value, str):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return repr(value)

    def hear(self):
        return self.commands.readline().split() or ["next"]


_channel = None


def channel():
    global _channel
    if _channel is None:
        _channel = Channel()
    return _channel


class Runner:
    """The part of `pyperf.Runner` that pyperformance's programs use."""

    def __init__(self, **_options):
        self.metadata = {}
        self.argparser = argparse.ArgumentParser()
        self.args = None
        channel()

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, func, *args, inner_loops=1, **_options):
        def timed(loops):
            start = perf_counter()
            for _ in range(loops):
                func(*args)
            return perf_counter() - start

        self._serve(name, timed, inner_loops)

    def bench_time_func(self, name, time_func, *args, inner_loops=1, **_options):
        self._serve(name, lambda loops: time_func(loops, *args), inner_loops)

    def bench_async_func(self, name, func, *args, inner_loops=1, loop_factory=None, **_options):
        async def many(loops):
            start = perf_counter()
            for _ in range(loops):
                await func(*args)
            return perf_counter() - start

        def timed(loops):
            if loop_factory is None:
                return asyncio.run(many(loops))
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(many(loops))

        self._serve(name, timed, inner_loops)

    def _serve(self, name, timed, inner_loops):
        """Run the benchmark for as long as the parent asks for more."""
        if self.args is None:
            self.parse_args()
        channel().say(benchmark=name)
        loops, first = 1, None
        while True:
            command = channel().hear()
            if command[0] != "run":
                return
            end = perf_counter() + float(command[1])
            values = []
            while not values or perf_counter() < end:
                elapsed = timed(loops)
                if first is None:
                    first = elapsed / inner_loops
                values.append(elapsed / loops / inner_loops)
                if elapsed < SHORTEST_SAMPLE:
                    loops *= 2
            channel().say(values=values, first=first)


def finish():
    channel().say(peak=peak_kilobytes())


def peak_kilobytes():
    """The largest resident size; `ru_maxrss` is the last resort, as it starts from the parent's own peak."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
