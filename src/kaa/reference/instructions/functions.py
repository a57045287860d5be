"""Instructions that make functions, and the one that a function starts with."""

from types import CodeType

from kaa.bytecode.instructions import FUNCTION_ATTRIBUTES
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.program import NULL


def RESUME(frame: Frame, _: int) -> None:
    pass


def MAKE_FUNCTION(frame: Frame, _: int) -> None:
    code: CodeType = frame.pop()
    frame.push(Function(frame.thread.machine, code, frame.globals, frame.builtins))


def SET_FUNCTION_ATTRIBUTE(frame: Frame, attribute: int) -> None:
    function = frame.pop()
    name = FUNCTION_ATTRIBUTES[attribute]
    slot = "_annotations" if name == "__annotations__" else name
    object.__setattr__(function, slot, frame.pop())
    frame.push(function)


def LOAD_BUILD_CLASS(frame: Frame, _: int) -> None:
    build = frame.builtins.get("__build_class__", NULL)
    if build is NULL:
        raise NameError("__build_class__ not found")
    frame.push(build)
