"""Texts that a program compiles at its start are kept for the next one, and nobody can tell but by the time."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kaa.runtime import texts
from tests.runtime.commands import KAA, Command, Outcome

SEEN = "import sys; print('kaa.compiler' in sys.modules)"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(cache: Path, *words: str, **environment: str) -> Outcome:
    # The host's loop needs no image, which would be made anew for this folder.
    settings = {"KAA_CACHE": str(cache), "KAA_ENGINE": "host"} | environment
    return Command(words, environment=settings).run(KAA, cache.parent)


def files(cache: Path) -> list[Path]:
    return sorted((cache / "texts").glob("*"))


@pytest.mark.parametrize(
    "program",
    [
        SEEN,
        f"{SEEN}; print(eval('1 + 1', {{'b': 2}}))",
        f"exec(compile('print(1)', '<made>', 'exec')); {SEEN}",
        f"from collections import namedtuple; print(namedtuple('P', 'x y')(1, 2)); {SEEN}",
    ],
)
def test_a_second_start_compiles_nothing(program: str, cache: Path) -> None:
    first, second = run(cache, "-c", program), run(cache, "-c", program)
    assert "True" in first.out
    assert second.out == first.out.replace("True", "False")


def test_scripts(cache: Path) -> None:
    script = cache.parent / "script.py"
    for source in (f"x = 1\n{SEEN}; print(x)", f"x = 2\n{SEEN}; print(x)"):
        script.write_text(source)
        outs = [run(cache, "script.py").out.split() for _ in range(2)]
        assert outs == [["True", source[4]], ["False", source[4]]]


def test_what_a_compilation_depends_on(cache: Path) -> None:
    program = "try:\n    assert False\nexcept AssertionError:\n    print('checked')\nprint(__doc__, 1)"
    for _ in range(2):
        assert run(cache, "-c", program).out.startswith("checked")
        assert not run(cache, "-O", "-c", program).out.startswith("checked")
    digits = "9" * 700
    assert run(cache, "-c", f"print({digits} > 0)").out == "True\n"
    assert "SyntaxError" in run(cache, "-c", f"print({digits} > 0)", PYTHONINTMAXSTRDIGITS="640").err


def test_an_edited_front_end_makes_other_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in texts._FRONT_END:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    file = tmp_path / "syntax" / "literals.py"
    file.touch()
    monkeypatch.setattr(texts, "OWN_FOLDER", f"{tmp_path}/")
    monkeypatch.setattr(texts, "_version", b"")  # that of now comes back in the end
    monkeypatch.setattr(texts, "_users_secret", lambda path: b"one of 16 bytes.")
    keys = []
    for time in (1, 1, 2):
        os.utime(file, (time, time))
        texts.prepare()
        keys.append(texts._key("1", "", "eval", 0, 0))
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("program", ["1 is 1", "'\\d'", "x = = 1", "assert (1, 2)"])
def test_warnings_and_errors_come_each_time(program: str, cache: Path) -> None:
    first, second = run(cache, "-c", program), run(cache, "-c", program)
    assert str(first) == str(second)
    assert "Syntax" in first.err
    assert not files(cache) or "SyntaxError" in first.err  # whose display compiles texts of its own


def test_no_caches_are_written_where_none_are_wanted(cache: Path) -> None:
    assert run(cache, "-B", "-c", "print(1)").out == "1\n"
    assert run(cache, "-c", "print(1)", PYTHONDONTWRITEBYTECODE="1").out == "1\n"
    assert not files(cache)


def test_a_folder_that_cannot_be_made(cache: Path) -> None:
    cache.write_text("a file")
    assert run(cache, "-c", "print(1)") == run(cache, "-c", "print(1)")
    assert cache.read_text() == "a file"


def test_damaged_files(cache: Path) -> None:
    assert run(cache, "-c", "print(1)").out == "1\n"
    (kept,) = files(cache)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    whole = kept.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        kept.write_bytes(damaged)
        assert str(run(cache, "-c", "print(1)")) == "1\n--- stderr\n--- status 0\n"
        assert kept.read_bytes() == whole


def test_names_depend_on_a_secret(cache: Path) -> None:
    secret, other = cache / "texts.secret", cache.parent / "other"
    for folder in (cache, cache, other):
        assert run(folder, "-c", "print(1)").out == "1\n"
    (kept,), (others,) = files(cache), files(other)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600 and len(secret.read_bytes()) == 16
    assert kept.name != others.name and secret.read_bytes() != (other / "texts.secret").read_bytes()
    secret.write_bytes(secret.read_bytes()[:9])
    for _ in range(2):
        assert run(cache, "-c", "print(1)").out == "1\n"
    assert len(files(cache)) == 2 and len(secret.read_bytes()) == 16


def test_the_oldest_files_go_when_there_are_too_many(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAA_CACHE", str(cache))
    monkeypatch.setattr(texts, "_folder", f"{cache}/texts")
    monkeypatch.setattr(texts, "KEPT", 3)
    code = compile("1", "", "eval")
    keys = [bytes([texts.LOOKS, number]) for number in range(5)]
    for age, key in zip((3, 5, 1, 4), keys, strict=False):
        texts._keep(f"{cache}/texts/{key.hex()}", key, code)
        os.utime(f"{cache}/texts/{key.hex()}", (9 - age, 9 - age))
    texts._keep(f"{cache}/texts/{keys[4].hex()}", keys[4], code)
    assert [path.name for path in files(cache)] == [keys[number].hex() for number in (0, 2, 4)]


def test_large_texts_are_not_kept(cache: Path) -> None:
    program = cache.parent / "large.py"
    program.write_text(f"x = '{'x' * texts.MOST_BYTES}'\n")
    assert run(cache, "large.py").status == 0
    assert not files(cache)


def test_sets_that_would_come_back_in_another_order() -> None:
    codes = [compile(f"x in {{{items}}}", "f", "eval") for items in ("1, 2", "8, 16, 0", "0, 16, 8")]
    assert [texts._is_same(codes[1], code) for code in codes[1:]] == [True, False]
