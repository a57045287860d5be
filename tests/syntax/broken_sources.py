"""Broken sources, and a command that holds Kaa's errors against the host's on many of them.

    python -m tests.syntax.broken_sources [--count 20000] [--seed 0] [--show 15] [--at-least 98] [--tree]

A case is a piece of a file of the standard library with one fault: a token deleted, doubled, swapped with the next or
replaced; the text cut at some byte; a bracket, a quote or an indentation changed. Two errors are equal if type,
message, file name, line, offset, text, end line and end offset are. Prints the share and the most frequent differences.
With `--tree` only the parser is asked (`PyCF_ONLY_AST`), else the whole compiler.
"""

import argparse
import ast
import io
import random
import re
import sys
import sysconfig
import time
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import kaa

MAX_LINES = 60
FIELDS = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset")
FILENAME = "<broken>"
POOL = (
    "( ) [ ] { } : , ; . = == := -> ... + - * ** / @ ~ ! < != not and or in is if else elif for while def class return "
    "yield await async lambda import from as with try except finally raise global nonlocal del pass break continue "
    "assert None True match case type _ x 1 1.5e3 0x 'a' b'' f'{x}' \" ''' \\ $ ?"
).split()

type Mutation = Callable[[random.Random, str], str | bytes]


def pieces(rng: random.Random) -> Iterator[str]:
    """Endlessly many pieces of the standard library: whole files, or runs of lines that begin with a statement."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in root.glob("**/*.py") if "site-packages" not in path.parts)
    while True:
        try:
            lines = rng.choice(files).read_text("utf-8").splitlines(keepends=True)
        except UnicodeDecodeError:
            continue
        starts = [i for i, line in enumerate(lines) if re.match(r"[A-Za-z_@]", line)]
        if starts:
            start = rng.choice(starts)
            yield "".join(lines[start : start + rng.randint(1, MAX_LINES)])


def spans(source: str) -> list[tuple[int, int]]:
    """The place of each visible token in the text, as far as there are tokens."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    try:
        while token := next(tokens, None):
            if token.string.strip():
                (line, column), (end_line, end_column) = token.start, token.end
                found.append((starts[line - 1] + column, starts[end_line - 1] + end_column))
    except (SyntaxError, tokenize.TokenError):
        pass
    return found or [(0, len(source))]


def delete(rng: random.Random, source: str) -> str:
    start, end = rng.choice(spans(source))
    return source[:start] + source[end:]


def double(rng: random.Random, source: str) -> str:
    start, end = rng.choice(spans(source))
    return source[:end] + rng.choice(["", " "]) + source[start:end] + source[end:]


def swap(rng: random.Random, source: str) -> str:
    places = spans(source)
    i = rng.randrange(len(places))
    (a, b), (c, d) = places[i], places[min(i + 1, len(places) - 1)]
    return source[:a] + source[c:d] + source[b:c] + source[a:b] + source[d:] if b <= c else source


def replace(rng: random.Random, source: str) -> str:
    places = spans(source)
    start, end = rng.choice(places)
    other = source[slice(*rng.choice(places))] if rng.random() < 0.5 else rng.choice(POOL)
    return source[:start] + other + source[end:]


def cut(rng: random.Random, source: str) -> bytes:
    data = source.encode()
    return data[: rng.randrange(len(data))]


def unbalance(marks: str) -> Mutation:
    """A mutation that deletes one of these characters, adds one or turns one into another."""

    def mutation(rng: random.Random, source: str) -> str:
        places = [i for i, character in enumerate(source) if character in marks] or [
            rng.randrange(len(source))
        ]
        i = rng.choice(places)
        what = rng.randrange(4)
        if what == 0:
            return source[:i] + source[i + 1 :]
        if what == 1:
            return source[:i] + rng.choice(marks) + source[i + 1 :]
        i = i if what == 2 else rng.randrange(len(source))
        return source[:i] + rng.choice(marks) + source[i:]

    return mutation


def indent(rng: random.Random, source: str) -> str:
    """Change the white space at the start of a line."""
    lines = source.splitlines(keepends=True)
    i = rng.randrange(len(lines))
    text = lines[i].lstrip(" \t")
    white = lines[i][: len(lines[i]) - len(text)]
    lines[i] = (
        rng.choice([white + " ", white[1:], white + "\t", "\t" + white, white * 2, "", white + "\f "]) + text
    )
    return "".join(lines)


MUTATIONS: dict[str, Mutation] = {
    "delete": delete,
    "double": double,
    "swap": swap,
    "replace": replace,
    "cut": cut,
    "brackets": unbalance("()[]{}"),
    "quotes": unbalance("'\""),
    "indentation": indent,
}


def broken_sources(seed: int) -> Iterator[tuple[str, str | bytes]]:
    """Endlessly many pairs (mutation, source); most sources are broken, the same ones for the same seed."""
    rng = random.Random(seed)
    for piece in pieces(rng):
        name = rng.choice(sorted(MUTATIONS))
        yield name, MUTATIONS[name](rng, piece)


def key(error: Exception | None) -> tuple[object, ...] | None:
    """What must be equal of two errors."""
    if not isinstance(error, SyntaxError):
        return None if error is None else (type(error), str(error))
    return type(error), *(getattr(error, field) for field in FIELDS)


def error_of(compile_: Callable[..., object], source: str | bytes, flags: int) -> Exception | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile_(source, FILENAME, "exec", flags, True)
        except Exception as error:
            return error
    return None


def kaas_compile(source: str | bytes, filename: str, mode: str, flags: int, dont_inherit: bool) -> object:
    return kaa.compile(source, filename, mode, flags, dont_inherit)


def difference(ours: Exception | None, host: Exception | None) -> str:
    """One line that is the same for differences of one sort."""

    def short(error: Exception | None) -> str:
        if error is None:
            return "no error"
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return f"{type(error).__name__}: " + re.sub(r"'[^']*'|\d+", "#", str(text))

    if short(ours) != short(host):
        return f"host {short(host)} | ours {short(ours)}"
    fields = [f for f in ("msg", *FIELDS[2:]) if getattr(ours, f, None) != getattr(host, f, None)]
    return f"{short(host)}: {', '.join(fields)} differ"


@dataclass
class Comparison:
    """How many broken sources there were, how many had equal errors, and the differences by sort."""

    broken: int = 0
    equal: int = 0
    tried: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    shortest: dict[str, tuple[str | bytes, object, object]] = field(default_factory=dict)

    def add(self, source: str | bytes, flags: int) -> None:
        """Compare the errors of one source."""
        self.tried += 1
        host = error_of(compile, source, flags)
        ours = error_of(kaas_compile, source, flags)
        if host is None and ours is None:
            return
        self.broken += 1
        if key(host) == key(ours):
            self.equal += 1
            return
        sort = difference(ours, host)
        self.differences[sort] += 1
        if sort not in self.shortest or len(source) < len(self.shortest[sort][0]):
            self.shortest[sort] = source, key(host), key(ours)

    def share(self) -> float:
        return 100 * self.equal / self.broken

    def report(self, most: int) -> str:
        """The most frequent differences with their shortest sources."""
        lines = []
        for sort, count in self.differences.most_common(most):
            source, host, ours = self.shortest[sort]
            shown = source if len(source) < 400 else source[:200] + source[-200:]
            lines.append(f"{count:5} {sort}\n      {shown!r}\n      host {host}\n      ours {ours}\n")
        return "".join(lines)


def compare(count: int, seed: int, flags: int) -> Comparison:
    """Compare the errors of `count` broken sources."""
    comparison = Comparison()
    sources = broken_sources(seed)
    while comparison.broken < count:
        _, source = next(sources)
        comparison.add(source, flags)
    return comparison


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=15)
    parser.add_argument("--at-least", type=float, default=98.0)
    parser.add_argument("--tree", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    found = compare(options.count, options.seed, ast.PyCF_ONLY_AST if options.tree else 0)
    seconds = time.perf_counter() - start
    print(found.report(options.show), end="")
    print(
        f"{found.equal} of {found.broken} errors equal, {found.share():.2f} %, {found.tried} sources, {seconds:.0f} s"
    )
    return 0 if found.share() >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
