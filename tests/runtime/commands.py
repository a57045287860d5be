"""Run the same words under the host and under `kaa`, and compare everything that a user can see.

The one difference that is meant is the name: where the host prints its own path, Kaa prints its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kaa.runtime import process

HOST = sys.executable
KAA = process.executable(HOST)
ENGINES = ("native", "reference")


@dataclass(frozen=True)
class Outcome:
    """What a finished command leaves."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{self.out}--- stderr\n{self.err}--- status {self.status}\n"


@dataclass(frozen=True)
class Command:
    """Words after `python` or `kaa`, the standard input, and additions to the environment."""

    words: Sequence[str]
    input: bytes = b""
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float = 120

    def run(self, program: str, folder: Path, addition: dict[str, str] | None = None) -> Outcome:
        """Run in `folder`, with an addition to the environment, and wait for the end."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [program, *self.words],
            input=self.input,
            capture_output=True,
            cwd=folder,
            env=inherited | {"NO_COLOR": "1"} | self.environment | (addition or {}),
            timeout=self.timeout,
        )
        return Outcome(done.returncode, _text(done.stdout), _text(done.stderr))

    def same(self, folder: Path) -> Outcome:
        """Assert that host and Kaa leave the same, on each of its machines, and hand it back."""
        host = self.run(HOST, folder)
        for engine in ENGINES:
            kaa = self.run(KAA, folder, {"KAA_ENGINE": engine})
            assert f"{engine}\n{kaa}" == f"{engine}\n{host}"
        return kaa


def _text(output: bytes) -> str:
    text = output.decode(errors="backslashreplace").replace(KAA, "PROGRAM").replace(HOST, "PROGRAM")
    text = re.sub(r"\b0x[0-9a-f]{6,}", "0xADDRESS", text)
    return text.replace("`python -h'", "`PROGRAM -h'").replace("`kaa -h'", "`PROGRAM -h'")
