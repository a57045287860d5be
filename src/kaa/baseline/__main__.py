"""`python -m kaa.baseline module:function` shows a function's machine code, instruction by instruction."""

from __future__ import annotations

import sys
from importlib import import_module
from operator import attrgetter

from kaa.baseline.listing import native_code
from kaa.native.host import UnsupportedHost


def main(arguments: list[str]) -> int:
    """Print the listing; 2 for wrong usage."""
    if len(arguments) != 1 or ":" not in arguments[0]:
        print("usage: python -m kaa.baseline module:function", file=sys.stderr)
        return 2
    module, _, name = arguments[0].partition(":")
    try:
        print(native_code(attrgetter(name)(import_module(module))))
    except (ImportError, AttributeError, TypeError, ValueError, UnsupportedHost) as problem:
        print(f"kaa: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
