"""`import stackless` under Kaa: the names of Stackless Python 3.

In: nothing. Out: tasklets, channels and the functions of the calling thread's scheduler.
`pickle` and `copy` take them from then on (`plain_pickle`), and the host's collector ends tasklets that nothing can
reach (`collection`).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from kaa.microthreads import collection, plain_pickle, tasklets
from kaa.microthreads.channels import channel
from kaa.microthreads.greenlets import tell_of_import
from kaa.microthreads.parcels import ABSENT, TaskletExit, bomb
from kaa.microthreads.preemption import Allowance
from kaa.microthreads.switching import hooks
from kaa.microthreads.tasklet_states import PRESERVE_AG_FINALIZER, PRESERVE_TRACING_STATE
from kaa.microthreads.tasklets import (
    Scheduler,
    look_around,
    of_thread,
    scheduler,
    scheduler_of,
    tasklet,
)
from kaa.runtime.invisible import invisible

__all__ = [
    "PICKLEFLAGS_PRESERVE_AG_FINALIZER", "PICKLEFLAGS_PRESERVE_TRACING_STATE", "TaskletExit", "atomic",
    "bomb", "channel", "enable_softswitch", "get_channel_callback", "get_schedule_callback",
    "get_thread_info", "getcurrent", "getmain", "getruncount", "pickle_flags", "pickle_flags_default",
    "run", "schedule", "schedule_remove", "set_channel_callback", "set_schedule_callback", "switch_trap",
    "tasklet",
]  # fmt: skip

PICKLEFLAGS_PRESERVE_TRACING_STATE, PICKLEFLAGS_PRESERVE_AG_FINALIZER = (
    PRESERVE_TRACING_STATE,
    PRESERVE_AG_FINALIZER,
)
_ALL_FLAGS = PRESERVE_TRACING_STATE | PRESERVE_AG_FINALIZER
plain_pickle.install()
collection.install()
tell_of_import(lambda: enable_softswitch(False))


@invisible
def run(
    timeout: int = 0,
    threadblock: bool = False,
    soft: bool = False,
    ignore_nesting: bool = False,
    totaltimeout: bool = False,
) -> tasklet | None:
    """Run the other tasklets until none is runnable; raises what one of them did not handle.

    With `timeout`, until one has run so many instructions without a switch (with `totaltimeout`: all together), which
    is then paused and given back, in the middle of what it did; with `soft` the next switch comes here, and None back.
    The machines count backward jumps and calls, each as `preemption.STRETCH` instructions. A tasklet that C code has
    called is interrupted only with `ignore_nesting`. With `threadblock` it waits, while there are other threads, for
    what they make runnable.
    """
    mine = scheduler()
    if timeout < 0:
        raise ValueError("timeout must not be negative")
    mine.waits_for_threads = threadblock
    try:
        if not timeout:
            return mine.run()
        return mine.run(Allowance(mine, timeout, soft, ignore_nesting, totaltimeout))
    finally:
        mine.waits_for_threads = False


@invisible
def schedule(retval: Any = ABSENT) -> Any:
    """Let the others run; gives `retval`, or the current tasklet."""
    try:
        mine = of_thread.scheduler
    except AttributeError:
        mine = scheduler()
    current = mine.current
    following = current.next
    if mine.is_plain and following is not current and following is not None:  # as `mine.switch` does
        mine.current = following
        order = mine.swap(current._strand, following._strand, None)
        if order is not None:
            mine.complete(current, order)
        if current.tempval is not None:
            mine.raise_pending()
    else:
        mine.collect()
        mine.schedule()
    return current if retval is ABSENT else retval


@invisible
def schedule_remove(retval: Any = ABSENT) -> Any:
    """The same, paused until somebody inserts the current tasklet again."""
    mine = scheduler()
    mine.leave()
    return mine.current if retval is ABSENT else retval


@invisible
def getcurrent() -> tasklet:
    """The tasklet that runs."""
    return scheduler().current


def getmain() -> tasklet:
    """The main tasklet of this thread."""
    return scheduler().main


def getruncount() -> int:
    """How many tasklets are runnable, the current one among them."""
    return scheduler().runcount


def switch_trap(change: int = 0) -> int:
    """Change the counter that forbids switches while it is not zero; the old value."""
    mine = scheduler()
    before = mine.trap
    mine.trap += change
    mine.look_around()
    return before


def enable_softswitch(flag: Any) -> bool:
    """Whether tasklets may be switched without their C stacks, where none is in the way; the old flag."""
    before, hooks.softswitch = hooks.softswitch, bool(flag)
    look_around()
    return before


def pickle_flags(new_flags: int = 0, mask: int = 0) -> int:
    """Change those of this thread's `PICKLEFLAGS` that are in the mask; the old ones."""
    mine = scheduler()
    before, mine.pickle_flags = mine.pickle_flags, _changed(mine.pickle_flags, new_flags, mask)
    return before


def pickle_flags_default(new_default: int = 0, mask: int = 0) -> int:
    """The same for the threads that use tasklets for the first time from now on."""
    before = Scheduler.pickle_flags
    Scheduler.pickle_flags = _changed(before, new_default, mask)
    return before


@invisible
def _changed(flags: int, new: int, mask: int) -> int:
    if (new & mask) & ~_ALL_FLAGS:
        raise ValueError("unknown pickle flags")
    return flags & ~mask | new & mask


@invisible
def get_thread_info(thread_id: int | None = None) -> tuple[tasklet, tasklet, int]:
    """The main tasklet of a thread, its current one and how many are runnable."""
    mine = scheduler() if thread_id is None else scheduler_of(thread_id)
    return mine.main, mine.current, mine.runcount


def set_schedule_callback(callback: Callable[[Any, Any], Any] | None) -> Any:
    """Have `callback(previous, next)` called at each switch; the old one."""
    before, hooks.schedule = hooks.schedule, _checked(callback)
    look_around()
    return before


def get_schedule_callback() -> Any:
    return hooks.schedule


def set_channel_callback(callback: Callable[[Any, Any, bool, bool], Any] | None) -> Any:
    """Have `callback(channel, tasklet, sending, willblock)` called at each channel action; the old one."""
    before, hooks.channel = hooks.channel, _checked(callback)
    look_around()
    return before


def get_channel_callback() -> Any:
    return hooks.channel


@invisible
def _checked(callback: Any) -> Any:
    if callback is not None and not callable(callback):
        raise TypeError("parameter must be callable or None")
    return callback


class atomic:
    """A context in which the current tasklet is not interrupted."""

    def __enter__(self) -> None:
        self._before = getcurrent().set_atomic(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        getcurrent().set_atomic(self._before)


_DYNAMIC: dict[str, Callable[[], Any]] = {
    "current": getcurrent,
    "main": getmain,
    "runcount": getruncount,
    "threads": lambda: list(tasklets.all_schedulers),
}


@invisible
def __getattr__(name: str) -> Any:
    if name in _DYNAMIC:
        return _DYNAMIC[name]()
    raise AttributeError(f"module 'stackless' has no attribute {name!r}")
