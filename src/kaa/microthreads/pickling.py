"""Pickles of suspended computations: `dumps` and `loads` of generators, coroutines, async generators, and closures.

In: anything that holds some. Out: bytes that `loads` makes the same of, on either machine. They are as trusted as code.

Cells travel empty, since a cell may hold the function that uses it, and so do generators, tasklets and channels, which
may form long rows and circles; what is in them follows, in more pickles.
"""

from __future__ import annotations

import copyreg
import importlib
import io
import pickle
import sys
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

from kaa.microthreads import code_references, frozen
from kaa.microthreads.channels import channel
from kaa.microthreads.frozen import HOST_KINDS
from kaa.microthreads.other_kinds import finalizer, reducer, set_finalizer
from kaa.microthreads.tasklet_states import PRESERVE_AG_FINALIZER, empty, tasklet_state
from kaa.microthreads.tasklets import scheduler, tasklet
from kaa.reference.function import Function
from kaa.reference.generator import Resumable
from kaa.reference.program import NULL
from kaa.reference.suspension import FrameState
from kaa.runtime import places

_FUNCTION_FIELDS = ("__name__", "__qualname__", "__defaults__", "__kwdefaults__", "__doc__", "__module__")


def dumps(value: Any) -> bytes:
    """A pickle of anything, suspended generators among it.

    Raises:
        ValueError: a generator runs or has ended, or its globals are no module's.
        TypeError: something cannot be pickled; a note names the last frame that was begun.
    """
    file = io.BytesIO()
    pickler = _LongPickler(file)
    try:
        pickler.dump(value)
        while pickler.made_empty:
            made_empty, pickler.made_empty = pickler.made_empty, []
            pickler.dump([(made, pickler.content(made)) for made in made_empty])
    except Exception as error:
        if pickler.frame:
            error.add_note(f"The last suspended frame that was being stored is that of {pickler.frame!r}.")
        raise
    return file.getvalue()


def loads(data: bytes) -> Any:
    """What was given to `dumps`. Generators go on where they were."""
    file = io.BytesIO(data)
    unpickler = pickle.Unpickler(file)
    value = unpickler.load()
    while file.tell() < len(data):
        for made, content in unpickler.load():
            _fill(made, content)
    return value


class Pickler(pickle.Pickler):
    """A pickler that takes them, too. What is in cells, generators and tasklets follows at once."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._module_of_code: dict[int, str] = {}  # of the code of frames, by identity
        self.frame = ""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind in HOST_KINDS or isinstance(value, Resumable):
            self.frame = value.__qualname__
            state = frozen.freeze(value)
            module = self._module_of_code[id(state.code)] = _module_of(state.globals)
            return self.empty(value, _empty_generator, state.code, module, state.closure)
        if kind is FunctionType or kind is Function:
            return _reduce_function(value)
        if kind is CellType:
            return self.empty(value, _empty_cell)
        if isinstance(value, tasklet | channel):
            return self.empty(value, empty, kind) if _is_plain(kind) else NotImplemented
        if kind is FrameState:
            self.frame = value.qualified_name
            return _make_state, self.state_fields(value)
        if kind is CodeType:
            return code_references.find, (code_references.refer(value, self._module_of_code.get(id(value))),)
        if (reduce := reducer(kind)) is not None and kind not in copyreg.dispatch_table:
            return reduce(value)
        return NotImplemented

    def empty(self, value: Any, make: Callable[..., Any], *arguments: Any) -> Any:
        """How something travels that may hold itself: made empty, then filled."""
        return make, arguments, self.content(value), None, None, _fill

    def content(self, made: Any) -> Any:
        """What follows of something that has travelled empty."""
        if isinstance(made, tasklet):
            return tasklet_state(made)
        if isinstance(made, channel):
            return made.state()
        if type(made) is not CellType:
            state = frozen.freeze(made)
            if not scheduler().pickle_flags & PRESERVE_AG_FINALIZER or (hook := finalizer(made)) is None:
                return state
            return state, hook
        try:
            return made.cell_contents
        except ValueError:
            return NULL

    def state_fields(self, state: FrameState) -> tuple[Any, ...]:
        """The arguments of `_make_state`. The code is pickled once, by name or by value."""
        module = self._module_of_code[id(state.code)] = _module_of(state.globals)
        return (
            state.code,
            module,
            state.next,
            state.variables,
            state.stack,
            state.handled,
            state.closure,
            state.name,
            state.qualified_name,
            state.started,
            state.delegating,
            state.instance,
            state.interrupted,
        )


class _LongPickler(Pickler):
    """What is in cells, generators and tasklets follows later, in pickles of its own: chains may be of any length."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, 5)
        self.made_empty: list[Any] = []

    def empty(self, value: Any, make: Callable[..., Any], *arguments: Any) -> Any:
        self.made_empty.append(value)
        return make, arguments


def _empty_cell() -> CellType:
    return CellType()  # the type has no name by which a pickle could find it


def _is_plain(kind: type) -> bool:
    """Whether a class of tasklets or channels leaves it to its base how it is stored."""
    base = tasklet if issubclass(kind, tasklet) else channel
    return all(
        getattr(kind, name) is getattr(base, name) for name in ("__reduce__", "__reduce_ex__", "__setstate__")
    )


def _fill(made: Any, content: Any) -> None:
    if isinstance(made, tasklet | channel):
        made.__setstate__(content)
    elif type(made) is not CellType:
        state, *hooks = content if type(content) is tuple else (content,)
        frozen.fill(made, state)
        for hook in hooks:
            set_finalizer(made, hook)
    elif content is not NULL:
        made.cell_contents = content


def _module_of(names: dict[str, Any]) -> str:
    """The name of the module that has these globals."""
    name = names.get("__name__")
    if not isinstance(name, str) or getattr(sys.modules.get(name), "__dict__", None) is not names:
        raise ValueError(
            f"the globals of a suspended frame are those of no module that can be imported: {name!r}"
        )
    return name


def _empty_generator(code: CodeType, module: str, closure: Any) -> Any:
    return frozen.empty(code, vars(importlib.import_module(module)), closure)


def _make_state(
    code: CodeType, module: str, following: int, variables: list[Any], stack: list[Any], handled: Any,
    closure: Any, name: str, qualified_name: str, started: bool, delegating: bool, instance: Any,
    interrupted: bool,
) -> FrameState:  # fmt: skip
    names = vars(importlib.import_module(module))
    return FrameState(
        code, following, variables, stack, handled, names, closure, name, qualified_name, started, delegating,
        instance, interrupted,
    )  # fmt: skip


def _reduce_function(function: Any) -> Any:
    """By name where the name leads to it, else by value."""
    module = function.__module__
    owner: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in function.__qualname__.split("."):
        owner = getattr(owner, part, None)
    if owner is function:
        # The C pickler takes only the host's own functions by name by itself.
        return NotImplemented if type(function) is FunctionType else function.__qualname__
    names = _module_of(function.__globals__)
    state = {field: getattr(function, field) for field in _FUNCTION_FIELDS} | {"__dict__": function.__dict__}
    made = (code_references.refer(function.__code__, names), names, function.__closure__)
    return _make_function, made, state, None, None, _fill_function


def _make_function(reference: Any, module: str, closure: Any) -> Any:
    names = vars(importlib.import_module(module))
    code = code_references.find(reference)
    machine = places.current.machine
    if machine is None:
        return FunctionType(code, names, None, None, closure)
    return Function(machine, code, names, machine.boundary().builtins, closure)


def _fill_function(function: Any, state: dict[str, Any]) -> None:
    function.__dict__.update(state.pop("__dict__"))
    for field, value in state.items():
        setattr(function, field, value)
