"""Generators and coroutines: frames that can be left and entered again.

A `Resumable` owns a suspended frame. Guest code resumes it without a new loop: FOR_ITER, SEND, `next` and `send`
put its frame on top of the current one (`resume`, `resume_raising`). Host code comes by the methods that the
host's own generators have, and each starts a loop. A frame refers to its generator only while it runs, so that a
dropped generator is finalized at once.

To guest code these are `types.GeneratorType` and `types.CoroutineType`: `__class__` and `type()` say so.
"""

from __future__ import annotations

import sys
import types
import warnings
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kaa.reference import tracing, unraisable
from kaa.reference.calls import BUILTINS
from kaa.reference.descriptors import Absent, Readonly
from kaa.reference.exceptions import chain, raised_by, unwind
from kaa.reference.frame import Finish, Frame
from kaa.reference.program import NULL
from kaa.reference.traceback import clean

if TYPE_CHECKING:
    from kaa.reference.machine import Machine

CREATED, RUNNING, SUSPENDED, CLOSED = "created", "running", "suspended", "closed"


class Resumable:
    """What generators, coroutines and asynchronous generators have in common."""

    __slots__ = ("__name__", "__qualname__", "__weakref__", "code", "delegating", "frame", "machine", "state")
    __qualname__: str
    __module__ = Absent()  # the host's have none
    kind = "generator"

    def __init__(self, frame: Frame) -> None:
        """Take over a frame that RETURN_GENERATOR leaves."""
        self.frame: Frame | None = frame
        frame.owner = weakref.ref(self)
        self.machine = frame.thread.machine
        self.code = frame.code
        self.state = CREATED
        self.delegating = False  # suspended in `yield from` or `await`
        self.__name__ = frame.function.__name__
        self.__qualname__ = frame.function.__qualname__

    # From instructions: the frame that these answer is the one to go on in.

    @property
    def is_resumable(self) -> bool:
        return self.state is SUSPENDED or self.state is CREATED

    def resume(self, caller: Frame, value: Any, finish: Finish | None) -> Frame:
        """Enter the frame with a value sent to it. `finish` gets what it returns in the end."""
        frame = self._enter(caller, finish)
        frame.stack.append(value)
        return frame

    def resume_raising(self, caller: Frame, error: BaseException, finish: Finish | None) -> Frame:
        """Enter the frame by raising an exception in it."""
        frame = self._enter(caller, finish)
        frame.thread.frame = frame
        if frame.thread.watched:
            tracing.entered(frame.thread, frame)
        chain(error, frame.handled)
        return unwind(frame, error)

    def _enter(self, caller: Frame, finish: Finish | None) -> Frame:
        frame = self.frame
        assert frame is not None
        frame.thread = caller.thread
        frame.called_from(caller)
        frame.finish = finish
        frame.generator = self
        self.state = RUNNING
        return frame

    def suspend(self, delegating: bool) -> None:
        """The frame has yielded. `delegating`: on behalf of what it iterates over."""
        frame = self.frame
        assert frame is not None
        frame.caller = frame.finish = frame.handled_outside = frame.generator = None
        self.state = SUSPENDED
        self.delegating = delegating

    def end(self) -> None:
        """The frame has returned or raised, or will never run."""
        self.state = CLOSED
        if self.frame is not None:
            self.frame.finished = True
        self.frame = None

    # From the host.

    def send(self, value: Any, /) -> Any:
        """Resume with a value; StopIteration carries what the frame returns."""
        self.check_send(value)
        boundary = self.machine.boundary()
        return self._result(self.machine.run(boundary, self.resume(boundary, value, None)))

    def check_send(self, value: Any) -> None:
        """Raise what the host raises where the frame cannot be resumed with a value."""
        if self.state is RUNNING:
            raise ValueError(f"{self.kind} already executing")
        if self.state is CLOSED:
            raise self.exhausted()
        if self.state is CREATED and value is not None:
            raise TypeError(f"can't send non-None value to a just-started {self.kind}")

    def exhausted(self) -> BaseException:
        """The error for resuming what has ended."""
        return StopIteration()

    def stop(self, value: Any) -> BaseException:
        """The exception that hands over what the frame returned."""
        return StopIteration() if value is None else StopIteration(value)

    def throw(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> Any:
        """Raise an exception where the frame is suspended."""
        if value is not NULL or traceback is not NULL:
            warnings.warn(
                "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
                DeprecationWarning,
                stacklevel=2,
            )
        return self.throw_exception(exception_to_throw(error, value, traceback))

    def throw_exception(self, error: BaseException, close_delegate: bool = True) -> Any:
        """The same for an exception that is ready. A delegate gets it first; it is closed on GeneratorExit."""
        if self.state is RUNNING:
            raise ValueError(f"{self.kind} already executing")
        delegate = self.delegate
        if delegate is not None:
            if close_delegate and isinstance(error, GeneratorExit):
                error = self._while_running(partial(_close, self.machine, delegate)) or error
            else:
                answer: list[Any] = []
                failure = self._while_running(partial(_throw_into, delegate, error, close_delegate, answer))
                if failure is not None:
                    error = failure
                elif answer:
                    return answer[0]
        return self._raise(error)

    def _while_running(self, act: Callable[[], None]) -> BaseException | None:
        """Do something to the delegate as if from within the frame; the exception that it raised."""
        frame, thread = self.frame, self.machine.thread
        assert frame is not None
        outer, self.state = thread.frame, RUNNING
        frame.caller, thread.frame = outer, frame
        try:
            act()
        except BaseException as error:
            clean(error)
            return error
        finally:
            thread.frame, frame.caller, self.state = outer, None, SUSPENDED
        return None

    def _raise(self, error: BaseException) -> Any:
        if self.state is CLOSED:
            raise self.exhausted_by(error)
        boundary = self.machine.boundary()
        return self._result(self.machine.run(boundary, self.resume_raising(boundary, error, None)))

    def exhausted_by(self, error: BaseException) -> BaseException:
        """The error for throwing into what has ended."""
        return error

    def _result(self, value: Any) -> Any:
        if self.state is CLOSED:
            raise self.stop(value)
        return value

    def close(self) -> Any:
        """Raise GeneratorExit where the frame is suspended; what it returns then."""
        if self.state is RUNNING:
            raise ValueError(f"{self.kind} already executing")
        if self.state is CREATED:
            self.end()
        if self.state is CLOSED:
            return None
        error: BaseException | None = None
        delegate = self.delegate
        if delegate is not None:
            error = self._while_running(partial(_close, self.machine, delegate))
        _, failure = raised_by(self._raise, GeneratorExit() if error is None else error)
        if isinstance(failure, StopIteration):
            return failure.value
        if isinstance(failure, GeneratorExit):
            return None
        if failure is None:
            raise RuntimeError(f"{self.kind} ignored GeneratorExit")
        try:
            raise failure
        finally:
            del failure  # its traceback refers to this frame

    @property
    def delegate(self) -> Any:
        """What `yield from` or `await` is suspended in, or None."""
        if self.state is SUSPENDED and self.delegating:
            assert self.frame is not None
            return self.frame.peek()
        return None

    def __del__(self) -> None:
        try:
            self.finalize()
        except BaseException as error:
            failure = error
        else:
            return
        unraisable.report(self.machine, failure, self)

    def finalize(self) -> None:
        """What happens to a generator that nobody holds any more."""
        if self.state is not RUNNING:
            self.close()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("__name__", "__qualname__") and not isinstance(value, str):
            raise TypeError(f"{name} must be set to a string object")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        setattr(self, name, None)

    def __repr__(self) -> str:
        return f"<{self.kind} object {self.__qualname__} at {id(self):#x}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


class Generator(Resumable):
    """A generator."""

    __slots__ = ()

    def __iter__(self) -> Generator:
        """Implement iter(self)."""
        return self

    def __next__(self) -> Any:
        """Implement next(self)."""
        return self.send(None)

    if not TYPE_CHECKING:
        __class__ = property(lambda self: types.GeneratorType)

    @Readonly
    def gi_frame(self) -> Frame | None:
        return self.frame

    @Readonly
    def gi_code(self) -> types.CodeType:
        return self.code

    @Readonly
    def gi_running(self) -> bool:
        return self.state is RUNNING

    @Readonly
    def gi_suspended(self) -> bool:
        return self.state is SUSPENDED

    @Readonly
    def gi_yieldfrom(self) -> Any:
        return self.delegate


class Coroutine(Resumable):
    """A coroutine: what calling an `async def` function gives."""

    __slots__ = ("cr_origin",)
    kind = "coroutine"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.cr_origin = _origin(frame, sys.get_coroutine_origin_tracking_depth())

    def exhausted(self) -> BaseException:
        return RuntimeError("cannot reuse already awaited coroutine")

    def exhausted_by(self, error: BaseException) -> BaseException:
        return self.exhausted()

    def __await__(self) -> CoroutineWrapper:
        return CoroutineWrapper(self)

    def finalize(self) -> None:
        if self.state is CREATED:
            if not self._warn():
                self.machine.call(
                    warnings.warn, (f"coroutine '{self.__qualname__}' was never awaited", RuntimeWarning)
                )
            self.end()
        else:
            super().finalize()

    def _warn(self) -> bool:
        """Tell, by the library's hook, that nobody awaited this. False if there is no hook or it fails."""
        warn = getattr(sys.modules.get("warnings"), "_warn_unawaited_coroutine", None)
        if warn is None:
            return False
        try:
            self.machine.call(warn, (self,))
            return True
        except BaseException as error:
            failure = error
        unraisable.report(self.machine, failure, self)
        return isinstance(failure, RuntimeWarning)

    if not TYPE_CHECKING:
        __class__ = property(lambda self: types.CoroutineType)

    @Readonly
    def cr_frame(self) -> Frame | None:
        return self.frame

    @Readonly
    def cr_code(self) -> types.CodeType:
        return self.code

    @Readonly
    def cr_running(self) -> bool:
        return self.state is RUNNING

    @Readonly
    def cr_suspended(self) -> bool:
        return self.state is SUSPENDED

    @Readonly
    def cr_await(self) -> Any:
        return self.delegate


class CoroutineWrapper:
    """The iterator that a coroutine's `__await__` gives."""

    __slots__ = ("__weakref__", "_coroutine")

    def __init__(self, coroutine: Coroutine) -> None:
        self._coroutine = coroutine

    def __iter__(self) -> CoroutineWrapper:
        return self

    def __next__(self) -> Any:
        return self._coroutine.send(None)

    def send(self, value: Any, /) -> Any:
        """As the coroutine's."""
        return self._coroutine.send(value)

    def throw(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> Any:
        """As the coroutine's."""
        return self._coroutine.throw(error, value, traceback)

    def close(self) -> Any:
        """As the coroutine's."""
        return self._coroutine.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def _origin(frame: Frame, depth: int) -> tuple[tuple[str, int | None, str], ...] | None:
    """Where a coroutine was made: file, line and function of so many callers."""
    if not depth:
        return None
    origin: list[tuple[str, int | None, str]] = []
    caller = frame.f_back
    while caller is not None and len(origin) < depth:
        origin.append((caller.code.co_filename, caller.f_lineno, caller.code.co_name))
        caller = caller.f_back
    return tuple(origin)


def exception_to_throw(error: Any, value: Any, traceback: Any) -> BaseException:
    """The exception that the arguments of `throw` mean."""
    if traceback is NULL:
        traceback = None
    if traceback is not None and not isinstance(traceback, types.TracebackType):
        raise TypeError("throw() third argument must be a traceback object")
    if isinstance(error, type) and type.__subclasscheck__(BaseException, error):
        try:
            made = _instantiate(error, None if value is NULL else value)
        except BaseException as failure:
            clean(failure)
            made = failure  # is thrown in its place
    elif isinstance(error, BaseException):
        if value is not NULL and value is not None:
            raise TypeError("instance exception may not have a separate value")
        made = error
    else:
        raise TypeError(
            f"exceptions must be classes or instances deriving from BaseException, not {type(error).__name__}"
        )
    return made if traceback is None else made.with_traceback(traceback)


def _instantiate(kind: Any, value: Any) -> BaseException:
    if isinstance(value, kind):
        error = value
    elif value is None:
        error = kind()
    else:
        error = kind(*value) if isinstance(value, tuple) else kind(value)
    if not isinstance(error, BaseException):
        raise TypeError(
            f"calling {kind!r} should have returned an instance of BaseException, not {type(error)!r}"
        )
    return error


def _close(machine: Machine, iterator: Any) -> None:
    try:
        close = getattr(iterator, "close", NULL)
    except BaseException as error:
        failure = error
    else:
        if close is not NULL:
            close()
        return
    unraisable.report(machine, failure, iterator)


def _throw_into(iterator: Any, error: BaseException, close_delegate: bool, answer: list[Any]) -> None:
    """Throw into a delegate; what it yields goes into `answer`, which stays empty if it takes no exceptions."""
    if isinstance(iterator, CoroutineWrapper):
        iterator = iterator._coroutine
    if type(iterator) in (Generator, Coroutine):
        answer.append(iterator.throw_exception(error, close_delegate))
        return
    throw = getattr(iterator, "throw", NULL)
    if throw is not NULL:
        answer.append(throw(error))


# What guest code calls, without a new loop.


def _stopped(entered: Frame, value: Any) -> Frame:
    """A generator that `next` or `send` resumed has returned."""
    caller = entered.caller
    assert caller is not None
    caller.thread.frame = caller
    raise StopIteration() if value is None else StopIteration(value)


def _stopped_with_default(default: Any, entered: Frame, _: Any) -> Frame:
    caller = entered.caller
    assert caller is not None
    caller.stack.append(default)
    return caller


def _next(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    if arguments and type(arguments[0]) is Generator and arguments[0].is_resumable and not keywords:
        if len(arguments) == 1:
            return arguments[0].resume(frame, None, _stopped)
        if len(arguments) == 2:
            return arguments[0].resume(frame, None, partial(_stopped_with_default, arguments[1]))
    frame.stack.append(next(*arguments, **keywords))
    return None


def _send(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    if len(arguments) == 2 and not keywords and type(arguments[0]) in (Generator, Coroutine):
        resumable, value = arguments
        resumable.check_send(value)
        resumed: Frame = resumable.resume(frame, value, _stopped)
        return resumed
    frame.stack.append(Resumable.send(*arguments, **keywords))
    return None


def _throw(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    if len(arguments) == 2 and not keywords and type(arguments[0]) in (Generator, Coroutine):
        resumable, error = arguments
        if resumable.state in (CREATED, SUSPENDED) and not resumable.delegating:
            made = exception_to_throw(error, NULL, NULL)
            resumed: Frame = resumable.resume_raising(frame, made, _stopped)
            return resumed
    frame.stack.append(Resumable.throw(*arguments, **keywords))
    return None


BUILTINS[next] = _next
BUILTINS[Generator.__next__] = _next
BUILTINS[Resumable.send] = _send
BUILTINS[Resumable.throw] = _throw


def yield_value(frame: Frame, value: Any, delegating: bool) -> Frame:
    """Suspend a generator's frame and give a value to whoever resumed it."""
    caller, generator = frame.caller, frame.generator
    assert caller is not None and generator is not None
    frame.thread.frame = caller  # nobody may hold the generator, whose end would then begin here
    generator.suspend(delegating)
    caller.stack.append(value)
    return caller


def make_resumable(frame: Frame) -> Resumable:
    """What RETURN_GENERATOR makes of a frame: the code's flags say what."""
    from kaa.reference.async_generator import AsyncGenerator

    flags = frame.code.co_flags
    if flags & 0x80:  # CO_COROUTINE
        return Coroutine(frame)
    if flags & 0x200:  # CO_ASYNC_GENERATOR
        return AsyncGenerator(frame)
    return Generator(frame)


_NAMES: dict[type, str] = {
    Generator: "generator",
    Coroutine: "coroutine",
    CoroutineWrapper: "coroutine_wrapper",
}
for _class, _name in _NAMES.items():
    _class.__name__ = _class.__qualname__ = _name
