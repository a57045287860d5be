"""What guest code sees of the machine's own classes: the host's types.

`type(f)` is `types.FunctionType`, although `f` is a `Function` here. (`f.__class__` says so itself.)
"""

import types
from typing import Any

from kaa.reference.async_generator import AsyncGenerator
from kaa.reference.calls import MACHINE_CLASSES
from kaa.reference.frame import Frame
from kaa.reference.function import Function
from kaa.reference.generator import Coroutine, Generator

COUNTERPARTS: dict[type, type] = {
    Function: types.FunctionType,
    Generator: types.GeneratorType,
    Coroutine: types.CoroutineType,
    AsyncGenerator: types.AsyncGeneratorType,
    Frame: types.FrameType,
}
"""By class of the machine: the host's type that it stands for."""

MACHINE_CLASSES |= {host: machine for machine, host in COUNTERPARTS.items()}


def counterpart_type(value: Any) -> Any:
    """The type of a value, as guest code is to see it."""
    kind = type(value)
    return COUNTERPARTS.get(kind, kind)
