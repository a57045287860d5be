"""Cache files: the host reads ours, we read the host's, and damage is reported."""

import importlib._bootstrap_external as host
import importlib.util
import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.bytecode import pyc
from kaa.bytecode.code_image import DamagedCode
from kaa.bytecode.pyc import Header

from .corpus import compile_file, files

CODE = compile("import sys\n\ndef f(x):\n    return [y for y in x]\n", "<test>", "exec")
HASH = bytes(range(8))
HEADERS = [
    Header(mtime=1_700_000_000, size=12345),
    Header(mtime=0, size=0),
    Header(source_hash=HASH, checked=True),
    Header(source_hash=HASH, checked=False),
]


def host_bytes(header):
    if header.source_hash is None:
        return bytes(host._code_to_timestamp_pyc(CODE, header.mtime, header.size))
    return bytes(host._code_to_hash_pyc(CODE, header.source_hash, header.checked))


def test_magic():
    assert importlib.util.MAGIC_NUMBER == pyc.MAGIC


@pytest.mark.parametrize("header", HEADERS)
def test_host_and_ours(header):
    ours = pyc.dump(CODE, header)
    theirs = host_bytes(header)
    assert ours.startswith(theirs)
    assert pyc.is_sealed(ours)
    assert not pyc.is_sealed(theirs)
    assert pyc.header(ours) == pyc.header(theirs) == header
    assert pyc.load(ours) == pyc.load(theirs) == CODE
    assert host._compile_bytecode(ours[16:]) == CODE


def test_time_and_size_wrap_as_the_host_does():
    header = Header(mtime=2**33 + 5, size=2**32 + 7)
    assert header.encode() == host_bytes(header)[:16]


def test_source_hash():
    assert pyc.source_hash(b"pass\n") == importlib.util.source_hash(b"pass\n")


def test_files_of_the_library():
    for path in files(every=200):
        code = compile_file(path)
        assert pyc.load(bytes(host._code_to_timestamp_pyc(code, 1, 2))) == code


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "ends within its header"),
        (pyc.MAGIC + bytes(11), "ends within its header"),
        (b"\x00" * 16, "magic number"),
        (pyc.MAGIC + b"\x04" + bytes(11), "flags are 0x4"),
        (Header().encode(), "ends within a value"),
        (Header().encode() + marshal.dumps(7), "no code object, but a int"),
    ],
)
def test_faults(data, fault):
    with pytest.raises(DamagedCode, match=fault):
        pyc.load(data)


def test_a_seal_does_not_make_a_code_object():
    payload = marshal.dumps(7)
    with pytest.raises(DamagedCode, match="no code object"):
        pyc.load(Header().encode() + payload + pyc.seal(payload))


@given(st.data())
def test_any_flipped_bit_breaks_the_seal(data):
    damaged = bytearray(pyc.dump(CODE, HEADERS[0]))
    damaged[data.draw(st.integers(pyc.HEADER_SIZE, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not pyc.is_sealed(bytes(damaged))


@given(st.data())
def test_a_file_without_its_seal_is_read_with_care(data):
    whole = host_bytes(HEADERS[0])
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DamagedCode):
        pyc.load(whole[:cut])
