"""Under the hood: the machine code of every function of a program, as `python -m kaa.explorer.hood`.

In: JSON on standard input, `source` and `filename`. Out: JSON, `functions`: by qualified name and first line, pieces
of machine code, one an instruction. The program is not run; the page makes this a process of its own all the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

import kaa
from kaa.baseline.listing import Piece, disassemble, pieces


def main() -> None:
    """Read a program, write its machine code."""
    order = json.load(sys.stdin)
    code = kaa.compile(order["source"], order["filename"], "exec", dont_inherit=True)
    functions = {f"{unit.co_qualname}:{unit.co_firstlineno}": _describe(unit) for unit in _units(code)}
    json.dump({"functions": functions}, sys.stdout)


def _describe(code: CodeType) -> list[dict[str, Any]]:
    return [_piece(piece) for piece in pieces(code)]


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "offset": piece.offset // 2,
        "name": piece.instruction,
        "argument": piece.argument,
        "template": piece.template,
        "cache": piece.cache and {"state": piece.cache.state, "words": str(piece.cache)},
        "lines": list(disassemble(piece)),
    }


def _units(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _units(constant)


if __name__ == "__main__":
    main()
