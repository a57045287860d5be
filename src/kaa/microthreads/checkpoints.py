"""Durable programs: all tasklets of a scheduler in a file, and from it, in another process, at work again.

In: a path. Out: a file as `storage` writes it, whole or not at all; and tasklets that go on where they were.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from kaa.microthreads.storage import restore, save
from kaa.microthreads.tasklets import scheduler, tasklet


def checkpoint(path: str | os.PathLike[str], value: Any = None) -> int:
    """Store all tasklets of the calling thread's scheduler but the main one, and a value; how many there are.

    The file is written in one step, as by `save`. What the tasklets and the value share, stays shared.

    Raises:
        RuntimeError: a tasklet other than the main one calls: it is running.
        ValueError, TypeError: something cannot be stored; nothing is written then.
    """
    mine = scheduler()
    if mine.current is not mine.main:
        raise RuntimeError("a checkpoint can be made from the main tasklet only")
    runnable = []
    task = mine.main.next
    while task is not mine.main and task is not None:
        runnable.append(task)
        task = task.next
    others = [
        found
        for found in gc.get_objects()
        if isinstance(found, tasklet) and found._scheduler is mine and found.alive and found.next is None
    ]
    save(path, (runnable, others, value))
    return len(runnable) + len(others)


def resume(path: str | os.PathLike[str]) -> Any:
    """Make the tasklets of a checkpoint runnable, paused or blocked, as they were; the value stored with them.

    Raises:
        ValueError: the file is cut or damaged, or a frame in it does not fit its code; nothing is used then.
    """
    runnable, _, value = restore(path)
    for task in runnable:
        task.insert()
    return value
