"""Objects that native code needs and that have no symbol: the image holds their addresses, the engine sets
them.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.native.function import Cell
from kaa.native.layouts import Object
from kaa.native.types import Ptr, Reference, u8


def _object(name: str) -> Any:
    return Cell(name, Reference(Object))


EMPTY_STRING: Object = _object("EMPTY_STRING")
WATCHED: Object = _object("WATCHED")
"""The file name of code objects that are checked (see `checks`)."""
LIST_APPEND: Object = _object("LIST_APPEND")
HASATTR: Object = _object("HASATTR")
"""`list.append` and `hasattr`."""
NEXT_ITEM: Object = _object("NEXT_ITEM")
GENERATOR_SEND: Object = _object("GENERATOR_SEND")
COROUTINE_SEND: Object = _object("COROUTINE_SEND")
"""`next`, and the methods `send` of generators and coroutines."""
SLOT_SUBSCRIPT: Ptr[u8] = Cell("SLOT_SUBSCRIPT", Reference(Object))  # type: ignore[assignment]
SLOT_ITER: Ptr[u8] = Cell("SLOT_ITER", Reference(Object))  # type: ignore[assignment]
"""`mp_subscript` of classes with a `__getitem__` in Python, and `tp_iter` of those with an `__iter__`."""
INTERNED: Final = (
    "__import__",
    "__build_class__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__name__",
    "__spec__",
    "__path__",
    "_initializing",
    "__all__",
    "__file__",
    "origin",
    "send",
    "super",
    "__class__",
    "__match_args__",
    "__init__",
    "__getitem__",
    "__iter__",
)
"""Names that templates look up, as interned strings."""
STRINGS: Final[dict[str, Any]] = {text: _object(f"STRING{text}") for text in INTERNED}
FUNCTION_VECTORCALL: Ptr[u8] = Cell("FUNCTION_VECTORCALL", Reference(Object))  # type: ignore[assignment]
"""How the host calls its functions: one that is called otherwise is not ours to run."""
SLOT_INIT: Ptr[u8] = Cell("SLOT_INIT", Reference(Object))  # type: ignore[assignment]
OBJECT_NEW: Ptr[u8] = Cell("OBJECT_NEW", Reference(Object))  # type: ignore[assignment]
"""`tp_init` of classes with an `__init__` in Python, and `tp_new` of those that leave it to `object`."""
IMPORT_FAILURE: Object = _object("IMPORT_FAILURE")
"""A Python function `(module, name)` that makes the ImportError of `from module import name`."""
