"""What `dis` shows with `adaptive=True`: the machine's own inline caches, by the names that the host has for such.

In: a code object. Out: its code units, and where an inline cache knows something, the host's specialised instruction
that would know the same, in the place of the general one. So `dis.dis(function, adaptive=True)` tells of the machine
what it tells of the host. Nothing runs these code units.
"""

from __future__ import annotations

from types import CodeType
from typing import Final

from kaa.baseline.attribute_cache import (
    BESIDE_DICT,
    CALL_OF_CLASS,
    CALL_OF_FUNCTION,
    CHECK,
    FIELD,
    IN_DICT,
    KIND,
    METHOD,
    OF_CLASS,
    OF_MODULE,
    PROPERTY,
    SLOT,
    VERSION,
)
from kaa.baseline.calling import MISSING
from kaa.baseline.engine import Engine
from kaa.baseline.listing import caches, has_run
from kaa.bytecode.instructions import BY_NAME, SPECIALIZED

type Words = tuple[int, ...]

BUILTIN_KEYS: Final = 1
"""The word of LOAD_GLOBAL's cache that is 0 for a global."""
FORMS: Final[dict[tuple[str, int], tuple[str, str]]] = {
    ("LOAD_ATTR", FIELD): ("LOAD_ATTR_INSTANCE_VALUE",) * 2,
    ("LOAD_ATTR", SLOT): ("LOAD_ATTR_SLOT",) * 2,
    ("LOAD_ATTR", METHOD): ("LOAD_ATTR_NONDESCRIPTOR_NO_DICT", "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES"),
    ("LOAD_ATTR", IN_DICT): ("LOAD_ATTR_WITH_HINT",) * 2,
    ("LOAD_ATTR", OF_MODULE): ("LOAD_ATTR_MODULE",) * 2,
    ("LOAD_ATTR", OF_CLASS): ("LOAD_ATTR_CLASS",) * 2,
    ("LOAD_ATTR", PROPERTY): ("LOAD_ATTR_PROPERTY",) * 2,
    ("LOAD_ATTR of a method", METHOD): ("LOAD_ATTR_METHOD_NO_DICT", "LOAD_ATTR_METHOD_WITH_VALUES"),
    ("LOAD_ATTR of a method", BESIDE_DICT): ("LOAD_ATTR_METHOD_LAZY_DICT",) * 2,
    ("STORE_ATTR", FIELD): ("STORE_ATTR_INSTANCE_VALUE",) * 2,
    ("STORE_ATTR", SLOT): ("STORE_ATTR_SLOT",) * 2,
    ("STORE_ATTR", IN_DICT): ("STORE_ATTR_WITH_HINT",) * 2,
    ("CALL", CALL_OF_FUNCTION): ("CALL_PY_EXACT_ARGS", "CALL_PY_GENERAL"),
    ("CALL", CALL_OF_CLASS): ("CALL_ALLOC_AND_ENTER_INIT",) * 2,
    ("LOAD_GLOBAL", 0): ("LOAD_GLOBAL_MODULE", "LOAD_GLOBAL_BUILTIN"),
}
"""For an instruction and the kind of what its cache knows: the host's specialised instruction, one of two."""
SECOND_FORM: Final = {"LOAD_ATTR": CHECK, "STORE_ATTR": CHECK, "CALL": MISSING, "LOAD_GLOBAL": BUILTIN_KEYS}
"""The word of an instruction's cache that says which of the two: the second if it is not 0."""


def specialised(instruction: str, argument: int, words: Words) -> str:
    """The host's name for what an inline cache knows; the instruction itself if there is none."""
    if instruction == "LOAD_GLOBAL":
        known, kind = words[VERSION] != 0, 0
    else:
        known, kind = words[KIND] != 0, words[KIND]
    key = (instruction, kind)
    if instruction == "LOAD_ATTR" and argument & 1:
        key = ("LOAD_ATTR of a method", kind) if kind in (METHOD, BESIDE_DICT) else key
    if not known or key not in FORMS:
        return instruction
    return FORMS[key][words[SECOND_FORM[instruction]] != 0]


def specialised_code(engine: Engine, code: CodeType, host: bytes) -> bytes:
    """The code units of a code object as the machine has specialised them; `host` are they as the host has.

    An instruction that the host has put in for its own purposes stays: it has specialised it, or a tool watches it.
    """
    if not has_run(engine, code):
        return host
    shown = bytearray(host)
    for offset, instruction, argument, cache in caches(engine, code):
        number = BY_NAME[instruction].number
        if shown[offset] != number:
            continue
        if instruction == "RESUME":
            shown[offset] = SPECIALIZED["RESUME"]["RESUME_CHECK"]
        elif cache:
            name = specialised(instruction, argument, cache.words)
            shown[offset] = SPECIALIZED[instruction].get(name, number)
    return bytes(shown)
