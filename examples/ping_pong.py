"""Two tasklets and two channels: `kaa examples/ping_pong.py [ROUNDS]`.

A send waits for its receiver and a receive for its sender, so the two take turns without any lock.
"""

import sys

import stackless


def ping(table, back, rounds):
    for ball in range(rounds):
        table.send(ball)
        print("ping", back.receive())
    table.close()  # ends the loop of the other one


def pong(table, back):
    for ball in table:
        print("pong", ball)
        back.send(ball)


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    table, back = stackless.channel(), stackless.channel()
    stackless.tasklet(ping)(table, back, rounds)
    stackless.tasklet(pong)(table, back)
    stackless.run()
