"""Templates that only move values: constants, copies, swaps."""

from __future__ import annotations

from kaa.baseline.holes import CONSTANT, NEXT, OPARG, Jump, Stack
from kaa.baseline.objects import drop, new
from kaa.baseline.template import immortal, template
from kaa.native.intrinsics import NULL
from kaa.native.layouts import Frame, ThreadState


@template()
def NOP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return NEXT(sp)


@template()
def POP_TOP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return drop(frame, sp - 1, thread, sp[-1])


@template()
def END_FOR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return drop(frame, sp - 1, thread, sp[-1])


@template()
def PUSH_NULL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = NULL
    return NEXT(sp + 1)


@template()
def COPY(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = new(sp[-OPARG])
    return NEXT(sp + 1)


@template()
def SWAP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    top = sp[-1]
    sp[-1] = sp[-OPARG]
    sp[-OPARG] = top
    return NEXT(sp)


@template()
def LOAD_CONST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = new(CONSTANT)
    return NEXT(sp + 1)


@immortal("LOAD_CONST")
def LOAD_CONST_immortal(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = CONSTANT
    return NEXT(sp + 1)
