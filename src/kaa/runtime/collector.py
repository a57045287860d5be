"""Keeping the collector out of Kaa's own objects, which live as long as the process.

In: a call before a part of Kaa is loaded, and one after. What was made in between is exempt, where the machine can do
that (`kaa.baseline.collector`): else each full collection of the guest's would follow some ten thousand objects more
than on the host, which are none of the guest's business.
"""

from __future__ import annotations

import gc
from _thread import _count as count_threads

from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

type Loading = tuple[list[object], bool]
"""The first object of what is made while a part is loaded; whether the collector was enabled."""

start: Loading | None = None
"""Of the start of the process."""
exempt_younger: Callable[[object], object] | None = None
"""The machine's way to do it, if it has one."""


@invisible
def begin() -> Loading:
    """Before a part is loaded: no collection comes in between."""
    was_enabled = gc.isenabled()
    gc.disable()
    return [], was_enabled


@invisible
def end(loading: Loading) -> None:
    """After it. If there are other threads, some of what was made is theirs, and nothing is exempt."""
    marker, was_enabled = loading
    if exempt_younger is not None and count_threads() == 0:
        exempt_younger(marker)
    if was_enabled:
        gc.enable()
