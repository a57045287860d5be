"""What every start loads comes from one cache, which is made anew when it is outdated or damaged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kaa import loading


class Start:
    """Starts that load two modules, of this folder."""

    def __init__(self, folder: Path) -> None:
        self.sources = [folder / "a.py", folder / "b.py"]
        self.caches = folder / "__pycache__"
        for number, source in enumerate(self.sources):
            source.write_text(f"x = {number}")

    def load(self) -> list[object]:
        """The values of `x`."""
        loading.together.begin("tested")
        codes = [loading._code_of(str(source)) for source in self.sources]
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
    for compiled in (["b"], []):
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
