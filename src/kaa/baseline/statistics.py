"""What the machine did in this process, for `-X stats`.

In: the engine. Out: text: what was linked, and for each kind of inline cache how many are in which state and how often
they missed. Code objects that have been freed are not counted in the second part.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from kaa.baseline import cache_state
from kaa.baseline.engine import Engine
from kaa.baseline.listing import caches

STATES = (cache_state.EMPTY, cache_state.MONOMORPHIC, cache_state.POLYMORPHIC, cache_state.GENERIC)


def cache_table(engine: Engine) -> dict[str, Counter[str]]:
    """For each instruction with a cache: how many there are in each state, and their `misses`."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for code in engine.code_objects():
        for _, instruction, _, cache in caches(engine, code):
            if cache:
                table[instruction][cache.state] += 1
                table[instruction]["misses"] += cache.misses
    return dict(table)


def text(engine: Engine) -> str:
    """The report."""
    lines = ["kaa: native machine"]
    lines += [f"{name:>16} {count:12,}" for name, count in engine.statistics().items()]
    columns = (*STATES, "misses")
    lines.append(f"{'inline caches':>16} " + " ".join(f"{column:>12}" for column in columns))
    for name, counts in sorted(cache_table(engine).items()):
        lines.append(f"{name:>16} " + " ".join(f"{counts[column]:12,}" for column in columns))
    return "\n".join(lines)


def report(engine: Engine) -> None:
    """Print it, with the machine off, so that the report does not count itself."""
    engine.disable()
    print(text(engine), file=sys.stderr)
