"""What an attribute's cache knows of several types: its own entry and up to three further ones.

In: an object, and a cache whose own entry, the one that templates look at, does not serve. Out: the entry that
knows the object's type, and the attribute by it. The further entries are made when a second type comes by, and
live as long as the block: `FURTHER` of them behind a word that chains a block's tables.
"""

from __future__ import annotations

from typing import Final

from kaa.baseline.attribute_cache import (
    BESIDE_DICT,
    CHECK,
    DESCRIPTOR_BESIDE_DICT,
    FIELD,
    IN_DICT,
    KEYS,
    KIND,
    MANAGED_DICT_PLACE,
    METHOD,
    MORE,
    NOT_FOUND,
    SLOT,
    UNICODE,
    VERSION,
    WHAT,
    cached_field,
    described,
    is_seen,
    key_entries,
    passes_check,
)
from kaa.baseline.block import find_block
from kaa.baseline.objects import decref, incref, new
from kaa.native.externs import PyDict_Contains, PyMem_RawMalloc
from kaa.native.function import native
from kaa.native.intrinsics import NULL, address, cast, clear_memory
from kaa.native.layouts import DictKeys, DictObject, Frame, HeapType, Interpreter, Object, UnicodeEntry
from kaa.native.types import Ptr, i1, i64, u64

FURTHER: Final = 3
ENTRY: Final = 5
"""Words of an entry: the first ones of a cache."""
TABLE_WORDS: Final = 1 + FURTHER * ENTRY


@native
def entry_for(owner: Object, cache: Ptr[u64]) -> Ptr[u64]:
    """The entry that knows objects like this one, or NULL."""
    if is_seen(owner, cache):
        return cache
    table = cast(Ptr[u64], cache[MORE])
    if table:
        for number in range(FURTHER):
            entry = table + (1 + number * ENTRY)
            if is_seen(owner, entry):
                return entry
    return NULL


@native
def keep_entry(frame: Frame, owner: Object, cache: Ptr[u64]) -> None:
    """Before a cache learns of this object's type: move what it knows of another one to the further entries.

    The latest stand first; the oldest is forgotten.
    """
    if cache[VERSION] == 0 or is_seen(owner, cache):
        return
    if cache[MORE] == 0:
        made = cast(Ptr[u64], PyMem_RawMalloc(8 * TABLE_WORDS))
        if not made:
            return
        clear_memory(made, 8 * TABLE_WORDS)
        block = find_block(frame.f_executable)
        made[0] = block.tables
        block.tables = u64(address(made))
        cache[MORE] = u64(address(made))
    entries = cast(Ptr[u64], cache[MORE]) + 1
    index = i64((FURTHER - 1) * ENTRY - 1)
    while index >= 0:
        entries[index + ENTRY] = entries[index]
        index -= 1
    for word in range(ENTRY):
        entries[word] = cache[word]


@native
def load_known(owner: Object, name: Object, entry: Ptr[u64]) -> Object:
    """The attribute as an entry says, new; NULL if it is not there."""
    kind = entry[KIND]
    if kind in (FIELD, IN_DICT, SLOT):
        if kind != IN_DICT and passes_check(owner, entry):
            value = cached_field(owner, entry)[0]
        else:
            value = value_in_dict(owner, name, entry)
        if value:
            incref(value)
        return value
    if not entry_method_holds(owner, name, entry):
        return NULL
    found = cast(Object, entry[WHAT])
    if kind in (METHOD, BESIDE_DICT):
        return new(found)
    return described(owner, owner.ob_type, found)


@native(inline=True)
def cached_dict(owner: Object, entry: Ptr[u64]) -> Object:
    """The dict that an object has a pointer to; NULL if it has not been made."""
    return cast(Ptr[Object], address(owner) + i64(entry[CHECK]))[0]


@native
def entry_method_holds(owner: Object, name: Object, entry: Ptr[u64]) -> i1:
    """Whether an object that the entry knows does not hide the class's value by one of its own."""
    if entry[KIND] in (BESIDE_DICT, DESCRIPTOR_BESIDE_DICT):
        beside = cached_dict(owner, entry)
        return address(beside) == 0 or PyDict_Contains(beside, name) == 0
    if passes_check(owner, entry):
        keys = entry[KEYS]
        return keys == 0 or u64(cast(HeapType, owner.ob_type).ht_cached_keys.dk_version) == keys
    names = own_dict(owner)
    return address(names) != 0 and PyDict_Contains(names, name) == 0


@native(inline=True)
def own_dict(owner: Object) -> DictObject:
    """The dict of an object whose type manages one; NULL if it has not been made."""
    return cast(DictObject, cast(Ptr[Object], owner)[MANAGED_DICT_PLACE])


@native(inline=True)
def value_in_dict(owner: Object, name: Object, entry: Ptr[u64]) -> Object:
    """The attribute in the dict of an object without inline values, borrowed."""
    found = entry_in_dict(own_dict(owner), name, entry)
    return found.me_value if found else NULL


@native
def entry_in_dict(names: DictObject, name: Object, entry: Ptr[u64]) -> UnicodeEntry:
    """The place of a name in an instance's own dict; NULL if it is not quickly found. KEYS remembers the place."""
    if not names or names.ma_values or names.ma_keys.dk_kind != UNICODE:
        return NULL
    keys = names.ma_keys
    place = i64(entry[KEYS])
    if place >= keys.dk_nentries or entry_at(keys, place).me_key != name:
        place = same_key(keys, name)
        if place == NOT_FOUND:
            return NULL
        entry[KEYS] = u64(place)
    return entry_at(keys, place)


@native
def replace_in_dict(
    interpreter: Interpreter, names: DictObject, name: Object, value: Object, entry: Ptr[u64]
) -> i1:
    """Give a name in an instance's own dict another value, if the dict has it and nobody watches the dict.

    Takes the reference then. A dict that the collector does not track yet is left to the host.
    """
    found = entry_in_dict(names, name, entry)
    if not found or not found.me_value or names.ma_version_tag & WATCHED or not is_tracked(names):
        return False
    old = found.me_value
    found.me_value = value
    interpreter.dict_version += DICT_VERSION_STEP
    names.ma_version_tag = interpreter.dict_version | (names.ma_version_tag & u64(DICT_VERSION_STEP - 1))
    decref(old)
    return True


@native(inline=True)
def is_tracked(value: Object) -> i1:
    """Whether the collector knows the object: it is in one of its lists, whose links stand before the object."""
    return cast(Ptr[u64], value)[-2] != 0


WATCHED: Final = 0xFF
DICT_VERSION_STEP: Final = 1 << 12
"""In a dict's version: who watches it; and what is added for each change (the bits below belong to watchers)."""


@native(inline=True)
def entry_at(keys: DictKeys, index: i64) -> UnicodeEntry:
    return cast(UnicodeEntry, address(key_entries(keys)) + 16 * index)


@native
def same_key(keys: DictKeys, name: Object) -> i64:
    """The place of this very string among a few keys; -1 if it is not there."""
    count = keys.dk_nentries
    if count > MANY:
        return NOT_FOUND
    for index in range(count):
        if entry_at(keys, index).me_key == name:
            return index
    return NOT_FOUND


MANY: Final = 64
"""A dict with more entries is asked the usual way when the place has changed."""
