"""Instructions for attributes."""

from types import FrameType, MethodType, TracebackType

from kaa.reference.frame import Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import guest_view


def LOAD_ATTR(frame: Frame, argument: tuple[str, int]) -> None:
    name, for_call = argument
    owner = frame.pop()
    value = getattr(owner, name)
    kind = type(value)
    if for_call:
        if kind is MethodType:
            frame.push(value.__func__)
            frame.push(value.__self__)
        else:
            frame.push(value)
            frame.push(NULL)
    elif kind is FrameType or kind is TracebackType:
        frame.push(guest_view(owner, value))
    else:
        frame.push(value)


def STORE_ATTR(frame: Frame, name: str) -> None:
    owner = frame.pop()
    setattr(owner, name, frame.pop())


def DELETE_ATTR(frame: Frame, name: str) -> None:
    delattr(frame.pop(), name)


def LOAD_SUPER_ATTR(frame: Frame, argument: tuple[str, int]) -> None:
    name, flags = argument
    instance = frame.pop()
    cls = frame.pop()
    make = frame.pop()
    if make is super:
        proxy = super(cls, instance)
    else:
        proxy = frame.call(make, cls, instance) if flags & 2 else frame.call(make)
    frame.push(proxy)
    LOAD_ATTR(frame, (name, flags & 1))
