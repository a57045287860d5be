"""A built-in function made of a Python function, for engines that cannot make one of the host's own kind."""

from __future__ import annotations

from kaa.own_types import BuiltinFunctionType
from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Builtin:
    """Callable, unbound in classes, shown as a built-in."""

    def __init__(self, function: Callable[..., Any], host: Any) -> None:
        self._function = function
        self.__name__ = host.__name__
        vars(self)["__qualname__"] = host.__qualname__
        self.__module__ = host.__module__
        self.__self__ = host.__self__
        self.__doc__ = host.__doc__
        self.__text_signature__ = host.__text_signature__

    @invisible
    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._function(*args, **keywords)

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"

    def __reduce__(self) -> str:
        return str(self.__name__)

    @property  # type: ignore[misc]  # what isinstance sees is meant to differ from the type
    def __class__(self) -> type:
        return BuiltinFunctionType
