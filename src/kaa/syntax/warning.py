"""Warnings about a source: given as the host's compiler gives its own, from C, and counted."""

import _warnings
from typing import Any

given = 0
"""How many there have been, also those that the filters swallowed: a source with any is compiled anew each time."""


def warn_explicit(*arguments: Any) -> None:
    """`warnings.warn_explicit`, in which the guest has no say but by its filters and by how warnings are shown."""
    count()
    _warnings.warn_explicit(*arguments)


def count() -> None:
    """Remember that a warning is given in another way."""
    global given
    given += 1
