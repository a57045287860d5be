"""`container[start:stop]`, of the built-in sequences without a slice object.

In: a container and two bounds, borrowed. Out: the part, a new reference.
"""

from __future__ import annotations

from kaa.baseline.numbers import compact_value
from kaa.baseline.objects import None_, decref, new
from kaa.native.externs import (
    PyBytes_FromStringAndSize,
    PyBytes_Type,
    PyList_GetSlice,
    PyList_Type,
    PyLong_Type,
    PyObject_GetItem,
    PySlice_New,
    PyTuple_GetSlice,
    PyTuple_Type,
    PyUnicode_Substring,
    PyUnicode_Type,
)
from kaa.native.function import native
from kaa.native.intrinsics import NULL, address, cast
from kaa.native.layouts import BytesObject, LongObject, Object, VarObject
from kaa.native.types import Ptr, i1, i64, u8


@native
def take_part(container: Object, start: Object, stop: Object) -> Object:
    """`container[start:stop]`; NULL with an exception."""
    kind = container.ob_type
    if (
        kind in (PyUnicode_Type, PyList_Type, PyTuple_Type, PyBytes_Type)
        and is_bound(start)
        and is_bound(stop)
    ):
        size = cast(VarObject, container).ob_size  # a string's length is in the same place
        first, end = bound(start, 0, size), bound(stop, size, size)
        if kind == PyUnicode_Type:
            return PyUnicode_Substring(container, first, end)
        if kind == PyList_Type:
            return PyList_GetSlice(container, first, end)
        if kind == PyTuple_Type:
            return PyTuple_GetSlice(container, first, end)
        return part_of_bytes(cast(BytesObject, container), first, end)
    index = PySlice_New(start, stop, NULL)
    if not index:
        return NULL
    result = PyObject_GetItem(container, index)
    decref(index)
    return result


@native(inline=True)
def is_bound(value: Object) -> i1:
    """Whether `bound` understands this: None, or a compact int."""
    if value.ob_type == PyLong_Type:
        return cast(LongObject, value).lv_tag < 16
    return value == None_


@native(inline=True)
def bound(value: Object, absent: i64, size: i64) -> i64:
    """A place in a sequence, or its end. Negative numbers count from the end; None is `absent`."""
    if value == None_:
        return absent
    place = compact_value(value)
    if place < 0:
        place += size
        return 0 if place < 0 else place
    return size if place > size else place


@native(inline=True)
def part_of_bytes(container: BytesObject, first: i64, end: i64) -> Object:
    size = end - first
    if size == container.ob_size:
        return new(container)
    if size < 0:
        size = 0
    return PyBytes_FromStringAndSize(cast(Ptr[u8], address(container.ob_sval) + first), size)
