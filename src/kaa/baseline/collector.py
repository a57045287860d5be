"""The lists of the host's collector: what it need not look at.

Kaa's own objects live as long as the process. While the collector follows them, each full collection of a small program
takes several times as long as on the host.
"""

from __future__ import annotations

from typing import Final

from kaa.native.externs import PyThreadState_Get
from kaa.native.function import native
from kaa.native.intrinsics import address, cast
from kaa.native.layouts import CollectorHead, Object
from kaa.native.types import u64

HEAD_SIZE: Final = 16
"""Bytes from an object's place in a list to the object."""
FLAGS: Final = 3
"""The bits of `_gc_prev` that belong to the object."""


@native
def exempt_younger(marker: Object) -> None:
    """Move the objects that have been made since this one, and no collection has met yet, to those that are never
    collected. Nothing happens if a collection has met the marker.
    """
    interpreter = PyThreadState_Get().interp
    young = cast(CollectorHead, address(interpreter.young))
    permanent = cast(CollectorHead, address(interpreter.permanent))
    mark = cast(CollectorHead, address(marker) - HEAD_SIZE)
    place = cast(CollectorHead, young._gc_next)
    while place != mark:
        if place == young:
            return
        place = cast(CollectorHead, place._gc_next)
    first = cast(CollectorHead, mark._gc_next)
    if first == young:
        return
    last = cast(CollectorHead, young._gc_prev)
    join(mark, young)
    join(cast(CollectorHead, permanent._gc_prev), first)
    join(last, permanent)


@native(inline=True)
def join(left: CollectorHead, right: CollectorHead) -> None:
    """Make two places of a list neighbours."""
    left._gc_next = u64(address(right))
    right._gc_prev = u64(address(left)) | (right._gc_prev & FLAGS)
