"""Turning a process over to Kaa: from here on what is compiled, imported and called is Kaa's.

The host's modules look up `compile`, `exec` and `eval` in `builtins` each time they need them, so putting
Kaa's there reaches the modules that were loaded before, too: `ast`, `importlib`, `runpy`, `codeop`, `timeit`,
`doctest`.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from kaa.runtime import caches, front

if TYPE_CHECKING:
    from kaa.runtime.engines import Engine


def take_over(engine: Engine) -> None:
    """Give the process to `engine`, once, before the first guest code."""
    engine.install()
    for name, function in front.make_builtins(engine).items():
        setattr(builtins, name, function)
    caches.install()
