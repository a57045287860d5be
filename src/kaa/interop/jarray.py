"""Jython's module `jarray`: Java's arrays by a code or class, `array([1, 2], "i")` and `zeros(3, String)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kaa.interop import java

java.start()

import jpype  # noqa: E402  # it has its types once the JVM runs

CODES = {
    "z": jpype.JBoolean,
    "c": jpype.JChar,
    "b": jpype.JByte,
    "h": jpype.JShort,
    "i": jpype.JInt,
    "l": jpype.JLong,
    "f": jpype.JFloat,
    "d": jpype.JDouble,
}


def array(items: Iterable[Any], type: Any) -> Any:
    """An array with these items. Raises TypeError for one that cannot be in it."""
    return jpype.JArray(CODES.get(type, type))(list(items))


def zeros(length: int, type: Any) -> Any:
    """An array of zeros, or of nulls."""
    return jpype.JArray(CODES.get(type, type))(length)
