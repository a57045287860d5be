"""greenlet, imported in such a way that a later import of the guest's own can be seen.

A carrier's greenlet runs one tasklet after another (`switching`). Greenlets that a program makes itself have the one
that runs for a parent, and programs remember it by `getcurrent()`: so once a program imports greenlet, each tasklet
has to stay in one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from kaa.runtime import extra_modules

is_guests = "greenlet" in sys.modules
"""Whether the guest had imported it before."""

from greenlet import GreenletExit, getcurrent, greenlet  # type: ignore[import-untyped]  # noqa: E402  # it has no stubs

__all__ = ["GreenletExit", "getcurrent", "greenlet", "is_guests", "tell_of_import"]

if not is_guests:
    for name in [name for name in sys.modules if name.partition(".")[0] == "greenlet"]:
        del sys.modules[name]  # to import it again makes the same classes


def tell_of_import(act: Callable[[], object]) -> None:
    """Call something when the guest imports it."""
    extra_modules.heralds["greenlet"] = act
