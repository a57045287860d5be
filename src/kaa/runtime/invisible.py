"""Functions whose frames no traceback shows.

Between the guest's frames stand a few of Kaa's own: `compile` is a Python function here, and so is what reads
a cache. CPython's built-ins leave no frame in a traceback, in `sys._getframe` or in a warning's place, and
neither may these.

The host has a rule that makes this possible: a frame counts from its `RESUME` instruction on. Before it the
frame is still being built, so tracebacks, `sys._getframe`, `warnings`, tracing and the built-ins that look at
their caller all pass it over (`_PyFrame_IsIncomplete` in CPython's `pycore_frame.h`). A code object that has
no `RESUME` at all is therefore never seen.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

_NOP, _RESUME = 30, 149
"""Numbers of instructions; `kaa.bytecode.instructions`, which says so, is not for start-up."""


def invisible[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Make the frames of a plain function invisible; usable as a decorator.

    The function itself is changed and handed back. It must not be a generator: those are resumed by `RESUME`.
    """
    plain: Any = function
    plain.__code__ = without_resume(plain.__code__)
    return function


def without_resume(code: CodeType) -> CodeType:
    """The same code with its `RESUME`, of which a function has one near its start, made a `NOP`."""
    units = code.co_code
    for offset in range(0, len(units), 2):
        if units[offset] == _RESUME:
            return code.replace(co_code=units[:offset] + bytes((_NOP, 0)) + units[offset + 2 :])
    return code
