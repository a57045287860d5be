"""C# programs that run Python scripts in their process, by the class `Kaa.Engine`, on both engines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kaa.interop import dotnet
from tests.interop import features

PROGRAM = Path(__file__).parent / "embedding" / "EngineFeatures.cs"
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "EmbedKaa.cs"
SOURCE = Path(dotnet.__file__).parent / "embedding" / "dotnet" / "Kaa.cs"

#: The assemblies of the framework that the programs need, for a compiler that looks for none by itself.
ASSEMBLIES = """
netstandard System.Private.CoreLib System.Runtime System.Runtime.Extensions System.Console System.Collections
System.Linq.Expressions System.Threading System.Threading.Thread System.Diagnostics.Process
System.ComponentModel.Primitives
""".split()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs as assemblies, and what they need to run."""
    import pythonnet

    if shutil.which("mcs") is None:
        assert not os.environ.get("CI"), "CI installs Mono's C# compiler: these tests must run there"
        pytest.skip("no mcs on this machine")
    folder = tmp_path_factory.mktemp("embedding")
    shutil.copy(Path(pythonnet.__file__).parent / "runtime" / "Python.Runtime.dll", folder)
    root = dotnet._packaged_root()
    version = dotnet._newest_framework(root)
    framework = Path(root) / "shared" / dotnet.FRAMEWORK / version
    references = [f"-r:{framework / name}.dll" for name in ASSEMBLIES]
    for program in (PROGRAM, EXAMPLE):
        words = ["-nologo", "-nostdlib", "-noconfig", f"-out:{folder / program.stem}.dll", *references]
        words += [f"-r:{folder / 'Python.Runtime.dll'}", str(SOURCE), str(program)]
        subprocess.run(["mcs", *words], check=True)
        options = {
            "framework": {"name": dotnet.FRAMEWORK, "version": version},
            "configProperties": {"System.Globalization.Invariant": True},
        }
        config = folder / f"{program.stem}.runtimeconfig.json"
        config.write_text(json.dumps({"runtimeOptions": options}))
    return folder


def run(folder: Path, *words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    program = os.path.join(dotnet._packaged_root(), "dotnet")
    environment = os.environ | {"KAA_PYTHON": python, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [program, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("engine", features.ENGINES)
def test_features(engine: str, folder: Path) -> None:
    names = re.findall(r"static void (\w+)\(Kaa.Engine kaa\)", PROGRAM.read_text())
    result = run(folder, "EngineFeatures.dll", engine, *names)
    assert result.stdout.splitlines() == [f"passed {name}" for name in names], result.stdout + result.stderr
    assert (result.stderr, result.returncode) == ("", 0)


def test_the_example(folder: Path) -> None:
    result = run(folder, "EmbedKaa.dll")
    assert result.stdout.splitlines() == [
        "From Python: 1,4,9",
        "Four mangos: 5",
        "C# rings",
        "Python says: KeyError: 'durian'",
    ], result.stdout + result.stderr


def test_a_python_without_kaa(folder: Path) -> None:
    result = run(folder, "EmbedKaa.dll", python="/bin/false")
    assert "InvalidOperationException: /bin/false has no Kaa" in result.stderr
