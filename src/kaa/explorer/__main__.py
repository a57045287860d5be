"""`kaa-explore [program.py]`: the command line of the explorer."""

from __future__ import annotations

import argparse
import sys
import tokenize
from pathlib import Path

_MISSING = "kaa-explore needs the packages of its extra: pip install 'kaa[explorer]' ({} is missing)"


def main() -> int:
    """Read the command line, and print the road or open the page."""
    options = _parser().parse_args()
    try:
        source = _read(options.program) if options.program else None
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        print(f"kaa-explore: cannot read {options.program}: {error}", file=sys.stderr)
        return 2
    try:
        if options.text:
            return _print(source, options.program)
        from kaa.explorer.page import serve
    except ModuleNotFoundError as error:
        print(_MISSING.format(error.name), file=sys.stderr)
        return 2
    serve(source, options.program, options.host, options.port, options.public, options.browser)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaa-explore", description="Watch a program go through Python.")
    parser.add_argument("program", nargs="?", help="the program; without one, an editor with examples")
    parser.add_argument("--text", action="store_true", help="print the road in the terminal")
    parser.add_argument("--port", type=int, default=8313, help="where to listen (default: %(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on; others than loopback need --public"
    )
    parser.add_argument(
        "--public", action="store_true", help="serve strangers: programs get no network and no files"
    )
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="open no browser")
    return parser


def _read(program: str) -> str:
    with tokenize.open(program) as file:
        return file.read()


def _print(source: str | None, program: str | None) -> int:
    from kaa.explorer.road import road
    from kaa.explorer.text import print_road

    if source is None or program is None:
        source, program = sys.stdin.read(), "<stdin>"
    result = road(source, str(Path(program)))
    print_road(result)
    return 1 if result["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
