"""Instructions for attributes."""

from types import MethodType
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import guest_frame


def LOAD_ATTR(frame: Frame, argument: tuple[str, int]) -> None:
    name, for_call = argument
    push_attribute(frame, getattr(frame.pop(), name), for_call)


def push_attribute(frame: Frame, value: Any, for_call: int) -> None:
    """Push an attribute; for a call, push a method apart from its self."""
    if not for_call:
        frame.push(guest_frame(value))
    elif type(value) is MethodType:
        frame.push(value.__func__)
        frame.push(value.__self__)
    else:
        frame.push(value)
        frame.push(NULL)


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
    push_attribute(frame, getattr(proxy, name), flags & 1)
