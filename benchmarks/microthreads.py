"""What a switch costs: tasklets and channels beside greenlet, generators and asyncio, in one run; and what a tasklet
takes: bytes of memory while it waits, microseconds and bytes to store it.

Run it under Kaa: `kaa -X engine=native benchmarks/microthreads.py [rounds [tasklets]]`. Out: nanoseconds of processor
time, the best of some tries that take turns with each other, so that a noisy machine disturbs all alike.
`kaa -X engine=native benchmarks/microthreads.py living 1000000`: what so many take that wait in one channel.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator

import greenlet
import stackless  # type: ignore[import-not-found]  # found only under Kaa

from kaa.microthreads import dumps, loads

TRIES = 12
stackless.enable_softswitch(True)  # the greenlets here are no tasklet's


def best(acts: list[Callable[[int], None]], rounds: int) -> list[float]:
    """Nanoseconds a round of each."""
    times: list[list[float]] = [[] for _ in acts]
    for _ in range(TRIES):
        for act, mine in zip(acts, times, strict=True):
            start = time.process_time_ns()
            act(rounds)
            mine.append((time.process_time_ns() - start) / rounds)
    return list(map(min, times))


def tasklet_switches(rounds: int) -> None:
    """Two tasklets that take turns; a round is one switch."""

    def turns() -> None:
        for _ in range(rounds // 2):
            stackless.schedule()

    for _ in range(2):
        stackless.tasklet(turns)()
    stackless.run()


def switches_of_main(rounds: int) -> None:
    """The main tasklet and another one take turns; a round is one switch."""
    ended = False

    def turns() -> None:
        while not ended:
            stackless.schedule()

    stackless.tasklet(turns)()
    for _ in range(rounds // 2):
        stackless.schedule()
    ended = True
    stackless.run()


def sends_of_main(rounds: int) -> None:
    """A round is a send of the main tasklet's, and the way back when the receiver waits again."""
    channel = stackless.channel()

    def receives() -> None:
        while channel.receive():
            pass

    stackless.tasklet(receives)()
    stackless.run()
    for _ in range(rounds):
        channel.send(True)
    channel.send(False)


def greenlet_switches(rounds: int) -> None:
    """One greenlet and its parent."""

    def back() -> None:
        parent = greenlet.getcurrent().parent
        while True:
            parent.switch()

    other = greenlet.greenlet(back)
    for _ in range(rounds // 2):
        other.switch()


def greenlets_in_turn(rounds: int) -> None:
    """Two greenlets that take turns, as the tasklets do: both stacks are copied."""
    pair: list[greenlet.greenlet] = []

    def turns(other: int) -> None:
        partner = pair[other]
        partner.switch(0)
        for _ in range(rounds // 2):
            partner.switch()

    pair.extend(greenlet.greenlet(turns) for _ in range(2))
    pair[0].switch(1)


def generator_switches(rounds: int) -> None:
    """A generator that is resumed: one round in, one out."""

    def numbers() -> Iterator[int]:
        yield from range(rounds // 2)

    for _ in numbers():
        pass


def asyncio_switches(rounds: int) -> None:
    """Two tasks that take turns."""

    async def turns() -> None:
        for _ in range(rounds // 2):
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(turns(), turns())

    asyncio.run(both())


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


def waits(channel: stackless.channel) -> None:
    """Of a tasklet: its stack is as shallow as can be."""
    channel.receive()


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def many(count: int) -> None:
    """So many tasklets, each waiting in a channel of its own; then all of them in one pickle, and out of it."""
    before = resident()
    channels = [stackless.channel() for _ in range(count)]
    for channel in channels:
        stackless.tasklet(waits)(channel)
    stackless.run()
    print(f"{f'each of {count}':20} {(resident() - before) / count:8.0f} bytes")
    start = time.process_time()
    stored = dumps(channels)
    middle = time.process_time()
    loads(stored)
    end = time.process_time()
    print(f"{'its pickle':20} {len(stored) / count:8.0f} bytes")
    print(f"{f'to dump {count}':20} {middle - start:8.2f} s")
    print(f"{f'to load {count}':20} {end - middle:8.2f} s")


def living(count: int) -> None:
    """So many tasklets in one channel, which all begin, wait, and end."""
    before = resident()
    channel = stackless.channel()
    for _ in range(count):
        stackless.tasklet(waits)(channel)
    stackless.run()
    used = resident() - before
    print(f"{-channel.balance} living take {used / 2**30:.2f} GiB, {used / count:.0f} bytes each")
    while channel.balance:
        channel.send(None)
    stackless.run()


def main() -> None:
    """All of it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    acts = [
        tasklet_switches, greenlet_switches, greenlets_in_turn, generator_switches, asyncio_switches, channel_pairs,
        switches_of_main, sends_of_main,
    ]  # fmt: skip
    results = best(acts, rounds)
    for act, result in zip(acts, results, strict=True):
        print(f"{act.__name__.replace('_', ' '):20} {result:8.0f} ns")
    print(f"{'tasklet : greenlet':20} {results[0] / min(results[1:3]):8.2f}")
    many(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)


if __name__ == "__main__":
    if sys.argv[1:2] == ["living"]:
        living(int(sys.argv[2]))
    else:
        main()
