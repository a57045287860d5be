"""Keeping debuggers and profilers of the guest's out of Kaa's own functions.

In: nothing; out: a call that undoes it. What the host does in C (compiling, say) is Python here, and a trace function,
a profiler or a tool of `sys.monitoring` would be told of every line of it. The host has a counter for each thread that
says how often it is not to be watched (`PyThreadState_EnterTracing`); trace functions themselves run under it.
"""

from __future__ import annotations

import sys
from _functools import partial  # type: ignore[import-not-found]  # typeshed does not know it
from _weakref import ref

from kaa.native.host_library import Address, Object, python_function
from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

_TOOLS = range(6)
"""What `sys.monitoring` numbers its tools by."""

# Made beforehand: making them runs functions that would be seen.
_this_thread = python_function("PyThreadState_Get", Address)
_enter_tracing = python_function("PyThreadState_EnterTracing", None, Address)
_leave_tracing = python_function("PyThreadState_LeaveTracing", None, Address)
_leave_tracing_at_death = python_function("PyThreadState_LeaveTracing", None, Address, Object)
"""The same with the argument of a weak reference's callback, which nobody reads."""

_waiting: Final[list[ref[object]]] = []


@invisible
def unwatch() -> Callable[[], object] | None:
    """Stop the watching of the calling thread: what starts it again, or None if nothing watches."""
    if sys.gettrace() is None and sys.getprofile() is None and not _is_monitored():
        return None
    thread = _this_thread()
    _enter_tracing(thread)
    again: Callable[[], object] = partial(_leave_tracing, thread)
    return again


@invisible
def unwatch_while_alive(thing: object) -> None:
    """Stop the watching of the calling thread for as long as an object lives that a weak reference can refer to."""
    thread = _this_thread()
    _enter_tracing(thread)
    _waiting.append(ref(thing, partial(_leave_tracing_at_death, thread)))


@invisible
def _is_monitored() -> bool:
    for tool in _TOOLS:  # noqa: SIM110  (a generator expression would be seen)
        if sys.monitoring.get_tool(tool) is not None:
            return True
    return False


@invisible
def unwatched[R](function: Callable[..., R], *arguments: Any, **keywords: Any) -> R:
    """Call a function of Kaa's; its errors come without a frame and a context of Kaa's own."""
    watch_again = unwatch()
    try:
        return function(*arguments, **keywords)
    except BaseException as error:
        failure = error
    finally:
        if watch_again is not None:
            watch_again()
    failure.__traceback__ = None
    failure.__context__ = None
    raise failure
