"""Tracebacks of guest frames.

`BaseException.__traceback__` holds nothing but the host's own traceback objects, and they hold nothing but the
host's frames. So an entry for a guest frame is a genuine traceback whose frame is a *carrier*: a host frame that
never runs, with the guest code's name, file and line table, and the guest frame in its only variable. What prints
tracebacks in C or on the host shows exactly the guest's positions, and guest code that asks for `tb_frame` gets
the guest frame (`guest_frame`).
"""

from __future__ import annotations

import types
from typing import Any

from kaa.bytecode import opcodes
from kaa.reference.frame import Frame
from kaa.reference.places import KAA

_CARRIED = ".guest frame"
_OPTIMIZED, _NEW_LOCALS, _GENERATOR = 0x1, 0x2, 0x20
_HIDDEN = (KAA, "<boundary>")


def _carrier_code(code: types.CodeType) -> types.CodeType:
    """A code object that shows the same positions, and whose call makes a generator and runs nothing."""
    return code.replace(
        co_code=bytes([opcodes.RETURN_GENERATOR, 0]) + code.co_code[2:],
        co_flags=_OPTIMIZED | _NEW_LOCALS | _GENERATOR,
        co_argcount=1,
        co_posonlyargcount=0,
        co_kwonlyargcount=0,
        co_nlocals=1,
        co_varnames=(_CARRIED,),
        co_cellvars=(),
        co_freevars=(),
        co_stacksize=code.co_stacksize + 1,
    )


def entry(following: types.TracebackType | None, frame: Frame, offset: int) -> types.TracebackType:
    """A traceback entry for an instruction offset of a guest frame, in front of the entries that follow."""
    return types.TracebackType(following, carrier_of(frame), 2 * offset, -1)  # the host works the line out


def carrier_of(frame: Frame) -> types.FrameType:
    """A new carrier of a guest frame."""
    program = frame.program
    if program.carrier is None:
        program.carrier = _carrier_code(frame.code)
    carrier: types.FrameType = types.FunctionType(program.carrier, frame.globals)(frame).gi_frame
    return carrier


def is_carrier(frame: Any) -> bool:
    """True for the frames that `entry` makes."""
    return bool(frame.f_code.co_varnames[:1] == (_CARRIED,))


def guest_frame(frame: Any) -> Any:
    """The guest frame that a host frame carries; any other frame as it is."""
    if type(frame) is types.FrameType and is_carrier(frame):
        return frame.f_locals[_CARRIED]
    return frame


def guest_view(owner: Any, value: Any) -> Any:
    """An attribute that is a frame or a traceback, as guest code is to see it."""
    if type(value) is types.TracebackType and isinstance(owner, BaseException):
        clean(owner)
        return owner.__traceback__
    return guest_frame(value)


def clean(error: BaseException) -> bool:
    """Take Kaa's own frames out of an exception's traceback. True if no guest frame had seen the exception."""
    kept = []
    position = error.__traceback__
    while position is not None and not is_carrier(position.tb_frame):
        if not position.tb_frame.f_code.co_filename.startswith(_HIDDEN):
            kept.append(position)
        position = position.tb_next
    fresh = position is None
    for shown in reversed(kept):
        position = types.TracebackType(position, shown.tb_frame, shown.tb_lasti, shown.tb_lineno)
    error.__traceback__ = position
    return fresh


def guest_traceback(error: BaseException) -> types.TracebackType | None:
    """Leave only what a user may see in the tracebacks of an exception and of those it is chained to."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            clean(one)
            waiting += [one.__context__, one.__cause__]
            if isinstance(one, BaseExceptionGroup):
                waiting += one.exceptions
    return error.__traceback__
