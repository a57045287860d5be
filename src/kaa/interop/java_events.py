"""Events of Java's beans as Jython has them: `button.actionPerformed = function`.

In: a Java class with methods `addXListener`. Out: a property for each method of such a listener's interface. What is
set to it is called when the event happens, in place of what was set before; None takes it away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

Implement = Callable[[str, tuple[type, ...], dict[str, Any]], type]
"""Makes a Python class that implements Java's interfaces: its name, its bases, its members."""


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

    def get(self: Any) -> Any:
        return getattr(current(self), "function", None)

    def set_(self: Any, function: Callable[[Any], object] | None) -> None:
        old = current(self)
        if old is not None:
            getattr(self, f"remove{listener}")(old)
        if function is not None:
            members: dict[str, Any] = {method: lambda self, *arguments: None for method in methods}
            members[event] = lambda self, *arguments: function(*arguments)
            members |= {"event": event, "function": staticmethod(function)}
            from jpype import JClass

            getattr(self, f"add{listener}")(implement(listener, (JClass(interface),), members)())

    return property(get, set_)
