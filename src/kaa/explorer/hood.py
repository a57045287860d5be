"""Under the hood: the machine code of every function of a program, as `python -m kaa.explorer.hood`.

In: JSON on standard input, `source` and `filename`. Out: JSON, `functions`: the text of `kaa.native_code` by qualified
name and first line. The program is not run; the page makes this a process of its own all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import CodeType

import kaa


def main() -> None:
    """Read a program, write its machine code."""
    order = json.load(sys.stdin)
    code = kaa.compile(order["source"], order["filename"], "exec", dont_inherit=True)
    functions = {f"{unit.co_qualname}:{unit.co_firstlineno}": kaa.native_code(unit) for unit in _units(code)}
    json.dump({"functions": functions}, sys.stdout)


def _units(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _units(constant)


if __name__ == "__main__":
    main()
