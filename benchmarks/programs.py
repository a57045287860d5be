"""The programs of the installed `pyperformance` package: where each one is and how it is started."""

import importlib.metadata
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pyperformance

FOLDER = Path(pyperformance.__file__).parent / "data-files" / "benchmarks"

CORE = [
    "richards",
    "deltablue",
    "nbody",
    "fannkuch",
    "chaos",
    "float",
    "go",
    "hexiom",
    "raytrace",
    "spectral_norm",
    "generators",
    "json_dumps",
    "comprehensions",
    "coroutines",
    "logging",
    "unpack_sequence",
]
"""The programs by which Kaa's engines are judged first: pure Python, each a different load."""


@dataclass(frozen=True)
class Program:
    name: str
    path: Path
    arguments: tuple[str, ...]
    missing: tuple[str, ...]
    """Distributions that it needs and that are not installed."""


def _settings(file: Path) -> dict:
    return tomllib.loads(file.read_text())


def _missing(project: dict) -> tuple[str, ...]:
    names = (re.match(r"[\w.-]+", d).group() for d in project.get("dependencies", ()))
    absent = []
    for name in names:
        try:
            if name != "pyperf":
                importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    return tuple(absent)


def all_programs() -> dict[str, Program]:
    """Every program of the package by name, in the order of its manifest."""
    programs = {}
    for line in (FOLDER / "MANIFEST").read_text().splitlines():
        name, _, where = line.partition("\t")
        local = re.fullmatch(r"<local(?::(\w+))?>", where)
        if not local or name.startswith("#"):
            continue
        folder = FOLDER / f"bm_{local[1] or name}"
        settings = _settings(folder / "pyproject.toml")
        own = _settings(folder / f"bm_{name}.toml") if local[1] else settings
        arguments = own.get("tool", {}).get("pyperformance", {}).get("extra_opts", ())
        missing = _missing(settings["project"])
        programs[name] = Program(name, folder / "run_benchmark.py", tuple(arguments), missing)
    return programs
