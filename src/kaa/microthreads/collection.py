"""Ending tasklets that wait for nobody: blocked or paused ones that nothing can reach but themselves.

In: all objects of the process. Out: those tasklets have been killed, so that they leave their `finally` blocks. The
host's collector cannot do it, since a greenlet keeps its stack to itself: what lies there looks like a reference from
outside. Here it counts as what the tasklet refers to. Otherwise it is the collector's way: whatever has more
references than come from other objects is held from outside, and what can be reached from there, lives. A
reference that nobody knows of only lets something live.

Full collections of the host's do it too (`install`): when they end, where no switch is half done, or soon after.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import time
from collections import Counter
from typing import Any

from kaa.microthreads.chains import measure
from kaa.microthreads.greenlets import getcurrent
from kaa.microthreads.live_frames import HostFrame, frames_of_turn, turns_of_threads
from kaa.microthreads.switching import Carrier, hooks
from kaa.microthreads.tasklets import (
    Scheduler,
    all_schedulers,
    of_thread,
    scheduler,
    tasklet,
    tasklets_of,
)
from kaa.runtime.own import OWN_FOLDER

_OWN_REFERENCES = 2
"""To each object while they are counted: the list of all, and the argument of `getrefcount`."""
_BUSY_FOLDERS = tuple(os.path.join(OWN_FOLDER, name, "") for name in ("microthreads", "cluster"))
"""While code of these runs, a switch may be half done."""
_OFTEN = 400_000
"""A search among more objects than this is not made at each full collection."""
_OBJECTS_A_TASKLET = 50
"""What it costs to ask one for its stack."""
_FULL = 2
"""The generation of a full collection."""
_SECONDS_AN_OBJECT = 6e-6
"""What a search takes, about. Another thread asks for its turn after some times as long."""
_TRIES = 4
"""One may be in vain because a thread has asked before, in the old way."""


def collect() -> int:
    """End the tasklets of the calling thread that wait, and that nothing can reach; how many there were.

    It takes some seconds for a million objects. Other threads wait meanwhile, or else none are found.
    What a tasklet does not handle comes out of it, as out of `kill`.
    """
    with _automatic:
        gc.collect()  # finalizers may still wake somebody
        lost = _lost()
    for task in lost:
        task.kill()
    return len(lost)


class _Automatic:
    """Who does it when a collection of the host's ends."""

    def __init__(self) -> None:
        self._due: set[Scheduler | None] = set()  # who has not searched since the last full collection
        self._is_at_work = False
        self._from = 1  # that many tasklets that have begun make a search worth while

    def after(self, phase: str, about: dict[str, int]) -> None:
        """Of `gc.callbacks`."""
        if phase != "stop" or not hooks.begun or self._is_at_work:
            return
        if about["generation"] == _FULL and hooks.begun >= self._from:
            self._due = set(all_schedulers.values())
        if getattr(of_thread, "scheduler", None) in self._due and _may_switch(of_thread.scheduler):
            with self:
                self._collect()

    def __enter__(self) -> None:
        """Somebody is at it: there is no need to begin."""
        self._due.discard(getattr(of_thread, "scheduler", None))
        self._is_at_work = True

    def __exit__(self, *error: object) -> None:
        self._is_at_work = False

    def _collect(self) -> None:
        for task in _lost():
            if task._at_end is None:
                task._at_end = _report  # the main tasklet has nothing to do with it
            task.kill()
        searched = len(gc.get_objects()) + _OBJECTS_A_TASKLET * hooks.begun
        self._from = 1 if searched <= _OFTEN else 2 * hooks.begun


_automatic = _Automatic()


def install() -> None:
    """Have the host's collector end them, from now on."""
    gc.callbacks.append(_automatic.after)
    atexit.register(_automatic.__enter__)  # no more at the end, where greenlet refuses all


def _may_switch(owner: Scheduler) -> bool:
    """Whether the calling thread may run another tasklet just here."""
    if owner.trap or owner.allowance is not None or owner.current.atomic:
        return False
    is_soft = owner.current._greenlet is None
    if type(getcurrent()) is not Carrier if is_soft else owner.current._greenlet is not getcurrent():
        return False
    turn = frames_of_turn()
    callback = next(index for index, frame in enumerate(turn) if frame.code is _Automatic.after.__code__)
    return not any(frame.code.co_filename.startswith(_BUSY_FOLDERS) for frame in turn[callback + 1 :])


def _report(error: BaseException | None) -> None:
    """Tell of what a tasklet has not handled whose end nobody has asked for."""
    if error is not None:
        sys.excepthook(type(error), error, error.__traceback__)


def _lost() -> list[tasklet]:
    """The tasklets of the calling thread that wait, and that nothing can reach; none if other threads, which may move
    something meanwhile, have had a turn each time.
    """
    interval = sys.getswitchinterval()
    patience = len(gc.get_objects()) * _SECONDS_AN_OBJECT
    try:
        for _ in range(_TRIES):
            patience *= 2
            sys.setswitchinterval(patience)
            turns = turns_of_threads()
            lost = _search()
            if turns_of_threads() == turns:
                return lost
            del lost  # the next one must not find them here
        return []
    finally:
        sys.setswitchinterval(interval)
        time.sleep(0)  # who waits for a turn would go on being patient


def _search() -> list[tasklet]:
    objects = gc.get_objects()
    kept = _held_by_stacks(objects)
    return [task for task in _unreachable(objects, kept) if task.alive] if kept else []


def _held_by_stacks(objects: list[Any]) -> dict[int, list[int]]:
    """The identities of what the stacks of waiting tasklets hold, by the identity of the tasklet."""
    return {
        id(task): measure(task, _identities_on_stack)
        for task in tasklets_of(scheduler(), objects)
        if task.next is None and not (task.is_current or task.is_main)
    }


def _identities_on_stack(frames: list[HostFrame]) -> list[int]:
    return [identity for frame in frames for identity in frame.identities() if identity]


def _unreachable(objects: list[Any], kept: dict[int, list[int]]) -> list[tasklet]:
    counts = list(map(sys.getrefcount, objects))
    known = dict(zip(map(id, objects), objects, strict=True))
    inside = Counter(map(id, gc.get_referents(*objects)))
    for identities in kept.values():
        inside.update(identities)
    # Tasklets hold the greenlets to which they have switched, and nobody else does.
    stacks = {id(known[identity]._greenlet) for identity in kept}
    reached = {
        identity
        for identity, count in zip(known, counts, strict=True)
        if count - _OWN_REFERENCES > inside[identity] and identity not in stacks
    }
    new = [known[identity] for identity in reached]
    while new:
        found = set(map(id, gc.get_referents(*new)))
        for one in new:
            found.update(kept.get(id(one), ()))
        found = {identity for identity in found if identity in known} - reached
        reached |= found
        new = [known[identity] for identity in found]
    return [known[identity] for identity in kept if identity not in reached]
