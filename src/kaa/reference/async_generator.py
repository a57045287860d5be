"""Asynchronous generators, and the awaitables that their methods give.

The frame of an asynchronous generator yields two kinds of things: what it awaits yields, which goes up to the
event loop as it is, and its own items, which come in a `WrappedValue` (the compiler emits
INTRINSIC_ASYNC_GEN_WRAP) and end the awaitable that asked for them. (PEP 525.)
"""

from __future__ import annotations

import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

from kaa.reference.awaitables import awaitable_iterator
from kaa.reference.descriptors import Readonly
from kaa.reference.exceptions import raised_by
from kaa.reference.frame import Frame
from kaa.reference.generator import CLOSED, Coroutine, Resumable, exception_to_throw
from kaa.reference.program import NULL


class WrappedValue:
    """An item that an asynchronous generator yields."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class AsyncGenerator(Resumable):
    """An asynchronous generator."""

    __slots__ = ("_closed", "_finalizer", "_hooked", "_running")
    kind = "async generator"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._closed = self._running = self._hooked = False
        self._finalizer: Any = None

    def stop(self, value: Any) -> BaseException:
        return StopAsyncIteration()

    def exhausted(self) -> BaseException:
        return StopAsyncIteration()

    def __aiter__(self) -> AsyncGenerator:
        return self

    def __anext__(self) -> ASend:
        self._hook()
        return ASend(self, None)

    def asend(self, value: Any, /) -> ASend:
        """An awaitable that sends a value and gives the next item."""
        self._hook()
        return ASend(self, value)

    def athrow(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> AThrow:
        """An awaitable that raises an exception and gives the next item."""
        if value is not NULL or traceback is not NULL:
            warnings.warn(
                "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
                DeprecationWarning,
                stacklevel=2,
            )
        self._hook()
        return AThrow(self, (error, value, traceback))

    def aclose(self) -> AThrow:
        """An awaitable that ends the generator."""
        self._hook()
        return AThrow(self, None)

    def _hook(self) -> None:
        """On first use: tell the event loop (`sys.set_asyncgen_hooks`)."""
        if self._hooked:
            return
        self._hooked = True
        hooks = sys.get_asyncgen_hooks()
        self._finalizer = hooks.finalizer
        if hooks.firstiter is not None:
            hooks.firstiter(self)

    def finalize(self) -> None:
        if self.state is CLOSED:
            return
        if self._finalizer is not None and not self._closed:
            self._finalizer(self)
        else:
            super().finalize()

    def unwrap(self, value: Any) -> Any:
        """What the frame yielded: an item ends the awaitable, anything else goes on to the event loop."""
        if type(value) is WrappedValue:
            self._running = False
            raise StopIteration(value.value)
        return value

    def failed(self, error: BaseException) -> None:
        """The frame was left by an exception."""
        if isinstance(error, StopAsyncIteration | GeneratorExit):
            self._closed = True
        self._running = False

    if not TYPE_CHECKING:
        __class__ = property(lambda self: types.AsyncGeneratorType)

    @Readonly
    def ag_frame(self) -> Frame | None:
        return self.frame

    @Readonly
    def ag_code(self) -> types.CodeType:
        return self.code

    @Readonly
    def ag_running(self) -> bool:
        return self._running

    @Readonly
    def ag_suspended(self) -> bool:
        return self.state == "suspended"

    @Readonly
    def ag_await(self) -> Any:
        return self.delegate

    def __class_getitem__(cls, item: Any) -> Any:
        return types.GenericAlias(cls, item)


class _Awaitable:
    """One step of an asynchronous generator. It can be awaited once."""

    __slots__ = ("_fresh", "_generator", "_spent")
    method = ""
    spent_words = ""

    def __init__(self, generator: AsyncGenerator) -> None:
        self._generator = generator
        self._fresh, self._spent = True, False

    def __iter__(self) -> _Awaitable:
        return self

    def __await__(self) -> _Awaitable:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any, /) -> Any:
        """Go on to what the generator awaits; StopIteration carries the item."""
        raise NotImplementedError

    def throw(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> Any:
        """Raise an exception where the generator is suspended."""
        raise NotImplementedError

    def close(self) -> None:
        """End this step."""
        if self._spent:
            return
        try:
            self.throw(GeneratorExit)
        except (StopIteration, StopAsyncIteration, GeneratorExit):
            return
        raise RuntimeError("coroutine ignored GeneratorExit")

    def _check(self) -> None:
        if self._spent:
            raise RuntimeError(f"cannot reuse already awaited {self.spent_words}")

    def _begin(self, name: str) -> None:
        """Claim the generator for this step."""
        if self._fresh:
            if self._generator._running:
                self._spent, self._fresh = True, False
                raise RuntimeError(f"{name}(): asynchronous generator is already running")
            self._fresh = False
            self._generator._running = True

    def __del__(self) -> None:
        if self._fresh and not self._spent:
            warnings.warn(
                f"coroutine method {self.method!r} of {self._generator.__qualname__!r} was never awaited",
                RuntimeWarning,
                stacklevel=1,
                source=self,
            )


class ASend(_Awaitable):
    """What `__anext__` and `asend` give."""

    __slots__ = ("_value",)
    method = "asend"
    spent_words = "__anext__()/asend()"

    def __init__(self, generator: AsyncGenerator, value: Any) -> None:
        super().__init__(generator)
        self._value = value

    def send(self, value: Any, /) -> Any:
        self._check()
        if self._fresh and value is None:
            value = self._value
        self._begin("anext")
        return self._step(raised_by(self._generator.send, value))

    def throw(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> Any:
        self._check()
        self._begin("anext")
        return self._step(raised_by(self._generator.throw, error, value, traceback))

    def _step(self, outcome: tuple[Any, BaseException | None]) -> Any:
        yielded, error = outcome
        if error is not None:
            self._spent = True
            self._generator.failed(error)
            raise error
        if type(yielded) is WrappedValue:
            self._spent = True
        return self._generator.unwrap(yielded)


class AThrow(_Awaitable):
    """What `athrow` and, without an exception to throw, `aclose` give."""

    __slots__ = ("_arguments", "method")
    spent_words = "aclose()/athrow()"

    def __init__(self, generator: AsyncGenerator, arguments: tuple[Any, Any, Any] | None) -> None:
        super().__init__(generator)
        self._arguments = arguments
        self.method = "aclose" if arguments is None else "athrow"

    def send(self, value: Any, /) -> Any:
        self._check()
        generator = self._generator
        if generator.state is CLOSED:
            self._spent, self._fresh = True, False
            raise StopIteration
        if not self._fresh:
            return self._step(raised_by(generator.send, value))
        if not generator._running and generator._closed:
            self._spent, self._fresh = True, False
            raise StopAsyncIteration
        if not generator._running and value is not None:
            raise RuntimeError("can't send non-None value to a just-started coroutine")
        self._begin(self.method)
        if self._arguments is None:
            generator._closed = True
            error: BaseException = GeneratorExit()
        else:
            error = exception_to_throw(*self._arguments)
        return self._step(raised_by(generator.throw_exception, error, False))

    def throw(self, error: Any, value: Any = NULL, traceback: Any = NULL, /) -> Any:
        self._check()
        self._begin(self.method)
        return self._step(raised_by(self._generator.throw, error, value, traceback))

    def _step(self, outcome: tuple[Any, BaseException | None]) -> Any:
        yielded, error = outcome
        generator = self._generator
        closing = self._arguments is None
        if error is not None:
            self._spent = True
            generator.failed(error)
            if closing and isinstance(error, StopAsyncIteration | GeneratorExit):
                raise StopIteration
            raise error
        if type(yielded) is WrappedValue:
            self._spent = True
            if closing:
                generator._running = False
                raise RuntimeError("async generator ignored GeneratorExit")
        return generator.unwrap(yielded)


class AnextWithDefault:
    """What `anext(iterator, default)` gives: the default in place of StopAsyncIteration."""

    __slots__ = ("_awaitable", "_default", "_iterator")

    def __init__(self, awaitable: Any, default: Any) -> None:
        self._awaitable, self._default = awaitable, default
        self._iterator: Any = None

    def __await__(self) -> AnextWithDefault:
        return self

    def __iter__(self) -> AnextWithDefault:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def _started(self) -> Any:
        if self._iterator is None:
            iterator = awaitable_iterator(self._awaitable)
            self._iterator = iterator.__await__() if type(iterator) is Coroutine else iterator
        return self._iterator

    def send(self, value: Any, /) -> Any:
        """Go on to what the awaitable awaits."""
        iterator = self._started()
        if value is None:
            return self._step(raised_by(next, iterator))
        return self._step(raised_by(iterator.send, value))

    def throw(self, *arguments: Any) -> Any:
        """Raise an exception in the awaitable."""
        return self._step(raised_by(self._started().throw, *arguments))

    def close(self) -> Any:
        """End the awaitable."""
        return self._step(raised_by(self._started().close))

    def _step(self, outcome: tuple[Any, BaseException | None]) -> Any:
        value, error = outcome
        if isinstance(error, StopAsyncIteration):
            raise StopIteration(self._default)
        if error is not None:
            raise error
        return value


_NAMES: dict[type, str] = {
    AsyncGenerator: "async_generator",
    ASend: "async_generator_asend",
    AThrow: "async_generator_athrow",
    AnextWithDefault: "anext_awaitable",
    WrappedValue: "async_generator_wrapped_value",
}
for _class, _name in _NAMES.items():
    _class.__name__ = _class.__qualname__ = _name
