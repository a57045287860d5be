"""Guest functions, with all that the host's answer to.

A `Function` is what MAKE_FUNCTION makes and what calls run. To guest code it is a `types.FunctionType`: its
`__class__` says so, and so does `type(f)` (see `kaa.reference.views`). Called by the host's C code, it starts
its machine.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

from kaa.reference.program import Program, program_of

if TYPE_CHECKING:
    from kaa.reference.machine import Machine

_KINDS = 0x20 | 0x80 | 0x200
"""The code flags that make a generator, a coroutine, an asynchronous generator of a call."""


class Function:
    """A function: code, globals, built-ins, defaults, closure, and what `inspect` reads."""

    __slots__ = (
        "__builtins__",
        "__closure__",
        "__code__",
        "__defaults__",
        "__dict__",
        "__globals__",
        "__kwdefaults__",
        "__name__",
        "__qualname__",
        "__type_params__",
        "__weakref__",
        "_annotations",
        "_doc",
        "_module",
        "machine",
        "program",
    )
    __builtins__: dict[str, Any]
    __closure__: tuple[types.CellType, ...] | None
    __code__: types.CodeType
    __defaults__: tuple[Any, ...] | None
    __globals__: dict[str, Any]
    __kwdefaults__: dict[str, Any] | None
    __name__: str
    __qualname__: str
    __type_params__: tuple[Any, ...]
    _annotations: Any
    machine: Machine
    program: Program

    def __init__(
        self,
        machine: Machine,
        code: types.CodeType,
        global_names: dict[str, Any],
        builtins: dict[str, Any],
        closure: tuple[types.CellType, ...] | None = None,
    ) -> None:
        assign = object.__setattr__  # the checks of `__setattr__` are for guest code
        assign(self, "machine", machine)
        assign(self, "program", program_of(code))
        assign(self, "__code__", code)
        assign(self, "__globals__", global_names)
        assign(self, "__builtins__", builtins)
        assign(self, "__name__", code.co_name)
        assign(self, "__qualname__", code.co_qualname)
        assign(self, "__defaults__", None)
        assign(self, "__kwdefaults__", None)
        assign(self, "__closure__", closure)
        assign(self, "__type_params__", ())
        assign(self, "_annotations", None)
        assign(self, "_module", global_names.get("__name__"))
        first = code.co_consts[0] if code.co_consts else None
        assign(self, "_doc", first if isinstance(first, str) else None)

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        return self.machine.call(self, arguments, keywords)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            if owner is None:
                raise TypeError("__get__(None, None) is invalid")
            return self
        return MethodType(self, instance)

    def __setattr__(self, name: str, value: Any) -> None:
        check = _CHECKS.get(name)
        if check is not None:
            value = check(self, value)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in _RESETS:
            object.__setattr__(self, _RESETS[name], None)
        elif name == "__dict__":
            raise TypeError("cannot delete __dict__")
        elif name in _CHECKS:
            _CHECKS[name](self, None)
            raise TypeError(f"{name} cannot be deleted")
        else:
            object.__delattr__(self, name)

    def __repr__(self) -> str:
        return f"<function {self.__qualname__} at {id(self):#x}>"

    def __reduce__(self) -> str:
        """Functions are pickled by name."""
        return self.__qualname__

    @property
    def __annotations__(self) -> dict[str, Any]:
        annotations: Any = self._annotations
        if type(annotations) is not dict:
            # SET_FUNCTION_ATTRIBUTE leaves names and values that alternate in a tuple.
            flat = annotations or ()
            annotations = dict(zip(flat[::2], flat[1::2], strict=True))
            object.__setattr__(self, "_annotations", annotations)
        names: dict[str, Any] = annotations
        return names

    @__annotations__.setter
    def __annotations__(self, value: Any) -> None:
        object.__setattr__(self, "_annotations", value)

    if not TYPE_CHECKING:  # a type checker has its own idea of these
        __class__ = property(lambda self: types.FunctionType)

        @property
        def __doc__(self) -> Any:
            return self._doc

        @__doc__.setter
        def __doc__(self, value: Any) -> None:
            object.__setattr__(self, "_doc", value)

        @property
        def __module__(self) -> Any:
            return self._module

        @__module__.setter
        def __module__(self, value: Any) -> None:
            object.__setattr__(self, "_module", value)


def _check_code(function: Function, code: Any) -> Any:
    if not isinstance(code, types.CodeType):
        raise TypeError("__code__ must be set to a code object")
    cells = len(function.__closure__ or ())
    if cells != len(code.co_freevars):
        raise ValueError(
            f"{function.__name__}() requires a code object with {cells} free vars, "
            f"not {len(code.co_freevars)}"
        )
    if (function.__code__.co_flags ^ code.co_flags) & _KINDS:
        warnings.warn(
            "Assigning a code object of non-matching type is deprecated "
            "(e.g., from a generator to a plain function)",
            DeprecationWarning,
            stacklevel=1,
        )
    object.__setattr__(function, "program", program_of(code))
    return code


def _check_type(name: str, kind: type, words: str, none: bool) -> Callable[[Function, Any], Any]:
    def check(_: Function, value: Any) -> Any:
        if not isinstance(value, kind) and not (none and value is None):
            raise TypeError(f"{name} must be set to a {words}")
        return value

    return check


def _check_readonly(_: Function, __: Any) -> Any:
    raise AttributeError("readonly attribute")


_CHECKS: dict[str, Callable[[Function, Any], Any]] = {
    "__code__": _check_code,
    "__name__": _check_type("__name__", str, "string object", False),
    "__qualname__": _check_type("__qualname__", str, "string object", False),
    "__defaults__": _check_type("__defaults__", tuple, "tuple object", True),
    "__kwdefaults__": _check_type("__kwdefaults__", dict, "dict object", True),
    "__annotations__": _check_type("__annotations__", dict, "dict object", True),
    "__type_params__": _check_type("__type_params__", tuple, "tuple", False),
    "__dict__": _check_type("__dict__", dict, "dictionary", False),
    "__globals__": _check_readonly,
    "__builtins__": _check_readonly,
    "__closure__": _check_readonly,
}

_RESETS = {
    "__defaults__": "__defaults__",
    "__kwdefaults__": "__kwdefaults__",
    "__annotations__": "_annotations",
    "__doc__": "_doc",
    "__module__": "_module",
}

Function.__name__ = Function.__qualname__ = "function"
