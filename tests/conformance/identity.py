"""Hold Kaa's front end against the host's, file by file: tokens, trees, symbol tables and code objects.

    python -m tests.conformance.identity                              everything, over the whole standard library
    python -m tests.conformance.identity code --optimize 2 --every 20 one part, over every twentieth file
    python -m tests.conformance.identity code trees path/to/package   over the files of a package
    python -m tests.conformance.identity code --packages              over ten large packages, installed for this

A part counts what it compares (`code`: code objects; `modes`: what was compiled) as equal only when all that can be
asked of it is: every field and the order and type of every constant, every position, every flag of every name. Files
that the host cannot compile are left out. The exit code is 1 when anything differs.
"""

import _symtable
import argparse
import ast
import itertools
import sys
import time
import tokenize
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import kaa
from kaa import compiler
from kaa.syntax.tokens import tokens
from tests.bytecode.corpus import files, nested
from tests.conformance.modes import mode_cases
from tests.conformance.packages import PACKAGES, installed

CODE_FIELDS = sorted(
    name
    for name in vars(types.CodeType)
    if name.startswith("co_")
    and name not in ("co_consts", "co_lnotab", "co_lines", "co_positions", "_co_code_adaptive")
)

type Part = Callable[[bytes, str, int], Iterator[tuple[object, object]]]
"""Of a source, a file's name and an optimization level: what is compared, as pairs (ours, the host's)."""


def code_pairs(source: bytes, filename: str, optimize: int) -> Iterator[tuple[object, object]]:
    # The host orders a constant set of strings by whether the process has interned them before, so that both find them.
    first = compile(source, filename, "exec", dont_inherit=True, optimize=optimize)
    ours = kaa.compile(source, filename, "exec", dont_inherit=True, optimize=optimize)
    host = compile(source, filename, "exec", dont_inherit=True, optimize=optimize)
    del first
    yield from itertools.zip_longest(map(code_key, nested(ours)), map(code_key, nested(host)))


def code_key(code: types.CodeType, ordered: bool = True) -> object:
    constants = [constant_key(value, ordered) for value in code.co_consts]
    return [getattr(code, name) for name in CODE_FIELDS], constants


def constant_key(value: object, ordered: bool = True) -> object:
    """A constant so that `1`, `1.0` and `True`, `0.0` and `-0.0` differ, and, if `ordered`, sets in another order.

    A set's order is that of its strings' hashes, which each process has its own of. Nested code is compared on its own.
    """
    if isinstance(value, types.CodeType):
        return types.CodeType, value.co_name
    if isinstance(value, (tuple, frozenset)):
        items = [constant_key(item, ordered) for item in value]
        return type(value), items if ordered or isinstance(value, tuple) else sorted(items, key=repr)
    return type(value), repr(value)


def mode_pairs(source: bytes, filename: str, _optimize: int) -> Iterator[tuple[object, object]]:
    for text, mode, flags in mode_cases(source):
        yield answer(kaa.compile, text, filename, mode, flags), answer(compile, text, filename, mode, flags)


def answer(
    compile_: Callable[..., object], source: str | bytes, filename: str, mode: str, flags: int
) -> object:
    """What a compiler makes of a source: the keys of its code objects, the dump of its tree, or its error."""
    try:
        result = compile_(source, filename, mode, flags, dont_inherit=True)
    except SyntaxError as error:
        return type(error), error.args
    if isinstance(result, ast.AST):
        return ast.dump(result, include_attributes=True)
    return [code_key(code) for code in nested(result)]


def tree_pairs(source: bytes, filename: str, _optimize: int) -> Iterator[tuple[object, object]]:
    for flags in (ast.PyCF_ONLY_AST, ast.PyCF_ONLY_AST | ast.PyCF_TYPE_COMMENTS):
        try:
            host = compile(source, filename, "exec", flags, True)
        except SyntaxError:
            continue  # a type comment where none may stand
        ours = kaa.compile(source, filename, "exec", flags, True)
        yield ast.dump(ours, include_attributes=True), ast.dump(host, include_attributes=True)
        yield ast.unparse(ours), ast.unparse(host)


def symbol_pairs(source: bytes, filename: str, _optimize: int) -> Iterator[tuple[object, object]]:
    yield (
        table_key(compiler.symtable(source, filename, "exec")),
        table_key(_symtable.symtable(source, filename, "exec")),
    )


def table_key(entry) -> object:
    fields = (
        entry.name,
        int(entry.type),
        bool(entry.nested),
        entry.lineno,
        list(entry.varnames),
        dict(entry.symbols),
    )
    return fields, [table_key(child) for child in entry.children]


def token_pairs(source: bytes, filename: str, _optimize: int) -> Iterator[tuple[object, object]]:
    with open(filename, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
    text = source.decode(encoding)
    lines = iter(text.splitlines(keepends=True))
    yield list(tokens(text)), list(tokenize.generate_tokens(lambda: next(lines, "")))


PARTS: dict[str, Part] = {
    "code": code_pairs,
    "modes": mode_pairs,
    "trees": tree_pairs,
    "symbols": symbol_pairs,
    "tokens": token_pairs,
}


def readable(paths: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """The files that the host can compile, with their sources."""
    for path in paths:
        source = path.read_bytes()
        try:
            compile(source, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        yield path, source


def compare(parts: list[str], paths: list[Path], levels: list[int]) -> dict[str, tuple[int, list[str]]]:
    """{part (and level): (how many were compared, the names of the files where something differs, once each)}"""
    results: dict[str, tuple[int, list[str]]] = {}
    for path, source in readable(paths):
        for part in parts:
            for level in levels if part == "code" else [0]:
                name = f"{part} -O{level}" if part == "code" else part
                count, different = results.get(name, (0, []))
                for ours, host in PARTS[part](source, str(path), level):
                    count += 1
                    if ours != host:
                        different.append(str(path))
                results[name] = count, different
    return results


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.identity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", nargs="*", help=f"parts ({', '.join(PARTS)}) and paths; all parts, the standard library"
    )
    parser.add_argument("--optimize", type=int, action="append", help="a level (default: 0, 1 and 2)")
    parser.add_argument("--every", type=int, default=1, help="compare each n-th file")
    parser.add_argument(
        "--packages",
        action="store_true",
        help=f"install and read {', '.join(PACKAGES)} (a network is needed)",
    )
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = [word for word in args.what if word in PARTS] or list(PARTS)
    folders = [Path(word) for word in args.what if word not in PARTS]
    with ExitStack() as stack:
        if args.packages:
            folders += stack.enter_context(installed(PACKAGES))
        paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))] or files()
        return report(parts, paths[:: args.every], args.optimize or [0, 1, 2])


def report(parts: list[str], paths: list[Path], levels: list[int]) -> int:
    """Compare and print the figures; 1 when anything differs."""
    start = time.monotonic()
    results = compare(parts, paths, levels)
    for name, (count, different) in results.items():
        print(
            f"{name}: {count - len(different)} of {count} identical, {100 - 100 * len(different) / count:.3f} %"
        )
        for path in dict.fromkeys(different):
            print(f"    differs: {path}")
    print(f"{len(paths)} files in {time.monotonic() - start:.0f} s")
    return int(any(different for _, different in results.values()))


if __name__ == "__main__":
    sys.exit(main())
