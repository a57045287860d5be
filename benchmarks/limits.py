"""Large and deep sources: what Kaa's compiler and the host's answer, in which time and with how much memory.

    python -m benchmarks.limits                       all limits, each at growing sizes
    python -m benchmarks.limits "terms of a sum"      some of them

Each compilation has a process of its own. Seconds are of processor time; megabytes are what the process grew by.
Where a size doubles, both should double at most.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import kaa


class Answer(NamedTuple):
    """What a compiler said of a source, and what that took."""

    said: str
    seconds: float
    megabytes: float


def nested_blocks(size: int) -> str:
    return "".join(" " * level + "if x:\n" for level in range(size)) + " " * size + "pass\n"


def names_and_constants(size: int) -> str:
    return "".join(f"x{n} = {n}.5\n" for n in range(size))


def program(megabytes: int) -> str:
    """So many megabytes of lines that are a hundred bytes long."""
    line = "{:<99}\n".format(
        "result = compute(first, second.attribute, 17, key='value')  # a line of a program"
    )
    return line * (megabytes * 10_000)


LIMITS: dict[str, tuple[Callable[[int], str], tuple[int, ...]]] = {
    "nested blocks": (nested_blocks, (99, 100, 1_000)),
    "nested brackets": (lambda size: "(" * size + "x" + ")" * size, (199, 200, 201, 100_000)),
    "terms of a sum": (lambda size: "x = " + " + ".join(["y"] * size), (25_000, 50_000, 100_000)),
    "operands of `and`": (lambda size: "x = " + " and ".join(["y"] * size), (25_000, 50_000, 100_000)),
    "names and constants": (names_and_constants, (17_500, 35_000, 70_000)),
    "statements jumped over": (
        lambda size: "while x:\n" + " y\n" * size + " if z: break\n",
        (17_500, 35_000, 70_000),
    ),
    "constants in a list": (
        lambda size: f"x = [{', '.join(map(str, range(size)))}]",
        (250_000, 500_000, 1_000_000),
    ),
    "variables in a list": (lambda size: f"x = [{'y, ' * size}]", (250_000, 500_000, 1_000_000)),
    "digits of an integer": (lambda size: "x = " + "1" * size, (4_300, 4_301, 1_000_000)),
    "items before a mistake": (lambda size: f"x = [{'y, ' * size} y z]", (25_000, 50_000, 100_000)),
    "megabytes of program": (program, (12, 25, 50)),
}
"""What grows: how a source of a size is made, and the sizes."""

COMPILERS: dict[str, Callable[..., object]] = {"host": compile, "kaa": kaa.compile}


def measure(compiler: str, limit: str, size: int) -> Answer:
    """Compile once, in this process."""
    source = LIMITS[limit][0](size)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.process_time()
    try:
        COMPILERS[compiler](source, "<limits>", "exec", dont_inherit=True)
        said = "compiled"
    except (SyntaxError, MemoryError, RecursionError, OverflowError) as error:
        said = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Answer(said, seconds, (after.ru_maxrss - before.ru_maxrss) / 1024)


def in_a_process(compiler: str, limit: str, size: int) -> Answer:
    """Compile once, in a process that may come to harm."""
    command = [sys.executable, "-m", "benchmarks.limits", "--measure", compiler, limit, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Answer(f"ended with {done.returncode}", 0, 0)
    return Answer(*json.loads(done.stdout))


def main() -> int:
    if sys.argv[1:2] == ["--measure"]:
        compiler, limit, size = sys.argv[2:]
        print(json.dumps(measure(compiler, limit, int(size))))
        return 0
    differences = 0
    print(f"{'':24}{'size':>10}  {'host':>18}  {'kaa':>18}  answer")
    for limit in sys.argv[1:] or LIMITS:
        for size in LIMITS[limit][1]:
            host, ours = (in_a_process(compiler, limit, size) for compiler in COMPILERS)
            same = host.said == ours.said
            differences += not same
            cost = "  ".join(f"{answer.seconds:8.2f} s {answer.megabytes:5.0f} MB" for answer in (host, ours))
            print(
                f"{limit:24}{size:10,}  {cost}  {ours.said if same else f'{ours.said} (host: {host.said})'}",
                flush=True,
            )
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
