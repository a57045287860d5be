"""Run random programs on several Pythons and show the first that they tell differently.

    python -m tests.stress.run --programs 100000 --engines host,reference --seed 1

An engine is one of Kaa's (`host` is Kaa's compiler on the host's machine, `reference`, `native`); the host itself
(`python`) is always run beside them and is right by definition. The exit code is 1 when anything differs. A worker
that dies or does not answer is named with the program that it was on, and started again.
"""

import argparse
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.stress.programs import program

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 120
"""Seconds that a worker may take for a program; most take some milliseconds."""


class Engine:
    """A process that runs programs; started again when it dies or hangs, and that is the outcome."""

    def __init__(self, name: str):
        self.name = name
        options = [] if name == "python" else ["-m", "kaa", "-X", f"engine={name}"]
        self.command = [sys.executable, "-X", "faulthandler", *options, str(WORKER)]
        self.process: subprocess.Popen | None = None
        self.errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  # as long-lived as this

    def send(self, source: str) -> None:
        if self.process is None:
            pipe = subprocess.PIPE
            environment = os.environ | {"PYTHONHASHSEED": "0"}  # sets of strings print in one order
            self.errors.seek(0)
            self.errors.truncate()
            self.process = subprocess.Popen(
                self.command, stdin=pipe, stdout=pipe, stderr=self.errors, text=True, env=environment
            )
        with contextlib.suppress(BrokenPipeError):  # it has died since its last answer: `receive` will see
            self.process.stdin.write(json.dumps(source) + "\n")
            self.process.stdin.flush()

    def receive(self) -> dict:
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.send_signal(signal.SIGABRT)  # faulthandler tells where it is
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
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


def outcomes(source: str, engines: list[Engine]) -> dict[str, dict]:
    """What each engine makes of a program: {engine's name: {"events": [...], "error": ...}}."""
    for engine in engines:
        engine.send(source)
    return {engine.name: engine.receive() for engine in engines}


def describe(name: str, right: dict, wrong: dict) -> str:
    """Where the story of engine `name` leaves the host's."""
    if "died" in wrong:
        return f"{name} died with exit code {wrong['died']}:\n{wrong['stderr']}"
    pairs = list(zip(right.get("events", ()), wrong.get("events", ()), strict=False))
    for number, (expected, got) in enumerate(pairs):
        if expected != got:
            return f"{name}: event {number} is {got}, the host's is {expected}"
    rest = [{k: v for k, v in story.items() if k != "events"} for story in (wrong, right)]
    if rest[0] == rest[1]:
        return f"{name}: {len(wrong['events'])} events, the host has {len(right['events'])}"
    return f"{name}: after {len(pairs)} events {rest[0]}, the host {rest[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--engines", default="host,reference")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=12, help="statements at the top of a program, at most")
    parser.add_argument("--show", type=int, default=1, help="programs to show in full")
    args = parser.parse_args()

    engines = [Engine(name) for name in ("python", *args.engines.split(","))]
    different = dict.fromkeys((e.name for e in engines[1:]), 0)
    shown, start = 0, time.monotonic()
    for number in range(args.programs):
        seed = args.seed + number
        source = program(Random(seed), args.size)
        told = outcomes(source, engines)
        for name in different:
            if told[name] != told["python"] or "died" in told[name]:
                different[name] += 1
                if shown < args.show:
                    shown += 1
                    print(f"seed {seed}: {describe(name, told['python'], told[name])}\n{source}")
                elif different[name] <= 20:
                    print(f"seed {seed}: {describe(name, told['python'], told[name])}")
    for engine in engines:
        engine.close()
    rate = args.programs / (time.monotonic() - start)
    counts = ", ".join(f"{name} {count}" for name, count in different.items())
    print(f"{args.programs} programs, {rate:.0f} a second; told differently from the host: {counts}")
    return int(any(different.values()))


if __name__ == "__main__":
    sys.exit(main())
