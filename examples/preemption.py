"""Programs that never give their turn away, and get on all the same: `kaa examples/preemption.py [INSTRUCTIONS]`.

`run(timeout)` takes its turn from a tasklet after so many instructions and hands it back in the middle of its loop.
`share` is a scheduler in a few lines: everybody goes back to the end of the queue, and who has had too many turns ends.
"""

import sys

import stackless


def collatz(start, found):
    steps, number = 0, start
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    found[start] = steps


def endless():
    while True:
        pass


def share(instructions, turns_allowed):
    turns = {}
    while (task := stackless.run(instructions)) is not None:
        turns[task] = turns.get(task, 0) + 1
        if turns[task] < turns_allowed:
            task.insert()
        else:
            print("ended after", turns[task], "turns:", task.frame.f_code.co_name)
            task.kill()


if __name__ == "__main__":
    found = {}
    stackless.tasklet(endless)()
    for start in (27, 97, 871):
        stackless.tasklet(collatz)(start, found)
    share(int(sys.argv[1]) if len(sys.argv) > 1 else 500, turns_allowed=20)
    print("steps:", dict(sorted(found.items())))
