"""What a switch costs: tasklets and channels beside greenlet and generators, in one run.

Run it under Kaa: `kaa -X engine=native benchmarks/microthreads.py [rounds]`. Out: nanoseconds, the best of five.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import greenlet
import stackless  # type: ignore[import-not-found]  # found only under Kaa

TRIES = 5


def best(act: Callable[[int], None], rounds: int) -> float:
    """Nanoseconds a round."""
    times = []
    for _ in range(TRIES):
        start = time.perf_counter_ns()
        act(rounds)
        times.append((time.perf_counter_ns() - start) / rounds)
    return min(times)


def tasklet_switches(rounds: int) -> None:
    """Two tasklets that take turns; a round is one switch."""

    def turns() -> None:
        for _ in range(rounds // 2):
            stackless.schedule()

    for _ in range(2):
        stackless.tasklet(turns)()
    stackless.run()


def greenlet_switches(rounds: int) -> None:
    """One greenlet and its parent."""

    def back() -> None:
        parent = greenlet.getcurrent().parent
        while True:
            parent.switch()

    other = greenlet.greenlet(back)
    for _ in range(rounds // 2):
        other.switch()


def generator_switches(rounds: int) -> None:
    """A generator that is resumed: one round in, one out."""

    def numbers() -> Iterator[int]:
        yield from range(rounds // 2)

    for _ in numbers():
        pass


def channel_pairs(rounds: int) -> None:
    """A round is one send with its receive."""
    channel = stackless.channel()

    def sends() -> None:
        for value in range(rounds):
            channel.send(value)

    def receives() -> None:
        for _ in range(rounds):
            channel.receive()

    stackless.tasklet(sends)()
    stackless.tasklet(receives)()
    stackless.run()


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for act in (tasklet_switches, greenlet_switches, generator_switches, channel_pairs):
        print(f"{act.__name__.replace('_', ' '):20} {best(act, rounds):8.0f} ns")
