"""Calls: what a callable is, and how the machine goes into it.

In: the calling frame, a callable, positional arguments in a fresh list, keyword arguments in a dict or None. Out:
the frame to go on in, where the callable is guest code, so that calls among guest code do not grow the host's
stack; or None, when the host has carried the call out and the result is on the caller's stack.

Plain functions of the host that guest code calls (their modules were loaded before Kaa took over) are guest code
too: the bytecode is the same. Kaa's own functions are opaque, like the built-ins.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import partial
from typing import Any

from kaa.reference.arguments import bind
from kaa.reference.frame import HOST_FRAME, Frame
from kaa.reference.function import Function
from kaa.reference.places import KAA
from kaa.reference.program import NULL, program_of

type Call = Callable[[Frame, Any, list[Any], dict[str, Any] | None], Frame | None]

type Builtin = Callable[[Frame, list[Any], dict[str, Any]], Frame | None]

BUILTINS: dict[Any, Builtin] = {}
"""Callables of the host that the machine carries out itself: those that look at their caller, and those that run
guest code. `kaa.reference.builtins`, `classes` and `generator` fill it."""

MACHINE_CLASSES: dict[type, type] = {}
"""By type of the host: the machine's class that stands for it. `kaa.reference.views` fills it."""


def call(frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None) -> Frame | None:
    """Call anything."""
    return CALLS.get(type(callable), call_object)(frame, callable, arguments, keywords)


def enter(frame: Frame, function: Any, arguments: list[Any], keywords: dict[str, Any] | None) -> Frame:
    """A new frame for a call of a plain function."""
    program = function.program if type(function) is Function else program_of(function.__code__)
    if keywords is None and program.simple and len(arguments) == program.argument_count:
        arguments += program.unbound
        variables = arguments
    else:
        variables = bind(function, program, arguments, keywords)
    # A module's code may have become a function's.
    names = None if program.optimized else function.__globals__
    return Frame(function, program, variables, frame, names)


def enter_code(
    frame: Frame,
    code: types.CodeType,
    global_names: dict[str, Any],
    local_names: Any = None,
    closure: tuple[types.CellType, ...] | None = None,
) -> Frame:
    """A new frame for a code object that is not a function's body: a module, an `exec`."""
    machine = frame.thread.machine
    builtins = global_names["__builtins__"]
    if isinstance(builtins, types.ModuleType):
        builtins = builtins.__dict__
    function = Function(machine, code, global_names, builtins, closure)
    names = global_names if local_names is None else local_names
    program = program_of(code)
    variables = [NULL] * len(program.local_names)
    if code.co_flags & 0x02:  # CO_NEWLOCALS: a function's body that is run by itself
        names = None
    return Frame(function, program, variables, frame, names)


def is_opaque(function: types.FunctionType) -> bool:
    """True for Kaa's own functions."""
    return function.__code__.co_filename.startswith(KAA)


def is_guest(callable: Any) -> bool:
    """True for what the machine runs in a frame of its own."""
    kind = type(callable)
    return kind is Function or (kind is types.FunctionType and not is_opaque(callable))


def call_host_function(
    frame: Frame, function: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a plain function of the host's."""
    builtin = BUILTINS.get(function)
    if builtin is not None:
        return builtin(frame, arguments, keywords or {})
    if is_opaque(function):
        return _call_opaque(frame, function, arguments, keywords)
    return enter(frame, function, arguments, keywords)


def _call_opaque(
    frame: Frame, function: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a function of Kaa's own. One that switches tasklets may go on with other trace functions."""
    watched = frame.thread.watched
    call_host(frame, function, arguments, keywords)
    return go_on(frame, watched)


def go_on(frame: Frame, watched: bool) -> Frame | None:
    """What a handler gives after the host has run something: another loop has to go on where trace functions have come
    or gone.
    """
    thread = frame.thread
    if thread.watched is watched or frame.is_boundary:
        return None
    thread.changes_loop = True
    return HOST_FRAME


def call_host(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Let the host carry the call out."""
    frame.stack.append(callable(*arguments, **keywords) if keywords else callable(*arguments))
    return None


def call_builtin(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a function or method that is written in C."""
    builtin = BUILTINS.get(callable)
    if builtin is not None:
        return builtin(frame, arguments, keywords or {})
    watched = frame.thread.watched
    frame.stack.append(callable(*arguments, **keywords) if keywords else callable(*arguments))
    return go_on(frame, watched)  # `breakpoint()` calls a debugger


def call_method(
    frame: Frame, method: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a bound method: its function, with `self` in front."""
    return call(frame, method.__func__, [method.__self__, *arguments], keywords)


def call_with_globals(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Let the host carry out a call that takes the module's name from its caller's globals."""
    caller = types.FunctionType(_forward.__code__, frame.globals)
    frame.stack.append(caller(callable, arguments, keywords or {}))
    return None


def _forward(callable: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    return callable(*arguments, **keywords)


def call_static_method(
    frame: Frame, method: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a `staticmethod` object."""
    return call(frame, method.__func__, arguments, keywords)


def call_partial(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a `functools.partial`."""
    merged = {**callable.keywords, **(keywords or {})}
    return call(frame, callable.func, [*callable.args, *arguments], merged or None)


def call_slot_wrapper(
    frame: Frame, wrapper: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a C slot bound to an object; `type.__call__` bound to a class makes an instance."""
    if wrapper.__name__ == "__call__":
        owner = wrapper.__self__
        if isinstance(owner, type) and wrapper == type.__call__.__get__(owner):
            return make_instance(frame, owner, arguments, keywords)
        if type(owner) is Function:
            return call(frame, owner, arguments, keywords)
    return call_host(frame, wrapper, arguments, keywords)


def call_object(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call an instance of some class, by the class's `__call__`."""
    if isinstance(callable, type) and isinstance(type(callable), type):
        return call_class(frame, callable, arguments, keywords)
    method = _of_type(callable, "__call__")
    if is_guest(method):
        return enter(frame, method, [callable, *arguments], keywords)
    return call_host(frame, callable, arguments, keywords)


def call_descriptor(
    frame: Frame, descriptor: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a method of a C type that is not bound; of a type that a class of the machine stands for, that class's."""
    machine_class = MACHINE_CLASSES.get(descriptor.__objclass__)
    if machine_class is not None and arguments and type(arguments[0]) is machine_class:
        return call(frame, getattr(machine_class, descriptor.__name__), arguments, keywords)
    return call_host(frame, descriptor, arguments, keywords)


def call_class(
    frame: Frame, callable: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """Call a class: by its metaclass's `__call__`, which normally makes an instance."""
    if type(callable) is type:
        builtin = BUILTINS.get(callable)
        if builtin is not None:
            return builtin(frame, arguments, keywords or {})
    else:
        method = _of_type(callable, "__call__")
        if is_guest(method):
            return enter(frame, method, [callable, *arguments], keywords)
        if method is not type.__call__:
            return call_host(frame, callable, arguments, keywords)
    return make_instance(frame, callable, arguments, keywords)


def make_instance(
    frame: Frame, cls: Any, arguments: list[Any], keywords: dict[str, Any] | None
) -> Frame | None:
    """What `type.__call__` does: `__new__`, and `__init__` if an instance of the class came out."""
    new = cls.__new__
    builtin = BUILTINS.get(new) if type(new) is types.BuiltinMethodType else None
    if is_guest(new):
        entered = enter(frame, new, [cls, *arguments], keywords)
        entered.finish = partial(_initialize, cls, arguments, keywords)
        return entered
    if builtin is None and not is_guest(cls.__init__):
        call_host(frame, cls, arguments, keywords)
        if frame.thread.machine.observer is not None:
            frame.thread.machine.observer.allocated(frame, frame.peek())
        return None
    if builtin is not None:
        step = builtin(frame, [cls, *arguments], keywords or {})
        if step is not None:
            raise SystemError("__new__ of the host went into a frame")
        instance = frame.stack.pop()
    else:
        instance = new(cls, *arguments, **keywords) if keywords else new(cls, *arguments)
    return initialize_in(frame, cls, arguments, keywords, instance)


def _initialize(
    cls: Any, arguments: list[Any], keywords: dict[str, Any] | None, entered: Frame, instance: Any
) -> Frame | None:
    """After a guest `__new__`: go on with `__init__`."""
    caller = entered.caller
    assert caller is not None
    caller.thread.frame = caller
    return initialize_in(caller, cls, arguments, keywords, instance) or caller


def initialize_in(
    frame: Frame, cls: Any, arguments: list[Any], keywords: dict[str, Any] | None, instance: Any
) -> Frame | None:
    """After `cls.__new__`: push the instance, once its class's `__init__` has run if that is the class or derived."""
    observer = frame.thread.machine.observer
    if observer is not None:
        observer.allocated(frame, instance)
    kind = type(instance)
    if not issubclass_exactly(kind, cls):
        frame.stack.append(instance)
        return None
    init = kind.__init__
    if is_guest(init) and init is _of_type(instance, "__init__"):  # and not in a `staticmethod`, say
        entered = enter(frame, init, [instance, *arguments], keywords)
        entered.finish = partial(initialized, instance)
        return entered
    lookup_special(instance, "__init__")(*arguments, **(keywords or {}))
    frame.stack.append(instance)
    return None


def initialized(instance: Any, entered: Frame, value: Any) -> Frame | None:
    """After a guest `__init__`: the call's result is the instance."""
    caller = entered.caller
    assert caller is not None
    if value is not None:
        caller.thread.frame = caller
        raise TypeError(f"__init__() should return None, not '{type(value).__name__}'")
    caller.stack.append(instance)
    return caller


def issubclass_exactly(cls: type, base: type) -> bool:
    """Subclass by inheritance alone, whatever `__subclasscheck__` says."""
    return type.__subclasscheck__(base, cls)


def _of_type(instance: Any, name: str) -> Any:
    """A special method as it stands in the instance's class, not bound; NULL if there is none."""
    for base in type.__dict__["__mro__"].__get__(type(instance)):
        names = type.__dict__["__dict__"].__get__(base)
        if name in names:
            return names[name]
    return NULL


def lookup_special(instance: Any, name: str) -> Any:
    """A special method, bound, as the host looks it up: in the class, past the instance. NULL if none."""
    method = _of_type(instance, name)
    if method is NULL:
        return NULL
    bind_to = _of_type(method, "__get__")
    return method if bind_to is NULL else bind_to(method, instance, type(instance))


def stand_for(substitute: Any, host_function: Any) -> None:
    """Carry out calls of an object that the runtime puts in a built-in's place as those of the built-in."""
    BUILTINS[substitute] = BUILTINS[host_function]
    CALLS[type(substitute)] = call_builtin


CALLS: dict[type, Call] = {
    Function: enter,
    types.FunctionType: call_host_function,
    types.MethodType: call_method,
    types.BuiltinFunctionType: call_builtin,
    types.MethodWrapperType: call_slot_wrapper,
    types.WrapperDescriptorType: call_descriptor,
    types.MethodDescriptorType: call_descriptor,
    staticmethod: call_static_method,
    partial: call_partial,
    type: call_class,
}
