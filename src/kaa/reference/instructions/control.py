"""Instructions for jumps, loops and returns."""

from functools import partial
from typing import Any

from kaa.reference.frame import HOST_FRAME, Frame
from kaa.reference.generator import Generator
from kaa.reference.program import NULL
from kaa.reference.signals import PENDING, handle_pending


def JUMP_FORWARD(frame: Frame, target: int) -> None:
    frame.next = target


def JUMP_BACKWARD(frame: Frame, target: int) -> None:
    if PENDING:
        handle_pending()
    frame.next = target


def JUMP_BACKWARD_NO_INTERRUPT(frame: Frame, target: int) -> None:
    frame.next = target


def POP_JUMP_IF_FALSE(frame: Frame, target: int) -> None:
    if frame.stack.pop() is False:
        frame.next = target


def POP_JUMP_IF_TRUE(frame: Frame, target: int) -> None:
    if frame.stack.pop() is True:
        frame.next = target


def POP_JUMP_IF_NONE(frame: Frame, target: int) -> None:
    if frame.stack.pop() is None:
        frame.next = target


def POP_JUMP_IF_NOT_NONE(frame: Frame, target: int) -> None:
    if frame.stack.pop() is not None:
        frame.next = target


def GET_ITER(frame: Frame, _: int) -> None:
    frame.stack.append(iter(frame.stack.pop()))


def FOR_ITER(frame: Frame, target: int) -> Frame | None:
    iterator = frame.stack[-1]
    if type(iterator) is Generator and iterator.is_resumable:
        return iterator.resume(frame, None, partial(_generator_ended, target))
    item = next(iterator, NULL)
    if item is NULL:
        _end_loop(frame, target)
    else:
        frame.stack.append(item)
    return None


def _end_loop(frame: Frame, target: int) -> None:
    frame.stack.pop()
    frame.next = target + 2  # behind the END_FOR and the POP_TOP


def _generator_ended(target: int, generator_frame: Frame, _: Any) -> Frame:
    frame = generator_frame.caller
    assert frame is not None
    _end_loop(frame, target)
    return frame


def END_FOR(frame: Frame, _: int) -> None:
    frame.stack.pop()


def RETURN_VALUE(frame: Frame, _: int) -> Frame | None:
    value = frame.stack.pop()
    frame.finished = True
    frame.handled_outside = None
    if frame.generator is not None:
        frame.release()
    finish, caller = frame.finish, frame.caller
    if finish is not None:
        return finish(frame, value)
    assert caller is not None
    caller.stack.append(value)
    return caller


def RETURN_CONST(frame: Frame, constant: Any) -> Frame | None:
    frame.stack.append(constant)
    return RETURN_VALUE(frame, 0)


def INTERPRETER_EXIT(_: Frame, __: int) -> Frame:
    return HOST_FRAME  # which takes the value from the stack


def ENTER_EXECUTOR(frame: Frame, _: int) -> None:
    raise SystemError("the host's own machine code has no meaning here")
