"""Suspended generators, coroutines and async generators as plain data, the same from either machine.

In: a suspended generator, of the reference machine or of the host's kind. Out: a `FrameState`, and from it a generator
that goes on where the first one was. `freeze` reads and `thaw` writes the frame that lies in a generator of the host's
(`_PyInterpreterFrame`); its places are `kaa.native.layouts`'. Both kinds stop in front of the same instruction with
the same values on the stack.
"""

from __future__ import annotations

import ctypes
from _ctypes import PyObj_FromPtr
from types import AsyncGeneratorType, CellType, CodeType, CoroutineType, FunctionType, GeneratorType
from typing import Any

from kaa.microthreads.frame_check import check_generator, check_generator_code, slots
from kaa.native import layouts
from kaa.native.types import layout
from kaa.reference import suspension
from kaa.reference.generator import Resumable
from kaa.reference.program import NULL
from kaa.reference.suspension import FrameState, builtins_of
from kaa.runtime import places
from kaa.runtime.invisible import invisible

HOST_KINDS = (GeneratorType, CoroutineType, AsyncGeneratorType)
_CREATED, _SUSPENDED, _DELEGATING, _EXECUTING, _CLEARED = -3, -2, -1, 0, 4

_GENERATOR, _FRAME = (layout(struct).fields for struct in (layouts.GeneratorObject, layouts.Frame))
_STATE, _HANDLED = _GENERATOR["gi_frame_state"].offset, _GENERATOR["gi_exc_state"].offset
_EXECUTABLE, _FUNCTION, _GLOBALS, _BUILTINS, _INSTRUCTION, _STACK_TOP, _VARIABLES = (
    _GENERATOR["gi_iframe"].offset + _FRAME[name].offset
    for name in (
        "f_executable",
        "f_funcobj",
        "f_globals",
        "f_builtins",
        "instr_ptr",
        "stacktop",
        "localsplus",
    )
)
"""Bytes from a generator to fields of its own and of its frame."""
_CODE_UNITS = layout(layouts.CodeObject).fields["co_code_adaptive"].offset
"""Bytes from a code object to its instructions."""


def freeze(generator: Any) -> FrameState:
    """Take a suspended generator apart. ValueError if it runs or has ended."""
    if isinstance(generator, Resumable):
        return suspension.freeze(generator)
    at = id(generator)
    state = ctypes.c_int8.from_address(at + _STATE).value
    if state not in (_CREATED, _SUSPENDED, _DELEGATING):
        raise ValueError(f"{generator!r} is not suspended: it {'runs' if state == 0 else 'has ended'}")
    function = object_at(at + _FUNCTION)
    code: CodeType = object_at(at + _EXECUTABLE)
    address = ctypes.c_uint64.from_address(at + _INSTRUCTION).value
    handled = object_at(at + _HANDLED)
    count = len(slots(code))
    top = ctypes.c_int32.from_address(at + _STACK_TOP).value
    values = [object_at(at + _VARIABLES + 8 * index) for index in range(top)]
    return FrameState(
        code,
        (address - id(code) - _CODE_UNITS) // 2,
        values[:count],
        values[count:],
        None if handled is NULL else handled,
        function.__globals__,
        function.__closure__,
        generator.__name__,
        generator.__qualname__,
        state != _CREATED,
        state == _DELEGATING,
    )


def thaw(frozen: FrameState) -> Any:
    """A generator in this state, on the machine that has the process. ValueError if it does not fit the code."""
    generator = empty(frozen.code, frozen.globals, frozen.closure)
    fill(generator, frozen)
    return generator


def empty(code: CodeType, names: dict[str, Any], closure: tuple[CellType, ...] | None) -> Any:
    """A generator of this code that is in no state yet. ValueError if the code is no generator's, or not safe."""
    check_generator_code(code)
    machine = places.current.machine
    if machine is not None:
        return suspension.empty(machine, code, names, closure)
    function = FunctionType(code, names, None, None, closure)
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    nothing = iter(())  # what the code of a generator expression trusts its argument to be
    return function(*[nothing] * code.co_argcount, **dict.fromkeys(keywords, nothing))


def fill(generator: Any, frozen: FrameState) -> None:
    """Put an empty generator into a state. ValueError if the state does not fit its code, or it has begun."""
    check_generator(frozen)
    if isinstance(generator, Resumable):
        suspension.fill(generator, frozen)
        return
    at = id(generator)
    is_new = type(generator) in HOST_KINDS and ctypes.c_int8.from_address(at + _STATE).value == _CREATED
    if not is_new or object_at(at + _EXECUTABLE) is not frozen.code:
        raise ValueError(f"{generator!r} is no empty generator of this code")
    _fill(generator, frozen, replace=len(frozen.variables))


def _fill(generator: Any, frozen: FrameState, replace: int) -> None:
    """Put a generator's frame into a state; so many of its variables hold something already."""
    at = id(generator)
    values = frozen.variables + frozen.stack
    for index, value in enumerate(values):
        put_object(at + _VARIABLES + 8 * index, value, index < replace)
    if frozen.handled is not None:
        put_object(at + _HANDLED, frozen.handled, False)
    ctypes.c_int32.from_address(at + _STACK_TOP).value = len(values)
    ctypes.c_uint64.from_address(at + _INSTRUCTION).value = id(frozen.code) + _CODE_UNITS + 2 * frozen.next
    number = (_DELEGATING if frozen.delegating else _SUSPENDED) if frozen.started else _CREATED
    ctypes.c_int8.from_address(at + _STATE).value = number
    generator.__name__, generator.__qualname__ = frozen.name, frozen.qualified_name


def carry(frozen: FrameState) -> Any:
    """The frame of a function that waits for a call, in a generator: the host's kind resumes any frame that lies in it.

    `PyIter_Send` hands it the call's result, and what the function returns comes back.
    """
    code = frozen.code
    function = FunctionType(code, frozen.globals, frozen.name, None, frozen.closure)
    carrier = FunctionType(_with_room(code.co_nlocals + code.co_stacksize + len(slots(code)) + 1), {})()
    at = id(carrier)
    ctypes.c_int8.from_address(at + _STATE).value = _CLEARED  # until it is whole
    put_object(at + _EXECUTABLE, code, True)
    put_object(at + _FUNCTION, function, True)
    for field, names in ((_GLOBALS, function.__globals__), (_BUILTINS, builtins_of(function))):
        ctypes.c_uint64.from_address(at + field).value = id(names)  # as the function owns them
    _fill(carrier, frozen, replace=0)
    return carrier


@invisible
def repeat(carrier: Any, code: CodeType, unit: int) -> Any:
    """Go on in such a frame, of this code, with the instruction at a code unit, and push nothing; what it returns.

    `PyIter_Send` does the same and pushes a value.
    """
    at, thread = id(carrier), _thread_state()
    ctypes.c_uint64.from_address(at + _INSTRUCTION).value = id(code) + _CODE_UNITS + 2 * unit
    handlers = ctypes.c_uint64.from_address(thread + _EXCEPTIONS)
    ctypes.c_uint64.from_address(at + _PREVIOUS).value = handlers.value
    ctypes.c_int8.from_address(at + _STATE).value = _EXECUTING
    evaluate = _EVALUATOR(_evaluator_of(_interpreter()))
    handlers.value = at + _HANDLED
    return evaluate(thread, at + _GENERATOR["gi_iframe"].offset, 0)


_EVALUATOR = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_thread_state = ctypes.pythonapi.PyThreadState_Get
_interpreter = ctypes.pythonapi.PyInterpreterState_Get
_evaluator_of = ctypes.pythonapi._PyInterpreterState_GetEvalFrameFunc
_thread_state.restype = _interpreter.restype = _evaluator_of.restype = ctypes.c_void_p
_evaluator_of.argtypes = [ctypes.c_void_p]
_EXCEPTIONS = layout(layouts.ThreadState).fields["exc_info"].offset
_PREVIOUS = _HANDLED + layout(layouts.ExceptionState).fields["previous_item"].offset


def _carrier() -> Any:
    yield


def _with_room(size: int) -> CodeType:
    """A generator's code whose frames have so many places."""
    return _carrier.__code__.replace(co_stacksize=max(size, 2))


def object_at(address: int) -> Any:
    """The object that a pointer points to; NULL if it points nowhere."""
    at = ctypes.c_uint64.from_address(address).value
    return PyObj_FromPtr(at) if at else NULL


def put_object(address: int, value: Any, replace: bool) -> None:
    """Have a pointer point to an object and own it; drop what it has owned, if it was set before."""
    place = ctypes.c_uint64.from_address(address)
    before = place.value if replace else 0
    if value is NULL:
        place.value = 0
    else:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
        place.value = id(value)
    if before:
        ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(before))
