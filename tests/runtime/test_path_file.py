"""`kaa._pth` beside the command decides where modules are found, as `python._pth` does on the host."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.runtime.commands import HOST, KAA

LIBRARY = (sysconfig.get_path("stdlib"), os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload"))
FLAGS = ("no_site", "isolated", "ignore_environment", "no_user_site", "safe_path")
PROGRAM = f"""
import sys
print([path for path in sys.path if "site-packages" not in path])
print("site" in sys.modules, *(getattr(sys.flags, name) for name in {FLAGS}))
print(sys.executable, sys.argv, sys.orig_argv[0])
"""


def started(folder: Path, program: str, lines: list[str]) -> str:
    """What the program prints where the command lies in `folder`, with these lines in its path file."""
    folder.mkdir()
    command = folder / "command"
    command.symlink_to(program)
    (folder / "command._pth").write_text("\n".join(lines))
    environment = os.environ | {"PYTHONPATH": "from-environment"}
    done = subprocess.run(
        [command, "-c", PROGRAM, "word"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(str(folder), "FOLDER")


@pytest.mark.parametrize("more", [[], ["import site"]], ids=["without site", "with site"])
def test_the_file_decides(tmp_path, more):
    lines = ["# comment", "here", "../there", "", *LIBRARY, *more]
    ours = started(tmp_path / "kaa", KAA, lines)
    assert ours == started(tmp_path / "host", os.path.realpath(HOST), lines)
    assert "FOLDER/here" in ours and "from-environment" not in ours
