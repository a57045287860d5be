"""How objects travel that a suspended frame may hold and `pickle` refuses: by what makes equal ones.

In: steps of asynchronous generators (`asend`, `athrow`, `aclose`), views of dicts, modules, tracebacks, and what
belongs to asyncio (`asyncio_kinds`). Out: what a reducer of `pickle`'s gives.

A traceback arrives with the names and lines of its frames, which hold no variables.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from collections.abc import Callable
from types import AsyncGeneratorType, FunctionType, ModuleType, TracebackType
from typing import Any

from kaa.microthreads.asyncio_kinds import Reduced, of_asyncio
from kaa.microthreads.frozen import object_at, put_object
from kaa.native import layouts
from kaa.native.types import layout
from kaa.reference.async_generator import ASend, AsyncGenerator, AThrow
from kaa.reference.program import NULL


def reducer(kind: type) -> Callable[[Any], Reduced] | None:
    """What takes an object of a type apart, if this module knows how."""
    return _REDUCERS.get(kind) or of_asyncio(kind)


async def _asynchronous() -> Any:
    yield


def _kinds_of_steps() -> tuple[type, type]:
    """Of the host's `asend` and `athrow`, which have no names."""
    steps: list[Any] = [_asynchronous().asend(None), _asynchronous().athrow(GeneratorExit)]
    for step in steps:
        step.close()
    return type(steps[0]), type(steps[1])


# Fields of `PyAsyncGenASend` and `PyAsyncGenAThrow`, in bytes (CPython's Objects/genobject.c): the generator, what is
# sent or thrown, and how far it is.
_STEP_GENERATOR, _STEP_ARGUMENT, _STEP_STATE = 16, 24, 32
_NEW, _BEGUN, _SPENT = range(3)
_RUNNING, _CLOSED, _HOOKED, _FINALIZER = (
    layout(layouts.GeneratorObject).fields[name].offset
    for name in ("gi_running_async", "gi_closed", "gi_hooks_inited", "gi_origin_or_finalizer")
)


def finalizer(generator: Any) -> Any:
    """What an event loop has an asynchronous generator finalized by (`sys.set_asyncgen_hooks`), or None."""
    if isinstance(generator, AsyncGenerator):
        return generator._finalizer
    if type(generator) is not AsyncGeneratorType:
        return None
    found = object_at(id(generator) + _FINALIZER)
    return None if found is NULL else found


def set_finalizer(generator: Any, function: Any) -> None:
    """Have it finalized by this. No loop is asked any more."""
    if isinstance(generator, AsyncGenerator):
        generator._finalizer, generator._hooked = function, True
    elif type(generator) is AsyncGeneratorType:
        put_object(id(generator) + _FINALIZER, function, True)
        ctypes.c_int8.from_address(id(generator) + _HOOKED).value = 1
    else:
        raise ValueError(f"{generator!r} is no asynchronous generator")


def _reduce_step(step: Any) -> Reduced:
    at = id(step)
    argument = object_at(at + _STEP_ARGUMENT)
    state = ctypes.c_int.from_address(at + _STEP_STATE).value
    is_send = type(step) is _HOST_SEND
    arguments = None if argument is NULL and not is_send else (argument,) if is_send else tuple(argument)
    if is_send and argument is NULL:
        arguments = (None,)
    return _make_step, ("asend" if is_send else "athrow", object_at(at + _STEP_GENERATOR), arguments, state)


def _reduce_own_step(step: Any) -> Reduced:
    """Of the reference machine's."""
    state = _SPENT if step._spent else _NEW if step._fresh else _BEGUN
    if type(step) is ASend:
        return _make_step, ("asend", step._generator, (step._value,), state)
    arguments = step._arguments
    if arguments is not None:
        arguments = tuple(argument for argument in arguments if argument is not NULL)
    return _make_step, ("athrow", step._generator, arguments, state)


def _make_step(method: str, generator: Any, arguments: tuple[Any, ...] | None, state: int) -> Any:
    """An awaitable of a generator's, as far as it was. No arguments: that of `aclose`."""
    if state not in (_NEW, _BEGUN, _SPENT) or method not in ("asend", "athrow"):
        raise ValueError("a stored step of an asynchronous generator is damaged")
    step = generator.aclose() if arguments is None else getattr(generator, method)(*arguments)
    closes = arguments is None and state == _BEGUN
    if type(step) in (ASend, AThrow):
        step._fresh, step._spent = state == _NEW, state == _SPENT
        generator._running |= state == _BEGUN
        generator._closed |= closes
    elif type(step) in (_HOST_SEND, _HOST_THROW) and type(generator) is AsyncGeneratorType:
        ctypes.c_int.from_address(id(step) + _STEP_STATE).value = state
        if state == _BEGUN:
            ctypes.c_int8.from_address(id(generator) + _RUNNING).value = 1
        if closes:
            ctypes.c_int8.from_address(id(generator) + _CLOSED).value = 1
    else:
        raise ValueError(f"{generator!r} is no asynchronous generator")
    return step


def _reduce_view(view: Any) -> Reduced:
    (owner,) = gc.get_referents(view)
    return _make_view, (owner, type(view).__name__.removeprefix("dict_"))


def _make_view(owner: dict[Any, Any], name: str) -> Any:
    return {"keys": dict.keys, "values": dict.values, "items": dict.items}[name](owner)


def _reduce_module(module: Any) -> Reduced:
    name = module.__name__
    if sys.modules.get(name) is not module:
        raise ValueError(f"{module!r} is no module that can be imported")
    return importlib.import_module, (name,)


def _reduce_traceback(traceback: Any) -> Reduced:
    entries = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        entries.append((code.co_filename, code.co_name, code.co_qualname, traceback.tb_lineno))
        traceback = traceback.tb_next
    return _make_traceback, tuple(entries)


def _own_frame() -> Any:
    yield


def _make_traceback(*entries: tuple[str, str, str, int]) -> TracebackType | None:
    made = None
    for file, name, qualified_name, line in reversed(entries):
        # The frame of a generator that never runs.
        code = _own_frame.__code__.replace(co_filename=file, co_name=name, co_qualname=qualified_name)
        made = TracebackType(made, FunctionType(code, {})().gi_frame, 0, line)
    return made


_HOST_SEND, _HOST_THROW = _kinds_of_steps()
_REDUCERS: dict[type, Callable[[Any], Reduced]] = {
    _HOST_SEND: _reduce_step,
    _HOST_THROW: _reduce_step,
    ASend: _reduce_own_step,
    AThrow: _reduce_own_step,
    type({}.keys()): _reduce_view,
    type({}.values()): _reduce_view,
    type({}.items()): _reduce_view,
    ModuleType: _reduce_module,
    TracebackType: _reduce_traceback,
}
