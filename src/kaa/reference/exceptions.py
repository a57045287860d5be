"""What happens to an exception: its traceback and context, and the way to the frame that handles it.

In: the frame in which it was raised. Out: the frame to go on in, at the handler that the code's exception table
names; or the host's frame, when the way out leads over a boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kaa.reference import tracing
from kaa.reference.frame import HOST_FRAME, Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import clean, entry

if TYPE_CHECKING:
    from kaa.reference.machine import Thread


def raised(thread: Thread, error: BaseException) -> Frame:
    """An instruction of the current frame raised an exception, itself or in something that it called."""
    frame = thread.frame
    assert frame is not None
    if clean(error):
        _clean_chain(error)
        chain(_innermost(error), frame.exception)
    return unwind(frame, error)


def _clean_chain(error: BaseException) -> None:
    context = error.__context__
    seen = {id(error)}
    while context is not None and id(context) not in seen:
        seen.add(id(context))
        clean(context)
        context = context.__context__


def _innermost(error: BaseException) -> BaseException:
    """C code may have chained a new exception to others: the one at the far end."""
    seen = {id(error)}
    while error.__context__ is not None and id(error.__context__) not in seen:
        error = error.__context__
        seen.add(id(error))
    return error


def chain(error: BaseException, handled: BaseException | None) -> None:
    """Make the exception that was being handled the context of a new one, without ever closing a circle."""
    if handled is None or handled is error:
        return
    position = handled
    seen = {id(handled)}
    while position.__context__ is not None:
        if position.__context__ is error:
            position.__context__ = None
            break
        position = position.__context__
        if id(position) in seen:
            break
        seen.add(id(position))
    error.__context__ = handled


def unwind(frame: Frame, error: BaseException, *, again: bool = False, reported: int | None = None) -> Frame:
    """Leave frames until one handles the exception.

    `again`: it was raised before in this very frame, which stands in its traceback already. `reported`: the
    offset that the handler is to be told, if it is not that of the current instruction.
    """
    while not frame.is_boundary:
        offset = frame.current
        observer = frame.thread.machine.observer
        if observer is not None:
            observer.raised(frame, error)
        if not again:
            error.__traceback__ = entry(error.__traceback__, frame, max(offset, 0))
            if frame.thread.watched:
                tracing.event(frame.thread, frame, "exception", (type(error), error, error.__traceback__))
        handler = frame.program.exception_handler(offset)
        if handler is not None:
            del frame.stack[handler.depth :]
            if handler.lasti:
                frame.stack.append(offset if reported is None else reported)
            frame.stack.append(error)
            frame.next = handler.target
            return frame
        if reported is not None:
            frame.next = frame.program.instructions[reported][2]  # which is what the frame says its line is
        if frame.thread.watched:
            tracing.left(frame.thread, frame, None)
        frame.release()
        caller, carried_out = frame.caller, frame.carries_out
        assert caller is not None
        frame = caller
        frame.thread.frame = frame
        if carried_out is not None and frame.thread.watched:
            tracing.profile(frame.thread, frame, "c_exception", carried_out)
        again, reported = False, None
    frame.fail(error)
    return HOST_FRAME


def raise_again(frame: Frame) -> Frame:
    """A bare `raise`."""
    error = frame.exception
    if error is None:
        raise RuntimeError("No active exception to reraise")
    return unwind(frame, error, again=True)


def raise_new(frame: Frame, raised_value: Any, cause: Any) -> Frame:
    """`raise value` or `raise value from cause` (NULL: without)."""
    error = _instance(frame, raised_value)
    if error is None:
        raise TypeError("exceptions must derive from BaseException")
    if cause is not NULL:
        if cause is None:
            error.__cause__ = None
        else:
            error.__cause__ = _instance(frame, cause)
            if error.__cause__ is None:
                raise TypeError("exception causes must derive from BaseException")
    clean(error)
    chain(error, frame.exception)
    return unwind(frame, error)


def _instance(frame: Frame, value: Any) -> BaseException | None:
    """An exception, made if a class of exceptions is given; None for anything else."""
    if isinstance(value, type) and type.__subclasscheck__(BaseException, value):
        error = frame.call(value)
        if not isinstance(error, BaseException):
            raise TypeError(
                f"calling {value!r} should have returned an instance of BaseException, not {type(error)!r}"
            )
        return error
    return value if isinstance(value, BaseException) else None


def matches(error: BaseException, kind: Any) -> bool:
    """True if `except kind` catches an exception: by inheritance alone."""
    if isinstance(kind, tuple):
        return any(matches(error, one) for one in kind)
    return type.__subclasscheck__(kind, type(error))


def check_catchable(kind: Any) -> None:
    """Refuse what cannot stand behind `except`."""
    for one in kind if isinstance(kind, tuple) else (kind,):
        if not (isinstance(one, type) and type.__subclasscheck__(BaseException, one)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")


def check_catchable_group(kind: Any) -> None:
    """Refuse what cannot stand behind `except*`."""
    check_catchable(kind)
    for one in kind if isinstance(kind, tuple) else (kind,):
        if type.__subclasscheck__(BaseExceptionGroup, one):
            raise TypeError("catching ExceptionGroup with except* is not allowed. Use except instead.")


def split_group(frame: Frame, error: Any, kind: Any) -> tuple[Any, Any]:
    """What `except* kind` catches of an exception, and the rest; None for nothing."""
    if error is None:
        return None, None
    if matches(error, kind):
        if isinstance(error, BaseExceptionGroup):
            return error, None
        return BaseExceptionGroup("", (error,)), None  # a naked exception is wrapped
    if isinstance(error, BaseExceptionGroup):
        pair = frame.call(error.split, kind)
        name = type(error).__name__
        if not isinstance(pair, tuple):
            raise TypeError(f"{name}.split must return a tuple, not {type(pair).__name__}")
        if len(pair) < 2:
            raise TypeError(f"{name}.split must return a 2-tuple, got tuple of size {len(pair)}")
        return pair[0], pair[1]
    return None, error


def merge_raised(original: Any, raised_errors: list[Any]) -> Any:
    """After all clauses of an `except*`: one exception of what they raised and what none of them caught.

    What was raised again comes as parts of the original group; they are put together as they were in it.
    """
    if not raised_errors:
        return None
    if not isinstance(original, BaseExceptionGroup):
        return raised_errors[0]
    new = []
    kept: set[int] = set()
    for error in raised_errors:
        if error is None:
            continue
        if _is_part(error, original):
            kept.update(map(id, _leaves(error)))
        else:
            new.append(error)
    rest = original.split(lambda error: id(error) in kept)[0] if kept else None
    if not new:
        return rest
    if rest is not None:
        new.append(rest)
    return new[0] if len(new) == 1 else BaseExceptionGroup("", new)


def _is_part(error: BaseException, group: BaseException) -> bool:
    """True for what `split` has made of a group: it carries the group's own metadata."""
    return (
        isinstance(error, BaseExceptionGroup)
        and getattr(error, "__notes__", None) is getattr(group, "__notes__", None)
        and error.__traceback__ is group.__traceback__
        and error.__cause__ is group.__cause__
        and error.__context__ is group.__context__
    )


def _leaves(error: BaseException) -> list[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for one in error.exceptions for leaf in _leaves(one)]


def raised_by(function: Callable[..., Any], *arguments: Any) -> tuple[Any, BaseException | None]:
    """A call's result and None, or None and the exception that it raised, no longer being handled."""
    try:
        return function(*arguments), None
    except BaseException as error:
        clean(error)
        return None, error
