"""The machine code of `java_calls`: a call that raised, once more with other arguments.

In: nothing. Out: an `Image` with two functions that stand in `tp_call`, and where that is in a type object. Running
this module writes it to the standard output, as bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from kaa.native import layouts
from kaa.native.build import build
from kaa.native.externs import (
    Py_DecRef,
    PyErr_GetRaisedException,
    PyErr_SetRaisedException,
    PyObject_CallFunctionObjArgs,
    _Py_NoneStruct,
)
from kaa.native.function import Cell, native
from kaa.native.image import Image
from kaa.native.intrinsics import NULL, unlikely
from kaa.native.layouts import Object
from kaa.native.types import Function, Reference, layout

Call = Callable[[Object, Object, Object], Object]
"""What is called, the tuple of arguments, the dict of keywords or NULL; the result, or NULL: raised."""

_CALL = Function((Reference(Object),) * 3, Reference(Object))
CALL_METHOD: Any = Cell("CALL_METHOD", _CALL)
CALL_CLASS: Any = Cell("CALL_CLASS", _CALL)
"""What stood in `tp_call` of JPype's methods and of its metaclass."""
CHOOSE: Any = Cell("CHOOSE", Reference(Object))
"""See `java_calls.Chooser`."""


@native
def call_method(method: Object, arguments: Object, keywords: Object) -> Object:
    return once_or_twice(CALL_METHOD, method, arguments, keywords)


@native
def call_class(kind: Object, arguments: Object, keywords: Object) -> Object:
    return once_or_twice(CALL_CLASS, kind, arguments, keywords)


@native(inline=True)
def once_or_twice(call: Call, called: Object, arguments: Object, keywords: Object) -> Object:
    result = call(called, arguments, keywords)
    if unlikely(not result):
        others = other_arguments(called, arguments)
        if others:
            result = call(called, others, keywords)
            Py_DecRef(others)
    return result


@native
def other_arguments(called: Object, arguments: Object) -> Object:
    """The chooser's arguments, or NULL: raised, as before or by the chooser."""
    error = PyErr_GetRaisedException()
    others: Object = PyObject_CallFunctionObjArgs(CHOOSE, error, called, arguments, NULL)
    if others == _Py_NoneStruct:
        PyErr_SetRaisedException(error)
        return NULL
    Py_DecRef(error)
    return others


def image() -> Image:
    """The image, compiled now."""
    exported: list[Any] = [call_method, call_class]
    made = build(exported, {})
    made.extra["tp_call"] = layout(layouts.TypeObject).fields["tp_call"].offset.to_bytes(2, "little")
    return made


if __name__ == "__main__":
    sys.stdout.buffer.write(image().to_bytes())
