"""Extension methods of .NET as methods of the objects that they extend: `clr.ImportExtensions(System.Linq)`.

In: a namespace or a static class. Out: its extension methods as attributes of .NET's objects, as IronPython has them,
but in all modules: `numbers.Where(lambda x: x > 1).Select(str)`, and `numbers.Cast[int]()` where only the caller knows
a type. A method that the object has itself wins.

A call goes to the overload whose parameters suit the arguments. Its type parameters are found in the object's class,
then in the other arguments; what nobody knows, such as what a function returns, is `Object`. Functions become the
delegates that are wanted, if they can be called with as many arguments.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

RESULTS = {"System.Object": 0, "System.Double": 1}
"""What a delegate had better return, after a type parameter, where overloads differ in that alone: `Sum` has ten."""

Bindings = dict[str, Any]
"""The types that type parameters stand for, by their names."""


class Extensions:
    """All that has been imported, by name."""

    def __init__(self, clr: Any) -> None:
        self.clr = clr
        self.system = importlib.import_module("System")
        self.attribute = clr.GetClrType(
            importlib.import_module("System.Runtime.CompilerServices").ExtensionAttribute
        )
        system = self.system
        self.known = {bool: system.Boolean, int: system.Int32, float: system.Double, str: system.String}
        self.methods: defaultdict[str, list[Any]] = defaultdict(list)

    def import_from(self, source: Any) -> None:
        """What `clr.ImportExtensions` does.

        Raises:
            TypeError: it is no namespace and no class, or has no extension methods.
        """
        is_class = isinstance(source, type(self.system.Object))
        kinds = [self.clr.GetClrType(source)] if is_class else list(self._kinds(source))
        found = [
            method
            for kind in kinds
            for method in kind.GetMethods()
            if method.IsStatic and method.IsDefined(self.attribute, False)
        ]
        if not found:
            raise TypeError(f"no extension methods in {getattr(source, '__name__', source)!r}")
        for method in found:
            name = str(method.Name)
            if name not in self.methods:
                self._give_attribute(name)
            if method not in self.methods[name]:
                self.methods[name].append(method)

    def _kinds(self, namespace: Any) -> Iterator[Any]:
        """The classes with extension methods in a namespace."""
        name = getattr(namespace, "__name__", None)
        for assembly in self.system.AppDomain.CurrentDomain.GetAssemblies():
            if not assembly.IsDynamic and assembly.IsDefined(self.attribute, False):
                for kind in assembly.GetExportedTypes():
                    if kind.Namespace == name and kind.IsDefined(self.attribute, False):
                        yield kind

    def _give_attribute(self, name: str) -> None:
        """Make it an attribute of objects, and of what is known by an interface for what can be iterated."""
        attribute = _Attribute(self, name)
        mixins = importlib.import_module("clr._extras.collections")
        setattr(mixins.IterableMixin, name, attribute)
        (attributes,) = (each for each in gc.get_referents(vars(self.system.Object)) if type(each) is dict)
        attributes[name] = attribute  # pythonnet protects it
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(self.system.Object))

    def type_of(self, kind: type) -> Any:
        """The type by which .NET knows a class of Python's or its own; None for what only Python knows."""
        wanted = self.known.get(kind, kind)
        return self.clr.GetClrType(wanted) if isinstance(wanted, type(self.system.Object)) else None


class _Attribute:
    """What stands in the class; it is there for objects that some method of the name extends."""

    def __init__(self, extensions: Extensions, name: str) -> None:
        self.extensions = extensions
        self.name = name

    def __get__(self, value: Any, owner: Any) -> Any:
        kind = None if value is None else self.extensions.type_of(type(value))
        methods = self.extensions.methods[self.name]
        if kind is None or not any(_bind(_parameters(method)[0], kind, {}) for method in methods):
            raise AttributeError(f"{owner.__name__!r} object has no attribute {self.name!r}")
        return _Bound(self.extensions, methods, value)


class _Bound:
    """An extension method of an object, with its type arguments if they were given."""

    def __init__(
        self, extensions: Extensions, methods: list[Any], value: Any, types: tuple[Any, ...] = ()
    ) -> None:
        self.extensions = extensions
        self.methods = methods
        self.value = value
        self.types = types

    def __getitem__(self, types: Any) -> _Bound:
        types = types if isinstance(types, tuple) else (types,)
        return _Bound(self.extensions, self.methods, self.value, tuple(map(self.extensions.type_of, types)))

    def __call__(self, *arguments: Any) -> Any:
        arguments = (self.value, *arguments)
        calls = (_Call(self.extensions, method, arguments, self.types) for method in self.methods)
        suitable = [call for call in calls if call.suits]
        if not suitable:
            raise TypeError(f"no overload of {self.methods[0].Name} suits these arguments")
        return min(suitable, key=_Call.rank)()


class _Call:
    """A method beside the arguments of a call, the extended object first."""

    def __init__(
        self, extensions: Extensions, method: Any, arguments: tuple[Any, ...], types: tuple[Any, ...]
    ) -> None:
        self.extensions = extensions
        self.method = method
        self.arguments = arguments
        self.parameters = _parameters(method)
        self.names = (
            [str(each.Name) for each in method.GetGenericArguments()] if method.IsGenericMethod else []
        )
        self.bindings: Bindings = dict(zip(self.names, types, strict=False))
        self.suits = (
            len(self.parameters) == len(arguments)
            and len(types) in (0, len(self.names))
            and all(map(self._suits, self.parameters, arguments))
        )

    def _suits(self, parameter: Any, value: Any) -> bool:
        if _is_delegate(parameter):
            return value is None or self._is_delegate_or_function(parameter, value)
        kind = self.extensions.type_of(type(value))
        if kind is not None:
            return _bind(parameter, kind, self.bindings)
        return (
            isinstance(value, Iterable)
            and _definition_name(parameter) == "System.Collections.Generic.IEnumerable`1"
        )

    def _is_delegate_or_function(self, parameter: Any, value: Any) -> bool:
        kind = self.extensions.type_of(type(value))
        if kind is not None:
            return _bind(parameter, kind, self.bindings)
        return callable(value) and _takes(value, len(_parameters(parameter.GetMethod("Invoke"))))

    def rank(self) -> list[int]:
        """Overloads are compared by this; the least is the best."""
        results = [_result(each) for each in self.parameters if _is_delegate(each)]
        return [-1 if each.IsGenericParameter else RESULTS.get(str(each), len(RESULTS)) for each in results]

    def __call__(self) -> Any:
        owner = _class(self.method.DeclaringType)
        function = getattr(owner, str(self.method.Name))
        if self.names:
            other = self.extensions.clr.GetClrType(self.extensions.system.Object)
            types = tuple(self.bindings.get(name, other) for name in self.names)
            function = function[types]
            parameters = _parameters(self.method.MakeGenericMethod(*types))
        else:
            parameters = self.parameters
        return function(*map(self._argument, parameters, self.arguments))

    def _argument(self, parameter: Any, value: Any) -> Any:
        if not _is_delegate(parameter) or value is None or self.extensions.type_of(type(value)) is not None:
            return value
        result = str(_result(parameter))
        if result == "System.Object":
            return _class(parameter)(lambda *arguments: self._comparable(value(*arguments)))
        if result == "System.Boolean":
            return _class(parameter)(lambda *arguments: bool(value(*arguments)))
        return _class(parameter)(value)

    def _comparable(self, value: Any) -> Any:
        """Python's numbers as .NET's, since as mere objects .NET cannot compare them."""
        system = self.extensions.system
        if type(value) is int:
            return system.Int32(value) if -1 << 31 <= value < 1 << 31 else system.Int64(value)
        return system.Double(value) if type(value) is float else value


def _parameters(method: Any) -> list[Any]:
    return [each.ParameterType for each in method.GetParameters()]


def _is_delegate(kind: Any) -> bool:
    return str(kind.BaseType) == "System.MulticastDelegate"


def _result(delegate: Any) -> Any:
    return delegate.GetMethod("Invoke").ReturnType


def _definition_name(kind: Any) -> str:
    return str(kind.GetGenericTypeDefinition().FullName) if kind.IsGenericType else str(kind.FullName)


def _bind(parameter: Any, kind: Any, bindings: Bindings) -> bool:
    """Whether an argument of this type suits a parameter; type parameters get the types that they stand for then."""
    if parameter.IsGenericParameter:
        return bool(bindings.setdefault(str(parameter.Name), kind).IsAssignableFrom(kind))
    if not parameter.ContainsGenericParameters:
        return bool(parameter.IsAssignableFrom(kind))
    if parameter.IsArray:
        return bool(kind.IsArray) and _bind(parameter.GetElementType(), kind.GetElementType(), bindings)
    name = _definition_name(parameter)
    for each in (*_bases(kind), *kind.GetInterfaces()):
        if each.IsGenericType and _definition_name(each) == name:
            return all(
                _bind(inner, found, bindings)
                for inner, found in zip(
                    parameter.GetGenericArguments(), each.GetGenericArguments(), strict=True
                )
            )
    return False


def _bases(kind: Any) -> Iterator[Any]:
    """A type and what it is derived from."""
    while kind is not None:
        yield kind
        kind = kind.BaseType


def _class(kind: Any) -> Any:
    """pythonnet's class for a type."""
    found = getattr(importlib.import_module(str(kind.Namespace)), str(kind.Name).partition("`")[0])
    return found[tuple(kind.GetGenericArguments())] if kind.IsGenericType else found


def _takes(function: Any, count: int) -> bool:
    """Whether a function can be called with so many arguments; yes, if it does not say."""
    try:
        inspect.signature(function).bind(*range(count))
    except ValueError:
        return True
    except TypeError:
        return False
    return True
