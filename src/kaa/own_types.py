"""The few types of `types` that Kaa asks for at its start: the host has not loaded the module by then."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
else:

    def _function() -> None: ...

    BuiltinFunctionType = type(len)
    CodeType = type(_function.__code__)
    FunctionType = type(_function)
    ModuleType = type(sys)

__all__ = ["BuiltinFunctionType", "CodeType", "FunctionType", "ModuleType"]
