"""Images survive the way to disk, and nothing else passes for one."""

import ctypes
import os

import pytest

from kaa.native import cache
from kaa.native.build import build
from kaa.native.function import Cell, Extern, native
from kaa.native.image import Image
from kaa.native.memory import LoadedImage
from kaa.native.object_file import read
from kaa.native.types import Array, Function, Ptr, i64, resolve, u64

from .host import needs_native

pytestmark = needs_native
COUNTER = Cell("COUNTER", u64)
COUNTER_PLACE = Cell("COUNTER", resolve(Array[u64]))
labs = Extern("labs", Function((i64,), i64))


@native
def count_up() -> u64:
    place = counter_place()
    place[0] += 1
    return COUNTER


@native
def distance(a: i64, b: i64) -> i64:
    return labs(a - b)


@native
def clear(values: Ptr[u64], count: i64) -> None:
    for index in range(count):
        values[index] = 0


@native(inline=True)
def counter_place() -> Ptr[u64]:
    return COUNTER_PLACE


@pytest.fixture(scope="module")
def image():
    return build([count_up, distance, clear], {})


def test_cells_and_externs(image):
    loaded = LoadedImage(image)
    up = loaded.function("count_up", ctypes.CFUNCTYPE(ctypes.c_uint64))
    assert [up(), up(), loaded.cell("COUNTER").value] == [1, 2, 2]
    far = loaded.function("distance", ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64))
    assert far(3, 10) == 7


def test_functions_that_the_compiler_calls(image):
    values = (ctypes.c_uint64 * 100)(*range(100))
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
    LoadedImage(image).function("clear", prototype)(ctypes.addressof(values), 100)
    assert list(values) == [0] * 100


def test_round_trip(image):
    assert Image.from_bytes(image.to_bytes()).to_bytes() == image.to_bytes()


def test_damage_is_noticed(image):
    data = bytearray(image.to_bytes())
    for position in range(0, len(data), 997):
        damaged = data.copy()
        damaged[position] ^= 0x10
        with pytest.raises(ValueError):
            Image.from_bytes(bytes(damaged))
    with pytest.raises(ValueError):
        Image.from_bytes(bytes(data[:-1]))


def test_cache(image, tmp_path, monkeypatch):
    monkeypatch.setenv("KAA_CACHE", str(tmp_path / "images"))
    made = []

    def make():
        made.append(1)
        return image

    assert {cache.obtain("x", make).to_bytes() for _ in range(2)} == {image.to_bytes()}
    assert len(made) == 1
    path = tmp_path / "images" / "x.image"
    path.write_bytes(path.read_bytes()[:-5])
    assert {cache.obtain("x", make).to_bytes() for _ in range(2)} == {image.to_bytes()}
    assert len(made) == 2


def test_old_files_are_forgotten(image, tmp_path, monkeypatch):
    monkeypatch.setenv("KAA_CACHE", str(tmp_path))
    for number in range(cache.KEPT + 5):
        for name in (f"{number}.image", f"{number}.key", f"{number}.other"):
            (tmp_path / name).touch()
            os.utime(tmp_path / name, (number, number))
    cache.obtain("new", lambda: image)
    assert len(list(tmp_path.glob("*.other"))) == cache.KEPT + 5
    for kind, new in (("image", 1), ("key", 0)):
        kept = {path.stem for path in tmp_path.glob(f"*.{kind}")} - {"new"}
        assert kept == {str(number) for number in range(5 + new, cache.KEPT + 5)}


def test_a_cache_that_cannot_be_written(image, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("KAA_CACHE", str(blocked / "images"))
    assert cache.obtain("x", lambda: image) is image


def test_foreign_objects_are_refused():
    with pytest.raises(ValueError):
        read(b"\x7fELF" + bytes(100))
