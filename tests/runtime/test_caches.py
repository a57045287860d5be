"""Caches of modules: where they are, when they are used, when they are made again, and when there are none."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kaa.bytecode import pyc
from tests.runtime.commands import HOST, KAA, Command

NAME = "module.kaa-313.pyc"


def run(folder: Path, *words: str, **environment: str) -> str:
    outcome = Command(words or ("-c", "import module"), environment=environment).run(KAA, folder)
    assert outcome.err == ""
    assert outcome.status == 0
    return outcome.out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "module.py").write_text("'''text'''\nassert __debug__ or True\nprint('first')\n")
    return tmp_path


def cache(folder: Path, level: str = "") -> Path:
    return folder / "__pycache__" / NAME.replace(".pyc", f"{level}.pyc")


def test_written_once_then_used(folder: Path) -> None:
    assert run(folder) == "first\n"
    written = cache(folder)
    data = written.read_bytes()
    source = (folder / "module.py").stat()
    assert pyc.is_sealed(data)
    assert pyc.header(data) == pyc.Header(int(source.st_mtime), source.st_size)
    assert written.stat().st_mode == source.st_mode
    assert run(folder) == "first\n"
    assert written.read_bytes() == data
    assert os.listdir(folder / "__pycache__") == [NAME]


LOADER = """
import importlib.abc
class Loader(importlib.abc.SourceLoader):
    def get_filename(self, name): return '/nowhere/module.py'
    def path_stats(self, path): return {'mtime': 1, 'size': 2}
    def get_data(self, path):
        if path.endswith('.py'): return b'x = 1'
        raise OSError
    def set_data(self, path, data): print(len(data), b'KAA' in data)
Loader().get_code('module')
"""


def test_a_loader_of_the_guests_gets_no_seal(tmp_path: Path) -> None:
    Command(["-c", LOADER]).same(tmp_path)
    assert run(tmp_path, "-c", LOADER).endswith(" False\n")


def test_cpython_reads_what_kaa_wrote(folder: Path) -> None:
    run(folder)
    (folder / "module.py").unlink()
    cache(folder).rename(folder / "module.pyc")
    assert Command(["-c", "import module"]).same(folder).out == "first\n"


def test_what_is_in_the_cache_is_what_runs(folder: Path) -> None:
    run(folder)
    stat = (folder / "module.py").stat()
    (folder / "module.py").write_text("'''text'''\nassert __debug__ or True\nprint('other')\n")
    os.utime(folder / "module.py", (stat.st_mtime, stat.st_mtime))
    assert run(folder) == "first\n"  # same time, same size
    os.utime(folder / "module.py", (1, 1))
    assert run(folder) == "other\n"
    assert pyc.header(cache(folder).read_bytes()).mtime == 1


def test_no_cache_for_the_program_itself(folder: Path) -> None:
    run(folder, "module.py")
    assert not (folder / "__pycache__").exists()


@pytest.mark.parametrize("words", [["-B"], ["-X", "pycache_prefix=elsewhere"]])
def test_options_that_keep_caches_away(folder: Path, words: list[str]) -> None:
    run(folder, *words, "-c", "import module")
    assert not (folder / "__pycache__").exists()


def test_environment(folder: Path) -> None:
    run(folder, "-c", "import module", PYTHONDONTWRITEBYTECODE="1")
    assert not (folder / "__pycache__").exists()
    prefix = folder / "prefix"
    run(folder, "-c", "import module", PYTHONPYCACHEPREFIX=str(prefix))
    assert not (folder / "__pycache__").exists()
    assert (prefix / folder.relative_to("/") / NAME).exists()


def test_optimization_levels_have_caches_of_their_own(folder: Path) -> None:
    for option, level in (("-O", ".opt-1"), ("-OO", ".opt-2")):
        run(folder, option, "-c", "import module; print(module.__doc__)")
        assert cache(folder, level).exists()
    assert not cache(folder).exists()


@pytest.mark.parametrize("checked", [True, False])
def test_hash_based_caches(folder: Path, checked: bool) -> None:
    mode = "checked-hash" if checked else "unchecked-hash"
    run(folder, "-m", "compileall", "-q", "--invalidation-mode", mode, "module.py")
    header = pyc.header(cache(folder).read_bytes())
    assert header.source_hash == importlib.util.source_hash((folder / "module.py").read_bytes())
    assert header.checked is checked
    (folder / "module.py").write_text("print('other')\n")
    assert run(folder, "--check-hash-based-pycs", "never", "-c", "import module") == "first\n"
    assert run(folder) == ("other\n" if checked else "first\n")
    assert run(folder, "--check-hash-based-pycs", "always", "-c", "import module") == "other\n"


def test_py_compile_writes_what_an_import_reads(folder: Path) -> None:
    run(folder, "-m", "py_compile", "module.py")
    assert pyc.is_sealed(cache(folder).read_bytes())


def test_each_python_keeps_its_own(folder: Path) -> None:
    subprocess.run([HOST, "-c", "import module"], cwd=folder, check=True, capture_output=True, env={})
    run(folder)
    assert sorted(os.listdir(folder / "__pycache__")) == [f"module.{sys.implementation.cache_tag}.pyc", NAME]


def test_imports_without_source(folder: Path) -> None:
    py_compile.compile(str(folder / "module.py"), str(folder / "module.pyc"))  # the host's, without a seal
    (folder / "module.py").unlink()
    assert Command(["-c", "import module; print(module.__file__)"]).same(folder).status == 0
    (folder / "module.pyc").write_bytes((folder / "module.pyc").read_bytes()[:-20])
    broken = Command(["-c", "import module"]).run(KAA, folder)
    assert broken.status == 1
    assert f"ImportError: damaged bytecode in {str(folder / 'module.pyc')!r}" in broken.err


def test_imports_from_archives(folder: Path) -> None:
    py_compile.compile(str(folder / "module.py"), str(folder / "compiled.pyc"))
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.write(folder / "module.py", "inside.py")
        archive.write(folder / "compiled.pyc", "compiled.pyc")
    words = [
        "-c",
        "import sys; sys.path[:0] = ['archive.zip']; import inside, compiled; print(inside, compiled)",
    ]
    assert Command(words).same(folder).out.startswith("first\nfirst\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    folder.chmod(0o500)
    try:
        assert run(folder) == "first\n"
    finally:
        folder.chmod(0o700)


def test_a_place_where_no_cache_folder_can_be(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file, not a folder")
    assert run(folder) == "first\n"


def test_a_full_disk(folder: Path) -> None:
    """Files may have no size at all: every write fails, as on a full disk."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    outcome = Command(["-c", limit + "import module"]).same(folder)
    assert outcome.out == "first\n"
    assert not cache(folder).exists()
