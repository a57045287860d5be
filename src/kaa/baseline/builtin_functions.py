"""Built-in functions that call functions of Python: `compile`, `exec` and `eval` as the guest finds them, and what
stands in for functions of the host's: the one that reads an attribute of code objects, and
`sys.monitoring.set_local_events`.

The first are objects of the host's own type for functions in C, so profilers and `sys.monitoring` are told of their
calls, and whatever asks what they are gets the answer that it gets for `len`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kaa.baseline.attention import is_watched
from kaa.baseline.block import find_block
from kaa.baseline.frames import HOOK
from kaa.baseline.linker import NEVER
from kaa.baseline.objects import decref, new
from kaa.native.externs import PyInterpreterState_Main, PyObject_Call, PyThreadState_Get, PyTuple_New
from kaa.native.function import Cell, native
from kaa.native.intrinsics import NULL, cast
from kaa.native.layouts import CodeObject, Object, TupleObject
from kaa.native.types import Ptr, Reference, i64, u8, u64

COMPILE: Object = Cell("COMPILE", Reference(Object))  # type: ignore[assignment]
EXEC: Object = Cell("EXEC", Reference(Object))  # type: ignore[assignment]
EVAL: Object = Cell("EVAL", Reference(Object))  # type: ignore[assignment]
ADAPTIVE_CODE: Object = Cell("ADAPTIVE_CODE", Reference(Object))  # type: ignore[assignment]
"""What each of them calls."""
HOST_SET_LOCAL_EVENTS: Any = Cell("HOST_SET_LOCAL_EVENTS", u64)  # type: ignore[arg-type]
"""The host's own function."""

type FastCall = Callable[[Object, Ptr[Object], i64], Object]


@native
def call_own(function: Object, arguments: Object, keywords: Object) -> Object:
    """Call a function of Kaa's own. It runs on the machine also where tools watch and the host's loop runs what is
    called: that would tell them how an exception leaves the frames, which no one can see.
    """
    thread = PyThreadState_Get()
    interpreter = thread.interp
    hook = interpreter.eval_frame
    interpreter.eval_frame = cast(Ptr[u8], HOOK)
    result = PyObject_Call(function, arguments, keywords)
    if not hook and is_watched(thread):
        interpreter.eval_frame = NULL
    return result


@native
def call_compile(module: Object, arguments: Object, keywords: Object) -> Object:
    return call_own(COMPILE, arguments, keywords)


@native
def call_exec(module: Object, arguments: Object, keywords: Object) -> Object:
    return call_own(EXEC, arguments, keywords)


@native
def call_eval(module: Object, arguments: Object, keywords: Object) -> Object:
    return call_own(EVAL, arguments, keywords)


@native
def set_local_events(module: Object, arguments: Ptr[Object], count: i64) -> Object:
    """`sys.monitoring.set_local_events(tool, code, events)`, which in the host changes the code alone: its machine code
    is to ask again whether anything monitors it.
    """
    result = cast(FastCall, HOST_SET_LOCAL_EVENTS)(module, arguments, count)
    if result and PyThreadState_Get().interp == PyInterpreterState_Main():
        block = find_block(cast(CodeObject, arguments[1]))
        if block:
            block.version = NEVER
    return result


@native
def get_adaptive_code(code: Object, closure: Ptr[u8]) -> Object:
    """The attribute `_co_code_adaptive` of a code object."""
    arguments = PyTuple_New(1)
    if not arguments:
        return NULL
    cast(TupleObject, arguments).ob_item[0] = new(code)
    shown = call_own(ADAPTIVE_CODE, arguments, NULL)
    decref(arguments)
    return shown


ENTRANCES: Final[list[Any]] = [call_compile, call_exec, call_eval, get_adaptive_code, set_local_events]
