"""Making classes: the class statement, and what `type` does for plain functions only.

A class body runs in a frame of its own. Classes themselves are made by the host's `type`. It knows only its own
kind of function, so the special methods that it wraps for them (`__new__`, `__init_subclass__`,
`__class_getitem__`) are wrapped here first.
"""

from __future__ import annotations

import builtins
import types
from functools import partial
from typing import Any

from kaa.reference.arguments import bind
from kaa.reference.calls import BUILTINS, call_with_globals, initialize_in, is_guest
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.program import NULL, program_of
from kaa.reference.views import counterpart_type

_WRAPPERS = {"__new__": staticmethod, "__init_subclass__": classmethod, "__class_getitem__": classmethod}


def build_class(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    """`__build_class__(body, name, *bases, metaclass=..., **keywords)`: run the body, then make the class."""
    if len(arguments) < 2:
        raise TypeError("__build_class__: not enough arguments")
    body, name, *originals = arguments
    if not is_guest(body):
        raise TypeError("__build_class__: func must be a function")
    if not isinstance(name, str):
        raise TypeError("__build_class__: name is not a string")
    bases = _resolve_bases(frame, tuple(originals))
    replaced = list(bases) != originals
    keywords = dict(keywords)
    metaclass = _metaclass(bases, keywords)
    names = _prepare(frame, metaclass, name, bases, keywords)
    if replaced:
        names["__orig_bases__"] = tuple(originals)
    program = program_of(body.__code__)
    entered = Frame(body, program, bind(body, program, [], None), frame, names)
    entered.finish = partial(_make, metaclass, name, bases, keywords)
    return entered


def _make(
    metaclass: Any, name: str, bases: tuple[Any, ...], keywords: dict[str, Any], body: Frame, cell: Any
) -> Frame:
    """The body has run: call the metaclass. The body answers the cell that `super()` and `__class__` use."""
    frame = body.caller
    assert frame is not None
    frame.thread.frame = frame
    cls = frame.call(metaclass, name, bases, body.names, **keywords)
    if isinstance(cls, type) and isinstance(cell, types.CellType):
        _check_class_cell(cls, cell, name)
    frame.stack.append(cls)
    return frame


def _check_class_cell(cls: Any, cell: types.CellType, name: str) -> None:
    try:
        found = cell.cell_contents
    except ValueError:
        found = NULL
    if found is NULL:
        raise RuntimeError(
            f"__class__ not set defining {name!r} as {cls!r}. Was __classcell__ propagated to type.__new__?"
        )
    if found is not cls:
        raise TypeError(f"__class__ set to {found!r} defining {name!r} as {cls!r}")


def _resolve_bases(frame: Frame, originals: tuple[Any, ...]) -> tuple[Any, ...]:
    """The bases, with `__mro_entries__` in place of what is no class. (PEP 560.)"""
    bases: list[Any] = []
    for base in originals:
        entries = NULL if isinstance(base, type) else getattr(base, "__mro_entries__", NULL)
        if entries is NULL:
            bases.append(base)
            continue
        replacement = frame.call(entries, originals)
        if not isinstance(replacement, tuple):
            raise TypeError("__mro_entries__ must return a tuple")
        bases += replacement
    return tuple(bases)


def _metaclass(bases: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The most derived metaclass; anything but a class is taken as it is."""
    metaclass = keywords.pop("metaclass", NULL)
    if metaclass is NULL:
        metaclass = type(bases[0]) if bases else type
    if not isinstance(metaclass, type):
        return metaclass
    winner = metaclass
    for base in bases:
        kind = type(base)
        if issubclass(winner, kind):
            continue
        if not issubclass(kind, winner):
            raise TypeError(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the "
                "metaclasses of all its bases"
            )
        winner = kind
    return winner


def _prepare(
    frame: Frame, metaclass: Any, name: str, bases: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    prepare = getattr(metaclass, "__prepare__", NULL)
    if prepare is NULL:
        return {}
    names = frame.call(prepare, name, bases, **keywords)
    if not hasattr(type(names), "__getitem__"):
        owner = metaclass.__name__ if isinstance(metaclass, type) else "<metaclass>"
        raise TypeError(f"{owner}.__prepare__() must return a mapping, not {type(names).__name__}")
    return names


def new_type(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> None:
    """`type.__new__(metaclass, name, bases, namespace, **keywords)`."""
    if len(arguments) == 4 and isinstance(arguments[3], dict):
        arguments = [*arguments[:3], _for_host(arguments[3])]
    call_with_globals(frame, type.__new__, arguments, keywords)


def _for_host(namespace: dict[str, Any]) -> dict[str, Any]:
    """A namespace as the host's `type` would have made it of plain functions."""
    names = dict(namespace)
    for name, wrap in _WRAPPERS.items():
        if type(names.get(name)) is Function:
            names[name] = wrap(names[name])
    return names


def call_type(frame: Frame, arguments: list[Any], keywords: dict[str, Any]) -> Frame | None:
    """`type(value)`, or `type(name, bases, namespace)`, which may make a class with a metaclass of the bases'."""
    if len(arguments) == 1 and not keywords:
        frame.stack.append(counterpart_type(arguments[0]))
        return None
    if len(arguments) != 3:
        raise TypeError("type() takes 1 or 3 arguments")
    new_type(frame, [type, *arguments], keywords)
    return initialize_in(frame, type, arguments, keywords, frame.stack.pop())


BUILTINS[builtins.__build_class__] = build_class
BUILTINS[type.__new__] = new_type
BUILTINS[type] = call_type
