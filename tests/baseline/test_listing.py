"""What the machine made of a function can be read."""

import subprocess
import sys
from itertools import pairwise
from types import FunctionType

import pytest

from tests.native.host import needs_native

pytestmark = needs_native


def guest(items):
    total = 0
    for item in items:
        total += item
    return total


@pytest.mark.parametrize("runs", [0, 1], ids=["brief", "warm"])
def test_pieces_are_the_instructions(runs):
    import dis

    from kaa.baseline.engine import RUNS, load
    from kaa.baseline.listing import pieces

    function = FunctionType(guest.__code__.replace(), globals())
    load().enable()
    try:
        for _ in range(runs):
            function(range(RUNS + 2))
    finally:
        load().disable()
    found = list(pieces(function))
    likely = [p for p in found if not p.template.endswith((".second", ".cold"))]
    assert [(p.offset, p.instruction) for p in likely] == [
        (i.offset, i.opname) for i in dis.get_instructions(function)
    ]
    behind = [p.template for p in found[len(likely) :]]
    assert behind[:2] == ["GET_ITER.second", "FOR_ITER.second"]
    sum_of_items = ["BINARY_OP.cold", "BINARY_OP.13.STORE_FAST.cold"][runs]
    assert sum_of_items in behind and all(name.endswith(".cold") for name in behind[2:])


def test_code_is_contiguous():
    from kaa.baseline.listing import pieces

    places = sorted((p.address, len(p.code)) for p in pieces(guest))
    gaps = sum(start + size != after for (start, size), (after, _) in pairwise(places))
    assert gaps == 1  # between what is likely to run and what is not


def test_what_has_no_code():
    from kaa.baseline.listing import native_code

    with pytest.raises(TypeError):
        native_code(len)


def test_command_line():
    run = [sys.executable, "-m", "kaa.baseline"]
    shown = subprocess.run([*run, "textwrap:dedent"], capture_output=True, text=True, check=True).stdout
    assert "RETURN_VALUE" in shown and "<- LOAD_FAST" in shown
    assert subprocess.run([*run, "textwrap:nothing"], capture_output=True).returncode == 1
    assert subprocess.run(run, capture_output=True).returncode == 2
