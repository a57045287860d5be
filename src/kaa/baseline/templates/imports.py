"""Templates for imports."""

from __future__ import annotations

from kaa.baseline.cells import IMPORT_FAILURE, STRINGS
from kaa.baseline.frames import proceed
from kaa.baseline.holes import NAME, Jump, Stack
from kaa.baseline.objects import None_, decref, here
from kaa.baseline.template import template
from kaa.baseline.unwinding import push_returned, raised
from kaa.native.externs import (
    PyErr_SetObject,
    PyErr_SetString,
    PyExc_ImportError,
    PyImport_GetModule,
    PyMapping_GetOptionalItem,
    PyObject_GetOptionalAttr,
    PyObject_Vectorcall,
    PyUnicode_FromFormat,
)
from kaa.native.function import native
from kaa.native.intrinsics import NULL, reserve, unlikely
from kaa.native.layouts import Frame, Object, ThreadState

IS_STRING = 1 << 28
"""`tp_flags` of the subclasses of str."""

_import, _name = STRINGS["__import__"], STRINGS["__name__"]


@native
def import_name(frame: Frame, name: Object, level: Object, wanted: Object) -> Object:
    """`__import__(name, globals, locals, wanted, level)`, as the frame's built-ins have it; new."""
    function = reserve(Object)
    if PyMapping_GetOptionalItem(frame.f_builtins, _import, function) < 0:
        return NULL
    if not function[0]:
        PyErr_SetString(PyExc_ImportError[0], "__import__ not found")
        return NULL
    arguments = reserve(Object, 5)
    arguments[0] = name
    arguments[1] = frame.f_globals
    arguments[2] = frame.f_locals if frame.f_locals else None_
    arguments[3] = wanted
    arguments[4] = level
    result = PyObject_Vectorcall(function[0], arguments, 5, NULL)
    decref(function[0])
    return result


@template()
def IMPORT_NAME(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    level, wanted = sp[-2], sp[-1]
    module = import_name(frame, NAME, level, wanted)
    decref(level)
    decref(wanted)
    return push_returned(frame, sp - 2, thread, module)


@native
def import_from(thread: ThreadState, module: Object, name: Object) -> Object:
    """An attribute of a module, or its submodule while both are being imported; new."""
    found = reserve(Object)
    if PyObject_GetOptionalAttr(module, name, found) != 0:
        return found[0]
    if PyObject_GetOptionalAttr(module, _name, found) < 0:
        return NULL
    package = found[0]
    if package:
        result: Object = NULL
        if package.ob_type.tp_flags & IS_STRING:
            full_name = PyUnicode_FromFormat("%U.%U", package, name)
            if full_name:
                result = PyImport_GetModule(full_name)
                decref(full_name)
        decref(package)
        if result or thread.current_exception:
            return result
    arguments = reserve(Object, 2)
    arguments[0] = module
    arguments[1] = name
    failure = PyObject_Vectorcall(IMPORT_FAILURE, arguments, 2, NULL)
    if failure:
        PyErr_SetObject(failure.ob_type, failure)
        decref(failure)
    return NULL


@template()
def IMPORT_FROM(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = import_from(thread, sp[-1], NAME)
    if unlikely(not value):
        return raised(frame, sp, thread)
    sp[0] = value
    return proceed(frame, sp + 1, thread)
