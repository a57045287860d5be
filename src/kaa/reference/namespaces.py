"""A frame's variables as a mapping: `locals()` and `frame.f_locals`. (PEP 667.)

A module's or class body's namespace is the mapping itself. A function's variables show through `FrameLocals`,
which writes to the frame; `locals()` gives a snapshot of it.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from types import CellType
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL


class FrameLocals(MutableMapping[Any, Any]):
    """The variables of a function's frame, cells opened; and what else was written into the mapping."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def _index(self, name: Any) -> int | None:
        try:
            return self._frame.program.local_names.index(name)
        except ValueError:
            return None

    def _value(self, index: int) -> Any:
        value = self._frame.variables[index]
        if type(value) is CellType and _is_cell(self._frame, index):
            try:
                return value.cell_contents
            except ValueError:
                return NULL
        return value

    def _extra(self) -> dict[Any, Any]:
        return self._frame.extra_locals or {}

    def __getitem__(self, name: Any) -> Any:
        index = self._index(name)
        if index is not None:
            value = self._value(index)
            if value is not NULL:
                return value
        elif name in self._extra():
            return self._extra()[name]
        raise KeyError(f"local variable '{name}' is not defined")

    def __setitem__(self, name: Any, value: Any) -> None:
        index = self._index(name)
        if index is None:
            if self._frame.extra_locals is None:
                self._frame.extra_locals = {}
            self._frame.extra_locals[name] = value
        elif _is_cell(self._frame, index) and type(self._frame.variables[index]) is CellType:
            self._frame.variables[index].cell_contents = value
        else:
            self._frame.variables[index] = value

    def __delitem__(self, name: Any) -> None:
        if self._index(name) is not None:
            raise ValueError("cannot remove local variables from FrameLocalsProxy")
        if name not in self._extra():
            raise KeyError(name)
        del self._extra()[name]

    def __iter__(self) -> Iterator[Any]:
        for index, name in enumerate(self._frame.program.local_names):
            if self._value(index) is not NULL:
                yield name
        yield from self._extra()

    def __reversed__(self) -> Iterator[Any]:
        yield from list(self)[::-1]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        index = self._index(name)
        return name in self._extra() if index is None else self._value(index) is not NULL

    def copy(self) -> dict[Any, Any]:
        """A snapshot."""
        return dict(self)

    def pop(self, *arguments: Any) -> Any:
        """Of a variable: refused."""
        if arguments and self._index(arguments[0]) is not None:
            raise ValueError("cannot remove local variables from FrameLocalsProxy")
        return super().pop(*arguments)

    def __or__(self, other: Any) -> dict[Any, Any]:
        return dict(self) | dict(other)

    def __ror__(self, other: Any) -> dict[Any, Any]:
        return dict(other) | dict(self)

    def __ior__(self, other: Any) -> FrameLocals:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr(dict(self))


FrameLocals.__name__ = FrameLocals.__qualname__ = "FrameLocalsProxy"


def _is_cell(frame: Frame, index: int) -> bool:
    """True for variables that live in cells, once MAKE_CELL and COPY_FREE_VARS have run."""
    code = frame.code
    name = frame.program.local_names[index]
    return name in code.co_cellvars or name in code.co_freevars


def frame_locals(frame: Frame) -> Any:
    """`frame.f_locals`."""
    return FrameLocals(frame) if frame.names is None else frame.names


def snapshot(frame: Frame) -> Any:
    """`locals()`."""
    if frame.names is None:
        return dict(FrameLocals(frame))
    hidden = {
        name: value
        for name, value in zip(frame.program.local_names, frame.variables, strict=True)
        if value is not NULL and name not in frame.code.co_freevars
    }
    # Inside of a comprehension, its variables stand beside those of the module or class.
    return {**frame.names, **dict(FrameLocals(frame))} if hidden else frame.names
