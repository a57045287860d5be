"""Programs that nobody wrote for Kaa: benchmarks, modules that are commands, and users of packages from PyPI.

Each runs under the host and under `kaa`; standard output, standard error and exit status must be the same. Those that
take the reference machine longer than some seconds are marked `long`, and `make conformance` runs them.
"""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.runtime.commands import HOST, KAA, Command

HERE = Path(__file__).parent

#: The benchmark programs of `pyperformance`, with arguments that make them small where there are any.
BENCHMARKS = {
    "richards": [],
    "deltablue": [],
    "nbody": ["--iterations", "200"],
    "float": [],
    "chaos": ["--width", "24", "--height", "24", "--iterations", "500"],
    "hexiom": ["--level", "2"],
    "raytrace": ["--width", "8", "--height", "8"],
    "generators": [],
    "json_dumps": ["--cases", "SIMPLE"],
    "spectral_norm": [],
    "go": [],
    "fannkuch": [],
}
LONG = {"float", "spectral_norm", "go", "fannkuch", "generators"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in BENCHMARKS]
)
def test_benchmarks(name: str, tmp_path: Path) -> None:
    import pyperformance

    folder = Path(pyperformance.__file__).parent / "data-files" / "benchmarks" / f"bm_{name}"
    environment = {"PYTHONPATH": str(HERE / "once"), "PYTHONHASHSEED": "1"}
    program = [str(folder / "run_benchmark.py"), *BENCHMARKS[name]]
    assert Command(program, environment=environment, timeout=600).same(tmp_path).status == 0


PACKAGES = {"attrs": [], "click": [], "jinja2": [], "rich": [pytest.mark.long], "numpy": [pytest.mark.long]}


@pytest.mark.parametrize("package", [pytest.param(name, marks=marks) for name, marks in PACKAGES.items()])
def test_packages(package: str, tmp_path: Path) -> None:
    assert package in {name for names in packages_distributions().values() for name in names} | {"jinja2"}
    environment = {"PYTHONHASHSEED": "1", "COLUMNS": "80"}
    Command([str(HERE / "programs" / f"with_{package}.py")], environment=environment, timeout=600).same(
        tmp_path
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("real")
    (root / "data.json").write_text('{"b": [1, 2.5, null], "a": "\\u00fc"}')
    (root / "bad.json").write_text('{"b": [1, 2.5, null')
    (root / "tabs.py").write_text("if 1:\n        x = 1\n\ty = 2\n")
    (root / "mixed.py").write_text("def f():\n    if 1:\n\treturn 2\n")
    (root / "code.py").touch()
    (root / "shown.py").write_text("def f(a, b=1):\n    '''Say it.'''\n    return [x * b for x in a if x]\n")
    (root / "test_sample.py").write_text(
        "import unittest\n\n\nclass Sample(unittest.TestCase):\n"
        "    def test_passes(self):\n        self.assertEqual(1 + 1, 2)\n\n"
        "    def test_fails(self):\n        self.assertEqual([1, 2], [1, 3])\n\n"
        "    def test_raises(self):\n        {}['missing']\n\n"
        "    @unittest.skip('not now')\n    def test_skipped(self):\n        pass\n\n"
        "    def test_subtests(self):\n        for n in range(3):\n            with self.subTest(n=n):\n"
        "                self.assertNotEqual(n, 1)\n"
    )
    (root / "documented.py").write_text(
        '"""\n>>> 1 + 1\n2\n>>> f(0)\nTraceback (most recent call last):\n    ...\n'
        'ZeroDivisionError: division by zero\n>>> f(2)\n0.4\n"""\n\ndef f(x):\n    return 1 / x\n'
    )
    with zipfile.ZipFile(root / "archive.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("inside.txt", (2024, 2, 29, 12, 0, 0)), "text")
    (root / "code.py").unlink()
    return root


MODULES = [
    ["json.tool", "data.json"],
    ["json.tool", "--sort-keys", "--no-ensure-ascii", "data.json"],
    ["json.tool", "bad.json"],
    ["calendar", "2024", "2"],
    ["calendar", "-t", "html", "2024"],
    ["zipfile", "-l", "archive.zip"],
    ["tabnanny", "-v", "tabs.py", "mixed.py"],
    ["unittest", "-v", "test_sample"],
    ["unittest", "missing_tests"],
    ["doctest", "documented.py"],
    ["doctest", "-v", "documented.py"],
    ["this"],
    ["base64", "-t"],
    ["ast", "shown.py"],
    ["dis", "shown.py"],
    ["tokenize", "-e", "shown.py"],
    ["symtable", "shown.py"],
    ["compileall", "-q", "shown.py"],
    ["py_compile", "tabs.py"],
    ["timeit", "--help"],
    ["inspect", "shown"],
    ["pprint"],
    ["textwrap"],
    ["difflib"],
    ["fractions"],
    ["sysconfig", "--nonsense"],
]


@pytest.mark.parametrize("words", MODULES, ids=" ".join)
def test_modules(words: list[str], folder: Path) -> None:
    def without_times(text: str) -> str:
        lines = text.splitlines()
        return "\n".join(line.partition(" in 0.")[0] if line.startswith("Ran ") else line for line in lines)

    command = Command(["-m", *words])
    host, kaa = command.run(HOST, folder), command.run(KAA, folder)
    assert without_times(str(kaa)) == without_times(str(host))


@pytest.mark.long
def test_pydoc(folder: Path) -> None:
    """All but the line with `sys.implementation`, whose cache tag differs, and is cut at a column."""
    words = ["-m", "pydoc", "sys"]
    host, kaa = (Command(words).run(program, folder).out.splitlines() for program in (HOST, KAA))
    assert [line for line in kaa if "cache_tag" not in line] == [x for x in host if "cache_tag" not in x]
    assert len(kaa) > 300


def test_files_that_are_served(folder: Path) -> None:
    """`http.server`, asked over loopback."""
    server = subprocess.Popen(
        [KAA, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().split(" port ")[1].split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/data.json", timeout=60) as answer:
            assert answer.read() == (folder / "data.json").read_bytes()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            assert b"test_sample.py" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/missing", timeout=60)
    finally:
        server.terminate()
        _, err = server.communicate(timeout=60)
    assert '"GET /data.json HTTP/1.1" 200' in err
    assert "Traceback" not in err
