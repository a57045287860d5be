"""Run random programs on several Pythons and show the first that they tell differently.

    python -m tests.stress.run --programs 100000 --engines native,reference:20 --seed 1

An engine is one of Kaa's (`host` is Kaa's compiler on the host's machine, `reference`, `native`, whose code is warm
after two runs, and `brief`, where it never is), with a number behind a colon if it takes only every so manieth program;
the host itself (`python`) is always run beside them and is right by definition. Most programs come to the engines as
the host's code objects, since compiling takes Kaa longer than all the rest. Every `--compiled`-th comes as text: each
engine compiles it, and its code must be the host's to the last byte, so that what holds for one compiler's code on a
machine holds for the other's.

A program runs `RUNS` times, from several starts; every `LONG`-th runs so often that its caches see everything that they
have states for. The exit code is 1 when anything differs. A worker that dies or does not answer is named with the
program that it was on, and started again.
"""

import argparse
import contextlib
import marshal
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from types import CodeType

from tests.bytecode.corpus import nested
from tests.conformance.identity import code_key
from tests.stress.programs import PRELUDE, STARTS, program

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds that a worker may take for a program; most take some milliseconds."""
RUNS = len(STARTS)
LONG = 1000
MANY_RUNS = 300 * len(STARTS)
OPTIONS = {
    "python": [],
    "native": ["engine=native", "warm=2"],
    "brief": ["engine=native", "warm=1000000000"],
}
"""The `-X` options of engines that have others than their name."""
CHUNK = 100
"""Programs that a job takes on at once."""


@dataclass(frozen=True)
class Program:
    """A source with the host's code for it: None if it cannot be compiled, or if each engine is to compile it."""

    source: str
    code: CodeType | None
    runs: int = RUNS

    def without_code(self) -> "Program":
        return Program(self.source, None, self.runs)


def compiled(source: str, runs: int = RUNS) -> Program:
    """A program in the host's compiler's words."""
    try:
        return Program(source, compile(source, "<program>", "exec"), runs)
    except SyntaxError:
        return Program(source, None, runs)


class Engine:
    """A process that runs programs; started again when it dies or hangs, and that is the outcome."""

    def __init__(self, name: str):
        self.name, _, every = name.partition(":")
        self.every = int(every or 1)
        options = OPTIONS.get(self.name, [f"engine={self.name}"])
        options = ["-m", "kaa", *chain.from_iterable(("-X", option) for option in options)] if options else []
        self.command = [sys.executable, "-X", "faulthandler", *options, "-m", "tests.stress.worker"]
        self.process: subprocess.Popen | None = None
        self.errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  # as long-lived as this

    def send(self, program: Program) -> None:
        if self.process is None:
            pipe = subprocess.PIPE
            environment = os.environ | {"PYTHONHASHSEED": "0"}  # sets of strings print in one order
            self.errors.seek(0)
            self.errors.truncate()
            self.process = subprocess.Popen(
                self.command, stdin=pipe, stdout=pipe, stderr=self.errors, cwd=ROOT, env=environment
            )
        with contextlib.suppress(BrokenPipeError):  # it has died since its last answer: `receive` will see
            marshal.dump((program.source, program.code, program.runs), self.process.stdin)
            self.process.stdin.flush()

    def receive(self) -> dict:
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.send_signal(signal.SIGABRT)  # faulthandler tells where it is
        with contextlib.suppress(EOFError):
            return marshal.load(self.process.stdout)
        self.process.wait()
        code, self.process = self.process.returncode, None
        self.errors.seek(0)
        return {"died": code, "stderr": self.errors.read()[-4000:]}

    def close(self) -> None:
        if self.process is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            self.process.wait()
            self.process = None


def differences(program: Program, as_text: bool, engines: list[Engine]) -> dict[str, str]:
    """{engine's name: where its story leaves that of the host, which is the first of the engines}"""
    given = program.without_code() if as_text else program
    for engine in engines:
        engine.send(program if engine is engines[0] else given)
    told = {engine.name: engine.receive() for engine in engines}
    right = told.pop(engines[0].name)
    found = {name: describe(right, wrong, program.code) for name, wrong in told.items()}
    return {name: text for name, text in found.items() if text}


def describe(right: dict, wrong: dict, code: CodeType | None) -> str:
    """Where a Python's story leaves the host's, or its code the host's; empty if neither does."""
    if "died" in wrong:
        return f"died with exit code {wrong['died']}:\n{wrong['stderr']}"
    if wrong["code"] is not None and (code is None or not same_code(wrong["code"], code)):
        return "other code than the host's"
    if wrong["runs"] == right["runs"]:
        return ""
    if [*wrong["runs"]] != [*right["runs"]]:
        return f"runs {[*wrong['runs']]} tell something new, the host's {[*right['runs']]}"
    number = next(n for n in right["runs"] if right["runs"][n] != wrong["runs"][n])
    return f"run {number}, " + describe_run(right["runs"][number], wrong["runs"][number])


def describe_run(right: dict, wrong: dict) -> str:
    pairs = list(zip(right["events"], wrong["events"], strict=False))
    for number, (expected, got) in enumerate(pairs):
        if expected != got:
            return f"event {number} is {got}, the host's is {expected}"
    if right["error"] == wrong["error"]:
        return f"{len(wrong['events'])} events, the host has {len(right['events'])}"
    return f"after {len(pairs)} events {wrong['error']}, the host {right['error']}"


def same_code(ours: CodeType, host: CodeType) -> bool:
    return [code_key(code, ordered=False) for code in nested(ours)] == [
        code_key(code, ordered=False) for code in nested(host)
    ]


_engines: list[Engine] = []


def start_engines(names: list[str]) -> None:
    """Have this process compare on engines of its own. They end with it."""
    warnings.simplefilter("ignore")
    _engines[:] = map(Engine, names)


def run_seeds(seeds: range, size: int, every: int) -> tuple[Counter[str], dict[int, dict[str, str]]]:
    """Run one program for each seed. -> how many each engine took, and {seed: differences}"""
    found, counts = {}, Counter[str]()
    for seed in seeds:
        due = [engine for engine in _engines if seed % engine.every == 0]
        counts.update(engine.name for engine in due)
        counts["compiled"] += seed % every == 0
        made = compiled(program(Random(seed), size), RUNS if seed % LONG else MANY_RUNS)
        if wrong := differences(made, seed % every == 0, due):
            found[seed] = wrong
    return counts, found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--engines", default="native,brief:4,reference:50")
    parser.add_argument("--compiled", type=int, default=20, help="(default: every %(default)sth)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=12, help="statements at the top of a program, at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--show", type=int, default=1, help="programs to show in full")
    args = parser.parse_args()

    counts, different, start = Counter[str](), Counter[str](), time.monotonic()
    seeds = range(args.seed, args.seed + args.programs)
    chunks = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    names = ["python", *args.engines.split(",")]
    with ProcessPoolExecutor(args.jobs, initializer=start_engines, initargs=(names,)) as pool:
        work = [pool.submit(run_seeds, chunk, args.size, args.compiled) for chunk in chunks]
        for future in work:
            took, found = future.result()
            counts += took
            for seed, wrong in found.items():
                for name, text in wrong.items():
                    different[name] += 1
                    print(f"seed {seed}: {name}: {text}", flush=True)
                if different.total() <= args.show:
                    print(PRELUDE + program(Random(seed), args.size), flush=True)
    rate = counts["python"] / (time.monotonic() - start)
    shares = ", ".join(f"{name} {count}" for name, count in counts.items())
    wrong = ", ".join(f"{name} {count}" for name, count in different.items()) or "none"
    print(f"{rate:.0f} programs a second: {shares}; told differently from the host: {wrong}")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
