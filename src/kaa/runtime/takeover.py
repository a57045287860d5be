"""Turning a process over to Kaa: from here on what is compiled, imported and called is Kaa's.

The host's modules look up `compile`, `exec` and `eval` in `builtins` each time they need them, so putting
Kaa's there reaches the modules that were loaded before, too: `ast`, `importlib`, `runpy`, `codeop`,
`timeit`, `doctest`. In the same way `tokenize` looks up its tokenizer in the built-in module `_tokenize`,
and `symtable` the scopes of a program in `_symtable`.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]  # typeshed does not know it
import _tokenize  # type: ignore[import-not-found]  # typeshed does not know it
import builtins
from typing import TYPE_CHECKING

from kaa.compiler import symtable
from kaa.runtime import caches, front
from kaa.syntax.tokens import TokenizerIter

if TYPE_CHECKING:
    from kaa.runtime.engines import Engine


def take_over(engine: Engine) -> None:
    """Give the process to `engine`, once, before the first guest code."""
    substitutes = front.make_builtins(engine)
    engine.install({getattr(builtins, name): substitute for name, substitute in substitutes.items()})
    for name, substitute in substitutes.items():
        setattr(builtins, name, substitute)
    _symtable.symtable = symtable
    setattr(_tokenize, TokenizerIter.__name__, TokenizerIter)
    caches.install()
