"""Templates for `match` statements."""

from __future__ import annotations

from kaa.baseline.frames import proceed
from kaa.baseline.holes import NEXT, OPARG, Jump, Stack
from kaa.baseline.objects import None_, boolean, decref, here, new
from kaa.baseline.template import template
from kaa.baseline.unwinding import raised
from kaa.native.externs import _PyEval_MatchClass, _PyEval_MatchKeys
from kaa.native.intrinsics import unlikely
from kaa.native.layouts import Frame, ThreadState
from kaa.native.types import i32

SEQUENCE, MAPPING = 1 << 5, 1 << 6
"""`tp_flags` of the types that sequence and mapping patterns accept."""


@template()
def MATCH_SEQUENCE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = boolean(i32(sp[-1].ob_type.tp_flags & SEQUENCE))
    return NEXT(sp + 1)


@template()
def MATCH_MAPPING(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = boolean(i32(sp[-1].ob_type.tp_flags & MAPPING))
    return NEXT(sp + 1)


@template()
def MATCH_KEYS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    values = _PyEval_MatchKeys(thread, sp[-2], sp[-1])
    if unlikely(not values):
        return raised(frame, sp, thread)
    sp[0] = values
    return proceed(frame, sp + 1, thread)


@template()
def MATCH_CLASS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    subject, kind, names = sp[-3], sp[-2], sp[-1]
    attributes = _PyEval_MatchClass(thread, subject, kind, OPARG, names)
    decref(subject)
    decref(kind)
    decref(names)
    if attributes:
        sp[-3] = attributes
    else:
        if thread.current_exception:
            return raised(frame, sp - 3, thread)
        sp[-3] = new(None_)
    return proceed(frame, sp - 2, thread)
