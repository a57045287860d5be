"""Instructions that make functions, and the one that a function starts with."""

from types import CodeType

from kaa.bytecode.instructions import FUNCTION_ATTRIBUTES
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.program import NULL
from kaa.reference.signals import PENDING, handle_pending

_AFTER_YIELD_FROM = 2  # RESUME_POINTS: from here on, signals wait for what the generator delegates to


def RESUME(_: Frame, point: int) -> None:
    if PENDING and point & 3 < _AFTER_YIELD_FROM:
        handle_pending()


def MAKE_FUNCTION(frame: Frame, _: int) -> None:
    code: CodeType = frame.stack.pop()
    frame.stack.append(Function(frame.thread.machine, code, frame.globals, frame.builtins))


def SET_FUNCTION_ATTRIBUTE(frame: Frame, attribute: int) -> None:
    function = frame.stack.pop()
    name = FUNCTION_ATTRIBUTES[attribute]
    slot = "_annotations" if name == "__annotations__" else name
    object.__setattr__(function, slot, frame.stack.pop())
    frame.stack.append(function)


def LOAD_BUILD_CLASS(frame: Frame, _: int) -> None:
    build = frame.builtins.get("__build_class__", NULL)
    if build is NULL:
        raise NameError("__build_class__ not found")
    frame.stack.append(build)
