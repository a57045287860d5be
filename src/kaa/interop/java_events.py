"""Events of Java's beans as Jython has them: `button.actionPerformed = function`, `+= function`, `-= function`.

In: a Java class with methods `addXListener`. Out: a property for each method of such a listener's interface. What is
set to it is called when the event happens, in place of what was set before; None takes all away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

Implement = Callable[[str, tuple[type, ...], dict[str, Any]], type]
"""Makes a Python class that implements Java's interfaces: its name, its bases, its members."""


class Functions(list[Callable[..., object]]):
    """What is called when an event happens, in this order."""

    def __call__(self, *arguments: object) -> None:
        for function in list(self):
            function(*arguments)

    def __iadd__(self, function: Any) -> Functions:  # type: ignore[override, misc]  # adds one, as events do
        return Functions([*self, function])

    def __isub__(self, function: Any) -> Functions:
        """Without this function. Raises ValueError if it is not there."""
        left = Functions(self)
        left.remove(function)
        return left


def events(java_class: Any, names: Collection[str], implement: Implement) -> Iterator[tuple[str, property]]:
    """The names of a class's events, each with its property.

    Args:
        java_class: the class.
        names: the methods that are looked at.
        implement: what makes the listeners.
    """
    adders = {name for name in names if name.startswith("add") and name.endswith("Listener")}
    if not adders:
        return
    for adder in java_class.class_.getMethods():
        name, parameters = str(adder.getName()), adder.getParameterTypes()
        if name in adders and len(parameters) == 1:
            methods = [str(method.getName()) for method in parameters[0].getMethods()]
            for event in methods:
                yield event, _event(name.removeprefix("add"), event, methods, parameters[0], implement)


def _event(listener: str, event: str, methods: list[str], interface: Any, implement: Implement) -> property:
    """The property of an event; what is set is found among the bean's listeners."""

    def current(self: Any) -> Any:
        for each in getattr(self, f"get{listener}s")():
            if getattr(type(each), "event", None) == event:
                return each
        return None

    def get(self: Any) -> Functions:
        return Functions(getattr(current(self), "functions", ()))

    def set_(self: Any, value: Callable[..., object] | None) -> None:
        functions = value if isinstance(value, Functions) else Functions([] if value is None else [value])
        old = current(self)
        if old is not None:
            getattr(self, f"remove{listener}")(old)
        if functions:
            members: dict[str, Any] = {method: lambda self, *arguments: None for method in methods}
            members[event] = lambda self, *arguments: functions(*arguments)
            members |= {"event": event, "functions": functions}
            from jpype import JClass

            getattr(self, f"add{listener}")(implement(listener, (JClass(interface),), members)())

    return property(get, set_)
