"""Python subclasses of .NET's classes and interfaces that .NET sees, and that end no process.

pythonnet makes a .NET class of a Python class that has a `__namespace__`, with `System.Reflection.Emit`. Added here:

- A namespace of its own for each class that names none, as IronPython's users expect to write none. A subclass of a
  class that has one needs none, since .NET's calls reach its methods by the Python object. Sealed classes and
  exceptions cannot have one.
- Names for the parameters of what pythonnet emits. It gives them none, but when it chooses an overload for a call with
  fewer arguments than some overload has, it asks for the next parameter's name (`MethodBinder.MatchesArgumentCount`)
  and meets an exception of .NET's that nothing catches: the end of the process. They get the names that they have
  in the base class, so that keywords work, too.
- `super()` through two levels: the emitted class repeats the methods of its base class, each of which calls the Python
  object's method, and so a method of a subclass that calls it would call itself without end. They are left out, so
  that `super()` finds the base class's.
- A `TypeError` for exceptions with a `__namespace__`: pythonnet makes them, and ends the process when one is raised
  through .NET.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import itertools
from typing import Any


def install(clr: Any) -> None:
    """Arrange the above for every class that is made from now on."""
    system = importlib.import_module("System")
    reflection = importlib.import_module("System.Reflection")
    derived = clr.GetClrType(importlib.import_module("Python.Runtime").IPythonDerivedType)
    exception = clr.GetClrType(system.Exception)
    flags = reflection.BindingFlags
    name_field = clr.GetClrType(reflection.ParameterInfo).GetField(
        "NameImpl", flags.Instance | flags.NonPublic
    )
    metaclass: Any = type(system.Object)
    numbers = itertools.count(1)

    def prepare(_: type[Any], name: str, bases: tuple[type, ...], /, **rest: Any) -> dict[str, Any]:
        kinds = [clr.GetClrType(base) for base in bases if isinstance(base, metaclass)]
        if any(
            kind.IsSealed or exception.IsAssignableFrom(kind) or derived.IsAssignableFrom(kind)
            for kind in kinds
        ):
            return {}
        return {"__namespace__": f"Kaa.Class{next(numbers)}"}

    def initialize(
        cls: type, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **rest: Any
    ) -> None:
        type.__init__(cls, name, bases, namespace, **rest)
        kind = clr.GetClrType(cls)
        if not derived.IsAssignableFrom(kind):
            return
        if exception.IsAssignableFrom(kind):
            raise TypeError(f"{name}: a Python class that extends a .NET exception can have no __namespace__")
        for member in (*kind.GetConstructors(), *kind.GetMethods()):
            unnamed = [each for each in member.GetParameters() if each.Name is None]
            if unnamed:
                names = _inherited_names(kind, member)
                for parameter in unnamed:
                    name_field.SetValue(parameter, names[parameter.Position])
        _leave_out_repeated_methods(cls)

    metaclass.__prepare__ = classmethod(prepare)
    metaclass.__init__ = initialize


def _inherited_names(kind: Any, member: Any) -> list[str]:
    """The names of a member's parameters in the base class, or made-up ones where it has no such member."""
    parameters = member.GetParameters()
    types = [each.ParameterType for each in parameters]
    base = kind.BaseType
    if member.IsConstructor:
        origin = base.GetConstructor(types)
    else:  # pythonnet makes a method `_Base__Method`, too, which calls the base class's
        origin = base.GetMethod(member.Name.removeprefix(f"_{base.Name}__"), types)
    named = parameters if origin is None else origin.GetParameters()
    return [each.Name or f"argument{each.Position}" for each in named]


def _leave_out_repeated_methods(cls: type) -> None:
    """Take the emitted methods that a base class has, too, out of the class's attributes, which pythonnet protects."""
    (attributes,) = gc.get_referents(vars(cls))
    inherited = {name for base in cls.__mro__[1:] for name in vars(base)}
    for name, attribute in list(attributes.items()):
        if name in inherited and type(attribute).__name__ == "MethodObject":
            del attributes[name]
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
