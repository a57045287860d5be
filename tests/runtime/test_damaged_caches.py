"""Damaged caches: recompiled in silence by an import that finds the source, else an ImportError."""

import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kaa.bytecode import pyc

SOURCE = "def f():\n    return [x * 2 for x in range(3)]\n"
SRC = Path(__file__).parents[2] / "src"


def kaa(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONDONTWRITEBYTECODE": ""}
    del environment["PYTHONDONTWRITEBYTECODE"]
    return subprocess.run(
        [sys.executable, "-m", "kaa", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path):
    """A module, and the cache that importing it leaves."""
    (tmp_path / "module.py").write_text(SOURCE)
    assert kaa(tmp_path, "-c", "import module").returncode == 0
    return tmp_path


def cache(folder):
    (path,) = (folder / "__pycache__").glob("module.kaa-313.pyc")
    return path


def damage(path, offset=60):
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x55
    path.write_bytes(data)
    return bytes(data)


def test_what_kaa_writes_is_sealed(folder):
    assert pyc.is_sealed(cache(folder).read_bytes())


def test_recompiled_in_silence(folder):
    damaged = damage(cache(folder))
    run = kaa(folder, "-c", "import module; print(module.f())")
    assert (run.stdout, run.stderr) == ("[0, 2, 4]\n", "")
    mended = cache(folder).read_bytes()
    assert mended != damaged
    assert pyc.is_sealed(mended)


@pytest.mark.parametrize(
    "arguments", [("-m", "module"), ("-c", "import importlib as i; i.import_module('module')")]
)
def test_recompiled_in_silence_for_a_program(folder, arguments):
    damage(cache(folder))
    run = kaa(folder, *arguments)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


BY_HAND = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("module", "module.py")
module = module_from_spec(spec)
try:
    spec.loader.exec_module(module)
except ImportError as error:
    print(isinstance(error, EOFError), error)
import module
print(module.f())
spec.loader.exec_module(module)
"""


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("cut", [False, True])
def test_who_drives_a_loader_by_hand_is_told(folder, engine, cut):
    """As by the host's loaders: EOFError, where the cache is cut off."""
    path = cache(folder)
    if cut:
        path.write_bytes(path.read_bytes()[:40])
    else:
        damage(path)
    run = kaa(folder, "-X", f"engine={engine}", "-c", BY_HAND)
    first, second = run.stdout.splitlines()
    assert first.startswith(f"{cut} damaged bytecode in ")
    assert (second, run.stderr, run.returncode) == ("[0, 2, 4]", "", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import bare"),
        ("bare.pyc",),
        ("-c", "import runpy; runpy.run_path('bare.pyc')"),
        ("-c", "import pkgutil; pkgutil.read_code(open('bare.pyc', 'rb'))"),
    ],
)
def test_error_without_a_source(folder, arguments):
    bare = folder / "bare.pyc"
    bare.write_bytes(cache(folder).read_bytes())
    assert kaa(folder, *arguments).returncode == 0
    damage(bare)
    run = kaa(folder, *arguments)
    assert run.returncode == 1
    assert "ImportError: damaged bytecode in " in run.stderr
    assert "bare.pyc" in run.stderr.splitlines()[-1]
    assert "kaa/runtime" not in run.stderr


def test_a_cache_that_ends_too_early(folder):
    whole = cache(folder).read_bytes()
    bare = folder / "bare.pyc"
    for size in (pyc.HEADER_SIZE, len(whole) // 2):
        bare.write_bytes(whole[:size])
        for error in ("EOFError", "ImportError"):
            program = f"try:\n    import bare\nexcept {error} as error:\n    print(error)"
            assert kaa(folder, "-c", program).stdout.startswith("damaged bytecode in ")


@pytest.mark.parametrize("size", [0, 3, 4, 15, 16, 17, 40, 90])
def test_a_program_that_ends_too_early(folder, size):
    """In the words of the host, which reads its own format as far as it goes."""
    whole = folder / "whole.pyc"
    py_compile.compile(str(folder / "module.py"), cfile=str(whole))
    (folder / "short.pyc").write_bytes(whole.read_bytes()[:size])
    ours = kaa(folder, "short.pyc")
    theirs = subprocess.run([sys.executable, "short.pyc"], cwd=folder, capture_output=True, text=True)
    assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, theirs.returncode)


def test_caches_of_the_host_are_proved(folder):
    bare = folder / "bare.pyc"
    code = compile(SOURCE, "module.py", "exec")
    bare.write_bytes(pyc.dump(code, pyc.Header())[: -len(pyc.seal(b""))])
    run = kaa(folder, "-c", "import bare; print(bare.f())")
    assert (run.stdout, run.stderr) == ("[0, 2, 4]\n", "")


def test_marshal_reads_other_files_unproved(folder):
    """Its streams may hold anything, one object after the other, and need not be files."""
    program = """
import io, marshal, os
stream = io.BytesIO(marshal.dumps("x" * 11) + marshal.dumps([1]))
print(marshal.load(stream), marshal.load(stream))
read, write = os.pipe()
os.write(write, marshal.dumps(2))
with os.fdopen(read, "rb") as file:
    print(marshal.load(file))
"""
    run = kaa(folder, "-c", program)
    assert (run.stdout, run.stderr) == ("xxxxxxxxxxx [1]\n2\n", "")


def test_archive(folder):
    data = bytearray(cache(folder).read_bytes())
    data[60] ^= 0x55
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("packed.py", SOURCE)
        archive.writestr("packed.pyc", bytes(data))
        archive.writestr("bare.pyc", bytes(data))
    run = kaa(
        folder,
        "-c",
        "import sys; sys.path[:0] = ['archive.zip']; import packed; print(packed.f()); import bare",
    )
    assert run.stdout == "[0, 2, 4]\n"
    assert "ModuleNotFoundError" in run.stderr or "ImportError" in run.stderr
