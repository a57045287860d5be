"""Suspended computations as plain data: what a frame needs to go on, apart from the machine that runs it.

`freeze` takes a suspended generator or coroutine apart; `thaw` makes a new one of the same state, on any machine.
In between it is a `FrameState`: code, offset, variables and stack. Copying a generator is freezing it, copying what
its stack iterates over, and thawing. Pickling needs a pickler that knows how code objects and globals travel.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from types import CellType, CodeType
from typing import TYPE_CHECKING, Any

from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.generator import CREATED, SUSPENDED, Resumable, make_resumable
from kaa.reference.program import NULL, program_of

if TYPE_CHECKING:
    from kaa.reference.machine import Machine


@dataclass
class FrameState:
    """A suspended frame. `next` is an instruction offset in code units.

    It is a generator's, or that of a function that waits for a call. If that is the call of a class whose `__init__`
    runs, `instance` is what the call will give. One that was `interrupted` waits for nothing: it goes on with the
    instruction in front of `next`, which has done nothing yet.
    """

    code: CodeType
    next: int
    variables: list[Any]
    stack: list[Any]
    handled: BaseException | None
    globals: dict[str, Any]
    closure: tuple[CellType, ...] | None
    name: str
    qualified_name: str
    started: bool
    delegating: bool
    instance: Any = None
    interrupted: bool = False

    @classmethod
    def of(
        cls, frame: Frame, named: Any, *, started: bool, delegating: bool, instance: Any = None
    ) -> FrameState:
        """The state of a frame; `named` has its names, a generator or the function itself."""
        return cls(
            frame.code,
            frame.next,
            list(frame.variables),
            list(frame.stack),
            frame.handled,
            frame.globals,
            frame.function.__closure__,
            named.__name__,
            named.__qualname__,
            started,
            delegating,
            instance,
        )


def freeze(resumable: Resumable) -> FrameState:
    """The state of a generator or coroutine that is not running. ValueError if it runs or has ended."""
    frame = resumable.frame
    if frame is None or not resumable.is_resumable:
        raise ValueError(f"this {resumable.kind} is {resumable.state}, not suspended")
    started = resumable.state is SUSPENDED
    return FrameState.of(frame, resumable, started=started, delegating=resumable.delegating)


def thaw(machine: Machine, state: FrameState) -> Resumable:
    """A new generator or coroutine in this state, suspended."""
    resumable = empty(machine, state.code, state.globals, state.closure)
    fill(resumable, state)
    return resumable


def empty(
    machine: Machine, code: CodeType, global_names: dict[str, Any], closure: tuple[CellType, ...] | None
) -> Resumable:
    """A generator or coroutine that is in no state yet."""
    boundary = machine.boundary()
    function = Function(machine, code, global_names, boundary.builtins, closure)
    variables = [NULL] * len(function.program.local_names)
    frame = Frame(function, function.program, variables, boundary)
    frame.caller = frame.handled_outside = None
    return make_resumable(frame)


def fill(resumable: Resumable, state: FrameState) -> None:
    """Put one that has not begun into a state."""
    frame = resumable.frame
    if frame is None or resumable.state is not CREATED:
        raise ValueError(f"{resumable!r} has begun already")
    frame.next = state.next
    frame.variables[:] = state.variables
    frame.stack[:] = state.stack
    frame.handled = state.handled
    resumable.__name__, resumable.__qualname__ = state.name, state.qualified_name
    resumable.state = SUSPENDED if state.started else CREATED
    resumable.delegating = state.delegating


def copy_suspended(resumable: Resumable) -> Resumable:
    """A generator that goes on from where this one is, on its own.

    Iterators on the stack, generators among them, the cells that the frame made itself, and the functions in its
    variables that use these cells are copied; all other objects are shared.
    """
    state = freeze(resumable)
    program = program_of(resumable.code)
    own = [state.variables[index] for index in program.cells if index < program.first_free]
    cells = _Cells((id(cell), _copy_cell(cell)) for cell in own if type(cell) is CellType)
    state.variables = [_with_cells(value, cells) for value in state.variables]
    state.stack = [_copy_iterator(_with_cells(value, cells)) for value in state.stack]
    return thaw(resumable.machine, state)


def builtins_of(function: Any) -> dict[str, Any]:
    """The built-ins that a function sees."""
    names: dict[str, Any] = function.__builtins__
    return names


class _Cells(dict[int, CellType]):
    """New cells by the identity of the old ones (cells compare by content)."""


def _with_cells(value: Any, cells: _Cells) -> Any:
    """A cell, or a function that uses some, with new cells in place of the old ones."""
    if type(value) is CellType:
        return cells.get(id(value), value)
    if type(value) is not Function or not any(id(cell) in cells for cell in value.__closure__ or ()):
        return value
    closure = tuple(cells.get(id(cell), cell) for cell in value.__closure__ or ())
    function = Function(value.machine, value.__code__, value.__globals__, builtins_of(value), closure)
    for name in ("__name__", "__qualname__", "__defaults__", "__kwdefaults__", "__type_params__", "__doc__"):
        setattr(function, name, getattr(value, name))
    function.__dict__.update(value.__dict__)
    return function


def _copy_cell(cell: CellType) -> CellType:
    try:
        return CellType(cell.cell_contents)
    except ValueError:
        return CellType()


def _copy_iterator(value: Any) -> Any:
    if isinstance(value, Resumable):
        return copy_suspended(value)
    if value is NULL or not hasattr(type(value), "__next__"):
        return value
    return copy.copy(value)
