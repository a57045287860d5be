"""A game loop with very many actors: `kaa examples/game.py [ACTORS [FRAMES]]`, by default 100,000 and 10.

Each creature is a tasklet with a plain loop of its own: it walks, sleeps and eats without knowing of the others. A
frame of the game is one turn of everybody who is awake. Who sleeps waits in a channel, and takes no time.
"""

import random
import sys
import time

import stackless


class World:
    def __init__(self, seed):
        self.frame = 0
        self.random = random.Random(seed)
        self.asleep = {}  # channels, by the frame in which those who wait there are woken
        self.steps = 0
        self.meals = 0

    def sleep(self, frames):
        """Of a creature: wait for a later frame."""
        alarm = self.asleep.setdefault(self.frame + frames, stackless.channel())
        alarm.receive()

    def play(self, frames):
        for _ in range(frames):
            self.frame += 1
            alarm = self.asleep.pop(self.frame, None)
            while alarm is not None and alarm.balance < 0:
                alarm.send(None)
            stackless.schedule()  # everybody who is awake has a turn


def creature(world, x, food=5):
    while food:
        for _ in range(world.random.randrange(1, 4)):
            x += world.random.choice((-1, 1))
            world.steps += 1
            stackless.schedule()
        food -= 1
        if x % 7 == 0:
            food += 3
            world.meals += 1
        world.sleep(world.random.randrange(1, 4))


def main(actors, frames):
    world = World(seed=1)
    for number in range(actors):
        stackless.tasklet(creature)(world, number)
    start = time.perf_counter()
    world.play(frames)
    seconds = time.perf_counter() - start
    awake = stackless.getruncount() - 1
    print(f"{actors} creatures, {frames} frames: {world.steps} steps, {world.meals} meals, {awake} awake")
    print(f"{seconds / frames * 1000:.1f} ms a frame", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 10)
