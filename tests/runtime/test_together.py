"""What every start loads comes from one cache, which is made anew when it is outdated or damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kaa import loading, sealing


class Start:
    """Starts that load two modules, of this folder."""

    def __init__(self, folder: Path) -> None:
        self.sources = [folder / "a.py", folder / "b.py"]
        self.summed = [folder / "c.py", folder / "d.py"]
        self.sums = 0
        self.caches = folder / "__pycache__"
        for number, source in enumerate(self.sources):
            source.write_text(f"x = {number}")
        for source in self.summed:
            source.write_text("7")

    def sum(self) -> int:
        """What two more files hold; the number of times that somebody has asked is kept."""
        self.sums += 1
        return sum(int(source.read_text()) for source in self.summed)

    def load(self) -> list[object]:
        """The values of `x`."""
        loading.together.begin("tested")
        codes = [loading._code_of(str(source)) for source in self.sources]
        loading.together.complete()
        self.fact = loading.together.recall(("sum",), lambda: map(str, self.summed), self.sum)
        loading.together.end()
        spaces: list[dict[str, object]] = [{} for _ in codes]
        for code, space in zip(codes, spaces, strict=True):
            exec(code, space)
        return [space["x"] for space in spaces]

    def forget_others(self) -> Path:
        """Leave only the cache of all of them."""
        (cache,) = self.caches.rglob("tested*.pyc")
        for other in self.caches.rglob("*.pyc"):
            if other != cache:
                other.unlink()
        return cache

    def compiled(self) -> list[str]:
        """The modules that have been compiled since."""
        return sorted(path.name[0] for path in self.caches.rglob("*.pyc") if path.name[0] in "ab")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    start = Start(tmp_path)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(loading, "_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert start.load() == [0, 1]
    start.forget_others()
    return start


def test_one_cache_serves_all(start: Start) -> None:
    assert start.load() == [0, 1]
    assert start.compiled() == []


def test_an_edited_source(start: Start) -> None:
    start.sources[1].write_text("x = 'edited'")
    for compiled in (["a", "b"], []):
        assert start.load() == [0, "edited"]
        assert start.compiled() == compiled
        start.forget_others()


@pytest.mark.parametrize("place", [0, 5, 40, -1])
def test_a_damaged_cache(start: Start, place: int) -> None:
    cache = start.forget_others()
    whole = bytearray(cache.read_bytes())
    whole[place] ^= 1
    cache.write_bytes(whole)
    for compiled in (["a", "b"], []):
        assert start.load() == [0, 1]
        assert start.compiled() == compiled
        start.forget_others()


def test_modules_that_are_loaded_no_more_are_forgotten(start: Start) -> None:
    cache = start.forget_others()
    size = cache.stat().st_size
    del start.sources[1]
    assert start.load() == [0]
    assert cache.stat().st_size < size


def test_a_cache_of_another_version_of_kaa(start: Start) -> None:
    cache = start.forget_others()
    content = cache.read_bytes()
    cache.write_bytes(content.replace(loading._FORMAT_OF_SEVERAL, b"together 1"))
    assert sealing.is_sealed(cache.read_bytes())
    assert start.load() == [0, 1]
    assert start.compiled() == ["a", "b"]


def test_a_fact_is_found_out_once(start: Start) -> None:
    assert start.load() == [0, 1]
    assert (start.fact, start.sums) == (14, 1)


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_fact_about_other_sources(start: Start, change: str) -> None:
    if change == "edited":
        start.summed[0].write_text("10")
    else:
        start.summed.pop().unlink()
    for _ in range(2):
        start.load()
        assert (start.fact, start.sums) == (17 if change == "edited" else 7, 2)


def test_what_is_loaded_after_the_modules_is_not_kept(start: Start) -> None:
    cache = start.forget_others()
    before = cache.read_bytes()
    loading.together.begin("tested")
    for source in start.sources:
        loading._code_of(str(source))
    loading.together.complete()
    loading._code_of(str(start.summed[0]))
    loading.together.end()
    assert cache.read_bytes() == before


def test_a_start_finds_each_module_without_a_search() -> None:
    program = """
import sys
from kaa import __main__, loading
for name in __main__.PARTS_OF_HOST:
    loading.load_apart(name)
for name in __main__.COLLECTOR + __main__.START:
    before = set(sys.modules)
    loading.load_apart(f"kaa.{name}")
    for other in set(sys.modules) - before - {f"kaa.{name}"}:
        print(other)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"__future__", "gc"}  # which come before any of Kaa's
