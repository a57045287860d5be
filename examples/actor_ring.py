"""A ring of actors that pass a token on: `kaa examples/actor_ring.py [ACTORS [ROUNDS]]`.

An actor is a tasklet with a mailbox. Whoever lets the token rest for the last time stops the ring: the message
goes once around, and each actor passes it on and ends.
"""

import sys

import stackless

STOP = None


def actor(mailbox, neighbour):
    for token in mailbox:
        if token is STOP:
            neighbour.send(STOP)
            return
        neighbour.send(token + 1)


def first(mailbox, neighbour, rounds):
    token = 0
    for _ in range(rounds):
        neighbour.send(token + 1)
        token = mailbox.receive()
    print("the token was passed on", token, "times")
    neighbour.send(STOP)
    mailbox.receive()
    print("all have stopped")


def ring(actors, rounds):
    mailboxes = [stackless.channel() for _ in range(actors)]
    stackless.tasklet(first)(mailboxes[0], mailboxes[1], rounds)
    for number in range(1, actors):
        stackless.tasklet(actor)(mailboxes[number], mailboxes[(number + 1) % actors])
    stackless.run()


if __name__ == "__main__":
    actors, rounds = (
        map(int, [*sys.argv[1:], "100", "3"][:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), 3)
    )
    ring(actors, rounds)
