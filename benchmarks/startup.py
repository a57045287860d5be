"""How long Kaa takes to start, beside the host: nothing but a start, and the import of large packages.

    python -m benchmarks.startup [ROUNDS] [PROGRAM...]

Runs each program in turn on the host and on Kaa, with warm caches, a number of rounds; prints the middle of the
processor time (user and system, in milliseconds), of the time on the clock, and of the peak memory (MiB), with the
ratios. A program is what follows `-c`; the default ones leave out packages that are not installed.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time

from kaa.runtime import process

PROGRAMS = ("pass", "import asyncio", "import numpy", "import django.db.models, django.forms")
ROUNDS = 15
WARM_UPS = 4
"""Runs of each program whose time does not count: they fill the caches."""

type Sample = tuple[float, float, float]
"""Milliseconds of processor time, milliseconds on the clock, MiB."""


REPORT = """
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM")).split()[1])
"""
"""Says the process's peak memory in KiB. What `wait4` says includes the parent's, before the program is executed."""


def run(executable: str, program: str) -> Sample:
    """One start, and another for the memory."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    begin = time.perf_counter()
    child = subprocess.Popen([executable, "-c", program], env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    clock = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    words = [executable, "-c", program + REPORT]
    peak = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    return (usage.ru_utime + usage.ru_stime) * 1000, clock * 1000, int(peak) / 1024


def compare(program: str, rounds: int) -> tuple[list[Sample], list[Sample]]:
    """The samples of the host and of Kaa, taken in turn."""
    executables = (sys.executable, process.executable(sys.executable))
    samples: tuple[list[Sample], list[Sample]] = ([], [])
    for number in range(WARM_UPS + rounds):
        for executable, found in zip(executables, samples, strict=True):
            sample = run(executable, program)
            if number >= WARM_UPS:
                found.append(sample)
    return samples


def is_installed(program: str) -> bool:
    """Whether the first module that a program imports is there."""
    words = program.replace(",", " ").split()
    return words[0] != "import" or importlib.util.find_spec(words[1].partition(".")[0]) is not None


def main(words: list[str]) -> None:
    """Print the table."""
    rounds = int(words[0]) if words else ROUNDS
    print(f"{'':40}{'processor ms':>24}{'clock ms':>24}{'MiB':>22}")
    print(f"{'':40}" + f"{'host':>8}{'Kaa':>8}{'ratio':>8}" * 2 + f"{'host':>6}{'Kaa':>8}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for program in words[1:] or filter(is_installed, PROGRAMS):
            host, kaa = (
                [statistics.median(column) for column in zip(*samples, strict=True)]
                for samples in compare(program, rounds)
            )
            row = "".join(f"{a:8.1f}{b:8.1f}{b / a:8.2f}" for a, b in zip(host, kaa, strict=True))
            print(f"{program:40}{row}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
