"""Unpacking into locals, which one template does with the stores behind it: compared with the host."""

import pytest

import kaa
from tests.native.host import needs_native

pytestmark = needs_native

NAMES = "abcdefghijklmnopqrst"
CLASSES = """
class Noisy:
    # Its destructor sees the variables, and changes the list that is being unpacked.
    def __init__(self, log, items=None): self.log, self.items = log, items
    def __del__(self):
        import sys
        frame = sys._getframe(1)
        self.log.append((frame.f_lineno, sorted(k for k, v in frame.f_locals.items() if type(v) is int)))
        if self.items: self.items.clear()
"""


def outcomes(count, values):
    """What is in the variables, and what destructors of their old values saw."""
    targets = ", ".join(NAMES[:count])
    source = (
        f"{CLASSES}\n"
        "def f(values, log):\n"
        f"    {' = '.join(NAMES[:count])} = None\n"
        f"    {NAMES[0]} = Noisy(log, values if type(values) is list else None)\n"
        f"    {NAMES[count - 1]} = Noisy(log)\n"
        f"    {targets}, = values\n"
        f"    (\n{''.join(f'        {name},{chr(10)}' for name in NAMES[:count])}    ) = ({targets},)\n"
        f"    return {targets}\n"
    )
    scope = {}
    exec(source, scope)
    log = []
    try:
        result = scope["f"](values(), log)
    except (TypeError, ValueError) as error:
        result = type(error), str(error)
    return result, log


SOURCES = {
    "tuple": lambda count: lambda: tuple(range(count)),
    "list": lambda count: lambda: list(range(count)),
    "iterator": lambda count: lambda: iter(range(count)),
    "string": lambda count: lambda: "x" * count,
    "too short": lambda count: lambda: tuple(range(count - 1)),
    "too long": lambda count: lambda: list(range(count + 1)),
    "nothing to unpack": lambda count: lambda: 5,
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 15, 16, 17, 20])
def test_unpacking(count, source):
    values = SOURCES[source](count)
    expected = outcomes(count, values)
    kaa.enable()
    try:
        found = outcomes(count, values)
    finally:
        kaa.disable()
    assert found == expected
    assert len(found[1]) in (1, 2)
