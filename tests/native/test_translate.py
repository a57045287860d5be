"""Native functions give in machine code what they give as plain Python, and errors say where and what."""

import ctypes
import re
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa.native.build import build
from kaa.native.errors import NativeError
from kaa.native.function import NativeFunction, Static, native
from kaa.native.image import Image
from kaa.native.intrinsics import add_overflow, likely, multiply_overflow, reserve, unlikely
from kaa.native.memory import LoadedImage
from kaa.native.translate import Module
from kaa.native.types import Ptr, Struct, f64, i1, i32, i64, u8, u32, u64

from .host import needs_native

pytestmark = needs_native
INT64 = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-(2**31), 2**31 - 1)


@native
def gcd(a: i64, b: i64) -> i64:
    while b != 0:
        a, b = b, a % b
    return a if a >= 0 else -a


@native
def divide(a: i64, b: i64) -> i64:
    if b == 0:
        return 0
    return (a // b) ^ (a % b)


@native
def saturating_add(a: i64, b: i64) -> i64:
    total, overflowed = add_overflow(a, b)
    if likely(not overflowed):
        return total
    return (1 << 62) if a > 0 else -(1 << 62)


@native
def product_fits(a: i64, b: i64) -> i1:
    _, overflowed = multiply_overflow(a, b)
    return not overflowed


@native
def hash_bytes(value: u64) -> u32:
    state = u32(2166136261)
    for shift in range(0, 64, 8):
        state = (state ^ u32(u8(value >> u64(shift)))) * 16777619
        state = u32(state)
    return state


@native
def first_multiple(start: i64, step: i64) -> i64:
    for candidate in range(start, start + 100):
        if candidate % 2 == 1:
            continue
        if candidate % step == 0 and (candidate > 10 or candidate < -10):
            break
    else_ = candidate
    return else_


@native
def half(value: f64) -> f64:
    return value / 2.0 + 0.25 if value > 0.0 else -value


@native(inline=True)
def scaled(value: i64, factor: Static[int]) -> i64:
    if factor == 1:
        return value
    return value * factor


@native
def scales(value: i64) -> i64:
    return scaled(value, 1) + scaled(value, 10)


@native(inline=True)
def named(value: i64, name: Static[str]) -> i64:
    if name and value > 0:
        return 1
    if not name or value == 0:
        return 2
    if value < 0 and name:
        return 3
    return 4


@native
def names(value: i64) -> i64:
    return named(value, "") * 10 + named(value, "a name")


@native
def sorted_pair(a: i32, b: i32) -> i64:
    room = reserve(i32, 2)
    room[0] = a
    room[1] = b
    if room[0] > room[1]:
        room[0], room[1] = room[1], room[0]
    return i64(room[0]) * 4294967296 + i64(u32(room[1]))


@native
def conditions(a: i64, b: i64) -> i64:
    """A bit for each form of condition, with what is said to be likely in different places."""
    found = i64(0)
    if likely(a > 0 and b > 0):
        found |= 1
    if likely(a > 0 or b > 0):
        found |= 2
    if unlikely(a > 0 and b > 0) or unlikely(a < 0 or not b):
        found |= 4
    if not (a > 0 and (b > 0 or likely(a > b))):
        found |= 8
    while not likely(a > 0 and b > 0) and found < 100:
        found += 100
    found += 1000 if a == 0 or not likely(b != 0 and a > b) else 2000
    both = a > 0 and b > 0
    either = a > 0 or not b
    return found + 10000 * i64(both) + 100000 * i64(either)


FUNCTIONS = [
    conditions,
    gcd,
    divide,
    saturating_add,
    product_fits,
    hash_bytes,
    first_multiple,
    half,
    scales,
    sorted_pair,
    names,
]
C_TYPES = {"i64": ctypes.c_int64, "u64": ctypes.c_uint64, "i32": ctypes.c_int32, "u32": ctypes.c_uint32}
C_TYPES |= {"i1": ctypes.c_bool, "f64": ctypes.c_double}


@pytest.fixture(scope="module")
def compiled():
    loaded = LoadedImage(Image.from_bytes(build(FUNCTIONS, {}).to_bytes()))
    return {f.__name__: loaded.function(f.__name__, prototype(f)) for f in FUNCTIONS}


def prototype(function):
    names = [str(kind) for kind in (function.result, *function.parameters.values())]
    return ctypes.CFUNCTYPE(*(C_TYPES[name] for name in names))


@pytest.mark.parametrize("name", ["gcd", "divide", "saturating_add", "product_fits"])
def test_two_integers(compiled, name):
    function = globals()[name]

    @settings(max_examples=60, deadline=None)
    @given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62).filter(lambda b: b != -1))
    def check(a, b):
        assert compiled[name](a, b) == function(a, b)

    check()


@settings(max_examples=60, deadline=None)
@given(value=st.integers(0, 2**64 - 1))
def test_wrapping(compiled, value):
    state = 2166136261
    for byte in value.to_bytes(8, "little"):
        state = (state ^ byte) * 16777619 % 2**32
    assert compiled["hash_bytes"](value) == state == hash_bytes(value)


@settings(max_examples=60, deadline=None)
@given(start=st.integers(-1000, 1000), step=st.integers(1, 30))
def test_loops(compiled, start, step):
    assert compiled["first_multiple"](start, step) == first_multiple(start, step)


@settings(max_examples=30, deadline=None)
@given(value=st.floats(allow_nan=False))
def test_floats(compiled, value):
    assert compiled["half"](value) == half(value)


def test_specialised_copies(compiled):
    assert compiled["scales"](7) == scales(7) == 77
    module = Module()
    module.add(scales)
    names = re.findall(r"define internal \S+ @(\w+)", module.text())
    assert sorted(names) == ["scaled_1", "scaled_10"]


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_static_parts_of_conditions(compiled, value):
    assert compiled["names"](value) == names(value)


@pytest.mark.parametrize("a", [-1, 0, 1, 2])
@pytest.mark.parametrize("b", [-1, 0, 1, 2])
def test_conditions(compiled, a, b):
    assert compiled["conditions"](a, b) == conditions(a, b)


@settings(max_examples=30, deadline=None)
@given(a=SMALL, b=SMALL)
def test_memory(compiled, a, b):
    low, high = sorted((a, b))
    assert compiled["sorted_pair"](a, b) == low * 2**32 + high % 2**32


class Pair(Struct):
    first: i64
    second: i32


ERRORS = {
    "return [n]": "List is not part of Native Python",
    "import os": "Import is not part of Native Python",
    "return n + m": "write i64",
    "return 1 < n < 3": "two comparisons",
    "return unknown": "'unknown' is not known here",
    "return print(n)": "decorate it with @native",
    "x = None\nreturn 1": "annotate 'x'",
    "return n / n": "use //",
    "for c in n:\n    pass\nreturn 1": "range",
    "if n:\n    return 1": "end of the function is reachable",
    "return p.third": "no field 'third'",
    "return n(1)": "cannot be called",
    "return p": "where a i64 is needed",
    "return 1 << 80": "does not fit",
}


@pytest.mark.parametrize("body", ERRORS)
def test_errors(tmp_path, body):
    path = tmp_path / "guest.py"
    head = "def f(n: i64, m: i32, p: Pair) -> i64:\n"
    path.write_text(head + textwrap.indent(body, "    "))
    namespace = {"i64": i64, "i32": i32, "Pair": Pair, "Ptr": Ptr}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    module = Module()
    module.add(NativeFunction(namespace["f"]))
    with pytest.raises(NativeError) as caught:
        module.text()
    assert ERRORS[body] in str(caught.value)
    assert caught.value.file == str(path)
    assert 1 <= caught.value.line <= 1 + body.count("\n") + 1
