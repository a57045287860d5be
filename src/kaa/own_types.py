"""The few types of `types` that Kaa asks for at its start: the host has not loaded the module by then."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import BuiltinFunctionType, CodeType, CoroutineType, FunctionType, GeneratorType, ModuleType
else:

    def _function() -> None: ...

    def _generator() -> object:
        yield

    async def _coroutine() -> None: ...

    coroutine = _coroutine()
    coroutine.close()  # nobody awaits it
    BuiltinFunctionType = type(len)
    CodeType = type(_function.__code__)
    CoroutineType = type(coroutine)
    FunctionType = type(_function)
    GeneratorType = type(_generator())
    ModuleType = type(sys)

__all__ = ["BuiltinFunctionType", "CodeType", "CoroutineType", "FunctionType", "GeneratorType", "ModuleType"]
