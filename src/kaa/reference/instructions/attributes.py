"""Instructions for attributes."""

from types import MethodType
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import SEEN_THROUGH, guest_view


def LOAD_ATTR(frame: Frame, argument: tuple[str, int]) -> None:
    name, for_call = argument
    owner = frame.pop()
    value = getattr(owner, name)
    if for_call:
        push_for_call(frame, value)
    else:
        frame.push(guest_view(owner, value) if type(value) in SEEN_THROUGH else value)


def push_for_call(frame: Frame, value: Any) -> None:
    """Push what is to be called: a method apart from its self, anything else with NULL."""
    if type(value) is MethodType:
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
    value = getattr(proxy, name)
    if flags & 1:
        push_for_call(frame, value)
    else:
        frame.push(value)
