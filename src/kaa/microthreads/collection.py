"""Ending tasklets that wait for nobody: blocked or paused ones that nothing can reach but themselves.

In: all objects of the process. Out: those tasklets have been killed, so that they leave their `finally` blocks. The
host's collector cannot do it, since a greenlet keeps its stack to itself: what lies there looks like a reference from
outside. Here it counts as what the tasklet refers to. Otherwise it is the collector's way: whatever has more
references than come from other objects is held from outside, and what can be reached from there, lives. A
reference that nobody knows of only lets something live.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from greenlet import greenlet  # type: ignore[import-untyped]  # it has no stubs

from kaa.microthreads.chains import measure
from kaa.microthreads.live_frames import frames_of_waiting
from kaa.microthreads.tasklets import scheduler, tasklet

_OWN_REFERENCES = 3
"""To each object: the list of all, the variable of the loop, and the argument of `getrefcount`."""


def collect() -> int:
    """End the tasklets of the calling thread that wait, and that nothing can reach; how many there were.

    It takes a second or two for a million objects. On the reference machine, whose loop holds much that is counted as
    held from outside, it may find none. What they do not handle comes out of it, as out of `kill`.
    """
    gc.collect()
    objects = gc.get_objects()
    kept = _held_by_stacks(objects)
    lost = [task for task in _unreachable(objects, kept) if task.alive]
    del objects
    for task in lost:
        task.kill()
    return len(lost)


def _held_by_stacks(objects: list[Any]) -> dict[int, list[int]]:
    """The identities of what the stacks of waiting tasklets hold, by the identity of the tasklet."""
    mine = scheduler()
    kept = {}
    for one in objects:
        waits = isinstance(one, tasklet) and one._scheduler is mine and one._greenlet and one.next is None
        if waits and not (one.is_current or one.is_main):
            kept[id(one)] = measure(one, _identities_on_stack)
    return kept


def _identities_on_stack() -> list[int]:
    return [identity for frame in frames_of_waiting() for identity in frame.identities() if identity]


def _unreachable(objects: list[Any], kept: dict[int, list[int]]) -> list[tasklet]:
    outside = {}
    for one in objects:
        outside[id(one)] = sys.getrefcount(one) - _OWN_REFERENCES
    for one in objects:
        for other in gc.get_referents(one):
            if id(other) in outside:
                outside[id(other)] -= 1
    for identities in kept.values():
        for identity in identities:
            if identity in outside:
                outside[identity] -= 1
    # Tasklets hold the greenlets to which they have switched, and nobody else does.
    new = [one for one in objects if outside[id(one)] > 0 and type(one) is not greenlet]
    known = {id(one): one for one in objects}
    reached = set(map(id, new))
    while new:
        one = new.pop()
        found = gc.get_referents(one)
        found += [known[identity] for identity in kept.get(id(one), ()) if identity in known]
        for other in found:
            if id(other) in known and id(other) not in reached:
                reached.add(id(other))
                new.append(other)
    return [known[identity] for identity in kept if identity not in reached]
