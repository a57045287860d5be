"""Built-in functions that look at their caller or run code: carried out on the guest's frames.

`BUILTINS` maps the host's own function objects to these, so guest code holds and compares the host's.
"""

from __future__ import annotations
import __future__

import _thread
import builtins
import operator
import sys
import types
import typing
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kaa.reference.async_generator import AnextWithDefault
from kaa.reference.calls import BUILTINS, call_with_globals, enter_code, lookup_special
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.namespaces import snapshot
from kaa.reference.program import NULL
from kaa.reference.traceback import carrier_of, guest_view

if TYPE_CHECKING:
    from kaa.reference.machine import Machine

_FUTURE_FLAGS = 0
for _name in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag
_CO_NESTED = 0x10
_FUTURE_FLAGS &= ~_CO_NESTED


def answers(host_function: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function of the calling frame and the call's arguments as what a host's function answers."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        def carry_out(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
            # Called back by the host, it looks at the guest code further out.
            caller = frame.f_back or frame if frame.is_boundary else frame
            frame.stack.append(function(caller, *arguments, **keywords))

        BUILTINS[host_function] = carry_out
        return function

    return declare


# Namespaces


@answers(builtins.globals)
def _globals(frame: Frame) -> dict[str, Any]:
    return frame.globals


@answers(builtins.locals)
def _locals(frame: Frame) -> Any:
    return snapshot(frame)


@answers(builtins.vars)
def _vars(frame: Frame, *arguments: Any) -> Any:
    return vars(*arguments) if arguments else snapshot(frame)


@answers(builtins.dir)
def _dir(frame: Frame, *arguments: Any) -> list[str]:
    return dir(*arguments) if arguments else sorted(snapshot(frame).keys())


# Frames and exceptions


@answers(sys._getframe)
def _getframe(frame: Frame, depth: int = 0, /) -> Frame:
    found: Frame | None = frame
    sys.audit("sys._getframe", frame)
    while depth > 0 and found is not None:
        found = found.f_back
        depth -= 1
    if found is None:
        raise ValueError("call stack is not deep enough")
    return found


@answers(sys._getframemodulename)
def _getframemodulename(frame: Frame, depth: int = 0) -> Any:
    found: Frame | None = frame
    while depth > 0 and found is not None:
        found = found.f_back
        depth -= 1
    return None if found is None else getattr(found.function, "__module__", None)


@answers(sys.exc_info)
def _exc_info(frame: Frame) -> tuple[Any, Any, Any]:
    error = frame.exception
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


@answers(sys.exception)
def _exception(frame: Frame) -> BaseException | None:
    return frame.exception


@answers(sys.getrecursionlimit)
def _getrecursionlimit(frame: Frame) -> int:
    return frame.thread.machine.recursion_limit


@answers(sys.setrecursionlimit)
def _setrecursionlimit(frame: Frame, limit: int, /) -> None:
    if not hasattr(type(limit), "__index__"):
        raise TypeError(f"'{type(limit).__name__}' object cannot be interpreted as an integer")
    if limit < 1:
        raise ValueError("recursion limit must be greater or equal than 1")
    if frame.depth >= limit:
        raise RecursionError(
            f"cannot set the recursion limit to {limit} at the recursion depth {frame.depth}: "
            "the limit is too low"
        )
    frame.thread.machine.set_recursion_limit(limit)


_SEEN_THROUGH = (types.FrameType, types.TracebackType)


@answers(builtins.getattr)
def _getattr(_: Frame, *arguments: Any, **keywords: Any) -> Any:
    value = getattr(*arguments, **keywords)
    return guest_view(arguments[0], value) if isinstance(value, _SEEN_THROUGH) else value


@answers(types.TracebackType)
def _traceback(_: Frame, tb_next: Any, tb_frame: Any, tb_lasti: int, tb_lineno: int) -> types.TracebackType:
    if isinstance(tb_frame, Frame):
        tb_frame = carrier_of(tb_frame)
    return types.TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)


@answers(sys._current_frames)
def _current_frames(frame: Frame) -> dict[int, Any]:
    return frame.thread.machine.current_frames()


@answers(sys._current_exceptions)
def _current_exceptions(frame: Frame) -> dict[int, BaseException | None]:
    frames = frame.thread.machine.current_frames()
    return {identity: current.exception for identity, current in frames.items()}


# Classes


@answers(super)
def _super(frame: Frame, *arguments: Any, **keywords: Any) -> Any:
    if arguments or keywords:
        return super(*arguments, **keywords)
    code = frame.code
    if code.co_argcount == 0:
        raise RuntimeError("super(): no arguments")
    instance = frame.variables[0]
    if type(instance) is types.CellType and code.co_varnames[0] in code.co_cellvars:
        instance = _contents(instance)
    if instance is NULL:
        raise RuntimeError("super(): arg[0] deleted")
    if "__class__" not in code.co_freevars:
        raise RuntimeError("super(): __class__ cell not found")
    cls = _contents(frame.variables[frame.program.local_names.index("__class__")])
    if cls is NULL:
        raise RuntimeError("super(): empty __class__ cell")
    if not isinstance(cls, type):
        raise RuntimeError(f"super(): __class__ is not a type ({type(cls).__name__})")
    return super(cls, instance)


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return NULL


def _call_with_globals(cls: Any, frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
    call_with_globals(frame, cls, arguments, keywords)


@answers(types.FunctionType)
def _function(
    frame: Frame,
    code: Any,
    globals: Any,
    name: Any = None,
    argdefs: Any = None,
    closure: Any = None,
    kwdefaults: Any = None,
) -> Function:
    # The host's own checks, in its own words.
    host: Any = types.FunctionType(code, globals, name, argdefs, closure, kwdefaults)
    builtins = host.__builtins__ if "__builtins__" in globals else frame.builtins
    function = Function(frame.thread.machine, code, globals, builtins, closure)
    function.__name__ = host.__name__
    function.__defaults__ = argdefs
    function.__kwdefaults__ = kwdefaults
    return function


for _class in (typing.TypeVar, typing.ParamSpec, typing.TypeVarTuple, typing.TypeAliasType):
    BUILTINS[_class] = partial(_call_with_globals, _class)


# Threads and awaitables


@answers(_thread.start_new_thread)
@answers(_thread.start_new)
def _start_new_thread(frame: Frame, function: Any, arguments: Any, *keywords: Any) -> int:
    return _thread.start_new_thread(_for_thread(frame, function), arguments, *keywords)


@answers(_thread.start_joinable_thread)
def _start_joinable_thread(frame: Frame, function: Any, *arguments: Any, **keywords: Any) -> Any:
    return _thread.start_joinable_thread(_for_thread(frame, function), *arguments, **keywords)


def _for_thread(frame: Frame, function: Any) -> Any:
    """What a new thread calls: plain functions of the host are guest code there, too."""
    plain = getattr(function, "__func__", function)
    if type(plain) is types.FunctionType:
        return partial(_call_in_thread, frame.thread.machine, function)
    return function


def _call_in_thread(machine: Machine, function: Any, *arguments: Any, **keywords: Any) -> Any:
    return machine.call(function, arguments, keywords)


@answers(builtins.anext)
def _anext(_: Frame, *arguments: Any) -> Any:
    if len(arguments) != 2 or lookup_special(arguments[0], "__anext__") is NULL:
        return anext(*arguments)
    return AnextWithDefault(arguments[0].__anext__(), arguments[1])


# Running code


def _inherited(frame: Frame) -> int:
    """The compiler flags that code compiled from within a frame takes over."""
    return frame.code.co_flags & _FUTURE_FLAGS


@answers(builtins.compile)
def _compile(
    frame: Frame,
    source: Any,
    filename: Any,
    mode: Any,
    flags: int = 0,
    dont_inherit: bool = False,
    optimize: int = -1,
    *,
    _feature_version: int = -1,
) -> Any:
    flags = operator.index(flags)
    if not dont_inherit:
        flags |= _inherited(frame)
    return frame.thread.machine.compile(
        source, filename, mode, flags, True, optimize, _feature_version=_feature_version
    )


def _namespaces(frame: Frame, global_names: Any, local_names: Any) -> tuple[Any, Any]:
    """The namespaces of an `exec` or `eval`: its arguments, or the caller's."""
    if global_names is None:
        global_names = frame.globals
        if local_names is None:
            local_names = snapshot(frame)
    elif local_names is None:
        local_names = global_names
    return global_names, local_names


def _exec(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame:
    return _enter_exec(frame, *arguments, **keywords)


def _enter_exec(
    frame: Frame, source: Any, /, globals: Any = None, locals: Any = None, *, closure: Any = None
) -> Frame:
    if globals is not None and not isinstance(globals, dict):
        raise TypeError(f"exec() globals must be a dict, not {type(globals).__name__}")
    if locals is not None and not _is_mapping(locals):
        raise TypeError(f"locals must be a mapping or None, not {type(locals).__name__}")
    globals, locals = _namespaces(frame, globals, locals)
    if "__builtins__" not in globals:
        globals["__builtins__"] = frame.builtins
    code = source
    if isinstance(code, types.CodeType):
        _check_closure(code, closure)
    else:
        if closure is not None:
            raise TypeError("closure can only be used when source is a code object")
        code = _compile_text(frame, source, "exec", "exec")
    sys.audit("exec", code)
    entered = enter_code(frame, code, globals, locals, closure)
    entered.finish = _return_none
    return entered


def _check_closure(code: types.CodeType, closure: Any) -> None:
    count = len(code.co_freevars)
    if count == 0:
        if closure is not None:
            raise TypeError("cannot use a closure with this code object")
    elif not (
        isinstance(closure, tuple)
        and len(closure) == count
        and all(isinstance(cell, types.CellType) for cell in closure)
    ):
        raise TypeError(f"code object requires a closure of exactly length {count}")


def _return_none(entered: Frame, _: Any) -> Frame:
    caller = entered.caller
    assert caller is not None
    caller.stack.append(None)
    return caller


def _eval(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame:
    return _enter_eval(frame, *arguments, **keywords)


def _enter_eval(frame: Frame, source: Any, /, globals: Any = None, locals: Any = None) -> Frame:
    if locals is not None and not _is_mapping(locals):
        raise TypeError("locals must be a mapping")
    if globals is not None and not isinstance(globals, dict):
        raise TypeError(
            "globals must be a real dict; try eval(code, {}, mapping)"
            if _is_mapping(globals)
            else "globals must be a dict"
        )
    globals, locals = _namespaces(frame, globals, locals)
    if "__builtins__" not in globals:
        globals["__builtins__"] = frame.builtins
    code = source
    if isinstance(code, types.CodeType):
        if code.co_freevars:
            raise TypeError("code object passed to eval() may not contain free variables")
    else:
        if isinstance(source, str):
            source = source.lstrip(" \t")
        elif isinstance(source, bytes | bytearray | memoryview):
            source = bytes(source).lstrip(b" \t")
        code = _compile_text(frame, source, "eval", "eval")
    sys.audit("exec", code)
    return enter_code(frame, code, globals, locals)


def _compile_text(frame: Frame, source: Any, mode: str, caller: str) -> types.CodeType:
    if not isinstance(source, str | bytes | bytearray | memoryview):
        raise TypeError(f"{caller}() arg 1 must be a string, bytes or code object")
    code: types.CodeType = frame.thread.machine.compile(source, "<string>", mode, _inherited(frame), True)
    return code


def _is_mapping(value: Any) -> bool:
    return hasattr(type(value), "__getitem__")


BUILTINS[builtins.exec] = _exec
BUILTINS[builtins.eval] = _eval
