"""What happens to an exception that nobody caught: the rules of CPython's `PyErr_Print`."""

from __future__ import annotations

import os
import sys

from kaa.runtime.invisible import invisible
from kaa.runtime.unwatched import unwatched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kaa.runtime.engines import Engine

FAILURE = 1

#: What `guarded` answers for Ctrl-C, as a shell would. The process itself dies by the signal.
INTERRUPTED = 130


@invisible
def guarded(engine: Engine, action: Callable[..., object], *arguments: object) -> int:
    """Run an action of the guest; report what it raises.

    Returns:
        The exit status: 0, `FAILURE` or `INTERRUPTED`.
    Raises:
        SystemExit: the guest wants to leave, and `-i` does not keep it.
    """
    try:
        action(*arguments)
    except SystemExit as error:
        if not stays():
            raise
        failure: BaseException = error
    except BaseException as error:
        failure = error
    else:
        return 0
    report(engine, failure)
    return INTERRUPTED if isinstance(failure, KeyboardInterrupt) else FAILURE


_inspecting = True


@invisible
def stays() -> bool:
    """Whether the process goes on to the REPL after its program (`-i`, `PYTHONINSPECT`)."""
    if not _inspecting or sys.flags.inspect:
        return _inspecting
    return not sys.flags.ignore_environment and bool(unwatched(os.environ.get, "PYTHONINSPECT"))


def inspects_no_more() -> None:
    """The REPL has begun: from now on an exit leaves."""
    global _inspecting
    _inspecting = False


@invisible
def report(engine: Engine, error: BaseException) -> None:
    """Hand an exception to `sys.excepthook`, as the last exception of the process.

    Raises:
        SystemExit: the hook wants to leave.
    """
    traceback = engine.clean(error)
    sys.last_exc = error
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, traceback
    hook: Any = vars(sys).get("excepthook")
    try:
        sys.audit("sys.excepthook", hook, type(error), error, traceback)
    except RuntimeError:
        return
    if "excepthook" not in vars(sys):
        print("sys.excepthook is missing", file=sys.stderr)
        display(error)
        return
    failure = _failure_of(engine, hook, error)
    if failure is not None:
        engine.clean(failure)
        failure.__context__ = None
        print("Error in sys.excepthook:", file=sys.stderr)
        display(failure)
        print("\nOriginal exception was:", file=sys.stderr)
        display(error)


@invisible
def _failure_of(engine: Engine, hook: Any, error: BaseException) -> BaseException | None:
    """Call the hook; what it raises, other than SystemExit.

    A function of its own, as there may be no memory left. Where an exception leaves the body of an `except ... as`, the
    host's loop makes an int of the place, and without memory it tries that for ever if the place is past the ints
    that exist (256 code units).
    """
    try:
        engine.call(hook, type(error), error, error.__traceback__)
    except SystemExit:
        raise
    except BaseException as raised:
        failure = raised
    else:
        return None
    return failure


def display(error: BaseException) -> None:
    """Print an exception in the default way."""
    sys.__excepthook__(type(error), error, error.__traceback__)
