"""Templates for variables: locals, cells, globals, and the names of module and class bodies."""

from __future__ import annotations

from kaa.baseline.attribute_cache import (
    BUILTIN,
    KIND,
    NAMED,
    NOT_FOUND,
    UNICODE,
    WORDS,
    key_entries,
    key_index,
    keys_version,
    may_learn,
)
from kaa.baseline.frames import proceed, proceed_at
from kaa.baseline.holes import CACHE, FIRST, LOCAL, NAME, NEXT, OPARG, SECOND, Continuation, Jump, Stack
from kaa.baseline.objects import decref, decref_maybe, drop_maybe, here, new, release, release_maybe, slot
from kaa.baseline.template import brief, seen, template, variant
from kaa.baseline.unwinding import raised
from kaa.native.externs import (
    PyCell_New,
    PyDict_GetItemRef,
    PyDict_New,
    PyDict_Pop,
    PyDict_SetItem,
    PyDict_Type,
    PyErr_Format,
    PyErr_SetString,
    PyExc_NameError,
    PyExc_SystemError,
    PyExc_UnboundLocalError,
    PyMapping_GetOptionalItem,
    PyObject_DelItem,
    PyObject_SetItem,
    PyUnicode_InternFromString,
    _PyDict_LoadGlobal,
    _PyEval_FormatExcCheckArg,
    _PyEval_FormatExcUnbound,
)
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import NULL, address, cast, likely, reserve, unlikely
from kaa.native.layouts import CellObject, CodeObject, DictObject, Frame, Interpreter, Object, ThreadState
from kaa.native.types import Ptr, i1, i32, i64, u64

OWN_KEYS, BUILTIN_KEYS, PLACE = 0, 1, 2
"""Words of LOAD_GLOBAL's cache; those for misses and the name are as for attributes."""
UNBOUND_LOCAL = "cannot access local variable '%s' where it is not associated with a value"
UNDEFINED_NAME = "name '%.200s' is not defined"


@native(cold=True)
def unbound_local(thread: ThreadState, code: CodeObject, number: i64) -> None:
    """Raise UnboundLocalError."""
    name = code.co_localsplusnames.ob_item[number]
    _PyEval_FormatExcCheckArg(thread, PyExc_UnboundLocalError[0], UNBOUND_LOCAL, name)


@native(cold=True)
def undefined_name(thread: ThreadState, name: Object) -> None:
    """Raise NameError."""
    _PyEval_FormatExcCheckArg(thread, PyExc_NameError[0], UNDEFINED_NAME, name)


@template()
def LOAD_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = new(slot(frame, LOCAL)[0])
    return NEXT(sp + 1)


@template()
def LOAD_FAST_CHECK(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = slot(frame, LOCAL)[0]
    if unlikely(not value):
        here(frame)
        unbound_local(thread, frame.f_executable, OPARG)
        return raised(frame, sp, thread)
    sp[0] = new(value)
    return NEXT(sp + 1)


@template()
def LOAD_FAST_AND_CLEAR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    place = slot(frame, LOCAL)
    sp[0] = place[0]
    place[0] = NULL
    return NEXT(sp + 1)


@template()
def LOAD_FAST_LOAD_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[0] = new(slot(frame, FIRST)[0])
    sp[1] = new(slot(frame, SECOND)[0])
    return NEXT(sp + 2)


@template()
def STORE_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    place = slot(frame, LOCAL)
    old = place[0]
    place[0] = sp[-1]
    return drop_maybe(frame, sp - 1, thread, old)


@template()
def STORE_FAST_LOAD_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    place = slot(frame, FIRST)
    old = place[0]
    place[0] = sp[-1]
    release_maybe(frame, old)
    sp[-1] = new(slot(frame, SECOND)[0])
    return NEXT(sp)


@template()
def STORE_FAST_STORE_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    place = slot(frame, FIRST)
    old = place[0]
    place[0] = sp[-1]
    release_maybe(frame, old)
    place = slot(frame, SECOND)
    old = place[0]
    place[0] = sp[-2]
    release_maybe(frame, old)
    return NEXT(sp - 2)


@template()
def DELETE_FAST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    place = slot(frame, LOCAL)
    value = place[0]
    if unlikely(not value):
        here(frame)
        unbound_local(thread, frame.f_executable, OPARG)
        return raised(frame, sp, thread)
    place[0] = NULL
    release(frame, value)
    return NEXT(sp)


# -- cells


@template()
def MAKE_CELL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    place = slot(frame, LOCAL)
    initial = place[0]
    cell = PyCell_New(initial)
    if not cell:
        return raised(frame, sp, thread)
    place[0] = cell
    release_maybe(frame, initial)
    return NEXT(sp)


@native
def copy_closure(frame: Frame) -> None:
    """Give the frame the cells of its function's closure, behind its other variables."""
    code = frame.f_executable
    closure = frame.f_funcobj.func_closure
    count = i64(code.co_nfreevars)
    places = frame.localsplus + (i64(code.co_nlocalsplus) - count)
    for index in range(count):
        places[index] = new(closure.ob_item[index])


@template()
def COPY_FREE_VARS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    copy_closure(frame)
    return NEXT(sp)


@template()
def LOAD_DEREF(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = cast(CellObject, slot(frame, LOCAL)[0]).ob_ref
    if unlikely(not value):
        here(frame)
        _PyEval_FormatExcUnbound(thread, frame.f_executable, i32(OPARG))
        return raised(frame, sp, thread)
    sp[0] = new(value)
    return NEXT(sp + 1)


@template()
def STORE_DEREF(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    cell = cast(CellObject, slot(frame, LOCAL)[0])
    old = cell.ob_ref
    cell.ob_ref = sp[-1]
    release_maybe(frame, old)
    return NEXT(sp - 1)


@template()
def DELETE_DEREF(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    cell = cast(CellObject, slot(frame, LOCAL)[0])
    old = cell.ob_ref
    if unlikely(not old):
        _PyEval_FormatExcUnbound(thread, frame.f_executable, i32(OPARG))
        return raised(frame, sp, thread)
    cell.ob_ref = NULL
    decref(old)
    return NEXT(sp)


@template()
def LOAD_FROM_DICT_OR_DEREF(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    names = sp[-1]
    found = reserve(Object)
    key = frame.f_executable.co_localsplusnames.ob_item[OPARG]
    if PyMapping_GetOptionalItem(names, key, found) < 0:
        return raised(frame, sp, thread)
    value = found[0]
    if not value:
        value = cast(CellObject, slot(frame, LOCAL)[0]).ob_ref
        if not value:
            _PyEval_FormatExcUnbound(thread, frame.f_executable, i32(OPARG))
            return raised(frame, sp, thread)
        value = new(value)
    sp[-1] = value
    decref(names)
    return proceed(frame, sp, thread)


# -- names of module and class bodies


@native
def no_locals(name: Object, storing: i1) -> None:
    """Raise SystemError for a frame without a namespace."""
    if storing:
        PyErr_Format(PyExc_SystemError[0], "no locals found when storing %R", name)
    else:
        PyErr_Format(PyExc_SystemError[0], "no locals when deleting %R", name)


@template()
def LOAD_LOCALS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    names = frame.f_locals
    if unlikely(not names):
        here(frame)
        PyErr_SetString(PyExc_SystemError[0], "no locals")
        return raised(frame, sp, thread)
    sp[0] = new(names)
    return NEXT(sp + 1)


@native
def load_global_or_builtin(thread: ThreadState, frame: Frame, name: Object) -> Object:
    """A new reference to a global or built-in, or NULL with NameError."""
    namespace = cast(Object, frame.f_globals)
    builtins = cast(Object, frame.f_builtins)
    if namespace.ob_type == PyDict_Type and builtins.ob_type == PyDict_Type:
        value = _PyDict_LoadGlobal(cast(DictObject, namespace), cast(DictObject, builtins), name)
        if not value and not thread.current_exception:
            undefined_name(thread, name)
        return value
    found = reserve(Object)
    if PyMapping_GetOptionalItem(namespace, name, found) < 0:
        return NULL
    if not found[0]:
        if PyMapping_GetOptionalItem(builtins, name, found) < 0:
            return NULL
        if not found[0]:
            undefined_name(thread, name)
    return found[0]


@native(apart=True)
def load_name(thread: ThreadState, frame: Frame, name: Object) -> Object:
    """A new reference to what a name means in the body of a module or a class; NULL with an exception."""
    names = frame.f_locals
    if unlikely(not names):
        PyErr_SetString(PyExc_SystemError[0], "no locals")
        return NULL
    found = reserve(Object)
    if PyMapping_GetOptionalItem(names, name, found) < 0:
        return NULL
    if found[0]:
        return found[0]
    if PyDict_GetItemRef(frame.f_globals, name, found) < 0:
        return NULL
    if not found[0]:
        if PyMapping_GetOptionalItem(frame.f_builtins, name, found) < 0:
            return NULL
        if not found[0]:
            undefined_name(thread, name)
    return found[0]


@template()
def LOAD_NAME(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = load_name(thread, frame, NAME)
    if not value:
        return raised(frame, sp, thread)
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@native(convention=TEMPLATE, apart=True)
def push_name(frame: Frame, sp: Stack, thread: ThreadState, name: Object, onward: Continuation) -> Jump:
    """LOAD_NAME; on at `onward`."""
    value = load_name(thread, frame, name)
    if not value:
        return raised(frame, sp, thread)
    sp[0] = value
    return proceed_at(frame, sp + 1, thread, frame.instr_ptr + 1, onward)


@brief("LOAD_NAME")
def LOAD_NAME_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_name(frame, sp, thread, NAME, NEXT)


@template()
def LOAD_FROM_DICT_OR_GLOBALS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    names = sp[-1]
    found = reserve(Object)
    if PyMapping_GetOptionalItem(names, NAME, found) < 0:
        return raised(frame, sp, thread)
    value = found[0]
    if not value:
        value = load_global_or_builtin(thread, frame, NAME)
        if not value:
            return raised(frame, sp, thread)
    sp[-1] = value
    decref(names)
    return proceed(frame, sp, thread)


@native
def learn_global(frame: Frame, name: Object, interpreter: Interpreter, cache: Ptr[u64]) -> None:
    """Fill a cache with the place where a global or built-in has its value.

    Words: the version of the globals' keys + 1; that of the built-ins' keys + 1, or 0 for a global; the place, in
    bytes from the beginning of the keys; and the kind, which is BUILTIN or 0. A copy of a dictionary has keys of the
    same version, but of its own.
    """
    cache[OWN_KEYS] = 0
    if frame.f_globals.ob_type != PyDict_Type or frame.f_builtins.ob_type != PyDict_Type:
        return
    own, others = frame.f_globals.ma_keys, frame.f_builtins.ma_keys
    if own.dk_kind != UNICODE or others.dk_kind != UNICODE:
        return
    keys = own
    index = key_index(own, name)
    if index == NOT_FOUND:
        keys = others
        index = key_index(others, name)
        if index == NOT_FOUND:
            return
    version = keys_version(interpreter, own)
    if version == 0:
        return
    cache[BUILTIN_KEYS] = 0
    cache[KIND] = 0
    if keys != own:
        theirs = keys_version(interpreter, others)
        if theirs == 0:
            return
        cache[BUILTIN_KEYS] = u64(theirs) + u64(1)
        cache[KIND] = BUILTIN
    cache[PLACE] = u64(address(key_entries(keys)) - address(keys) + 16 * index + 8)
    cache[OWN_KEYS] = u64(version) + u64(1)


@native(inline=True)
def learned_global(frame: Frame, thread: ThreadState, cache: Ptr[u64]) -> Object:
    """A global or built-in by the generic way; the cache learns. NULL: raised."""
    name = cast(Object, cache[NAMED])
    value = load_global_or_builtin(thread, frame, name)
    if value and may_learn(cache):
        learn_global(frame, name, thread.interp, cache)
    return value


@native(convention=TEMPLATE, apart=True)
def load_global(frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation) -> Jump:
    """Push it; `onward` gets the value."""
    value = learned_global(frame, thread, cache)
    if not value:
        return raised(frame, sp, thread)
    sp[0] = value
    return onward(frame, sp + 1, thread)


@native(convention=TEMPLATE, apart=True)
def load_global_and_null(
    frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Jump:
    """Push it and a NULL."""
    value = learned_global(frame, thread, cache)
    if not value:
        return raised(frame, sp, thread)
    sp[0] = value
    sp[1] = NULL
    return onward(frame, sp + 2, thread)


@template(cache=WORDS)
def LOAD_GLOBAL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = cached_global(frame, CACHE)
    if likely(value):
        sp[0] = new(value)
        return NEXT(sp + 1)
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_global(frame, sp, thread, CACHE, NEXT)


@variant("LOAD_GLOBAL", 1, mask=1, cache=WORDS)
def LOAD_GLOBAL_null(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The same with a NULL above it."""
    value = cached_global(frame, CACHE)
    if likely(value):
        sp[0] = new(value)
        sp[1] = NULL
        return NEXT(sp + 2)
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_global_and_null(frame, sp, thread, CACHE, NEXT)


@brief("LOAD_GLOBAL")
def LOAD_GLOBAL_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_global(frame, sp, thread, CACHE, NEXT)


@brief("LOAD_GLOBAL", 1, mask=1)
def LOAD_GLOBAL_null_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_global_and_null(frame, sp, thread, CACHE, NEXT)


@native(inline=True)
def cached_global(frame: Frame, cache: Ptr[u64]) -> Object:
    """The value where the cache says, borrowed; NULL if the cache does not know."""
    keys = frame.f_globals.ma_keys
    if unlikely(u64(keys.dk_version) + u64(1) != cache[OWN_KEYS]):
        return NULL
    if unlikely(cache[BUILTIN_KEYS] != 0):
        return cached_builtin(frame, cache)
    return cast(Ptr[Object], u64(address(keys)) + cache[PLACE])[0]


@native(inline=True)
def cached_builtin(frame: Frame, cache: Ptr[u64]) -> Object:
    """A built-in where the cache says, borrowed; NULL if the cache does not know, or a global hides it."""
    names = frame.f_builtins
    if unlikely(u64(frame.f_globals.ma_keys.dk_version) + u64(1) != cache[OWN_KEYS]):
        return NULL
    if unlikely(
        names.ob_type != PyDict_Type or u64(names.ma_keys.dk_version) + u64(1) != cache[BUILTIN_KEYS]
    ):
        return NULL
    return cast(Ptr[Object], u64(address(names.ma_keys)) + cache[PLACE])[0]


@seen("LOAD_GLOBAL", BUILTIN, 0)
def LOAD_GLOBAL_builtin(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = cached_builtin(frame, CACHE)
    if likely(value):
        sp[0] = new(value)
        return NEXT(sp + 1)
    here(frame)
    return load_global(frame, sp, thread, CACHE, NEXT)


@seen("LOAD_GLOBAL", BUILTIN, 1)
def LOAD_GLOBAL_builtin_and_null(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = cached_builtin(frame, CACHE)
    if likely(value):
        sp[0] = new(value)
        sp[1] = NULL
        return NEXT(sp + 2)
    here(frame)
    return load_global_and_null(frame, sp, thread, CACHE, NEXT)


@template()
def STORE_NAME(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    if store_name(frame, NAME, sp[-1]) != 0:
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@native(convention=TEMPLATE, apart=True)
def bind_name(frame: Frame, sp: Stack, thread: ThreadState, name: Object, onward: Continuation) -> Jump:
    """STORE_NAME; on at `onward`."""
    if store_name(frame, name, sp[-1]) != 0:
        return raised(frame, sp - 1, thread)
    return proceed_at(frame, sp - 1, thread, frame.instr_ptr + 1, onward)


@brief("STORE_NAME")
def STORE_NAME_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return bind_name(frame, sp, thread, NAME, NEXT)


@native(apart=True)
def store_name(frame: Frame, name: Object, value: Object) -> i32:
    """Bind a name in the namespace of a module or a class; takes the reference. -1: raised."""
    names = frame.f_locals
    failed = i32(-1)
    if unlikely(not names):
        no_locals(name, True)
    elif names.ob_type == PyDict_Type:
        failed = PyDict_SetItem(names, name, value)
    else:
        failed = PyObject_SetItem(names, name, value)
    decref(value)
    return failed


@template()
def DELETE_NAME(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    names = frame.f_locals
    if unlikely(not names):
        no_locals(NAME, False)
        return raised(frame, sp, thread)
    if PyObject_DelItem(names, NAME) != 0:
        undefined_name(thread, NAME)
        return raised(frame, sp, thread)
    return proceed(frame, sp, thread)


@template()
def STORE_GLOBAL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = sp[-1]
    failed = PyDict_SetItem(frame.f_globals, NAME, value)
    decref(value)
    if failed != 0:
        return raised(frame, sp - 1, thread)
    return NEXT(sp - 1)


@template()
def DELETE_GLOBAL(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    found = PyDict_Pop(frame.f_globals, NAME, NULL)
    if found <= 0:
        if found == 0:
            undefined_name(thread, NAME)
        return raised(frame, sp, thread)
    return NEXT(sp)


@template()
def SETUP_ANNOTATIONS(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    names = frame.f_locals
    if unlikely(not names):
        PyErr_Format(PyExc_SystemError[0], "no locals found when setting up annotations")
        return raised(frame, sp, thread)
    if not set_up_annotations(names):
        return raised(frame, sp, thread)
    return NEXT(sp)


@native
def set_up_annotations(names: Object) -> i1:
    """Have `__annotations__` in a namespace."""
    key = PyUnicode_InternFromString("__annotations__")
    if not key:
        return False
    found = reserve(Object)
    failed = PyMapping_GetOptionalItem(names, key, found) < 0
    if not failed:
        if found[0]:
            decref(found[0])
        else:
            annotations = PyDict_New()
            failed = not annotations or PyObject_SetItem(names, key, annotations) != 0
            decref_maybe(annotations)
    decref(key)
    return not failed
