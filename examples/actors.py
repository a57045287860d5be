"""A world of actors that survives kill -9: `kaa examples/actors.py FILE [ACTORS]`, as often as it takes.

Each actor is a tasklet with a loop of its own; in a turn of the world everybody runs once. After each turn the whole
world is in FILE: the next run, on either engine, goes on with the turn after it, every actor in the middle of its loop.
Set KILL_AT=3 to have the process killed after three turns.
"""

import os
import signal
import sys

import stackless

from kaa.microthreads import checkpoint, resume

TURNS = 6


def trader(name, market, wealth=10):
    """Buys what is offered, and offers it again for more."""
    while True:
        price = market.receive()
        wealth -= price
        stackless.schedule()  # a turn later
        wealth += price + 1
        report(name, wealth)
        stackless.tasklet(market.send)(price + 1)


def report(name, wealth):
    if name == "trader 0":
        print(name, "has", wealth)


def begin(actors):
    market = stackless.channel()
    for number in range(actors):
        stackless.tasklet(trader)(f"trader {number}", market)
    for price in range(actors):
        stackless.tasklet(market.send)(price)
    return 0


def main(file, actors):
    turn = resume(file) if os.path.exists(file) else begin(actors)
    while turn < TURNS:
        turn += 1
        stackless.schedule()
        checkpoint(file, turn)
        print("turn", turn, flush=True)
        if str(turn) == os.environ.get("KILL_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.unlink(file)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: kaa examples/actors.py FILE [ACTORS]")
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 10)
