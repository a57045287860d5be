"""Instructions for attributes."""

from types import MethodType

from kaa.reference.calls import go_on
from kaa.reference.frame import Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import guest_view


def LOAD_ATTR(frame: Frame, name: str) -> None:
    frame.stack.append(getattr(frame.stack.pop(), name))


def LOAD_METHOD(frame: Frame, name: str) -> None:
    value = getattr(frame.stack.pop(), name)
    if type(value) is MethodType:
        frame.stack.append(value.__func__)
        frame.stack.append(value.__self__)
    else:
        frame.stack.append(value)
        frame.stack.append(NULL)


def LOAD_VIEW(frame: Frame, name: str) -> None:
    """LOAD_ATTR of a name under which the host may have one of its own frames or tracebacks."""
    owner = frame.stack.pop()
    frame.stack.append(guest_view(owner, getattr(owner, name)))


def STORE_ATTR(frame: Frame, name: str) -> Frame | None:
    watched = frame.thread.watched
    owner = frame.stack.pop()
    setattr(owner, name, frame.stack.pop())
    return go_on(frame, watched)  # a tasklet may have given itself a trace function


def DELETE_ATTR(frame: Frame, name: str) -> None:
    delattr(frame.stack.pop(), name)


def LOAD_SUPER_ATTR(frame: Frame, argument: tuple[str, int]) -> None:
    name, flags = argument
    instance = frame.stack.pop()
    cls = frame.stack.pop()
    make = frame.stack.pop()
    if make is super:
        proxy = super(cls, instance)
    else:
        proxy = frame.call(make, cls, instance) if flags & 2 else frame.call(make)
    frame.stack.append(proxy)
    if flags & 1:
        LOAD_METHOD(frame, name)
    else:
        LOAD_ATTR(frame, name)
