"""The `pyperf` of a benchmark program that is run for its result: each benchmark runs once and says what came out."""

import argparse
import asyncio


def python_implementation():
    return "cpython"


def perf_counter():
    """No time passes, so that what a program prints is the same each time."""
    return 0.0


class Runner:
    """The part of `pyperf.Runner` that pyperformance's programs use."""

    def __init__(self, **_options):
        self.metadata = {}
        self.argparser = argparse.ArgumentParser()
        self.args = None

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, function, *arguments, **_options):
        self._say(name, function(*arguments))

    def bench_time_func(self, name, function, *arguments, **_options):
        self._say(name, function(1, *arguments) >= 0)

    def bench_async_func(self, name, function, *arguments, **_options):
        self._say(name, asyncio.run(function(*arguments)))

    def _say(self, name, result):
        if self.args is None:
            self.parse_args()
        print(name, result)
