"""Do references balance? Run test modules of CPython's several times in one process and see what grows.

    python -m tests.conformance.references                        the tests of the language, on machine code
    python -m tests.conformance.references test_generators --rounds 12

After each round the blocks of memory (`sys.getallocatedblocks`) and the objects that the collector knows are counted.
The first rounds fill caches. A module fails when one of the two grows in each later round on Kaa, and by more than it
ever does on the host.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.conformance import modules
from tests.conformance.run import command_of

ROUNDS_OF = Path(__file__).with_name("rounds.py")
WARM_UP = 3
COUNTS = ("blocks", "objects")


@dataclass
class Growth:
    """What one engine has more of after each round that counts: one number a round for blocks and for objects."""

    blocks: list[int]
    objects: list[int]
    trouble: str = ""


def measure(engine: str, module: str, rounds: int, patience: float) -> Growth:
    """Run a module in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.path.abspath("src"), "PYTHONHASHSEED": "0"}
    command = [*command_of(engine), str(ROUNDS_OF), module, str(rounds)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=patience)
    except subprocess.TimeoutExpired:
        return Growth([], [], f"took longer than {patience:.0f} s")
    if done.returncode:
        return Growth([], [], f"ended with exit code {done.returncode}: {done.stderr[-1500:]}")
    counts = json.loads(done.stdout.splitlines()[-1])
    later = [[new - old for old, new in pairwise(row)][WARM_UP - 1 :] for row in counts]
    return Growth(*later)


def leaks(host: list[int], ours: list[int]) -> bool:
    """Whether a count grows in every round, and by more than in any round on the host."""
    return min(ours) > max(0, *host)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.references",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("modules", nargs="*", help="test modules (default: those of the language)")
    parser.add_argument("--engine", default="native", help="which of Kaa's machines (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--patience", type=float, default=900.0, help="seconds that a module may take")
    args = parser.parse_args()
    if args.rounds < WARM_UP + 2:
        parser.error(f"the first {WARM_UP} rounds do not count: at least {WARM_UP + 2} are needed")

    guilty = []
    for module in args.modules or modules.LANGUAGE:
        host, ours = (
            measure(engine, module, args.rounds, args.patience) for engine in ("python", args.engine)
        )
        if host.trouble:
            print(f"{module:28} the host {host.trouble}", flush=True)
            continue
        line = ", ".join(f"{name} {getattr(host, name)} -> {getattr(ours, name)}" for name in COUNTS)
        bad = ours.trouble or [n for n in COUNTS if leaks(getattr(host, n), getattr(ours, n))]
        guilty += [module] if bad else []
        print(f"{module:28} {ours.trouble or line}{'  GROWS' if bad else ''}", flush=True)
    print(f"more grows than on the host in {len(guilty)} modules: {' '.join(guilty)}")
    return int(bool(guilty))


if __name__ == "__main__":
    sys.exit(main())
