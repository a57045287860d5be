"""Whether a frame that comes from outside can be what its code makes of one.

In: a `FrameState`. Out: nothing, or ValueError that says what does not fit. The machines trust a frame: a stack of
another depth, or a list where an iterator belongs, would crash the native one. The verifier knows the depth of the
stack and the kind of each value at each instruction; what is proved of the code is demanded of the values here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple, NoReturn

from kaa.bytecode import opcodes
from kaa.bytecode.abstract_run import AbstractRun
from kaa.bytecode.code_image import DamagedCode
from kaa.bytecode.kinds import (
    ALIAS,
    ANY,
    DICT,
    EXCEPTION,
    EXCEPTION_LIST,
    EXCEPTION_OR_NONE,
    FUNCTION,
    ITERATOR,
    LIST,
    MAYBE_NULL,
    NONE,
    NULL,
    OFFSET,
    PREVIOUS,
    SET,
    TEXT,
    TUPLE,
    Cell,
    Closure,
    Parameter,
    TupleOf,
)
from kaa.bytecode.verifier import analyse_function
from kaa.reference import program
from kaa.reference.function import Function
from kaa.reference.suspension import FrameState

_GENERATOR_FLAGS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

analysis = functools.lru_cache(maxsize=1000)(analyse_function)
"""What is known of each place in a code object."""


@functools.lru_cache(maxsize=10_000)
def slots(code: CodeType) -> tuple[str, ...]:
    """The names of a frame's variables, in order."""
    names = code.co_varnames
    return names + tuple(name for name in code.co_cellvars if name not in names) + code.co_freevars


def check_generator_code(code: CodeType) -> None:
    """Make sure that code is a generator's, and safe if each argument is an iterator."""
    try:
        wanted = analysis(code).wanted()
    except DamagedCode as error:
        raise ValueError(f"the code of {code.co_qualname!r} is damaged: {error}") from None
    if not code.co_flags & _GENERATOR_FLAGS or any(kind != ITERATOR for _, kind in wanted):
        raise ValueError(f"the code of {code.co_qualname!r} is no generator's")


def check_generator(state: FrameState) -> None:
    """Make sure that a generator of this code can be suspended in this state."""
    instruction = _check_frame(state)
    wanted = opcodes.YIELD_VALUE if state.started else opcodes.RETURN_GENERATOR
    if instruction & 0xFF != wanted or state.delegating is not (instruction == opcodes.YIELD_VALUE | 1 << 8):
        _refuse(state, "it cannot be suspended there")


def check_call(state: FrameState) -> None:
    """Make sure that the frame of a function can wait in this state for what it has called."""
    flags = state.code.co_flags
    if flags & _GENERATOR_FLAGS or not flags & inspect.CO_OPTIMIZED:
        _refuse(state, "it is no function's")
    if _check_frame(state) & 0xFF not in (INTERRUPTIBLE if state.interrupted else WAITING):
        _refuse(state, "it cannot wait there")


WAITING = {opcodes.CALL, opcodes.CALL_KW, opcodes.CALL_FUNCTION_EX, opcodes.FOR_ITER}
"""The instructions at which the frame of a function can be stored while it waits."""
INTERRUPTIBLE = {opcodes.RESUME, opcodes.JUMP_BACKWARD}
"""Those at which it can be interrupted; they leave the stack as it was."""


class Waiting(NamedTuple):
    """A place where a frame waits: the instruction, and what it leaves behind."""

    run: AbstractRun
    at: int
    stack: str
    bound: int
    cells: int


@functools.lru_cache(maxsize=10_000)
def waiting(code: CodeType, offset: int) -> Waiting:
    """What is known of the frames of a code object that wait in front of an offset, in code units.

    Raises:
        DamagedCode: none can, or the code is not safe to run.
    """
    run = analysis(code)
    index = run.index_of(offset)
    if index == 0 or index == len(run.starts) or run.starts[index] != offset:
        run.fault(len(run.packed), f"no instruction begins at code unit {offset}")
    before = index - 1
    interruptible = run.packed[before] & 0xFF in INTERRUPTIBLE
    return Waiting(run, before, *(run.state_before(before) if interruptible else run.state_after(before)))


@functools.lru_cache(maxsize=10_000)
def previous_places(code: CodeType, offset: int, interrupted: bool) -> tuple[int, list[int]]:
    """How deep the stack is where a frame waits, without what it waits for, and where on it are exceptions that were
    handled before: of the callers, if it is the lowest one."""
    stack = waiting(code, offset).stack
    stack = stack if interrupted else stack[:-1]
    return len(stack), [place for place, kind in enumerate(stack) if kind == PREVIOUS]


def _check_frame(state: FrameState) -> int:
    """Make sure that a frame can wait in this state for a value, which will be pushed, or was interrupted in it; where
    it waits, packed."""
    code = state.code
    try:
        run, index, stack, bound, cells = waiting(code, state.next)
    except DamagedCode as error:
        raise ValueError(f"the stored state does not fit the code of {code.co_qualname!r}: {error}") from None
    if len(state.variables) != len(slots(code)):
        _refuse(state, "it has another number of variables")
    pushed = 0 if state.interrupted else 1
    if (pushed and not stack.endswith(ANY)) or len(state.stack) != len(stack) - pushed:
        _refuse(state, "its stack is not as deep")
    for depth, (kind, value) in enumerate(zip(stack, state.stack, strict=False)):
        if not _fits(run, kind, value):
            _refuse(state, f"what is at {depth} on its stack is not what belongs there")
    for slot, value in enumerate(state.variables):
        if (bound >> slot & 1 and value is program.NULL) or (
            cells >> slot & 1 and type(value) is not CellType
        ):
            _refuse(state, f"what is in the variable {slots(code)[slot]!r} is not what belongs there")
    for slot, kind in run.wanted():
        if not _fits(run, kind, state.variables[slot]):
            _refuse(state, f"the argument {slots(code)[slot]!r} is of another kind")
    if not _is_exception_or_none(state.handled):
        _refuse(state, "what it handles is no exception")
    if len(state.closure or ()) != len(code.co_freevars):
        _refuse(state, "its closure is of another size")
    return run.packed[index]


def _refuse(state: FrameState, why: str) -> NoReturn:
    raise ValueError(f"the stored state does not fit the code of {state.code.co_qualname!r}: {why}")


def _fits(run: AbstractRun, kind: str, value: Any) -> bool:
    """Whether a value is of a kind."""
    if kind in _TESTS:
        return _TESTS[kind](value)
    match run.kinds.meanings[kind]:
        case TupleOf(size):
            return type(value) is tuple and len(value) == size
        case Cell():
            return type(value) is CellType
        case Closure(names):
            return type(value) is tuple and len(value) == len(names) and _are(value, CellType)
        case Parameter(slot):
            return _fits(run, dict(run.wanted()).get(slot, ANY), value)
    return False  # code, and functions that are not ready, are nowhere for long


def _exactly(kind: type) -> Any:
    return lambda value: type(value) is kind


def _are(values: Any, kind: type) -> bool:
    return all(type(value) is kind for value in values)


def _is_exception(value: Any) -> bool:
    return type.__subclasscheck__(BaseException, type(value))


def _is_exception_or_none(value: Any) -> bool:
    return value is None or _is_exception(value)


def _is_alias(value: Any) -> bool:
    if type(value) is not tuple or len(value) != 3:
        return False
    name, parameters, function = value
    return type(name) is str and type(parameters) in (type(None), tuple) and _is_function(function)


def _is_function(value: Any) -> bool:
    return type(value) in (FunctionType, Function)


_TESTS: dict[str, Callable[[Any], bool]] = {
    ANY: lambda value: value is not program.NULL,
    MAYBE_NULL: lambda value: True,
    NULL: lambda value: value is program.NULL,
    ITERATOR: lambda value: hasattr(type(value), "__next__"),
    LIST: _exactly(list),
    EXCEPTION_LIST: lambda value: type(value) is list and all(map(_is_exception_or_none, value)),
    DICT: _exactly(dict),
    SET: _exactly(set),
    TUPLE: _exactly(tuple),
    TEXT: _exactly(str),
    NONE: _exactly(type(None)),
    EXCEPTION: _is_exception,
    EXCEPTION_OR_NONE: _is_exception_or_none,
    PREVIOUS: _is_exception_or_none,
    OFFSET: _exactly(int),
    FUNCTION: _is_function,
    ALIAS: _is_alias,
}
"""By kind without parameters."""
