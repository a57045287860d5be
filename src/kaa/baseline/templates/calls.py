"""Templates for calls. A call of a function written in Python pushes its frame and jumps: the C stack does
not grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kaa.baseline.attribute_cache import CALL_IN_C, CALL_OF_CLASS, CLASSES, KIND, may_learn
from kaa.baseline.calling import (
    ARGUMENT,
    CALL_UNITS,
    CLASS_MARK,
    INITIALIZER,
    INITIALIZER_VERSION,
    VERSION,
    WORDS,
    call_function,
    call_returned,
    can_push,
    can_push_known,
    enter,
    go_on_behind_call,
    is_guest,
    is_known,
    learn_function,
    push_any,
    push_arguments,
    push_frame,
    push_known,
    push_simple,
    run_callee,
    run_known,
    version_mark,
)
from kaa.baseline.cells import HASATTR, LIST_APPEND, OBJECT_NEW, SLOT_INIT, STRINGS
from kaa.baseline.frames import (
    has_own_hook,
    leave_to_host,
    pay_attention,
    save_stack_pointer,
)
from kaa.baseline.holes import CACHE, FOLLOWING, NEXT, OPARG, RESUMED, Continuation, Jump, Stack
from kaa.baseline.holes import VERSION as EVAL_BREAKER
from kaa.baseline.objects import None_, True_, decref, decref_maybe, here, incref, new, release_all
from kaa.baseline.resuming import may_resume, resume_by_call, resumed_by
from kaa.baseline.strands import ARGUMENTS, SWAP, swap_strands
from kaa.baseline.template import brief, second, seen, template, variant
from kaa.baseline.templates.containers import is_iterable
from kaa.baseline.unwinding import push_returned, raised
from kaa.native.externs import (
    PyCFunction_Type,
    PyDict_Next,
    PyDict_Size,
    PyErr_Format,
    PyErr_NoMemory,
    PyExc_TypeError,
    PyFunction_Type,
    PyList_Type,
    PyMem_RawFree,
    PyMem_RawMalloc,
    PyMethod_Type,
    PyMethodDescr_Type,
    PyObject_Call,
    PyObject_GenericGetAttr,
    PyObject_Vectorcall,
    PySequence_Tuple,
    PyTuple_New,
    PyTuple_Type,
    PyType_Type,
    PyUnicode_Type,
    _Py_CheckFunctionResult,
    _PyIntrinsics_BinaryFunctions,
    _PyIntrinsics_UnaryFunctions,
    _PyList_AppendTakeRefListResize,
    _PyObject_FunctionStr,
    _PyTuple_FromArraySteal,
    _PyType_Lookup,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, reserve, unlikely
from kaa.native.layouts import (
    CFunctionObject,
    Frame,
    FunctionObject,
    ListObject,
    MethodDef,
    MethodDescriptor,
    MethodObject,
    Object,
    ThreadState,
    TupleObject,
    TypeObject,
)
from kaa.native.types import Ptr, Struct, i1, i32, i64, u8, u64

ARGUMENTS_OFFSET = -(1 << 63)
"""In a count of arguments: the callee may use the place before the first one."""
IS_STRING = 1 << 28
IS_METHOD = 1 << 17
"""`tp_flags` of functions and of what else can be called with the instance, and need not be bound."""
HAVE_VECTORCALL, ABSTRACT = 1 << 11, 1 << 20
"""`tp_flags` of the subclasses of str, of types whose instances have a vectorcall slot, and of abstract classes."""

_init = STRINGS["__init__"]

CONVENTION = 0x2AF
"""The part of `ml_flags` that says how a C function is called: METH_VARARGS, KEYWORDS, NOARGS, O, STATIC, FASTCALL,
METHOD."""
TUPLE, TUPLE_KEYWORDS, NO_ARGUMENTS, ONE_ARGUMENT, FASTCALL, FASTCALL_KEYWORDS = 1, 3, 4, 8, 0x80, 0x82

type Binary = Callable[[Object, Object], Object]
type Ternary = Callable[[Object, Object, Object], Object]
type FastCall = Callable[[Object, Ptr[Object], i64], Object]
type FastCallKeywords = Callable[[Object, Ptr[Object], i64, Object], Object]
type Vectorcall = Callable[[Object, Ptr[Object], u64, Object], Object]


@native(convention=TEMPLATE, apart=True)
def call(frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation) -> Jump:
    """Call with the stack `callable, self or NULL, arguments`; the result arrives at `onward`. The cache says how many
    arguments there are, and learns.
    """
    count = i64(cache[ARGUMENT])
    base = sp - (count + 2)
    if not base[1] and base[0].ob_type == PyMethod_Type:
        unbind(base)
    callable = base[0]
    if is_guest(callable):
        return call_function(frame, base, thread, cache, onward)
    if is_called_as_class(callable) and not base[1]:
        initializer = initializer_of(thread, cast(TypeObject, callable), count + 1, cache)
        if initializer:
            made = cast(TypeObject, callable).tp_alloc(cast(TypeObject, callable), 0)
            if unlikely(not made):
                return raised(frame, sp, thread)
            incref(initializer)
            base[1] = new(made)
            if knows_class(cast(TypeObject, callable), cache):
                called = push_arguments(frame, base + 1, thread, initializer, base + 1, cache)
                base[0] = made
                base[1] = cast(Object, constructed)
                decref(callable)
                return run_known(called, base, thread, cache)
            called = push_simple(thread, initializer, base + 1, count + 1)
            base[0] = made
            decref(callable)
            return enter(frame, base + 1, thread, called, constructed)
    if callable == SWAP and count == ARGUMENTS and not base[1]:
        return swap_strands(frame, base, thread, NULL, onward)
    if may_resume(callable):
        generator = resumed_by(base, count)
        if generator:
            return resume_by_call(frame, sp, thread, base, generator)
    if cache[KIND] == 0:
        cache[KIND] = CALL_IN_C
    result = call_at(thread, base, sp)
    if unlikely(not result):
        return raised(frame, base, thread)
    if unlikely(not has_own_hook(thread)):
        return give_way(frame, base, thread, result)
    return onward(frame, base, thread, result)


@native(inline=True)
def call_at(thread: ThreadState, base: Stack, sp: Stack) -> Object:
    """Call what is no function of ours with what is on the stack from `base` on: a new reference, or NULL with an
    exception. Takes the references on the stack.
    """
    callable = base[0]
    arguments = base + 1 if base[1] else base + 2
    count = sp - arguments
    if callable == LIST_APPEND and count == 2 and arguments[0].ob_type == PyList_Type:
        items = arguments[0]
        failed = append(cast(ListObject, items), arguments[1])
        decref(callable)
        decref(items)
        return NULL if unlikely(failed < 0) else None_
    if callable == HASATTR and count == 2 and has_method(arguments[0], arguments[1]):
        decref(arguments[0])
        decref(arguments[1])
        return True_
    if callable == PyType_Type and count == 1:
        found = new(arguments[0].ob_type)
        decref(arguments[0])
        return found
    result = call_native(thread, callable, arguments, count)
    decref(callable)
    while arguments < sp:
        decref(arguments[0])
        arguments += 1
    return result


@native(apart=True)
def call_what_is_in_c(thread: ThreadState, base: Stack, sp: Stack) -> Object:
    """`call_at`, not repeated in each template."""
    return call_at(thread, base, sp)


@native
def has_method(owner: Object, name: Object) -> i1:
    """Whether an object has a method of this name, or an attribute in place of that; no code of the guest's runs."""
    kind = owner.ob_type
    if name.ob_type != PyUnicode_Type or address(kind.tp_getattro) != address(PyObject_GenericGetAttr):
        return False
    found = _PyType_Lookup(kind, name)
    return address(found) != 0 and found.ob_type.tp_flags & IS_METHOD != 0


@native(convention=TEMPLATE, cold=True)
def give_way(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The callee has put another hook (PEP 523) in the machine's place: the host's loop asks it, and runs the rest."""
    sp[0] = value
    frame.instr_ptr += CALL_UNITS
    return leave_to_host(frame, sp + 1, thread)


@native(inline=True)
def knows_class(kind: TypeObject, cache: Ptr[u64]) -> i1:
    """Whether the cache knows this class, as it is, and its `__init__`."""
    if kind.tp_version_tag == 0 or cache[VERSION] != u64(kind.tp_version_tag) + u64(1 + CLASS_MARK):
        return False
    return version_mark(cast(FunctionObject, cache[INITIALIZER])) == cache[INITIALIZER_VERSION]


@native
def initializer_of(thread: ThreadState, kind: TypeObject, count: i64, cache: Ptr[u64]) -> FunctionObject:
    """The `__init__` of a class, if a call of it with so many arguments is a frame to be pushed; else NULL."""
    if knows_class(kind, cache):
        known = cast(FunctionObject, cache[INITIALIZER])
        return known if can_push_known(thread, known, count, cache) else NULL
    found = plain_initializer(kind)
    if not found or not can_push(thread, found, count):
        return NULL
    if found.func_version != 0 and kind.tp_version_tag != 0 and may_learn(cache):
        if learn_function(found, count, cache):
            cache[VERSION] = u64(kind.tp_version_tag) + u64(1 + CLASS_MARK)
        cache[INITIALIZER] = u64(address(found))
        cache[INITIALIZER_VERSION] = version_mark(found)
        cache[KIND] = CALL_OF_CLASS
        if not can_push_known(thread, found, count, cache):
            return NULL
    return found


@native(inline=True)
def is_called_as_class(callable: Object) -> i1:
    """Whether this is a class that `type.__call__` makes instances of, whatever its metaclass."""
    kind = callable.ob_type
    if kind == PyType_Type:
        return True
    return kind.tp_flags & CLASSES != 0 and address(kind.tp_call) == address(PyType_Type.tp_call)


@native
def plain_initializer(kind: TypeObject) -> FunctionObject:
    """The `__init__` of a class whose instances `object` makes, if it is a function of ours; NULL if not so plain."""
    if address(kind.tp_new) != address(OBJECT_NEW) or address(kind.tp_init) != address(SLOT_INIT):
        return NULL
    if kind.tp_flags & ABSTRACT or address(kind.tp_vectorcall) != 0:
        return NULL
    found = _PyType_Lookup(kind, _init)
    if not found or not is_guest(found):
        return NULL
    return cast(FunctionObject, found)


@native(convention=TEMPLATE, apart=True)
def constructed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """An `__init__` has returned: the instance is on the stack already. On at the instruction after the CALL."""
    if unlikely(value != None_):
        PyErr_Format(PyExc_TypeError[0], "__init__() should return None, not '%.200s'", value.ob_type.tp_name)
        decref(value)
        decref(sp[-1])
        return raised(frame, sp - 1, thread)
    return go_on_behind_call(frame, sp, thread)


@native(inline=True)
def call_native(thread: ThreadState, callable: Object, arguments: Stack, count: i64) -> Object:
    """Call what is not a function of ours: a C function directly, all else by its vectorcall slot if its type has
    one."""
    kind = callable.ob_type
    if kind == PyCFunction_Type:
        function = cast(CFunctionObject, callable)
        if thread.c_recursion_remaining > 0:
            method = function.m_ml
            convention = method.ml_flags & CONVENTION
            if fits(convention, count):
                return call_method(thread, callable, method, function.m_self, arguments, count)
    elif kind == PyMethodDescr_Type:
        descriptor = cast(MethodDescriptor, callable)
        if thread.c_recursion_remaining > 0 and count > 0 and arguments[0].ob_type == descriptor.d_type:
            method = descriptor.d_method
            convention = method.ml_flags & CONVENTION
            if fits(convention, count - 1):
                return call_method(thread, callable, method, arguments[0], arguments + 1, count - 1)
    if unlikely(kind.tp_flags & HAVE_VECTORCALL == 0):
        return PyObject_Vectorcall(callable, arguments, u64(count + ARGUMENTS_OFFSET), NULL)
    place = cast(Ptr[Vectorcall], address(callable) + kind.tp_vectorcall_offset)
    entry = place[0]
    if unlikely(not cast(Ptr[u8], entry)):
        return PyObject_Vectorcall(callable, arguments, u64(count + ARGUMENTS_OFFSET), NULL)
    return checked(thread, callable, entry(callable, arguments, u64(count + ARGUMENTS_OFFSET), NULL))


@native(inline=True)
def is_native(callable: Object) -> i1:
    """Whether this is a function or a method written in C."""
    return callable.ob_type in (PyCFunction_Type, PyMethodDescr_Type)


@native(inline=True)
def is_called_in_c(callable: Object) -> i1:
    """Whether `call` would come to `call_at` with this: there is no frame to push and no generator to resume."""
    kind = callable.ob_type
    if likely(kind in (PyCFunction_Type, PyMethodDescr_Type)):
        return callable != SWAP and not may_resume(callable)
    if kind in (PyFunction_Type, PyMethod_Type):
        return False
    return kind.tp_flags & CLASSES == 0 or address(cast(TypeObject, callable).tp_init) != address(SLOT_INIT)


@native(inline=True)
def fits(convention: i32, count: i64) -> i1:
    """Whether `call_method` can call a C function of this convention with so many arguments."""
    if convention in (FASTCALL, FASTCALL_KEYWORDS, TUPLE, TUPLE_KEYWORDS):
        return True
    return (convention == ONE_ARGUMENT and count == 1) or (convention == NO_ARGUMENTS and count == 0)


@native(inline=True)
def call_method(
    thread: ThreadState, callable: Object, method: MethodDef, receiver: Object, arguments: Stack, count: i64
) -> Object:
    """Call a C function as its convention says. The check of the host's recursion limit comes before."""
    convention = method.ml_flags & CONVENTION
    thread.c_recursion_remaining -= 1
    if convention == FASTCALL:
        result = cast(FastCall, method.ml_meth)(receiver, arguments, count)
    elif convention == FASTCALL_KEYWORDS:
        result = cast(FastCallKeywords, method.ml_meth)(receiver, arguments, count, NULL)
    elif convention in (TUPLE, TUPLE_KEYWORDS):
        result = call_with_tuple(cast(Ternary, method.ml_meth), receiver, arguments, count)
    else:
        argument: Object = NULL
        if count:
            argument = arguments[0]
        result = cast(Binary, method.ml_meth)(receiver, argument)
    thread.c_recursion_remaining += 1
    return checked(thread, callable, result)


@native
def call_with_tuple(method: Ternary, receiver: Object, arguments: Stack, count: i64) -> Object:
    """Call a C function that takes a tuple, and perhaps keywords, of which there are none."""
    for index in range(count):
        incref(arguments[index])
    items = _PyTuple_FromArraySteal(arguments, count)
    if not items:
        return NULL
    result = method(receiver, items, NULL)
    decref(items)
    return result


@native(inline=True)
def checked(thread: ThreadState, callable: Object, result: Object) -> Object:
    """A C function's result; SystemError if it has neither a result nor an exception, or both."""
    if unlikely((address(result) == 0) != (address(thread.current_exception) != 0)):
        return _Py_CheckFunctionResult(thread, callable, result, NULL)
    return result


@native(inline=True)
def append(items: ListObject, item: Object) -> i32:
    """`items.append(item)`; takes the reference. -1 with MemoryError."""
    size = items.ob_size
    if size < items.allocated:
        items.ob_item[size] = item
        items.ob_size = size + 1
        return 0
    return _PyList_AppendTakeRefListResize(items, item)


@native
def unbind(base: Stack) -> None:
    """Put the function and the receiver of a bound method into the places for a callable and its self."""
    method = cast(MethodObject, base[0])
    base[1] = new(method.im_self)
    base[0] = new(method.im_func)
    decref(method)


@native(convention=TEMPLATE, inline=True)
def finish_call(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The end of a call: its result, and what is asked of the thread."""
    sp[0] = value
    if unlikely(thread.eval_breaker != EVAL_BREAKER[0]):
        return pay_attention(frame, sp + 1, thread, FOLLOWING, NEXT)
    return NEXT(sp + 1)


def call_known(frame: Frame, sp: Stack, thread: ThreadState, count: Static[int]) -> Jump:
    """A call of the function that the cache knows is done here, all else in `call`. `count` -1 stands for OPARG."""
    here(frame)
    base = sp - (OPARG + 2) if count < 0 else sp - (count + 2)
    if likely(is_known(base[0], CACHE)):
        called = push_known(frame, base, thread, CACHE, RESUMED)
        if likely(called):
            return run_known(called, base, thread, CACHE)
    elif is_native(base[0]) and base[0] != SWAP and not may_resume(base[0]):
        # By a call that returns: a processor foresees where to, but not where `call` would jump to in the end.
        result = call_what_is_in_c(thread, base, sp)
        if unlikely(not result):
            return raised(frame, base, thread)
        if unlikely(not has_own_hook(thread)):
            return give_way(frame, base, thread, result)
        return finish_call(frame, base, thread, result)
    CACHE[ARGUMENT] = u64(OPARG)
    return call(frame, sp, thread, CACHE, RESUMED)


template("CALL", cache=WORDS, count=-1)(call_known)
for _count in range(4):
    variant("CALL", _count, cache=WORDS, count=_count)(call_known)


@brief("CALL")
def CALL_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[ARGUMENT] = u64(OPARG)
    return call_briefly(frame, sp, thread, CACHE)


@native(convention=TEMPLATE, apart=True)
def call_briefly(frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64]) -> Jump:
    """`call` for a template without a second part."""
    return call(frame, sp, thread, cache, call_returned)


HOOKED: Final = 1


@native(apart=True)
def call_in_c(thread: ThreadState, sp: Stack, cache: Ptr[u64]) -> Stack:
    """Call what C code calls, if that is what is to be called: the stack with the result. NULL if it is something else,
    or has raised; HOOKED if there is a result, but the interpreter's hook is no longer the machine's.
    """
    base = sp - (i64(cache[ARGUMENT]) + 2)
    if unlikely(not is_called_in_c(base[0])):
        return NULL
    result = call_at(thread, base, sp)
    if unlikely(not result):
        return NULL
    base[0] = result
    return base + 1 if likely(has_own_hook(thread)) else cast(Stack, i64(HOOKED))


@seen("CALL", CALL_IN_C)
def CALL_in_c(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    top = call_in_c(thread, sp, CACHE)
    if likely(u64(address(top)) > HOOKED):
        if unlikely(thread.eval_breaker != EVAL_BREAKER[0]):
            return pay_attention(frame, top, thread, FOLLOWING, NEXT)
        return NEXT(top)
    return not_called_in_c(frame, sp, thread, CACHE, cast(Object, address(top)))


@native(convention=TEMPLATE, cold=True)
def not_called_in_c(frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], what: Object) -> Jump:
    """`call_in_c` has given NULL or HOOKED."""
    base = sp - (i64(cache[ARGUMENT]) + 2)
    if address(what) == HOOKED:
        return give_way(frame, base, thread, base[0])
    if thread.current_exception:
        return raised(frame, base, thread)
    return call(frame, sp, thread, cache, call_returned)


@second("CALL", "CALL_KW", "CALL_FUNCTION_EX")
def CALL_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    return finish_call(frame, sp, thread, value)


@native(convention=TEMPLATE, apart=True)
def call_keywords(
    frame: Frame, sp: Stack, thread: ThreadState, argument: Object, onward: Continuation
) -> Jump:
    """The same with a tuple of keywords on top, which name the last arguments."""
    names = cast(TupleObject, sp[-1])
    count = address(argument)
    base = sp - (count + 3)
    arguments = base + 2
    if not base[1] and base[0].ob_type == PyMethod_Type:
        unbind(base)
    if base[1]:
        arguments = base + 1
        count += 1
    positional = count - names.ob_size
    callable = base[0]
    if is_guest(callable):
        called = push_frame(thread, cast(FunctionObject, callable), arguments, positional, names)
        decref(names)
        if not called:
            return raised(frame, base, thread)
        base[0] = cast(Object, onward)
        save_stack_pointer(frame, base)
        return run_callee(frame, base, thread, cast(Object, called))
    result = PyObject_Vectorcall(callable, arguments, u64(positional + ARGUMENTS_OFFSET), names)
    decref(names)
    decref(callable)
    release_all(arguments, count)
    if unlikely(not result):
        return raised(frame, base, thread)
    return onward(frame, base, thread, result)


@template()
def CALL_KW(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return call_keywords(frame, sp, thread, cast(Object, OPARG), RESUMED)


# -- f(*arguments, **keywords)


@native
def as_tuple(callable: Object, arguments: Object) -> Object:
    """The positional arguments as a tuple, new; NULL with an exception."""
    if arguments.ob_type == PyTuple_Type:
        return new(arguments)
    if not is_iterable(arguments):
        name = _PyObject_FunctionStr(callable)
        if name:
            PyErr_Format(
                PyExc_TypeError[0],
                "%U argument after * must be an iterable, not %.200s",
                name,
                arguments.ob_type.tp_name,
            )
            decref(name)
        return NULL
    return PySequence_Tuple(arguments)


@native
def push_expanded(
    thread: ThreadState, function: FunctionObject, receiver: Object, arguments: TupleObject, keywords: Object
) -> Frame:
    """A frame, ready for `run_callee`, for a call with a receiver (or NULL), a tuple, and a dict (or NULL) whose keys
    are strings. NULL with an exception.
    """
    count = arguments.ob_size
    extra = PyDict_Size(keywords) if keywords else i64(0)
    values = cast(Ptr[Object], PyMem_RawMalloc(u64(8 * (count + extra + 1))))
    if not values:
        return cast(Frame, PyErr_NoMemory())
    place = values
    if receiver:
        place[0] = new(receiver)
        place += 1
    for index in range(count):
        place[index] = new(arguments.ob_item[index])
    count += place - values
    names: Object = NULL
    if extra:
        names = take_keywords(keywords, extra, values + count)
    incref(function)
    called = push_any(thread, function, values, count, names)
    decref_maybe(names)
    PyMem_RawFree(cast(Ptr[u8], values))
    return called


@native(apart=True)
def take_keywords(keywords: Object, extra: i64, values: Stack) -> Object:
    """The names of keywords, as a new tuple, and their values, new."""
    names = PyTuple_New(extra)
    position = reserve(i64)
    position[0] = 0
    pair = reserve(Object, 2)
    for index in range(extra):
        PyDict_Next(keywords, position, pair, pair + 1)
        cast(TupleObject, names).ob_item[index] = new(pair[0])
        values[index] = new(pair[1])
    return names


@native
def has_string_keys(keywords: Object) -> i1:
    """Whether a dict can be keywords as it is."""
    position = reserve(i64)
    position[0] = 0
    pair = reserve(Object, 2)
    while PyDict_Next(keywords, position, pair, pair + 1):
        if pair[0].ob_type.tp_flags & IS_STRING == 0:
            return False
    return True


@native(convention=TEMPLATE, apart=True)
def call_expanded(
    frame: Frame, sp: Stack, thread: ThreadState, argument: Object, onward: Continuation
) -> Jump:
    """Call with the stack `callable, NULL, iterable`, and a dict if bit 0 of the argument says so."""
    keywords: Object = NULL
    base = sp - 3
    if address(argument) & 1:
        base = sp - 4
        keywords = base[3]
    callable = base[0]
    arguments = as_tuple(callable, base[2])
    if not arguments:
        return raised(frame, sp, thread)
    function, receiver = callable, cast(Object, NULL)
    if callable.ob_type == PyMethod_Type:
        function, receiver = cast(MethodObject, callable).im_func, cast(MethodObject, callable).im_self
    if is_guest(function) and (not keywords or has_string_keys(keywords)):
        called = push_expanded(
            thread, cast(FunctionObject, function), receiver, cast(TupleObject, arguments), keywords
        )
        decref(arguments)
        release_call(base, keywords)
        if not called:
            return raised(frame, base, thread)
        base[0] = cast(Object, onward)
        save_stack_pointer(frame, base)
        return run_callee(frame, base, thread, cast(Object, called))
    result = PyObject_Call(callable, arguments, keywords)
    decref(arguments)
    release_call(base, keywords)
    if unlikely(not result):
        return raised(frame, base, thread)
    return onward(frame, base, thread, result)


@native
def release_call(base: Stack, keywords: Object) -> None:
    decref(base[0])
    decref(base[2])
    decref_maybe(keywords)


@template()
def CALL_FUNCTION_EX(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return call_expanded(frame, sp, thread, cast(Object, OPARG), RESUMED)


# -- the machine's own functions


class UnaryIntrinsic(Struct):
    """A row of the host's table of functions that instructions call by number."""

    function: Callable[[ThreadState, Object], Object]
    name: Ptr[u8]


class BinaryIntrinsic(Struct):
    function: Callable[[ThreadState, Object, Object], Object]
    name: Ptr[u8]


INTRINSIC_SIZE = 16


@template()
def CALL_INTRINSIC_1(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = sp[-1]
    row = cast(UnaryIntrinsic, _PyIntrinsics_UnaryFunctions + INTRINSIC_SIZE * OPARG)
    result = row.function(thread, value)
    decref(value)
    return push_returned(frame, sp - 1, thread, result)


@template()
def CALL_INTRINSIC_2(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    first, last = sp[-2], sp[-1]
    row = cast(BinaryIntrinsic, _PyIntrinsics_BinaryFunctions + INTRINSIC_SIZE * OPARG)
    result = row.function(thread, first, last)
    decref(first)
    decref(last)
    return push_returned(frame, sp - 2, thread, result)
