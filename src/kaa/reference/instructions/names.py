"""Instructions for variables: local ones, cells, globals, and names in a namespace."""

from types import CellType
from typing import Any

from kaa.reference.frame import Frame
from kaa.reference.program import NULL

# Local variables


def LOAD_FAST(frame: Frame, index: int) -> None:
    frame.stack.append(frame.variables[index])


def LOAD_FAST_CHECK(frame: Frame, index: int) -> None:
    value = frame.variables[index]
    if value is NULL:
        raise unbound(frame, index)
    frame.stack.append(value)


def LOAD_FAST_AND_CLEAR(frame: Frame, index: int) -> None:
    frame.stack.append(frame.variables[index])
    frame.variables[index] = NULL


def LOAD_FAST_LOAD_FAST(frame: Frame, indices: tuple[int, int]) -> None:
    first, second = indices
    frame.stack.append(frame.variables[first])
    frame.stack.append(frame.variables[second])


def STORE_FAST(frame: Frame, index: int) -> None:
    frame.variables[index] = frame.stack.pop()


def STORE_FAST_LOAD_FAST(frame: Frame, indices: tuple[int, int]) -> None:
    first, second = indices
    frame.variables[first] = frame.stack.pop()
    frame.stack.append(frame.variables[second])


def STORE_FAST_STORE_FAST(frame: Frame, indices: tuple[int, int]) -> None:
    first, second = indices
    frame.variables[first] = frame.stack.pop()
    frame.variables[second] = frame.stack.pop()


def DELETE_FAST(frame: Frame, index: int) -> None:
    if frame.variables[index] is NULL:
        raise unbound(frame, index)
    frame.variables[index] = NULL


def unbound(frame: Frame, index: int) -> NameError:
    """The error for a local or free variable that is not bound."""
    name = frame.program.local_names[index]
    if index >= frame.program.first_free:
        return NameError(
            f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope",
            name=name,
        )
    return UnboundLocalError(f"cannot access local variable '{name}' where it is not associated with a value")


# Cells


def MAKE_CELL(frame: Frame, index: int) -> None:
    value = frame.variables[index]
    frame.variables[index] = CellType() if value is NULL else CellType(value)


def COPY_FREE_VARS(frame: Frame, count: int) -> None:
    frame.variables[-count:] = frame.function.__closure__


def LOAD_DEREF(frame: Frame, index: int) -> None:
    try:
        frame.stack.append(frame.variables[index].cell_contents)
        return
    except ValueError:
        pass
    raise unbound(frame, index)


def STORE_DEREF(frame: Frame, index: int) -> None:
    frame.variables[index].cell_contents = frame.stack.pop()


def DELETE_DEREF(frame: Frame, index: int) -> None:
    LOAD_DEREF(frame, index)
    frame.stack.pop()
    del frame.variables[index].cell_contents


# Globals and names in a namespace


def LOAD_GLOBAL(frame: Frame, name: str) -> None:
    value = frame.globals.get(name, NULL)
    frame.stack.append(look_up_global(frame, name) if value is NULL else value)


def LOAD_GLOBAL_AND_NULL(frame: Frame, name: str) -> None:
    LOAD_GLOBAL(frame, name)
    frame.stack.append(NULL)


def look_up_global(frame: Frame, name: str) -> Any:
    """A global or built-in. Namespaces of other types than `dict` may have a `__getitem__` of their own."""
    for namespace in (frame.globals, frame.builtins):
        value = namespace.get(name, NULL) if type(namespace) is dict else look_up(namespace, name)
        if value is not NULL:
            return value
    raise NameError(f"name '{name}' is not defined", name=name)


def look_up(namespace: Any, name: str) -> Any:
    """What a mapping holds under a name, or NULL."""
    try:
        return namespace[name]
    except KeyError:
        return NULL


def STORE_GLOBAL(frame: Frame, name: str) -> None:
    frame.globals[name] = frame.stack.pop()


def DELETE_GLOBAL(frame: Frame, name: str) -> None:
    if name not in frame.globals:
        raise NameError(f"name '{name}' is not defined", name=name)
    del frame.globals[name]


def LOAD_NAME(frame: Frame, name: str) -> None:
    value = look_up(frame.names, name)
    frame.stack.append(look_up_global(frame, name) if value is NULL else value)


def STORE_NAME(frame: Frame, name: str) -> None:
    if frame.names is None:
        raise SystemError(f"no locals found when storing {name!r}")
    frame.names[name] = frame.stack.pop()


def DELETE_NAME(frame: Frame, name: str) -> None:
    try:
        del frame.names[name]
        return
    except KeyError:
        pass
    raise NameError(f"name '{name}' is not defined", name=name)


def LOAD_LOCALS(frame: Frame, _: int) -> None:
    if frame.names is None:
        raise SystemError("no locals")
    frame.stack.append(frame.names)


def LOAD_FROM_DICT_OR_DEREF(frame: Frame, index: int) -> None:
    value = look_up(frame.stack.pop(), frame.program.local_names[index])
    if value is NULL:
        LOAD_DEREF(frame, index)
    else:
        frame.stack.append(value)


def LOAD_FROM_DICT_OR_GLOBALS(frame: Frame, name: str) -> None:
    value = look_up(frame.stack.pop(), name)
    frame.stack.append(look_up_global(frame, name) if value is NULL else value)


def SETUP_ANNOTATIONS(frame: Frame, _: int) -> None:
    if look_up(frame.names, "__annotations__") is NULL:
        frame.names["__annotations__"] = {}
