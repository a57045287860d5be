"""The command line: every way to name a program, every option, and every bad word, as on the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.commands import Command

SHOW_MAIN = """\
import sys
shown = {name: value for name, value in globals().items() if name not in ("sys", "__builtins__")}
shown["__loader__"] = type(shown["__loader__"]).__name__
if shown["__spec__"] is not None:
    shown["__spec__"] = (__spec__.name, __spec__.origin, type(__spec__.loader).__name__)
shown["__cached__"] = str(shown.get("__cached__")).replace("cpython", "TAG").replace("kaa", "TAG")
print(shown, type(__builtins__), sys.argv, sys.path[0], sys.orig_argv)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program in every form."""
    import py_compile
    import zipfile

    root = tmp_path_factory.mktemp("programs")
    (root / "show.py").write_text(SHOW_MAIN)
    (root / "first.py").write_text("not python\n" + SHOW_MAIN + "1/0\n")
    (root / "application").mkdir()
    (root / "application" / "__main__.py").write_text(SHOW_MAIN)
    (root / "package" / "inner").mkdir(parents=True)
    (root / "package" / "__init__.py").write_text("print('package', __name__)\n")
    (root / "package" / "__main__.py").write_text(SHOW_MAIN)
    (root / "package" / "module.py").write_text(SHOW_MAIN)
    (root / "package" / "inner" / "__init__.py").write_text("")
    (root / "empty").mkdir()
    (root / "unreadable.py").symlink_to("nowhere")
    (root / "linked.py").symlink_to("package/module.py")
    with zipfile.ZipFile(root / "archive.zip", "w") as archive:
        archive.write(root / "show.py", "__main__.py")
        archive.write(root / "show.py", "inside.py")
    py_compile.compile(str(root / "show.py"), str(root / "compiled.pyc"))
    (root / "compiled.bin").write_bytes((root / "compiled.pyc").read_bytes())
    return root


PROGRAMS = [
    ["show.py"],
    ["show.py", "one", "-B", "--two"],
    ["./show.py"],
    ["package/../show.py"],
    ["linked.py"],
    ["compiled.pyc", "word"],
    ["compiled.bin"],
    ["application", "word"],
    ["application/"],
    ["archive.zip", "word"],
    ["-m", "show", "word"],
    ["-m", "package", "-x"],
    ["-m", "package.module"],
    ["-mshow"],
    ["-c", SHOW_MAIN, "word", "-c"],
    ["-c" + SHOW_MAIN],
    ["-xc", SHOW_MAIN],
    ["-x", "first.py"],
    ["--", "show.py"],
    ["-P", "show.py"],
    ["-P", "-c", SHOW_MAIN],
    ["-I", "show.py"],
    ["-Pm", "show"],
]


@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
def test_programs(words: list[str], folder: Path) -> None:
    Command(words).same(folder)


@pytest.mark.parametrize("words", [[], ["-"], ["-", "a", "-b"], ["-x"]], ids=" ".join)
def test_programs_on_standard_input(words: list[str], folder: Path) -> None:
    Command(words, input=SHOW_MAIN.encode()).same(folder)


def test_module_in_an_archive(folder: Path) -> None:
    Command(["-m", "inside"], environment={"PYTHONPATH": "archive.zip"}).same(folder)


SHOW_STATE = """\
import sys, warnings
print(sys.flags, sys.warnoptions, sys._xoptions, sys.dont_write_bytecode, sys.pycache_prefix)
print(sys.stdout.write_through, sys.stderr.write_through, sys.stdout.encoding, sys.flags.utf8_mode)
print([entry for entry in sys.path if "site-packages" in entry], "site" in sys.modules, __debug__)
warnings.warn("text", DeprecationWarning)
"""

OPTIONS = [
    [],
    *[["-" + letter] for letter in "bBdEIOPRsSuvxt" if letter not in "vx"],
    ["-OO"],
    ["-bb"],
    ["-W", "once::UserWarning", "-b", "-W", "always::UserWarning"],
    ["-BOP"],
    ["-OIB"],
    ["-q"],
    ["-Wignore"],
    ["-W", "error::DeprecationWarning", "-W", "ignore::UserWarning"],
    ["-Wnonsense"],
    ["-X", "name", "-Xother=value"],
    ["-Xdev"],
    ["-X", "utf8"],
    ["-X", "utf8=0"],
    ["-Xpycache_prefix=somewhere"],
    ["-Xint_max_str_digits=1000"],
    ["-Xwarn_default_encoding"],
    ["--check-hash-based-pycs", "always"],
]


@pytest.mark.parametrize("words", OPTIONS, ids=" ".join)
def test_options(words: list[str], folder: Path) -> None:
    Command([*words, "-c", SHOW_STATE]).same(folder)


ENVIRONMENTS = [
    {"PYTHONOPTIMIZE": "2"},
    {"PYTHONDONTWRITEBYTECODE": "1"},
    {"PYTHONUNBUFFERED": "1"},
    {"PYTHONUTF8": "1"},
    {"PYTHONWARNINGS": "error"},
    {"PYTHONSAFEPATH": "1"},
    {"PYTHONPYCACHEPREFIX": "elsewhere"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONNOUSERSITE": "1"},
    {"PYTHONDEVMODE": "1"},
    {"PYTHONINTMAXSTRDIGITS": "2000"},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_environment(environment: dict[str, str], folder: Path) -> None:
    Command(["-c", SHOW_STATE], environment=environment).same(folder)
    Command(["-E", "-c", SHOW_STATE], environment=environment).same(folder)


BAD_WORDS = [
    ["missing.py"],
    ["unreadable.py"],
    ["empty"],
    ["-Z"],
    ["-BZ", "show.py"],
    ["-J"],
    ["--nonsense"],
    ["--nonsense=x"],
    ["-c"],
    ["-m"],
    ["-W"],
    ["-X"],
    ["--check-hash-based-pycs"],
    ["--check-hash-based-pycs", "sometimes"],
    ["-m", "missing"],
    ["-m", "package.missing"],
    ["-m", "missing.module"],
    ["-m", "package.inner"],
    ["-m", "show.py"],
    ["-m", "show.more"],
    ["-m", ".relative"],
    ["-m", ""],
    [""],
    ["."],
    ["-c", "\udcff"],
]


@pytest.mark.parametrize("words", BAD_WORDS, ids=lambda words: ascii(" ".join(words)))
def test_bad_words(words: list[str], folder: Path) -> None:
    outcome = Command(words).same(folder)
    assert outcome.status


@pytest.mark.parametrize("words", [["-V"], ["--version"], ["-Vc", "1"]], ids=" ".join)
def test_version_is_pythons(words: list[str], folder: Path) -> None:
    Command(words).same(folder)


@pytest.mark.parametrize(
    "words", [["-h"], ["-?"], ["--help"], ["--help-xoptions"], ["--help-all"], ["--help-env"]]
)
def test_help_tells_of_kaas_options_too(words: list[str], folder: Path) -> None:
    from tests.runtime.commands import HOST, KAA

    command = Command(words)
    host, kaa = command.run(HOST, folder), command.run(KAA, folder)
    assert kaa.out.startswith(host.out)
    assert kaa.status == host.status == 0
    assert ("engine" in kaa.out) == (words != ["--help-env"])
