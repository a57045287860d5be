"""Templates that build containers, index and slice them, and take them apart."""

from __future__ import annotations

from kaa.baseline.calling import enter, go_on_behind, is_guest, push_simple
from kaa.baseline.cells import EMPTY_STRING, SLOT_SUBSCRIPT, STRINGS
from kaa.baseline.frames import check_version, proceed, proceed_at
from kaa.baseline.holes import AFTER, FOLLOWING, NEXT, OPARG, RESUMED, VERSION, Continuation, Jump, Stack
from kaa.baseline.numbers import NEGATIVE_OR_LARGE, release_int
from kaa.baseline.objects import decref, decref_maybe, here, incref, new, release, release_all
from kaa.baseline.slices import take_part
from kaa.baseline.template import brief, second, template, variant
from kaa.baseline.unwinding import push_returned, raised
from kaa.bytecode.instructions import BY_NAME
from kaa.native.externs import (
    PyDict_GetItemRef,
    PyDict_Type,
    PyDict_Update,
    PyErr_Clear,
    PyErr_ExceptionMatches,
    PyErr_Format,
    PyExc_AttributeError,
    PyExc_TypeError,
    PyList_Type,
    PyLong_FromSsize_t,
    PyLong_Type,
    PyObject_DelItem,
    PyObject_Format,
    PyObject_GetItem,
    PyObject_SetItem,
    PyObject_Size,
    PySequence_Check,
    PySet_Add,
    PySet_New,
    PySlice_New,
    PyTuple_Type,
    PyUnicode_Type,
    _PyDict_FromItems,
    _PyDict_MergeEx,
    _PyDict_SetItem_Take2,
    _PyErr_SetKeyError,
    _PyEval_ConversionFuncs,
    _PyEval_FormatKwargsError,
    _PyEval_UnpackIterable,
    _PyList_AppendTakeRefListResize,
    _PyList_Extend,
    _PyList_FromArraySteal,
    _PySet_Update,
    _PyTuple_FromArraySteal,
    _PyType_Lookup,
    _PyUnicode_JoinArray,
)
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import NULL, address, cast, likely, reserve, unlikely
from kaa.native.layouts import (
    Frame,
    FunctionObject,
    ListObject,
    LongObject,
    Object,
    ThreadState,
    TupleObject,
    TypeObject,
)
from kaa.native.types import Ptr, i1, i32, i64, u16, u64

_getitem = STRINGS["__getitem__"]

# -- building


@template()
def BUILD_TUPLE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    items = sp - OPARG
    result = _PyTuple_FromArraySteal(items, OPARG)
    if unlikely(not result):
        return raised(frame, items, thread)
    items[0] = result
    return NEXT(items + 1)


@template()
def BUILD_LIST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    items = sp - OPARG
    result = _PyList_FromArraySteal(items, OPARG)
    if unlikely(not result):
        return raised(frame, items, thread)
    items[0] = result
    return NEXT(items + 1)


@native
def build_set(items: Stack, count: i64) -> Object:
    """A set of the items, whose references are taken."""
    result = PySet_New(NULL)
    if result:
        for index in range(count):
            if PySet_Add(result, items[index]) != 0:
                decref(result)
                result = NULL
                break
    release_all(items, count)
    return result


@template()
def BUILD_SET(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    items = sp - OPARG
    result = build_set(items, OPARG)
    if unlikely(not result):
        return raised(frame, items, thread)
    items[0] = result
    return proceed(frame, items + 1, thread)


@template()
def BUILD_MAP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    items = sp - 2 * OPARG
    result = _PyDict_FromItems(items, 2, items + 1, 2, OPARG)
    release_all(items, 2 * OPARG)
    if unlikely(not result):
        return raised(frame, items, thread)
    items[0] = result
    return proceed(frame, items + 1, thread)


@template()
def BUILD_CONST_KEY_MAP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    keys = cast(TupleObject, sp[-1])
    values = sp - (OPARG + 1)
    result = _PyDict_FromItems(keys.ob_item, 1, values, 1, OPARG)
    release_all(values, OPARG)
    decref(keys)
    if unlikely(not result):
        return raised(frame, values, thread)
    values[0] = result
    return NEXT(values + 1)


@template()
def BUILD_STRING(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    pieces = sp - OPARG
    result = _PyUnicode_JoinArray(EMPTY_STRING, pieces, OPARG)
    release_all(pieces, OPARG)
    if unlikely(not result):
        return raised(frame, pieces, thread)
    pieces[0] = result
    return NEXT(pieces + 1)


@template()
def BUILD_SLICE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    parts = sp - OPARG
    step: Object = NULL
    if OPARG == 3:
        step = sp[-1]
    result = PySlice_New(parts[0], parts[1], step)
    release_all(parts, OPARG)
    if unlikely(not result):
        return raised(frame, parts, thread)
    parts[0] = result
    return NEXT(parts + 1)


# -- growing what a display or a comprehension builds


@template()
def LIST_APPEND(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    items = cast(ListObject, sp[-1 - OPARG])
    size = items.ob_size
    if likely(size < items.allocated):
        items.ob_item[size] = sp[-1]
        items.ob_size = size + 1
        return NEXT(sp - 1)
    here(frame)
    if unlikely(_PyList_AppendTakeRefListResize(items, sp[-1]) < 0):
        return raised(frame, sp - 1, thread)
    return NEXT(sp - 1)


@template()
def SET_ADD(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    item = sp[-1]
    failed = PySet_Add(sp[-1 - OPARG], item)
    decref(item)
    if unlikely(failed != 0):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@template()
def MAP_ADD(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    key, value = sp[-2], sp[-1]
    if unlikely(_PyDict_SetItem_Take2(sp[-2 - OPARG], key, value) != 0):
        return raised(frame, sp - 2, thread)
    return proceed(frame, sp - 2, thread)


@native
def is_iterable(value: Object) -> i1:
    """Whether `iter(value)` could work, by its type."""
    return address(value.ob_type.tp_iter) != 0 or PySequence_Check(value) != 0


@native
def extend_list(items: Object, more: Object) -> i1:
    """`items.extend(more)`, with the message of a display; False if it raised."""
    nothing = _PyList_Extend(items, more)
    if nothing:
        decref(nothing)
        return True
    if PyErr_ExceptionMatches(PyExc_TypeError[0]) != 0 and not is_iterable(more):
        PyErr_Clear()
        PyErr_Format(
            PyExc_TypeError[0], "Value after * must be an iterable, not %.200s", more.ob_type.tp_name
        )
    return False


@template()
def LIST_EXTEND(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    more = sp[-1]
    done = extend_list(sp[-1 - OPARG], more)
    decref(more)
    if unlikely(not done):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@template()
def SET_UPDATE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    more = sp[-1]
    failed = _PySet_Update(sp[-1 - OPARG], more)
    decref(more)
    if unlikely(failed < 0):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@native
def update_dict(mapping: Object, more: Object) -> i1:
    """`mapping.update(more)`, with the message of a display; False if it raised."""
    if PyDict_Update(mapping, more) >= 0:
        return True
    if PyErr_ExceptionMatches(PyExc_AttributeError[0]) != 0:
        PyErr_Format(PyExc_TypeError[0], "'%.200s' object is not a mapping", more.ob_type.tp_name)
    return False


@template()
def DICT_UPDATE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    more = sp[-1]
    done = update_dict(sp[-1 - OPARG], more)
    decref(more)
    if unlikely(not done):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@template()
def DICT_MERGE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The dict is the keywords of a call; below it are the arguments, a NULL, and the callable."""
    here(frame)
    more = sp[-1]
    failed = _PyDict_MergeEx(sp[-1 - OPARG], more, 2)
    if unlikely(failed < 0):
        _PyEval_FormatKwargsError(thread, sp[-4 - OPARG], more)
        decref(more)
        return raised(frame, sp - 1, thread)
    decref(more)
    return proceed(frame, sp - 1, thread)


# -- indexing


@native(inline=True)
def list_place(container: Object, index: Object) -> Ptr[Object]:
    """Where a list has the item at a compact int; NULL if the operands are anything else."""
    if unlikely(container.ob_type != PyList_Type or index.ob_type != PyLong_Type):
        return NULL
    items = cast(ListObject, container)
    place = compact_index(index, items.ob_size)
    return NULL if unlikely(place < 0) else items.ob_item + place


@native(inline=True)
def compact_index(index: Object, size: i64) -> i64:
    """A compact int as an index into `size` items; -1 if it is none of them."""
    number = cast(LongObject, index)
    place = i64(number.ob_digit[0])
    if unlikely(number.lv_tag & NEGATIVE_OR_LARGE != 0):
        if number.lv_tag >= 16:
            return -1
        place = size - place
    return -1 if unlikely(u64(place) >= u64(size)) else place


HEAP_TYPE = 1 << 9
"""`tp_flags` of classes that have been made at run time."""


@native
def subscript(container: Object, index: Object) -> Object:
    """`container[index]`, new; NULL with an exception."""
    if container.ob_type == PyTuple_Type and index.ob_type == PyLong_Type:
        items = cast(TupleObject, container)
        place = compact_index(index, items.ob_size)
        if place >= 0:
            return new(items.ob_item[place])
    if container.ob_type != PyDict_Type:
        methods = container.ob_type.tp_as_mapping
        if methods and address(methods.mp_subscript) != 0:
            return methods.mp_subscript(container, index)
        return PyObject_GetItem(container, index)
    found = reserve(Object)
    if PyDict_GetItemRef(container, index, found) == 0:
        _PyErr_SetKeyError(index)
    return found[0]


@native
def take_item(container: Object, index: Object) -> Object:
    """The same; takes the references."""
    item = subscript(container, index)
    decref(container)
    decref(index)
    return item


@native(inline=True)
def own_getitem(kind: TypeObject) -> FunctionObject:
    """The `__getitem__` of a class, if it is a function of ours; else NULL."""
    methods = kind.tp_as_mapping
    if not methods or address(methods.mp_subscript) != address(SLOT_SUBSCRIPT):
        return NULL
    found = _PyType_Lookup(kind, _getitem)
    if not found or not is_guest(found):
        return NULL
    return cast(FunctionObject, found)


SUBSCRIPT_UNITS = 1 + BY_NAME["BINARY_SUBSCR"].caches
STORE_UNITS = 1 + BY_NAME["STORE_SUBSCR"].caches


@native(convention=TEMPLATE, apart=True)
def load_item(
    frame: Frame, sp: Stack, thread: ThreadState, resumed: Continuation, onward: Continuation
) -> Jump:
    """`container[index]`; on at `onward`, or at `resumed` with what a `__getitem__` of ours returns."""
    container, index = sp[-2], sp[-1]
    function = own_getitem(container.ob_type)
    if function:
        called = push_simple(thread, function, sp - 2, 2)
        if called:
            incref(function)
            return enter(frame, sp - 2, thread, called, resumed)
    result = take_item(container, index)
    if unlikely(not result):
        return raised(frame, sp - 2, thread)
    sp[-2] = result
    return proceed_at(frame, sp - 1, thread, frame.instr_ptr + SUBSCRIPT_UNITS, onward)


@template()
def BINARY_SUBSCR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    container, index = sp[-2], sp[-1]
    place = list_place(container, index)
    if likely(place):
        item = new(place[0])
        release_int(index)
        release(frame, container)
        sp[-2] = item
        return NEXT(sp - 1)
    here(frame)
    if container.ob_type.tp_flags & HEAP_TYPE == 0:  # no `__getitem__` of ours
        return push_returned(frame, sp - 2, thread, take_item(container, index))
    return load_item(frame, sp, thread, RESUMED, NEXT)


@native(convention=TEMPLATE, apart=True)
def item_returned(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """A `__getitem__` of ours has returned, and the template has no second part."""
    sp[0] = value
    return go_on_behind(frame, sp + 1, thread, SUBSCRIPT_UNITS)


@native(convention=TEMPLATE, apart=True)
def load_item_briefly(frame: Frame, sp: Stack, thread: ThreadState, onward: Continuation) -> Jump:
    """`load_item` for such a template."""
    return load_item(frame, sp, thread, item_returned, onward)


@brief("BINARY_SUBSCR")
def BINARY_SUBSCR_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return load_item_briefly(frame, sp, thread, NEXT)


@second("BINARY_SUBSCR")
def BINARY_SUBSCR_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@native
def set_item(item: Object, container: Object, index: Object) -> i32:
    """`container[index] = item`; takes the references. -1: raised."""
    if container.ob_type == PyDict_Type:
        failed = _PyDict_SetItem_Take2(container, index, item)
    else:
        failed = PyObject_SetItem(container, index, item)
        decref(item)
        decref(index)
    decref(container)
    return failed


@template()
def STORE_SUBSCR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    container, index = sp[-2], sp[-1]
    place = list_place(container, index)
    if likely(place):
        old = place[0]
        place[0] = sp[-3]
        release_int(index)
        release(frame, old)
        release(frame, container)
        return NEXT(sp - 3)
    here(frame)
    if unlikely(set_item(sp[-3], container, index) != 0):
        return raised(frame, sp - 3, thread)
    return proceed(frame, sp - 3, thread)


@native(convention=TEMPLATE, apart=True)
def store_item(frame: Frame, sp: Stack, thread: ThreadState, onward: Continuation) -> Jump:
    """STORE_SUBSCR; on at `onward`."""
    if unlikely(set_item(sp[-3], sp[-2], sp[-1]) != 0):
        return raised(frame, sp - 3, thread)
    return proceed_at(frame, sp - 3, thread, frame.instr_ptr + STORE_UNITS, onward)


@brief("STORE_SUBSCR")
def STORE_SUBSCR_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return store_item(frame, sp, thread, NEXT)


@template()
def DELETE_SUBSCR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    container, index = sp[-2], sp[-1]
    failed = PyObject_DelItem(container, index)
    decref(container)
    decref(index)
    if unlikely(failed != 0):
        return raised(frame, sp - 2, thread)
    return proceed(frame, sp - 2, thread)


@native
def take_slice(start: Object, stop: Object) -> Object:
    """`slice(start, stop)`; takes the references."""
    result = PySlice_New(start, stop, NULL)
    decref(start)
    decref(stop)
    return result


@template()
def BINARY_SLICE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    container, start, stop = sp[-3], sp[-2], sp[-1]
    result = take_part(container, start, stop)
    decref(start)
    decref(stop)
    decref(container)
    return push_returned(frame, sp - 3, thread, result)


@template()
def STORE_SLICE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value, container = sp[-4], sp[-3]
    index = take_slice(sp[-2], sp[-1])
    failed = i32(1)
    if index:
        failed = PyObject_SetItem(container, index, value)
        decref(index)
    decref(value)
    decref(container)
    if unlikely(failed != 0):
        return raised(frame, sp - 4, thread)
    return proceed(frame, sp - 4, thread)


@template()
def GET_LEN(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    length = PyObject_Size(sp[-1])
    if unlikely(length < 0):
        return raised(frame, sp, thread)
    number = PyLong_FromSsize_t(length)
    if unlikely(not number):
        return raised(frame, sp, thread)
    sp[0] = number
    return proceed(frame, sp + 1, thread)


# -- unpacking


@native(apart=True)
def unpack(thread: ThreadState, sequence: Object, count: i64, top: Stack) -> i1:
    """Put the items of a sequence below `top`, the first one uppermost. False with an exception."""
    if sequence.ob_type == PyTuple_Type and cast(TupleObject, sequence).ob_size == count:
        copy_backwards(cast(TupleObject, sequence).ob_item, count, top)
        return True
    if sequence.ob_type == PyList_Type and cast(ListObject, sequence).ob_size == count:
        copy_backwards(cast(ListObject, sequence).ob_item, count, top)
        return True
    return _PyEval_UnpackIterable(thread, sequence, i32(count), -1, top) != 0


@native(inline=True)
def copy_backwards(items: Stack, count: i64, top: Stack) -> None:
    for index in range(count):
        top[-1 - index] = new(items[index])


@template()
def UNPACK_SEQUENCE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    sequence = sp[-1]
    top = sp + (OPARG - 1)
    done = unpack(thread, sequence, OPARG, top)
    decref(sequence)
    if unlikely(not done):
        return raised(frame, sp - 1, thread)
    return proceed(frame, top, thread)


@variant("UNPACK_SEQUENCE", 2)
def UNPACK_SEQUENCE_2(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """Of a pair, the usual case."""
    pair = cast(TupleObject, sp[-1])
    if likely(pair.ob_type == PyTuple_Type and pair.ob_size == 2):
        sp[0] = new(pair.ob_item[0])
        sp[-1] = new(pair.ob_item[1])
        release(frame, pair)
        return NEXT(sp + 1)
    here(frame)
    done = unpack(thread, pair, 2, sp + 1)
    decref(pair)
    if unlikely(not done):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp + 1, thread)


STORES = "STORE_FAST_STORE_FAST"
MOST_STORES = 16


@native(apart=True)
def unpack_to_locals(frame: Frame, sp: Stack, thread: ThreadState, count: i64) -> i1:
    """Unpack what is on the stack into as many locals, as the stores behind the instruction say. False with an
    exception; the sequence is gone in any case.
    """
    sequence = sp[-1]
    unit = frame.instr_ptr + UNPACK_UNITS
    if sequence.ob_type == PyTuple_Type and cast(TupleObject, sequence).ob_size == count:
        store_all(frame, cast(TupleObject, sequence).ob_item, 0, count, unit)
        decref(sequence)
        return True
    top = sp + (count - 1)
    done = unpack(thread, sequence, count, top)
    decref(sequence)
    if done:
        store_all(frame, sp - 1, count - 1, count, unit)
    return done


@native(inline=True)
def store_all(frame: Frame, items: Stack, last: i64, count: i64, unit: Ptr[u16]) -> None:
    """Do the work of the stores from this code unit on.

    With `last` 0 the items are borrowed, first one first; else their references move, and the first one is
    `items[last]`.
    """
    index = i64(0)
    while index < count:
        places = i64(unit[0] >> 8)
        frame.instr_ptr = unit
        if index + 1 < count:
            store_local(frame, places >> 4, item_at(items, last, index))
            index += 1
            places &= 15
        store_local(frame, places, item_at(items, last, index))
        index += 1
        unit += 1


@native(inline=True)
def item_at(items: Stack, last: i64, index: i64) -> Object:
    """A new reference to an item, as `store_all` finds them."""
    if last == 0:
        return new(items[index])
    return items[last - index]


@native(inline=True)
def store_local(frame: Frame, number: i64, value: Object) -> None:
    """Store into a local variable. Takes the reference; `instr_ptr` is in place for destructors."""
    place = frame.localsplus + number
    old = place[0]
    place[0] = value
    decref_maybe(old)


@native(convention=TEMPLATE, inline=True)
def proceed_after_stores(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """`proceed` behind the stores that have been done; `instr_ptr` is the last one."""
    if unlikely(thread.eval_breaker != VERSION[0]):
        return check_version(frame, sp, thread, frame.instr_ptr + 1, AFTER)
    return AFTER(sp)


@variant("UNPACK_SEQUENCE", 2, before=STORES)
def UNPACK_SEQUENCE_2_to_locals(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """A pair that becomes two locals, without the stack."""
    pair = cast(TupleObject, sp[-1])
    here(frame)
    if likely(pair.ob_type == PyTuple_Type and pair.ob_size == 2):
        first, last = new(pair.ob_item[0]), new(pair.ob_item[1])
        decref(pair)
        places = i64(FOLLOWING[0] >> 8)
        store_local(frame, places >> 4, first)
        store_local(frame, places & 15, last)
        return AFTER(sp - 1)
    if unlikely(not unpack_to_locals(frame, sp, thread, 2)):
        return raised(frame, sp - 1, thread)
    return proceed_after_stores(frame, sp - 1, thread)


def UNPACK_SEQUENCE_to_locals(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The stores behind it are done here too: in code that unpacks a lot, it is the amount of code that counts."""
    here(frame)
    if unlikely(not unpack_to_locals(frame, sp, thread, OPARG)):
        return raised(frame, sp - 1, thread)
    return proceed_after_stores(frame, sp - 1, thread)


UNPACK_UNITS = 1 + BY_NAME["UNPACK_SEQUENCE"].caches
for _count in range(3, MOST_STORES + 1):
    variant("UNPACK_SEQUENCE", _count, before=STORES)(UNPACK_SEQUENCE_to_locals)


@template()
def UNPACK_EX(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    sequence = sp[-1]
    before, after = OPARG & 0xFF, OPARG >> 8
    top = sp + (before + after)
    done = _PyEval_UnpackIterable(thread, sequence, i32(before), i32(after), top)
    decref(sequence)
    if unlikely(done == 0):
        return raised(frame, sp - 1, thread)
    return proceed(frame, top, thread)


# -- text


@template()
def CONVERT_VALUE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value = sp[-1]
    result = _PyEval_ConversionFuncs[OPARG](value)
    decref(value)
    return push_returned(frame, sp - 1, thread, result)


@template()
def FORMAT_SIMPLE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value.ob_type == PyUnicode_Type:
        return NEXT(sp)
    here(frame)
    result = PyObject_Format(value, NULL)
    decref(value)
    return push_returned(frame, sp - 1, thread, result)


@native(convention=TEMPLATE, apart=True)
def format_value(frame: Frame, sp: Stack, thread: ThreadState, onward: Continuation) -> Jump:
    """FORMAT_SIMPLE; on at `onward`."""
    value = sp[-1]
    if value.ob_type != PyUnicode_Type:
        result = PyObject_Format(value, NULL)
        decref(value)
        if unlikely(not result):
            return raised(frame, sp - 1, thread)
        sp[-1] = result
    return proceed_at(frame, sp, thread, frame.instr_ptr + 1, onward)


@brief("FORMAT_SIMPLE")
def FORMAT_SIMPLE_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return format_value(frame, sp, thread, NEXT)


@template()
def FORMAT_WITH_SPEC(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    value, specification = sp[-2], sp[-1]
    result = PyObject_Format(value, specification)
    decref(value)
    decref(specification)
    return push_returned(frame, sp - 2, thread, result)
