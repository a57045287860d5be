"""What a recording shows of objects: the type, the slots, the references.

`describe` looks at an object without running any code of the guest's: no `repr`, no properties, no `__class__`.
"""

from __future__ import annotations

import collections
import gc
import types
from itertools import islice
from typing import Any

from kaa.explorer.road.bytecode import short
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.generator import Resumable
from kaa.reference.program import NULL
from kaa.reference.views import counterpart_type

SHOWN = 40
"""Slots that are shown of one object; the rest is folded."""

own_modules = {"__main__"}
"""The names of the modules whose classes are the program's own. A recorder adds those that it meets."""

_PLAIN = {int, float, complex, bool, type(None), str, bytes, type(...), type(NotImplemented), range, slice}
_NAMED: tuple[type, ...] = (
    types.BuiltinFunctionType,
    types.ModuleType,
    types.CodeType,
    types.MethodDescriptorType,
)
_NAMED += (types.WrapperDescriptorType, types.MethodWrapperType, types.GetSetDescriptorType)


def _is_own(kind: type) -> bool:
    module = type.__getattribute__(kind, "__module__")
    return type(module) is str and module in own_modules


def plain(value: Any) -> str | None:
    """The text of a value that is shown in place; None for an object of the heap."""
    kind = type(value)
    if kind in _PLAIN:
        if kind is int and value.bit_length() > 4096:
            return f"<int of {value.bit_length()} bits>"
        if kind in (str, bytes) and len(value) > 60:
            return f"{value[:40]!r}… ({len(value)})"
        return short(value)
    if issubclass(kind, type) and not _is_own(value):
        return f"<class {value.__name__}>"
    if issubclass(kind, _NAMED):
        return f"<{getattr(value, '__name__', kind.__name__)}>"
    if kind is types.FunctionType:
        return f"<function {value.__qualname__}>"
    if kind is Frame or issubclass(kind, Frame):
        return "<frame>"
    return None


def describe(value: Any) -> tuple[str, str, int, list[Any]]:
    """The type, the shape (`sequence` or `mapping`), the length and the slots of an object.

    A mapping's slots are pairs; a text in place of a key is an attribute's name, set in `Label`.
    """
    kind = type(value)
    name = counterpart_type(value).__name__
    if issubclass(kind, (list, tuple)):
        base: Any = list if issubclass(kind, list) else tuple  # the built-in's methods, not the guest's
        items = [*base.__getitem__(value, slice(0, SHOWN))]
        return name, "sequence", _length(kind, value), items
    if issubclass(kind, (set, frozenset, collections.deque)):
        base = next(b for b in (set, frozenset, collections.deque) if issubclass(kind, b))
        return name, "sequence", base.__len__(value), [*islice(base.__iter__(value), SHOWN)]
    if issubclass(kind, dict):
        return name, "mapping", dict.__len__(value), [list(p) for p in islice(dict.items(value), SHOWN)]
    pairs = _attributes(value, kind)
    return name, "mapping", len(pairs), pairs[:SHOWN]


def _length(kind: type, value: Any) -> int:
    return list.__len__(value) if issubclass(kind, list) else tuple.__len__(value)


class Label(str):
    """The name of a slot that is no key of a dict."""


def _pairs(**slots: Any) -> list[list[Any]]:
    return [[Label(name), value] for name, value in slots.items()]


def _attributes(value: Any, kind: type) -> list[list[Any]]:
    if kind is types.CellType:
        try:
            return _pairs(holds=value.cell_contents)
        except ValueError:
            return []
    if kind is Function:
        free = zip(value.__code__.co_freevars, value.__closure__ or (), strict=False)
        slots = [[Label(value.__qualname__ + "()"), Label("")]] + [[Label(name), cell] for name, cell in free]
        return slots + (_pairs(defaults=value.__defaults__) if value.__defaults__ else [])
    if kind is types.MethodType:
        return _pairs(function=value.__func__, self=value.__self__)
    if issubclass(kind, Resumable):
        return _suspended(value)
    if issubclass(kind, type):
        return _class(value)
    if issubclass(kind, BaseException):
        return [[Label("args"), BaseException.args.__get__(value)], *_instance(value, kind)]  # type: ignore[attr-defined]  # a getset of C
    view = _MICROTHREADS.get(kind.__name__) if kind.__module__ in _MICROTHREAD_MODULES else None
    if view is not None:
        return view(object.__getattribute__(value, "__dict__"))
    found = _instance(value, kind)
    if found or _is_own(kind):
        return found
    seen = [other for other in gc.get_referents(value) if not isinstance(other, (type, types.ModuleType))]
    return [[Label(""), other] for other in seen[:8]]


def _suspended(value: Any) -> list[list[Any]]:
    frame = value.frame
    slots = [[Label(value.__name__), Label(value.state)]]
    if frame is None or value.state not in ("suspended", "created"):
        return slots
    named = zip(frame.program.local_names, frame.variables, strict=True)
    slots += [[Label(name), held] for name, held in named if held is not NULL]
    return slots + [[Label(f"stack {depth}"), held] for depth, held in enumerate(frame.stack)]


def _class(value: type) -> list[list[Any]]:
    bases = [[Label("base"), base] for base in value.__bases__ if base is not object]
    names = type.__dict__["__dict__"].__get__(value)
    own = [
        [Label(name), held]
        for name, held in names.items()
        if not name.startswith("__") or type(held) is Function
    ]
    return [[Label("class " + value.__name__), Label("")], *bases, *own]


def _instance(value: Any, kind: type) -> list[list[Any]]:
    slots = []
    try:
        names = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        names = {}
    if type(names) is dict:
        slots += [[Label(name), held] for name, held in names.items() if type(name) is str]
    for base in kind.__mro__:
        for name, member in type.__dict__["__dict__"].__get__(base).items():
            if type(member) is types.MemberDescriptorType and _is_own(base):
                try:
                    slots.append([Label(name), member.__get__(value)])
                except AttributeError:
                    pass
    return slots


def _tasklet(names: dict[str, Any]) -> list[list[Any]]:
    """What it does now, what it runs, the channel it waits for, the one that runs after it."""
    scheduler = vars(names["_scheduler"])
    if scheduler["current"].__dict__ is names:
        state = "running"
    elif names["_channel"] is not None:
        state = "waiting"
    elif names["next"] is not None:
        state = "runnable"
    else:
        state = "finished" if names["_greenlet"] is names["_strand"] else "paused"
    slots = [[Label("tasklet"), Label(("main, " if scheduler["main"].__dict__ is names else "") + state)]]
    links = (("runs", names["_function"]), ("waits for", names["_channel"]), ("next", names["next"]))
    return slots + [[Label(name), held] for name, held in links if held is not None]


def _channel(names: dict[str, Any]) -> list[list[Any]]:
    """Its balance, and who waits in it."""
    balance = names["balance"]
    waits = "sends" if balance > 0 else "receives"
    rows: list[list[Any]] = [[Label("balance"), balance]]
    task = names["_first"]
    while task is not None:
        rows.append([Label(waits), task])
        task = task._behind
    return rows


_MICROTHREADS = {"tasklet": _tasklet, "channel": _channel}
_MICROTHREAD_MODULES = ("stackless", "kaa.microthreads.tasklets", "kaa.microthreads.channels")
