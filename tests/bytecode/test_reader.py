"""The safe reader reads what the host reads, and reports all damage as such."""

import marshal
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.bytecode import reader
from kaa.bytecode.code_image import CodeImage, DamagedCode, image_of

from .corpus import sample

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**200), max_value=2**200)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.sampled_from(["a" * 255, "a" * 256, "é" * 300])
    | st.binary()
    | st.just(...)
    | st.just("\ud800")
)
HASHABLE = st.recursive(ATOMS, lambda inner: st.lists(inner).map(tuple) | st.frozensets(inner), max_leaves=10)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.lists(inner) | st.dictionaries(HASHABLE, inner) | st.sets(HASHABLE),
    max_leaves=5,
)


def same(image, code):
    """An image equals the image of the code object, inner ones too."""
    if isinstance(code, CodeType):
        expected = image_of(code)._asdict()
        consts = expected.pop("consts")
        found = image._asdict()
        found["kinds"] = bytes(kind & ~0x10 for kind in found["kinds"])
        return all(map(same, found.pop("consts"), consts)) and found == expected
    return typed(image) == typed(code)


def typed(value):
    """A value with the types of all parts, which plain equality does not look at."""
    if isinstance(value, (tuple, list)):
        return type(value), [typed(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(repr(typed(item)) for item in value)
    if isinstance(value, dict):
        return dict, [(typed(key), typed(item)) for key, item in value.items()]
    return type(value), repr(value)


def test_host_code():
    for code in sample():
        data = marshal.dumps(code)
        image, end = reader.read(data)
        assert isinstance(image, CodeImage)
        assert same(image, code)
        assert end == len(data)


@given(VALUES, st.integers(0, 4))
def test_host_values(value, version):
    data = marshal.dumps(value, version)
    found, end = reader.read(b"xyz" + data + b"behind", 3)
    assert end == len(data) + 3
    assert found == value
    assert typed(found) == typed(value)


def test_values_with_references():
    shared = ("a" * 300, 1 << 100, 2.5, b"b")
    value = [shared, (shared, shared), {"key": shared}, "name", "name"]
    assert reader.read(marshal.dumps(value))[0] == value


def test_a_list_that_contains_itself():
    value = []
    value.append(value)
    found, _ = reader.read(marshal.dumps(value))
    assert found[0] is found


def test_huge_int():
    value = 1 << 1_000_000 | 12345
    assert reader.read(marshal.dumps(value))[0] == value
    assert reader.read(marshal.dumps(-value))[0] == -value


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "ends within a value"),
        (b"i\1\0", "ends within a value"),
        (b"0", "a null object"),
        (b")\x01" + b"0", "a null object"),
        (b"(\xff\xff\xff\x7f", "a size of 2147483647"),
        (b"(\xff\xff\xff\xffN", "a size of -1"),
        (b"s\x05\0\0\0abc", "a size of 5"),
        (b"l\xff\xff\xff\x7f\1\0", "ends within a value"),
        (b"l\x01\0\0\0\0\x80", "digit out of range"),
        (b"l\x02\0\0\0\1\0\0\0", "digit out of range"),
        (b"f\x01x", "a float that is none"),
        (b"u\x01\0\0\0\xff", "not UTF-8"),
        (b"z\x01\xff", "not ASCII"),
        (b"q", "there is no type 0x71, at byte 0"),
        (b"r\0\0\0\0", "reference to value 0, which there is not"),
        (b"\xa9\x01r\0\0\0\0", "which contains it"),
        (b"\xbe\x01\0\0\0r\0\0\0\0", "which contains it"),
        (b"<\x01\0\0\0[\0\0\0\0", "cannot be hashed"),
        (b"{[\0\0\0\0NN0", "cannot be hashed"),
        (b"{N0", "a null object"),
        (b")\x01" * 1000 + b"N", "nested too deeply"),
        (b"c" + bytes(20) + b"N", "co_code is not a bytes"),
    ],
)
def test_damage(data, fault):
    with pytest.raises(DamagedCode, match=fault):
        reader.read(data)


def test_references_that_unfold_without_end():
    data = b"\xa9\x01N"
    levels = b"".join(
        b"\xa9\x02r" + n.to_bytes(4, "little") + b"r" + n.to_bytes(4, "little") for n in range(60)
    )
    with pytest.raises(DamagedCode, match="unfold without end"):
        reader.read(b")\x3d" + data + levels)


@given(st.data())
def test_bit_flips(data):
    """Damage is reported, or the host reads the same."""
    code = data.draw(st.sampled_from(sample()[:200]))
    damaged = bytearray(marshal.dumps(code))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = data.draw(st.sampled_from([len(damaged), data.draw(st.integers(0, len(damaged)))]))
    try:
        reader.read(bytes(damaged[:cut]))
    except DamagedCode:
        pass
