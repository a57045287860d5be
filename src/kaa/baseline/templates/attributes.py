"""Templates for attributes, methods and `super()`."""

from __future__ import annotations

from kaa.baseline.attribute_cache import (
    BESIDE_DICT,
    FIELD,
    KEYS,
    KIND,
    METHOD,
    NAMED,
    OF_CLASS,
    OF_MODULE,
    ONWARD,
    PROPERTY,
    SLOT,
    WHAT,
    WORDS,
    cached_field,
    is_seen_as,
    learn_load,
    learn_store,
    load_of_class,
    may_learn,
    method_holds,
    note_new_value,
    passes_check,
    place_at_hand,
    value_at_hand,
    value_of_module,
)
from kaa.baseline.cache_entries import entry_for, keep_entry, load_known, own_dict, replace_in_dict
from kaa.baseline.calling import enter, go_on_behind, is_guest, push_simple
from kaa.baseline.frames import proceed, proceed_at
from kaa.baseline.holes import (
    AFTER,
    CACHE,
    FIRST,
    FOLLOWER_CACHE,
    FOLLOWING,
    LOCAL,
    NAME,
    NEXT,
    OPARG,
    RESUMED,
    SECOND,
    Continuation,
    Jump,
    Stack,
)
from kaa.baseline.numbers import loses_last
from kaa.baseline.objects import decref, destroy_and_go_on, drop, here, incref, new, release, slot
from kaa.baseline.template import brief, second, seen, template, variant
from kaa.baseline.unwinding import raised
from kaa.bytecode.instructions import BY_NAME
from kaa.native.externs import (
    PyDict_SetItem,
    PyErr_Clear,
    PyObject_GenericGetAttr,
    PyObject_GetAttr,
    PyObject_SetAttr,
    PyObject_Vectorcall,
    PySuper_Type,
    _PyObject_GetMethod,
    _PySuper_Lookup,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, reserve, unlikely
from kaa.native.layouts import (
    Frame,
    FunctionObject,
    Interpreter,
    Object,
    PropertyObject,
    ThreadState,
    TypeObject,
)
from kaa.native.types import Ptr, i1, i32, i64, u64

LOAD_UNITS = 1 + BY_NAME["LOAD_ATTR"].caches
STORE_UNITS = 1 + BY_NAME["STORE_ATTR"].caches
IS_TYPE = 1 << 31
"""`tp_flags` of classes."""


@native
def load_cached(owner: Object, cache: Ptr[u64]) -> Object:
    """An attribute as any entry of the cache says, new; NULL if none can."""
    entry = entry_for(owner, cache)
    if entry:
        value = value_at_hand(owner, entry)
        return new(value) if value else load_known(owner, cast(Object, cache[NAMED]), entry)
    value = value_of_module(owner, cache)
    return new(value) if value else load_of_class(owner, cache)


@native(convention=TEMPLATE, apart=True)
def load_attribute(
    frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Jump:
    """`owner.name` by the generic way; the cache learns."""
    owner = sp[-1]
    name = cast(Object, cache[NAMED])
    result = load_cached(owner, cache)
    if not result:
        if cache[KIND] == PROPERTY and u64(owner.ob_type.tp_version_tag) == cache[KEYS]:
            getter = cast(PropertyObject, cache[WHAT]).prop_get
            if getter and is_guest(getter):
                called = push_simple(thread, cast(FunctionObject, getter), sp - 1, 1)
                if called:
                    incref(getter)
                    return enter(frame, sp - 1, thread, called, cast(Continuation, cache[ONWARD]))
        if may_learn(cache):
            keep_entry(frame, owner, cache)
            learn_load(owner, name, False, thread.interp, cache)
        result = PyObject_GetAttr(owner, name)
    decref(owner)
    if unlikely(not result):
        return raised(frame, sp - 1, thread)
    sp[-1] = result
    return proceed_at(frame, sp, thread, frame.instr_ptr + LOAD_UNITS, onward)


@native(convention=TEMPLATE, apart=True)
def load_method(frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation) -> Jump:
    """The same for a call: pushes a function and its receiver, or anything else and NULL."""
    owner = sp[-1]
    entry = entry_for(owner, cache)
    if entry and method_holds(owner, entry):
        sp[-1] = new(cast(Object, entry[WHAT]))
        sp[0] = owner
        return onward(frame, sp + 1, thread)
    known = load_cached(owner, cache)
    if known:
        sp[-1] = known
        if entry and entry[KIND] in (METHOD, BESIDE_DICT):
            sp[0] = owner
        else:
            decref(owner)
            sp[0] = NULL
        return onward(frame, sp + 1, thread)
    name = cast(Object, cache[NAMED])
    if may_learn(cache):
        keep_entry(frame, owner, cache)
        learn_load(owner, name, True, thread.interp, cache)
    found = reserve(Object)
    found[0] = NULL
    if _PyObject_GetMethod(owner, name, found) != 0:
        sp[0] = owner
    else:
        decref(owner)
        if unlikely(not found[0]):
            return raised(frame, sp - 1, thread)
        sp[0] = NULL
    sp[-1] = found[0]
    return proceed_at(frame, sp + 1, thread, frame.instr_ptr + LOAD_UNITS, onward)


@template(cache=WORDS)
def LOAD_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    owner = sp[-1]
    value = value_at_hand(owner, CACHE)
    if unlikely(not value) and method_holds(owner, CACHE):
        value = cast(Object, CACHE[WHAT])
    if likely(value):
        sp[-1] = new(value)
        return drop(frame, sp, thread, owner)
    here(frame)
    if CACHE[NAMED] != 0:
        value = load_cached(owner, CACHE)  # a call that returns, as in `call_known`
        if value:
            sp[-1] = value
            return drop(frame, sp, thread, owner)
    CACHE[NAMED] = u64(address(NAME))
    CACHE[ONWARD] = u64(address(RESUMED))
    return load_attribute(frame, sp, thread, CACHE, NEXT)


@native(convention=TEMPLATE, apart=True)
def load_attribute_briefly(
    frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Jump:
    """The same for a template without a second part."""
    cache[ONWARD] = u64(address(cast(Object, attribute_returned)))
    return load_attribute(frame, sp, thread, cache, onward)


@native(convention=TEMPLATE, apart=True)
def attribute_returned(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """A property's function has returned."""
    sp[0] = value
    return go_on_behind(frame, sp + 1, thread, LOAD_UNITS)


@brief("LOAD_ATTR")
def LOAD_ATTR_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_attribute_briefly(frame, sp, thread, CACHE, NEXT)


@brief("LOAD_ATTR", 1, mask=1)
def LOAD_ATTR_method_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_method(frame, sp, thread, CACHE, NEXT)


@second("LOAD_ATTR")
def LOAD_ATTR_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """A property's function has returned."""
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@variant("LOAD_ATTR", 1, mask=1, cache=WORDS)
def LOAD_ATTR_method(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    owner = sp[-1]
    if likely(method_holds(owner, CACHE)):
        sp[-1] = new(cast(Object, CACHE[WHAT]))
        sp[0] = owner
        return NEXT(sp + 1)
    value = value_at_hand(owner, CACHE)
    if value:
        sp[-1] = new(value)
        sp[0] = NULL
        return drop(frame, sp + 1, thread, owner)
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return load_method(frame, sp, thread, CACHE, NEXT)


@native(inline=True)
def value_as_seen(owner: Object, cache: Ptr[u64], sort: Static[int]) -> Object:
    """An attribute of the kind that the cache had seen, borrowed; NULL if it is not there, or of another kind now."""
    if sort == OF_MODULE:
        return value_of_module(owner, cache)
    if sort == METHOD:
        return cast(Object, cache[WHAT]) if likely(method_holds(owner, cache)) else NULL
    if sort == SLOT:
        return cached_field(owner, cache)[0] if likely(is_seen_as(owner, cache, SLOT)) else NULL
    return value_at_hand(owner, cache)


def load_as_seen(
    frame: Frame, sp: Stack, thread: ThreadState, sort: Static[int], to_call: Static[bool]
) -> Jump:
    """LOAD_ATTR where the cache had seen this kind; `to_call`: with the flag, of what is called without the owner."""
    owner = sp[-1]
    if sort == OF_CLASS:
        here(frame)
        value = load_of_class(owner, CACHE)
    else:
        value = value_as_seen(owner, CACHE, sort)
    if likely(value):
        sp[-1] = value if sort == OF_CLASS else new(value)
        if to_call:
            sp[0] = NULL
            return drop(frame, sp + 1, thread, owner)
        return drop(frame, sp, thread, owner)
    if sort != OF_CLASS:
        here(frame)
    if to_call:
        return load_method(frame, sp, thread, CACHE, NEXT)
    return load_attribute(frame, sp, thread, CACHE, NEXT)


for _kind in (SLOT, METHOD, OF_MODULE, OF_CLASS):
    seen("LOAD_ATTR", _kind, 0, sort=_kind, to_call=False)(load_as_seen)
for _kind in (FIELD, SLOT, OF_MODULE, OF_CLASS):
    seen("LOAD_ATTR", _kind, 1, sort=_kind, to_call=True)(load_as_seen)


@variant("LOAD_FAST", 0, mask=0, before="LOAD_ATTR")
def LOAD_FAST_and_attribute(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """An attribute of what is in a local, which is only borrowed, if it is found at once."""
    owner = slot(frame, LOCAL)[0]
    value = value_at_hand(owner, FOLLOWER_CACHE)
    if unlikely(not value) and method_holds(owner, FOLLOWER_CACHE):
        value = cast(Object, FOLLOWER_CACHE[WHAT])
    if likely(value):
        sp[0] = new(value)
        return AFTER(sp + 1)
    if FOLLOWER_CACHE[NAMED] != 0:
        frame.instr_ptr = FOLLOWING
        value = load_cached(owner, FOLLOWER_CACHE)
        if value:
            sp[0] = value
            return AFTER(sp + 1)
    sp[0] = new(owner)
    return NEXT(sp + 1)


@variant("LOAD_FAST", 0, mask=0, before="LOAD_METHOD")
def LOAD_FAST_and_method(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """A method of what is in a local, if it is found at once."""
    owner = slot(frame, LOCAL)[0]
    if likely(method_holds(owner, FOLLOWER_CACHE)):
        sp[0] = new(cast(Object, FOLLOWER_CACHE[WHAT]))
        sp[1] = new(owner)
        return AFTER(sp + 2)
    sp[0] = new(owner)
    if FOLLOWER_CACHE[NAMED] != 0:
        frame.instr_ptr = FOLLOWING
        return load_method(frame, sp + 1, thread, FOLLOWER_CACHE, AFTER)
    return NEXT(sp + 1)


@native
def store_known(interpreter: Interpreter, owner: Object, value: Object, name: Object, entry: Ptr[u64]) -> i1:
    """Set the attribute as an entry says, if it can; takes the reference to the value then."""
    place = place_at_hand(owner, entry)
    if place:
        old = place[0]
        place[0] = value
        if old:
            decref(old)
        elif entry[KIND] == FIELD:
            note_new_value(owner, place)
        return True
    if entry[KIND] == SLOT or (entry[KIND] == FIELD and passes_check(owner, entry)):
        return False
    names = own_dict(owner)
    if not names or names.ma_values:
        return False
    if replace_in_dict(interpreter, names, name, value, entry):
        return True
    if PyDict_SetItem(names, name, value) != 0:
        PyErr_Clear()  # the usual way raises it again
        return False
    decref(value)
    return True


@native(apart=True)
def store_cached(thread: ThreadState, owner: Object, value: Object, cache: Ptr[u64]) -> i1:
    """Set the attribute as any entry of the cache says, if one can; takes the reference to the value then."""
    entry = entry_for(owner, cache)
    if not entry:
        return False
    return store_known(thread.interp, owner, value, cast(Object, cache[NAMED]), entry)


@native(convention=TEMPLATE, apart=True)
def store_attribute(
    frame: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Jump:
    """`owner.name = value` by the generic way; the cache learns."""
    value, owner = sp[-2], sp[-1]
    name = cast(Object, cache[NAMED])
    if store_cached(thread, owner, value, cache):
        decref(owner)
        return onward(frame, sp - 2, thread)
    failed = PyObject_SetAttr(owner, name, value)
    if may_learn(cache) and failed == 0:
        keep_entry(frame, owner, cache)
        learn_store(owner, name, cache)
    decref(value)
    decref(owner)
    if unlikely(failed != 0):
        return raised(frame, sp - 2, thread)
    return proceed_at(frame, sp - 2, thread, frame.instr_ptr + STORE_UNITS, onward)


@template(cache=WORDS)
def STORE_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    owner = sp[-1]
    place = place_at_hand(owner, CACHE)
    if likely(place):
        old = place[0]
        place[0] = sp[-2]
        if old:
            release(frame, old)
        elif CACHE[KIND] == FIELD:
            note_new_value(owner, place)
        return drop(frame, sp - 2, thread, owner)
    here(frame)
    if store_cached(thread, owner, sp[-2], CACHE):  # a call that returns, as in `call_known`
        return drop(frame, sp - 2, thread, owner)
    CACHE[NAMED] = u64(address(NAME))
    return store_attribute(frame, sp, thread, CACHE, NEXT)


@brief("STORE_ATTR")
def STORE_ATTR_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    CACHE[NAMED] = u64(address(NAME))
    return store_attribute(frame, sp, thread, CACHE, NEXT)


@native(convention=TEMPLATE, inline=True)
def store_into(frame: Frame, sp: Stack, thread: ThreadState, owner: Object, value: Object) -> Jump:
    """The end of a fused STORE_ATTR: `value`, whose reference is taken, into an owner that is borrowed. If the place is
    not found at once, both are pushed for the instruction itself.
    """
    place = place_at_hand(owner, FOLLOWER_CACHE)
    if likely(place):
        old = place[0]
        place[0] = value
        if not old:
            if FOLLOWER_CACHE[KIND] == FIELD:
                note_new_value(owner, place)
        elif unlikely(loses_last(old)):
            frame.instr_ptr = FOLLOWING
            return destroy_and_go_on(frame, sp, thread, old, AFTER)
        return AFTER(sp)
    held = new(owner)  # a destructor may see to it that the local loses it
    if FOLLOWER_CACHE[NAMED] != 0:
        frame.instr_ptr = FOLLOWING
        if store_cached(thread, held, value, FOLLOWER_CACHE):
            decref(held)
            return AFTER(sp)
    sp[0] = value
    sp[1] = held
    return NEXT(sp + 2)


@variant("LOAD_FAST", 0, mask=0, before="STORE_ATTR")
def LOAD_FAST_and_store(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return store_into(frame, sp - 1, thread, slot(frame, LOCAL)[0], sp[-1])


@variant("LOAD_FAST_LOAD_FAST", 0, mask=0, before="STORE_ATTR")
def LOAD_FAST_LOAD_FAST_and_store(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return store_into(frame, sp, thread, slot(frame, SECOND)[0], new(slot(frame, FIRST)[0]))


@template()
def DELETE_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    owner = sp[-1]
    failed = PyObject_SetAttr(owner, NAME, NULL)
    decref(owner)
    if unlikely(failed != 0):
        return raised(frame, sp - 1, thread)
    return proceed(frame, sp - 1, thread)


@native
def load_super(operands: Stack, name: Object, argument: i64, receiver: Stack) -> Object:
    """The attribute of `super(class, self)`, new. `receiver` gets self's reference if it is a method to be
    called with it.

    `operands` are the global `super`, the class and self; their references are taken.
    """
    super_, kind, self = operands[0], operands[1], operands[2]
    receiver[0] = NULL
    result: Object = NULL
    if super_ == PySuper_Type and kind.ob_type.tp_flags & IS_TYPE:
        method = reserve(i32)
        method[0] = 0
        plain = address(self.ob_type.tp_getattro) == address(PyObject_GenericGetAttr)
        wanted = method if argument & 1 and plain else NULL
        result = _PySuper_Lookup(cast(TypeObject, kind), self, name, wanted)
        decref(super_)
        decref(kind)
        if result and method[0]:
            receiver[0] = self
        else:
            decref(self)
        return result
    if argument & 2:
        proxy = PyObject_Vectorcall(super_, operands + 1, 2, NULL)
    else:
        proxy = PyObject_Vectorcall(super_, NULL, 0, NULL)
    decref(super_)
    decref(kind)
    decref(self)
    if proxy:
        result = PyObject_GetAttr(proxy, name)
        decref(proxy)
    return result


@template()
def LOAD_SUPER_ATTR(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    receiver = reserve(Object)
    result = load_super(sp - 3, NAME, OPARG, receiver)
    if unlikely(not result):
        return raised(frame, sp - 3, thread)
    sp[-3] = result
    if OPARG & 1:
        sp[-2] = receiver[0]
        return proceed(frame, sp - 1, thread)
    return proceed(frame, sp - 2, thread)
