"""Each template's effect on the stack and on reference counts, held against the host's loop instruction by instruction.

The native machine does some pairs of instructions at once, and the host skips some that end loops: both logs are
compared where they meet.
"""

import dis
import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import kaa.baseline.templates  # noqa: F401  # declares them
from kaa.baseline.template import TEMPLATES
from tests.native.host import needs_native

from .effects import LEFT_OUT, MODULE, RUNS, WARM, codes
from .programs import PROGRAMS

pytestmark = [needs_native, pytest.mark.xdist_group("effects")]

FURTHEST = 12
"""Entries that one side may have and the other not, in a row: the host tells of no instruction before RESUME, and the
machine of none whose work the one before it does.
"""
IMMORTAL = 1 << 31
TAKEN_OVER = "chains_of_calls.<locals>.A.__getitem__:"
"""A function whose frame takes over its caller's only reference: the host's does so only when nobody traces it."""


class Entry(NamedTuple):
    code: str
    offset: int
    frame: int
    values: list[list[int]]


@functools.cache
def log(engine: str) -> dict[str, list[Entry]]:
    script = Path(__file__).with_name("effects.py")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    command = [sys.executable, "-X", "faulthandler", "-W", "ignore", script, engine]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert child.returncode == 0, child.stderr[-4000:]
    return {run: [Entry(*row) for row in rows] for run, rows in json.loads(child.stdout).items()}


def meetings(host: list[Entry], native: list[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """The entries of the same instruction, side by side."""
    here = there = 0
    while here < len(host) and there < len(native):
        if host[here][:2] == native[there][:2]:
            yield host[here], native[there]
            here, there = here + 1, there + 1
            continue
        for skipped in range(1, FURTHEST + 1):
            ways = [(i, skipped - i) for i in range(skipped + 1)]
            ways = [(i, j) for i, j in ways if here + i < len(host) and there + j < len(native)]
            found = [(i, j) for i, j in ways if host[here + i][:2] == native[there + j][:2]]
            if found:
                here, there = here + found[0][0], there + found[0][1]
                break
        else:
            if min(len(host) - here, len(native) - there) <= FURTHEST:
                return
            raise AssertionError(f"other ways: {host[here][:2]} on the host, {native[there][:2]} natively")


def effects(before: Entry | None, entry: Entry) -> list[object]:
    """What can be compared of an entry: for each value whether it is there, and its references.

    Of an object that several know and that was in the frame at the last meeting, that is how many more it has now.
    """
    known = dict(map(tuple, before.values)) if before else {}
    found: list[object] = []
    for value, references in entry.values:
        if not value:
            found.append(None)
        elif references >= IMMORTAL:
            found.append("immortal")
        elif references == 1:
            found.append("its only one")
        else:
            found.append(references - known[value] if value in known else "shared")
    return found


def agree(host: list[object], native: list[object]) -> bool:
    """Whether the two say the same.

    A string that one process has interned for ever is mortal in the other. Where the host pushes a bound method and
    NULL, the native machine may push its parts, as the host does too when nobody traces it.
    """
    if len(host) != len(native):
        return False
    pairs = list(zip(host, native, strict=True))
    for place, (expected, seen) in enumerate(pairs):
        if expected == seen or ("immortal" in (expected, seen) and None not in (expected, seen)):
            continue
        following = pairs[place + 1 : place + 2]
        if (
            expected == "its only one"
            and following
            and following[0][0] is None
            and following[0][1] is not None
        ):
            continue
        if expected is None and place and pairs[place - 1][0] == "its only one":
            continue
        return False
    return True


def differences(host: list[Entry], native: list[Entry]) -> list[str]:
    first: dict[str, int] = {}
    last: dict[tuple[int, int], tuple[Entry, Entry]] = {}
    found = []
    for pair in meetings(host, native):
        here, there = pair
        frames = (here.frame, there.frame)
        before = last.get(frames, (None, None))
        if here.offset <= first.setdefault(here.code, here.offset):
            before = (None, None)  # a frame that begins
        last[frames] = pair
        expected, seen = effects(before[0], here), effects(before[1], there)
        if not here.code.startswith(TAKEN_OVER) and not agree(expected, seen):
            found.append(f"{here.code} at {here.offset}: {expected} on the host, {seen} natively")
    return found


@pytest.mark.parametrize("code", RUNS)
@pytest.mark.parametrize("program", [p.__name__ for p in PROGRAMS if p.__name__ not in LEFT_OUT])
def test_effects(program: str, code: str) -> None:
    for run in WARM:
        assert differences(log("host")[f"{program} {run}"], log(code)[f"{program} {run}"])[:5] == []


BEFORE_RESUME = {"COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR"}
NOT_MET = {"DELETE_NAME", "END_FOR", "LOAD_FROM_DICT_OR_GLOBALS"}


def test_every_instruction_is_met() -> None:
    names: dict[tuple[str, int], str] = {}
    for code in codes(MODULE):
        for step in dis.get_instructions(code):
            names[f"{code.co_qualname}:{code.co_firstlineno}", step.offset] = step.opname
    met = {
        names[here.code, here.offset]
        for program, entries in log("host").items()
        if int(program[-1]) in WARM
        for here, _ in meetings(entries, log("warm")[program])
    }
    assert set(TEMPLATES) - {"CHECK"} - met == BEFORE_RESUME | NOT_MET
