"""A frame's variables as a mapping: `locals()` and `frame.f_locals`. (PEP 667.)

A module's or class body's namespace is the mapping itself. A function's variables show through `FrameLocals`,
which writes to the frame; `locals()` gives a snapshot of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from reprlib import recursive_repr
from types import CellType
from typing import TYPE_CHECKING, Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL


class FrameLocals(Mapping[Any, Any]):
    """The variables of a frame, cells opened; and what else was written into the mapping."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def _find(self, name: Any) -> tuple[int | None, Any]:
        """The index and the value of a variable. A comprehension's may hide a free one of the same name."""
        found = None
        for index, candidate in enumerate(self._frame.program.local_names):
            if candidate == name:
                value = value_of(self._frame, index)
                if value is not NULL:
                    return index, value
                found = index
        return found, NULL

    def _extra(self) -> dict[Any, Any]:
        return self._frame.extra_locals or {}

    def __getitem__(self, name: Any) -> Any:
        index, value = self._find(name)
        if index is None:
            value = self._extra().get(name, NULL)
        if value is NULL:
            raise KeyError(f"local variable {name!r} is not defined")
        return value

    def __setitem__(self, name: Any, value: Any) -> None:
        frame = self._frame
        index, _ = self._find(name)
        if index is None:
            if frame.extra_locals is None:
                frame.extra_locals = {}
            frame.extra_locals[name] = value
        elif index in frame.program.cells and type(frame.variables[index]) is CellType:
            frame.variables[index].cell_contents = value
        else:
            frame.variables[index] = value

    def __delitem__(self, name: Any) -> None:
        raise TypeError("cannot remove variables from FrameLocalsProxy")

    def __iter__(self) -> Iterator[Any]:
        frame = self._frame
        for index, name in enumerate(frame.program.local_names):
            if value_of(frame, index) is not NULL:
                yield name
        yield from self._extra()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        index, value = self._find(name)
        return name in self._extra() if index is None else value is not NULL

    if not TYPE_CHECKING:  # the host's answer lists where mappings answer views

        def keys(self):
            """The names, in a list."""
            return list(self)

        def values(self):
            """The values, in a list."""
            return [self[name] for name in self]

        def items(self):
            """Names and values, in a list."""
            return [(name, self[name]) for name in self]

        def __reversed__(self):
            return list(self)[::-1]

    def copy(self) -> dict[Any, Any]:
        """A snapshot."""
        return dict(self)

    def update(self, other: Any) -> None:
        """Write all of a mapping."""
        if not isinstance(other, Mapping):
            raise TypeError("update() argument must be dict or another FrameLocalsProxy")
        for name in other:
            self[name] = other[name]

    def setdefault(self, name: Any, default: Any = None) -> Any:
        """The value under a name, which is written first if it is not there."""
        if name not in self:
            self[name] = default
        return self[name]

    def __or__(self, other: Any) -> Any:
        return dict(self) | dict(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return dict(other) | dict(self) if isinstance(other, Mapping) else NotImplemented

    def __ior__(self, other: Any) -> FrameLocals:
        self.update(other)
        return self

    @recursive_repr("{...}")
    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle 'FrameLocalsProxy' object")


FrameLocals.__name__ = FrameLocals.__qualname__ = "FrameLocalsProxy"


def value_of(frame: Frame, index: int) -> Any:
    """The value of a variable, or NULL; of a cell, what it holds. (A cell is there once MAKE_CELL has run.)"""
    value = frame.variables[index]
    if index in frame.program.cells and type(value) is CellType:
        try:
            return value.cell_contents
        except ValueError:
            return NULL
    return value


def frame_locals(frame: Frame) -> Any:
    """`frame.f_locals`."""
    if frame.names is None or _in_comprehension(frame):
        return FrameLocals(frame)
    return frame.names


def snapshot(frame: Frame) -> Any:
    """`locals()`."""
    if frame.names is None:
        return dict(FrameLocals(frame))
    if _in_comprehension(frame):
        return {**frame.names, **dict(FrameLocals(frame))}
    return frame.names


def _in_comprehension(frame: Frame) -> bool:
    """True while a module or class body runs a comprehension, which has variables beside the namespace."""
    bound = frame.variables[: frame.program.first_free]
    return any(value is not NULL and index not in frame.program.cells for index, value in enumerate(bound))
