"""A tasklet as data: what it would run, where it stands, what it waits for.

In: a tasklet that does not run. Out: a dict, and from it an equal tasklet of the calling thread's scheduler. It is
paused, or waits in its channel; whoever wants it to run inserts it.
"""

from __future__ import annotations

from typing import Any

from kaa.microthreads.chains import NOTHING, Outcome, check_chain, freeze_tasklet
from kaa.microthreads.channels import channel
from kaa.microthreads.tasklets import scheduler, tasklet, watch_each

_OF_THIS_PROCESS = (
    "_scheduler",
    "_strand",
    "_greenlet",
    "_root",
    "_place",
    "_at_end",
    "_before",
    "_behind",
    "next",
    "prev",
)
PRESERVE_TRACING_STATE, PRESERVE_AG_FINALIZER = 1, 2
"""Flags: whether trace functions travel, and what an event loop has asynchronous generators finalized by."""


def tasklet_state(task: tasklet) -> dict[str, Any]:
    """All of a tasklet that can travel.

    Raises:
        ValueError: it runs, it is another thread's, or one of its frames cannot be stored; the message names it.
    """
    state = {name: value for name, value in vars(task).items() if name not in _OF_THIS_PROCESS}
    if task._has_begun and task._scheduler is not scheduler():
        raise ValueError(f"{task!r} is a tasklet of another thread, which alone can store it")
    if not scheduler().pickle_flags & PRESERVE_TRACING_STATE:
        state.pop("_watchers", None)
    chain, outcome = freeze_tasklet(task)
    return state | {"_chain": chain, "_outcome": None if outcome is NOTHING else tuple(outcome)}


def empty(kind: type) -> Any:
    """A tasklet or channel of a class, in no state yet."""
    if issubclass(kind, tasklet):
        return tasklet.__new__(kind)
    if not issubclass(kind, channel):
        raise ValueError(f"{kind!r} is neither a tasklet nor a channel")
    return object.__new__(kind)


def fill_tasklet(task: tasklet, state: dict[str, Any]) -> None:
    """Put a new tasklet into a state. ValueError if it can be none."""
    chain, outcome = state["_chain"], state["_outcome"]
    if type(chain) is not list or (chain and outcome is None):
        raise ValueError("a stored tasklet lacks its frames, or what they wait for")
    check_chain(chain)
    vars(task).update({name: value for name, value in state.items() if name not in _OF_THIS_PROCESS})
    task._outcome = NOTHING if outcome is None else Outcome(*outcome)
    if "_watchers" in state:
        watch_each()
