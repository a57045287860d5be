"""Ten large packages whose files show the compiler what real programs look like."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (
    *("sympy", "django", "sqlalchemy", "numpy", "networkx"),
    *("matplotlib", "pandas", "scipy", "setuptools", "twisted"),
)
"""Names under which they are installed and imported alike."""


@contextmanager
def installed(packages: Sequence[str]) -> Iterator[list[Path]]:
    """The folders of these packages' newest versions, in a folder that lasts as long as the context."""
    with tempfile.TemporaryDirectory(prefix="packages-") as folder:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        subprocess.run([*pip, "--target", folder, *packages], check=True)
        yield [Path(folder, name) for name in packages]
