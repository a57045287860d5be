"""What is handed to a tasklet that waits: it lies in its `tempval` until it runs.

An exception that is thrown comes as a `bomb`. What comes by a channel lies in a tuple, its parcel, since it may be one.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from kaa.runtime.invisible import invisible

ABSENT: Any = object()
"""Of an argument that was not given."""


class TaskletExit(SystemExit):
    """Ends a tasklet quietly."""


class bomb:
    """An exception on its way to the tasklet in which it will be raised."""

    def __init__(
        self,
        exc_type: Any = None,
        exc_value: Any = None,
        exc_traceback: TracebackType | None = None,
    ) -> None:
        self.type, self.value, self.traceback = exc_type, exc_value, exc_traceback

    @invisible
    def error(self) -> BaseException:
        """The exception, ready to be raised."""
        kind, value = self.type, self.value
        if isinstance(kind, BaseException):
            error = kind
        elif isinstance(value, BaseException):
            error = value
        elif value is None:
            error = kind()
        else:
            error = kind(*value) if isinstance(value, tuple) else kind(value)
        return error if self.traceback is None else error.with_traceback(self.traceback)

    def __reduce__(self) -> Any:
        return bomb, (self.type, self.value)  # tracebacks stay here, as those of pickled exceptions do
