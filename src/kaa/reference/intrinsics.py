"""The machine's own functions, which CALL_INTRINSIC_1 and CALL_INTRINSIC_2 call.

In: the frame and one or two values. Out: the result. Type variables and aliases whose bounds and values are
evaluated later can only be made by the host's own intrinsics, so these are asked for them.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any, Generic, TypeVarTuple

from kaa.bytecode import opcodes
from kaa.bytecode.instructions import INTRINSICS_1, INTRINSICS_2
from kaa.reference.async_generator import WrappedValue
from kaa.reference.exceptions import merge_raised
from kaa.reference.frame import Frame
from kaa.reference.program import INTRINSICS, NULL


def _of_host(name: str) -> Callable[..., Any]:
    """One of the host's intrinsics as a function."""
    if name in INTRINSICS_1:
        call, count = [opcodes.CALL_INTRINSIC_1, INTRINSICS_1.index(name)], 1
    else:
        call, count = [opcodes.CALL_INTRINSIC_2, INTRINSICS_2.index(name)], 2
    loads = [number for index in range(count) for number in (opcodes.LOAD_FAST, index)]

    def template(first: Any, second: Any = None) -> Any: ...

    code = template.__code__.replace(
        co_code=bytes([opcodes.RESUME, 0, *loads, *call, opcodes.RETURN_VALUE, 0]), co_stacksize=2
    )
    names = {"__name__": "typing", "__builtins__": builtins}  # the intrinsics import `typing` by these
    return types.FunctionType(code, names, name, (None,))


_type_variable = _of_host("INTRINSIC_TYPEVAR")
_parameter_specification = _of_host("INTRINSIC_PARAMSPEC")
_type_variable_tuple = _of_host("INTRINSIC_TYPEVARTUPLE")
_type_variable_with_bound = _of_host("INTRINSIC_TYPEVAR_WITH_BOUND")
_type_variable_with_constraints = _of_host("INTRINSIC_TYPEVAR_WITH_CONSTRAINTS")
_set_default = _of_host("INTRINSIC_SET_TYPEPARAM_DEFAULT")
_type_alias = _of_host("INTRINSIC_TYPEALIAS")


def _show(frame: Frame, value: Any) -> None:
    """The value of an expression statement, in interactive mode."""
    hook = getattr(sys, "displayhook", NULL)
    if hook is NULL:
        raise RuntimeError("lost sys.displayhook")
    frame.call(hook, value)


def _import_star(frame: Frame, module: Any) -> None:
    """`from module import *`: the names in `__all__`, or all that do not start with an underscore."""
    if frame.names is None:
        raise SystemError("no locals found during 'import *'")
    listed = getattr(module, "__all__", NULL)
    if listed is NULL:
        namespace = getattr(module, "__dict__", NULL)
        if namespace is NULL:
            raise ImportError("from-import-* object has no __dict__ and no __all__")
        names, where = list(namespace), "__dict__"
    else:
        names, where = list(listed), "__all__"
    for name in names:
        if not isinstance(name, str):
            kind = "Key in" if where == "__dict__" else "Item in"
            owner = getattr(module, "__name__", "?")
            raise TypeError(f"{kind} {owner}.{where} must be str, not {type(name).__name__}")
        if listed is NULL and name.startswith("_"):
            continue
        frame.names[name] = getattr(module, name)


def _stop_iteration_error(frame: Frame, error: BaseException) -> BaseException:
    """What a generator raises in place of a StopIteration that gets out of its body. (PEP 479.)"""
    words = None
    if isinstance(error, StopIteration):
        kind = {0x20: "generator", 0x80: "coroutine", 0x200: "async generator"}
        flags = frame.code.co_flags
        words = next(f"{name} raised StopIteration" for flag, name in kind.items() if flags & flag)
    elif frame.code.co_flags & 0x200 and isinstance(error, StopAsyncIteration):
        words = "async generator raised StopAsyncIteration"
    if words is None:
        return error
    replacement = RuntimeError(words)
    replacement.__cause__ = replacement.__context__ = error
    return replacement


def _subscript_generic(_: Frame, parameters: Any) -> Any:
    """The base class that stands for a class's type parameters."""
    unpacked = tuple(
        next(iter(parameter)) if isinstance(parameter, TypeVarTuple) else parameter
        for parameter in parameters
    )
    make: Any = Generic
    return make[unpacked]


def _set_type_parameters(_: Frame, function: Any, parameters: tuple[Any, ...]) -> Any:
    function.__type_params__ = parameters
    return function


def _evaluator(frame: Frame, evaluate: Any) -> Callable[[], Any]:
    """A function of the host that calls a guest's: the host asks an alias's evaluator for its module."""

    def evaluated() -> Any:
        return evaluate()

    module: Any = frame.globals.get("__name__")
    evaluated.__module__ = module
    return evaluated


def _make_alias(frame: Frame, parts: tuple[str, Any, Any]) -> Any:
    name, parameters, evaluate = parts
    return _type_alias((name, parameters, _evaluator(frame, evaluate)))


INTRINSICS |= {
    "INTRINSIC_PRINT": _show,
    "INTRINSIC_IMPORT_STAR": _import_star,
    "INTRINSIC_STOPITERATION_ERROR": _stop_iteration_error,
    "INTRINSIC_ASYNC_GEN_WRAP": lambda _, value: WrappedValue(value),
    "INTRINSIC_UNARY_POSITIVE": lambda _, value: +value,
    "INTRINSIC_LIST_TO_TUPLE": lambda _, items: tuple(items),
    "INTRINSIC_TYPEVAR": lambda _, name: _type_variable(name),
    "INTRINSIC_PARAMSPEC": lambda _, name: _parameter_specification(name),
    "INTRINSIC_TYPEVARTUPLE": lambda _, name: _type_variable_tuple(name),
    "INTRINSIC_SUBSCRIPT_GENERIC": _subscript_generic,
    "INTRINSIC_TYPEALIAS": _make_alias,
    "INTRINSIC_PREP_RERAISE_STAR": lambda _, original, errors: merge_raised(original, errors),
    "INTRINSIC_TYPEVAR_WITH_BOUND": lambda _, name, bound: _type_variable_with_bound(name, bound),
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS": lambda _, name, types: _type_variable_with_constraints(name, types),
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS": _set_type_parameters,
    "INTRINSIC_SET_TYPEPARAM_DEFAULT": lambda _, parameter, default: _set_default(parameter, default),
}
