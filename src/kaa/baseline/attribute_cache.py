"""Inline caches of attributes: what a place in the code saw, and how to go straight there the next time.

In: an object, a name, and the words of a cache. Out: the value by the fast way, or by the host's generic
way, and a cache that has learnt. A cache belongs to one instruction and is believed as long as the type's
version says that nothing relevant has changed; types that the host cannot version are never cached.

Words of a cache for loads:

    0  type version + 1 (0: empty), and in the upper half the kind, less FIELD, so that a template compares both at once
    1  what is to be checked besides: bytes from the object to a byte that must be 1 (inline values in use), or 0
    2  for a value in the object, bytes from the object to it; for a method, the function (borrowed from its class)
    3  for a method, the version that the class's shared keys must have (or 0); for a value, its place in a dict;
       for an attribute of a class, its version and its metaclass's
    4  the kind, one of the numbers below
    5  misses so far
    6  the name, for the slow path
    7  where the result of a property's function goes, for the slow path
    8  entries for further types, or 0 (see `cache_entries`)
"""

from __future__ import annotations

from typing import Final

from kaa.baseline.cells import STRINGS
from kaa.baseline.objects import decref, incref, new
from kaa.native.externs import (
    PyBaseObject_Type,
    PyClassMethod_Type,
    PyErr_Clear,
    PyFunction_Type,
    PyGetSetDescr_Type,
    PyMemberDescr_Type,
    PyMethodDescr_Type,
    PyModule_Type,
    PyObject_GenericGetAttr,
    PyObject_GenericSetAttr,
    PyProperty_Type,
    PyStaticMethod_Type,
    PyType_IsSubtype,
    PyType_Type,
    PyUnstable_Type_AssignVersionTag,
    _PyType_Lookup,
    _PyUnicode_Equal,
)
from kaa.native.function import Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, unlikely
from kaa.native.layouts import (
    DictKeys,
    DictValues,
    HeapType,
    Interpreter,
    MemberDescriptor,
    ModuleObject,
    Object,
    TypeObject,
    UnicodeEntry,
)
from kaa.native.types import Ptr, i1, i64, u8, u32, u64

VERSION, CHECK, WHAT, KEYS, KIND, MISSES, NAMED, ONWARD, MORE = range(9)
WORDS: Final = 9
FIELD, IN_DICT, OF_MODULE, OF_CLASS, PROPERTY, METHOD, BESIDE_DICT, DESCRIPTOR, DESCRIPTOR_BESIDE_DICT = (
    range(1, 10)
)
CALL_OF_FUNCTION, CALL_OF_CLASS = 10, 11
SLOT, CALL_IN_C, BUILTIN = 12, 13, 14
KINDS: Final = (
    "",
    "value",
    "value in a dict",
    "of a module",
    "of a class",
    "property",
    "method",
    "method beside a dict",
    "descriptor",
    "descriptor beside a dict",
    "function",
    "class called",
    "slot",
    "in C",
    "built-in",
)
"""Kinds, and what they are called. FIELD is a value among the inline ones, SLOT one in a slot; METHOD is any value of
the class that no instance hides, IN_DICT a value for which the instances have no place but in their dicts. The slow
path asks for the next three: the first word of their caches is 0, and for a property KEYS is the version of the type.
DESCRIPTOR is one of the host's own kinds of descriptors in the class, asked for its value if no instance hides it;
BESIDE_DICT and DESCRIPTOR_BESIDE_DICT are METHOD and DESCRIPTOR for objects that have a pointer to their dict, at word
1. Calls have kinds of their own (see `calling`), and LOAD_GLOBAL has BUILTIN.
"""
INLINE_VALUES, MANAGED_DICT, IMMUTABLE, CLASSES = 1 << 2, 1 << 4, 1 << 8, 1 << 31
"""`tp_flags` of types whose instances have their values behind the head, of those with a dict before it, of types that
cannot change, and of those whose instances are classes."""
CLASS_OFFSET: Final = 8
"""Bytes from an object to its type."""
_class = STRINGS["__class__"]
HEAD: Final = 16
"""Bytes of an object before its inline values."""
FIRST_VALUE: Final = 8
"""Bytes from the inline values' head to the first value."""
VALID: Final = 3
"""Byte of the inline values' head that says that they are in use."""
OBJECT_MEMBER: Final = 16
"""Type code of a slot that raises AttributeError while it is empty (Py_T_OBJECT_EX)."""
SPLIT, UNICODE = 2, 1
"""Kinds of dict keys."""
PATIENCE: Final = 1024
"""A cache that missed so often stops learning."""
NOT_FOUND: Final = -1


@native
def key_index(keys: DictKeys, name: Object) -> i64:
    """The place of an interned string among keys that are all strings; -1 if it is not there. By looking at each."""
    entries = key_entries(keys)
    for index in range(keys.dk_nentries):
        entry = cast(UnicodeEntry, address(entries) + 16 * index)
        if entry.me_key and (entry.me_key == name or _PyUnicode_Equal(entry.me_key, name) != 0):
            return index
    return NOT_FOUND


@native(inline=True)
def key_entries(keys: DictKeys) -> UnicodeEntry:
    """The entries behind the hash table."""
    table = i64(1) << i64(keys.dk_log2_index_bytes)
    return cast(UnicodeEntry, address(keys.dk_indices) + table)


@native
def keys_version(interpreter: Interpreter, keys: DictKeys) -> u32:
    """A number that only these keys have until one is added; 0 if there are no numbers left."""
    if keys.dk_version == 0:
        following = interpreter.next_keys_version
        if following == 0:
            return 0
        interpreter.next_keys_version = following + 1
        keys.dk_version = following
    return keys.dk_version


@native
def learn_load(owner: Object, name: Object, method: i1, interpreter: Interpreter, cache: Ptr[u64]) -> None:
    """Fill a cache for loading this attribute of objects like this one, if there is a fast way."""
    cache[VERSION] = 0
    cache[KIND] = 0
    kind = owner.ob_type
    if kind == PyModule_Type:
        learn_module(cast(ModuleObject, owner), name, interpreter, cache)
        return
    if kind.tp_flags & CLASSES:
        if address(kind.tp_getattro) == address(PyType_Type.tp_getattro):
            learn_class(cast(TypeObject, owner), name, cache)
        return
    if address(kind.tp_getattro) != address(PyObject_GenericGetAttr):
        return
    if PyUnstable_Type_AssignVersionTag(kind) == 0:
        return
    found = _PyType_Lookup(kind, name)
    if not found:
        if kind.tp_flags & INLINE_VALUES:
            learn_inline_value(kind, name, cache)
        return
    if found.ob_type == PyMemberDescr_Type:
        learn_slot(kind, cast(MemberDescriptor, found), cache)
        if cache[KIND] == 0:
            set_cache(cache, kind, 0, address(found), 0, DESCRIPTOR)
        return
    if found.ob_type == PyGetSetDescr_Type:
        if is_class_of_object(found):
            set_cache(cache, kind, 0, CLASS_OFFSET, 0, SLOT)
            return
        set_cache(cache, kind, 0, address(found), 0, DESCRIPTOR)
        return
    if found.ob_type == PyProperty_Type and not method:
        cache[WHAT] = u64(address(found))
        cache[KEYS] = u64(kind.tp_version_tag)
        cache[KIND] = u64(PROPERTY)
        return
    if not stays_plain(found):
        return
    plain = found.ob_type in (PyFunction_Type, PyMethodDescr_Type)
    if plain or is_wrapped(found):
        learn_method(kind, name, found, interpreter, not (plain and method), cache)
    elif address(found.ob_type.tp_descr_get) == 0:
        if not method:  # what a call gets without a receiver is no METHOD
            learn_method(kind, name, found, interpreter, False, cache)
        if cache[VERSION] == 0 and kind.tp_flags & INLINE_VALUES:
            learn_inline_value(kind, name, cache)


@native(inline=True)
def stays_plain(found: Object) -> i1:
    """Whether what a class holds has no say in what its instances hold: no descriptor does, nor what may become one."""
    return address(found.ob_type.tp_descr_set) == 0 and found.ob_type.tp_flags & IMMUTABLE != 0


@native
def is_class_of_object(found: Object) -> i1:
    """Whether this is `object.__class__`, which gives an object's type."""
    return found == _PyType_Lookup(PyBaseObject_Type, _class)


@native(inline=True)
def is_wrapped(found: Object) -> i1:
    """Whether a class holds a static method or a class method there."""
    return found.ob_type in (PyStaticMethod_Type, PyClassMethod_Type)


@native
def learn_module(module: ModuleObject, name: Object, interpreter: Interpreter, cache: Ptr[u64]) -> None:
    """The attribute is a global of a module."""
    names = module.md_dict
    if _PyType_Lookup(module.ob_type, name) or not names or names.ma_keys.dk_kind != UNICODE:
        return
    index = key_index(names.ma_keys, name)
    if index == NOT_FOUND:
        return
    keys = names.ma_keys
    version = keys_version(interpreter, keys)
    if version != 0:
        cache[WHAT] = u64(address(key_entries(keys)) - address(keys) + 16 * index + 8)
        cache[KEYS] = u64(version)
        cache[KIND] = u64(OF_MODULE)


@native
def learn_class(kind: TypeObject, name: Object, cache: Ptr[u64]) -> None:
    """The attribute is one of a class, asked of the class itself; functions come as they are."""
    metaclass = kind.ob_type
    first = _PyType_Lookup(metaclass, name)
    if first and not stays_plain(first):
        return
    if PyUnstable_Type_AssignVersionTag(metaclass) == 0:
        return
    if PyUnstable_Type_AssignVersionTag(kind) == 0:
        return
    found = _PyType_Lookup(kind, name)
    if not found:
        return
    if comes_as_it_is(found) or is_wrapped(found):
        cache[WHAT] = u64(address(found))
        cache[KEYS] = versions_of_class(kind)
        cache[KIND] = u64(OF_CLASS)


@native(inline=True)
def versions_of_class(kind: TypeObject) -> u64:
    """The version of a class, and above it that of its metaclass, which comes first when an attribute is looked up."""
    return u64(kind.tp_version_tag) | u64(kind.ob_type.tp_version_tag) << 32


@native(inline=True)
def comes_as_it_is(found: Object) -> i1:
    """Whether a class that is asked for it gives what it holds there."""
    kind = found.ob_type
    return kind in (PyFunction_Type, PyMethodDescr_Type) or address(kind.tp_descr_get) == 0


@native(inline=True)
def value_of_module(owner: Object, cache: Ptr[u64]) -> Object:
    """An attribute of a module that the cache knows, borrowed; NULL if it does not."""
    if unlikely(cache[KIND] != OF_MODULE or owner.ob_type != PyModule_Type):
        return NULL
    names = cast(ModuleObject, owner).md_dict
    if unlikely(not names or u64(names.ma_keys.dk_version) != cache[KEYS]):
        return NULL
    return cast(Ptr[Object], u64(address(names.ma_keys)) + cache[WHAT])[0]


@native
def load_of_class(owner: Object, cache: Ptr[u64]) -> Object:
    """An attribute of a class that the cache knows, new; NULL if it does not."""
    if cache[KIND] == OF_CLASS and owner.ob_type.tp_flags & CLASSES:
        if versions_of_class(cast(TypeObject, owner)) == cache[KEYS]:
            found = cast(Object, cache[WHAT])
            if is_wrapped(found):
                return described(NULL, owner, found)
            if comes_as_it_is(found):
                return new(found)
    return NULL


@native
def described(owner: Object, kind: Object, descriptor: Object) -> Object:
    """What a descriptor gives for an object (or NULL) and its class, new.

    NULL if it fails: the usual way does it again, with all that belongs to the exception.
    """
    incref(descriptor)
    value = descriptor.ob_type.tp_descr_get(descriptor, owner, kind)
    decref(descriptor)
    if not value:
        PyErr_Clear()
    return value


@native
def learn_slot(kind: TypeObject, descriptor: MemberDescriptor, cache: Ptr[u64]) -> None:
    """The attribute is a slot, and not one borrowed from a class of another layout."""
    member = descriptor.d_member
    if member.type == OBJECT_MEMBER and member.flags == 0 and PyType_IsSubtype(kind, descriptor.d_type) != 0:
        set_cache(cache, kind, 0, member.offset, 0, SLOT)


@native
def learn_inline_value(kind: TypeObject, name: Object, cache: Ptr[u64]) -> None:
    """The attribute is one of the instances' own, at a place that all of them share."""
    index = key_index(cast(HeapType, kind).ht_cached_keys, name)
    if index != NOT_FOUND:
        set_cache(cache, kind, HEAD + VALID, HEAD + FIRST_VALUE + 8 * index, 0, FIELD)
    else:
        set_cache(cache, kind, 0, 0, 0, IN_DICT)


@native
def learn_method(
    kind: TypeObject, name: Object, found: Object, interpreter: Interpreter, bound: i1, cache: Ptr[u64]
) -> None:
    """The attribute is a value of the class that no instance hides; `bound`: a descriptor, to be asked for it."""
    sort = i64(DESCRIPTOR if bound else METHOD)
    if kind.tp_flags & INLINE_VALUES:
        keys = cast(HeapType, kind).ht_cached_keys
        if key_index(keys, name) != NOT_FOUND:
            return
        version = keys_version(interpreter, keys)
        if version != 0:
            set_cache(cache, kind, HEAD + VALID, address(found), i64(version), sort)
    elif kind.tp_flags & MANAGED_DICT == 0 and kind.tp_dictoffset == 0:
        set_cache(cache, kind, 0, address(found), 0, sort)
    elif kind.tp_flags & MANAGED_DICT:
        set_cache(cache, kind, 8 * MANAGED_DICT_PLACE, address(found), 0, sort + (BESIDE_DICT - METHOD))
    elif kind.tp_dictoffset > 0:
        set_cache(cache, kind, kind.tp_dictoffset, address(found), 0, sort + (BESIDE_DICT - METHOD))


@native(inline=True)
def set_cache(cache: Ptr[u64], kind: TypeObject, check: i64, what: i64, keys: i64, sort: i64) -> None:
    cache[CHECK] = u64(check)
    cache[WHAT] = u64(what)
    cache[KEYS] = u64(keys)
    cache[KIND] = u64(sort)
    cache[VERSION] = u64(kind.tp_version_tag) + u64(1) + (u64(sort - FIELD) << 32)


@native(inline=True)
def is_seen(owner: Object, cache: Ptr[u64]) -> i1:
    """Whether the object's type is the one that the cache knows."""
    return owner.ob_type.tp_version_tag + u32(1) == u32(cache[VERSION])


@native(inline=True)
def is_seen_as(owner: Object, cache: Ptr[u64], sort: Static[int]) -> i1:
    """Whether it is that, and the cache of this kind."""
    return u64(owner.ob_type.tp_version_tag) + u64(1 + ((sort - FIELD) << 32)) == cache[VERSION]


@native(inline=True)
def passes_check(owner: Object, cache: Ptr[u64]) -> i1:
    """Whether the object keeps its attributes where the cache says."""
    check = cache[CHECK]
    return check == 0 or cast(Ptr[u8], address(owner) + i64(check))[0] == 1


@native(inline=True)
def has_inline_values(owner: Object) -> i1:
    """Whether an object of a type that has inline values keeps them there."""
    return cast(Ptr[u8], owner)[HEAD + VALID] == 1


@native(inline=True)
def value_at_hand(owner: Object, cache: Ptr[u64]) -> Object:
    """An attribute that the object holds where the cache says, borrowed; else NULL."""
    if likely(is_seen_as(owner, cache, FIELD)):
        if likely(has_inline_values(owner)):
            return cached_field(owner, cache)[0]
    elif is_seen_as(owner, cache, SLOT):
        return cached_field(owner, cache)[0]
    return NULL


@native(inline=True)
def method_holds(owner: Object, cache: Ptr[u64]) -> i1:
    """Whether the cache has a METHOD of the object's class, and the object does not hide it."""
    if likely(is_seen_as(owner, cache, METHOD) and passes_check(owner, cache)):
        keys = cache[KEYS]
        if likely(keys == 0 or u64(cast(HeapType, owner.ob_type).ht_cached_keys.dk_version) == keys):
            return True
    return False


@native(inline=True)
def place_at_hand(owner: Object, cache: Ptr[u64]) -> Ptr[Object]:
    """Where an attribute of the object can be stored at once, as the cache says; else NULL."""
    if likely(is_seen_as(owner, cache, FIELD)):
        if likely(has_inline_values(owner) and not has_own_dict(owner)):
            return cached_field(owner, cache)
    elif is_seen_as(owner, cache, SLOT):
        return cached_field(owner, cache)
    return NULL


@native(inline=True)
def cached_field(owner: Object, cache: Ptr[u64]) -> Ptr[Object]:
    """Where the attribute is, in an object that the cache knows."""
    return cast(Ptr[Object], address(owner) + i64(cache[WHAT]))


@native
def learn_store(owner: Object, name: Object, cache: Ptr[u64]) -> None:
    """Fill a cache for setting this attribute of objects like this one, if there is a fast way."""
    cache[VERSION] = 0
    kind = owner.ob_type
    if address(kind.tp_setattro) != address(PyObject_GenericSetAttr):
        return
    if PyUnstable_Type_AssignVersionTag(kind) == 0:
        return
    found = _PyType_Lookup(kind, name)
    if found and found.ob_type == PyMemberDescr_Type:
        learn_slot(kind, cast(MemberDescriptor, found), cache)
    elif kind.tp_flags & INLINE_VALUES and (not found or stays_plain(found)):
        learn_inline_value(kind, name, cache)


@native(inline=True)
def note_new_value(owner: Object, place: Ptr[Object]) -> None:
    """Remember the order in which an instance got its attributes, as its dict would."""
    values = cast(DictValues, address(owner) + HEAD)
    order = cast(Ptr[u8], address(values.values) + 8 * i64(values.capacity))
    order[i64(values.size)] = u8(place - values.values)
    values.size = values.size + 1


@native(inline=True)
def has_own_dict(owner: Object) -> i1:
    """Whether an instance with a managed dict has made it."""
    return address(cast(Ptr[Object], owner)[MANAGED_DICT_PLACE]) != 0


MANAGED_DICT_PLACE: Final = -3
"""Words from an object to its managed dict."""


@native
def may_learn(cache: Ptr[u64]) -> i1:
    """Count a miss; whether it is worth to learn now. Code that runs once is not: a lookup can have effects."""
    misses = cache[MISSES] + 1
    cache[MISSES] = misses
    return misses > 1 and misses < PATIENCE and (misses < 8 or misses & 63 == 0)
