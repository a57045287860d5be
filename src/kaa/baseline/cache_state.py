"""The state of an inline cache, read from memory: what the machine's tests, its listing and its statistics show.

In: an instruction's name and the address of its cache. Out: a `Cache`, which prints as `monomorphic value, 3 misses`.
The words are described in `attribute_cache`; `LOAD_GLOBAL` shares their layout where they have the same name.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from kaa.baseline.attribute_cache import KIND, KINDS, MISSES, MORE, PATIENCE, VERSION, WORDS
from kaa.baseline.cache_entries import ENTRY, FURTHER, TABLE_WORDS

EMPTY, MONOMORPHIC, POLYMORPHIC, GENERIC = "empty", "monomorphic", "polymorphic", "generic"
"""States: knows nothing; knows one type or namespace; up to four; was wrong so often that it has stopped learning."""


@dataclass(frozen=True, slots=True)
class Cache:
    """What a cache knows: one entry for each type, the latest first, as (version of the type or keys, kind).

    `misses` counts the times that the usual way had to be gone. `words` are what all of it was read from.
    """

    state: str
    entries: tuple[tuple[int, str], ...]
    misses: int
    words: tuple[int, ...]

    def __str__(self) -> str:
        kinds = ", ".join(kind for _, kind in self.entries)
        return f"{self.state}{' ' if kinds else ''}{kinds}, {self.misses} misses"


def read_cache(instruction: str, address: int) -> Cache:
    """The cache of an instruction."""
    words = (ctypes.c_uint64 * WORDS).from_address(address)
    misses = words[MISSES]
    if instruction == "LOAD_GLOBAL":
        entries = [(words[VERSION] - 1, "global")] if words[VERSION] else []
    else:
        entries = _entries(words)
    known = (EMPTY, MONOMORPHIC, POLYMORPHIC)[min(len(entries), 2)]
    return Cache(GENERIC if misses >= PATIENCE else known, tuple(entries), misses, tuple(words))


def _entries(words: ctypes.Array[ctypes.c_uint64]) -> list[tuple[int, str]]:
    found = [(max(_version(words[VERSION]), 0), KINDS[words[KIND]])] if words[KIND] else []
    if words[MORE]:
        further = (ctypes.c_uint64 * TABLE_WORDS).from_address(words[MORE])
        places = [first for first in range(1, 1 + FURTHER * ENTRY, ENTRY) if further[first + VERSION]]
        found += [(_version(further[first + VERSION]), KINDS[further[first + KIND]]) for first in places]
    return found


def _version(word: int) -> int:
    """The version in an entry's first word, which has the kind in its upper half; -1 if there is none."""
    return (word & 0xFFFF_FFFF) - 1
