"""The host's C code goes by the folder of Kaa's program, not by that of Kaa."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from kaa.runtime.program_folder import SYS_PATH_0
from tests.runtime.commands import Command

MODULE = "import fractions\nprint(fractions.Fraction)\n"
STARTS = {
    "script": ["fractions.py"],
    "module": ["-m", "fractions"],
    "command": ["-c", "import fractions"],
    "folder": ["."],
    "safe path": ["-P", "fractions.py"],
    "command with -P": ["-P", "-c", "import fractions; fractions.Nothing"],
    "isolated": ["-I", "-c", "import fractions; fractions.Nothing"],
}


@pytest.mark.parametrize("words", STARTS.values(), ids=STARTS)
def test_module_that_hides_one_of_the_library(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "fractions.py").write_text(MODULE)
    (tmp_path / "__main__.py").write_text(MODULE)
    Command(words).same(tmp_path)


def test_on_standard_input(tmp_path: Path) -> None:
    (tmp_path / "fractions.py").write_text(MODULE)
    Command(["-"], input=MODULE.encode()).same(tmp_path)


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs a C compiler")
def test_offset(tmp_path: Path) -> None:
    source = tmp_path / "offset.c"
    assertion = f'_Static_assert(offsetof(PyConfig, sys_path_0) == {SYS_PATH_0}, "moved");'
    source.write_text(f'#include "Python.h"\n#include <stddef.h>\n{assertion}\n')
    include = sysconfig.get_path("include")
    subprocess.run(["gcc", "-fsyntax-only", f"-I{include}", source], check=True)
