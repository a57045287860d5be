"""Signals reach guest code between guest instructions.

The host runs a signal's handler wherever it happens to be, and that is mostly inside the machine, where an
exception would come at the wrong time. So `take_over` puts `_deliver` in the place of guest handlers. It calls the
guest's handler at once if the host was in a call on the guest's behalf (such a call may block, and must be
interrupted); else it notes the signal down, and the next RESUME or JUMP_BACKWARD calls the handler, as the host's
own loop does.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # not in the stubs
import signal
import threading
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kaa.reference import calls
from kaa.reference.builtins import answers
from kaa.reference.frame import Frame
from kaa.reference.places import KAA
from kaa.reference.program import HANDLERS

if TYPE_CHECKING:
    from kaa.reference.machine import Machine

PENDING: list[int] = []
"""The numbers of signals that wait for the next RESUME or JUMP_BACKWARD; and COUNTING for each thread that counts."""

COUNTING = 0
"""No signal has this number."""

tickers: dict[int, Callable[[], None]] = {}
"""By thread: what counts its RESUMEs and JUMP_BACKWARDs."""

_handlers: dict[int, Callable[[int, Any], Any]] = {}
"""The guest's handlers, of the signals that `_deliver` gets."""

_machines: list[Machine] = []
"""The machine that runs them, once one has taken over."""

_BLOCKING = ("FOR_ITER", "GET_ITER", "LIST_EXTEND", "BINARY_OP", "CONTAINS_OP", "IMPORT_NAME")
"""Instructions that may wait for the host, apart from calls."""

_waiting: set[types.CodeType] = set()
"""Where the machine waits for the host on the guest's behalf, and may be interrupted."""


def take_over(machine: Machine) -> None:
    """Send what Ctrl-C raises to guest code."""
    _machines[:] = [machine]
    functions: list[Any] = [calls.call_builtin, calls.call_host, calls.call_descriptor]
    functions += [HANDLERS[name] for name in _BLOCKING]
    _waiting.update(function.__code__ for function in functions)
    if (
        threading.current_thread() is threading.main_thread()
        and _signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        _handlers[signal.SIGINT] = signal.default_int_handler
        _signal.signal(signal.SIGINT, _deliver)


def _deliver(number: int, host_frame: types.FrameType | None) -> None:
    """The host's side of every guest handler."""
    waiting = host_frame is None or (
        not host_frame.f_code.co_filename.startswith(KAA) or host_frame.f_code in _waiting
    )
    if waiting or _machines[0].thread.frame is None:
        _handle(number)
    else:
        PENDING.append(number)


def handle_pending() -> None:
    """Call the handlers of the signals that have come in, in the main thread, where handlers run; and count."""
    thread = threading.get_ident()
    if thread == threading.main_thread().ident:
        while (number := next(filter(None, PENDING), COUNTING)) != COUNTING:
            PENDING.remove(number)
            _handle(number)
    if thread in tickers:
        tickers[thread]()


def _handle(number: int) -> None:
    machine = _machines[0]
    machine.call(_handlers[number], (number, machine.thread.guest_frame))


@answers(_signal.signal)
def _signal_signal(_: Frame, number: int, handler: Any, /) -> Any:
    """`signal.signal`: guest handlers are ours to call."""
    if not _machines or not callable(handler):
        previous = _signal.signal(number, handler)
    else:
        previous = _signal.signal(number, _deliver)
    if previous is _deliver:
        previous = _handlers.get(number)
    if callable(handler):
        _handlers[int(number)] = handler
    return previous


@answers(_signal.getsignal)
def _signal_getsignal(_: Frame, number: int, /) -> Any:
    handler: Any = _signal.getsignal(number)
    return _handlers[int(number)] if handler is _deliver else handler
