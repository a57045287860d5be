"""How what belongs to an event loop of asyncio's travels: by what makes the same in the loop in which it is loaded.

In: futures, tasks, timers, loops. Out: what a reducer of `pickle`'s gives.

A loop arrives as the running one; a future without those who want to be told of its end, but for what asyncio groups
tasks by; a task as a new one, which goes on with its coroutine. A timer has as long to go as it had when it was
stored, so that `await asyncio.sleep(10)` sleeps for the rest of its time.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

type Reduced = tuple[Any, ...]
"""A function, its arguments, and what else a `__reduce__` may give."""


def of_asyncio(kind: type) -> Callable[[Any], Reduced] | None:
    """What takes an object of a type apart, if it belongs to an event loop. asyncio is not loaded for this."""
    if (found := _REDUCERS.get((kind.__module__, kind.__name__))) is not None or "asyncio" not in sys.modules:
        return found
    import asyncio

    if issubclass(kind, asyncio.AbstractEventLoop):
        return _reduce_loop
    return _reduce_future if issubclass(kind, asyncio.Future) and not issubclass(kind, asyncio.Task) else None


def _reduce_loop(loop: Any) -> Reduced:
    import asyncio

    return asyncio.get_running_loop, ()


def _reduce_timer(timer: Any) -> Reduced:
    loop = timer._loop
    is_due = timer in getattr(loop, "_ready", ())  # its time has come, its turn has not
    if timer.cancelled() or not (timer._scheduled or is_due):
        return _make_timer, (None, bool)
    return _make_timer, (max(0.0, timer.when() - loop.time()), timer._callback, *timer._args)


def _make_timer(delay: float | None, function: Any, *arguments: Any) -> Any:
    """A timer with so many seconds to go; with None, one that was cancelled or has done what it was for."""
    import asyncio

    timer = asyncio.get_running_loop().call_later(delay or 0.0, function, *arguments)
    if delay is None:
        timer.cancel()
    return timer


def _reduce_future(future: Any) -> Reduced:
    if not future.done():
        return _make_future, (type(future),), _state(future), None, None, _set_state
    if future.cancelled():
        return _make_future, (None, "cancel")
    if (error := future.exception()) is not None:
        return _make_future, (None, "set_exception", error)
    return _make_future, (None, "set_result", future.result())


def _make_future(kind: type | None, outcome: str = "", *value: Any) -> Any:
    import asyncio

    future: Any = asyncio.Future.__new__(kind or asyncio.Future)
    asyncio.Future.__init__(future, loop=asyncio.get_running_loop())
    if outcome in ("cancel", "set_result", "set_exception"):
        getattr(future, outcome)(*value)
    return future


def _reduce_task(task: Any) -> Reduced:
    if task.done():
        return _reduce_future(task)
    return _make_task, (task.get_coro(), task.get_name()), _state(task), None, None, _set_state


def _make_task(coroutine: Any, name: str) -> Any:
    import asyncio

    return asyncio.get_running_loop().create_task(coroutine, name=name)


type State = tuple[dict[str, Any], list[Callable[..., Any]]]


def _state(future: Any) -> State:
    """What one that has not ended has beside that: the attributes of a subclass of its type, and those of asyncio's own
    that are told of its end (a `TaskGroup`, a `gather`). Who awaits it will do so again.
    """
    told = [function for function, _ in future._callbacks or () if _is_structure(function)]
    attributes: Any = object.__getstate__(future)  # it has a dict that cannot be asked for
    return attributes or {}, told


def _is_structure(function: Any) -> bool:
    """Whether this belongs to a group of tasks; `asyncio.run` does not."""
    module = getattr(function, "__module__", None) or ""
    return module.startswith("asyncio.") and module != "asyncio.base_events"


def _set_state(future: Any, state: State) -> None:
    attributes, told = state
    for name, value in attributes.items():
        setattr(future, name, value)
    for function in told:
        future.add_done_callback(function)


def _reduce_waiting(waiting: Any) -> Reduced:
    """What a coroutine that awaits a future holds."""
    for future in gc.get_referents(waiting):
        if hasattr(type(future), "_asyncio_future_blocking"):
            return iter, (future,)
    raise ValueError(f"{waiting!r} has ended")


_REDUCERS: dict[tuple[str, str], Callable[[Any], Reduced]] = {
    ("_asyncio", "Future"): _reduce_future,
    ("_asyncio", "Task"): _reduce_task,
    ("_asyncio", "FutureIter"): _reduce_waiting,
    ("asyncio.events", "TimerHandle"): _reduce_timer,
}
"""By the module and the name of the type."""
