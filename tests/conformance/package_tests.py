"""Run the test suites of packages from PyPI on Kaa, next to the host, and compare test by test.

    python -m tests.conformance.package_tests                          all of them, on machine code
    python -m tests.conformance.package_tests attrs greenlet --show    two of them, and why each test does not pass

The packages and what their tests need go into a virtual environment of their own, with the tests of those that do not
install them from their source distributions: in `--folder`, which a later run finds ready. A test counts that passes
on the host; the run fails if one of those does not pass on Kaa.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.conformance.run import Comparison, Outcome, heading

SOURCE = Path(__file__).parents[2] / "src"
UNDER_LOAD = Path(__file__).with_name("under_load.py")


@dataclass(frozen=True)
class Suite:
    """A package, where its tests are, and what they need.

    `tests` are folders and files of the source distribution, or, after `--pyargs`, an installed package or a file of
    ours. `plugins` says whether pytest loads those that are installed.
    """

    version: str
    tests: tuple[str, ...]
    needs: tuple[str, ...] = ()
    plugins: bool = True

    @property
    def is_installed(self) -> bool:
        return self.tests[0] == "--pyargs"


OF_COVERAGE = [
    f"tests/test_{what}.py" for what in ("api", "arcs", "concurrency", "context", "coverage", "oddball")
]
OF_PYTEST = [
    f"testing/{what}"
    for what in ("code", "io", "logging", "python/approx.py", "python/metafunc.py", "python/raises.py")
] + [
    f"testing/test_{what}.py"
    for what in (
        "assertrewrite",
        "debugging",
        "mark",
        "monkeypatch",
        "recwarn",
        "runner",
        "skipping",
        "unittest",
    )
]
OF_NUMPY = "environment/lib/python3.13/site-packages/numpy/_core/tests"
SUITES = {
    "attrs": Suite("26.1.0", ("tests",), ("hypothesis", "cloudpickle")),
    "click": Suite("8.5.1", ("tests",)),
    "coverage": Suite(
        "7.17.5", ("-o", "addopts=", "--import-mode=append", *OF_COVERAGE), ("flaky", "hypothesis")
    ),
    "flask": Suite("3.1.3", ("--pyargs", str(UNDER_LOAD))),
    "greenlet": Suite("3.5.6", ("--pyargs", "greenlet.tests"), ("psutil", "objgraph")),
    "jinja2": Suite("3.1.6", ("tests",), ("trio",)),
    "numpy": Suite(
        "2.5.5", ("--pyargs", "--import-mode=append", OF_NUMPY, "-m", "not slow"), ("hypothesis",)
    ),
    "pluggy": Suite("1.7.0", ("testing",)),
    "pytest": Suite("9.2.0", (*OF_PYTEST,), ("attrs", "pygments", "setuptools"), plugins=False),
}
OF_KAA = ("llvmlite", "greenlet")
PYTEST = ("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")


def prepare(folder: Path, names: list[str]) -> Path:
    """Install the packages and unpack their tests, unless that has been done. -> the environment's Python"""
    python = folder / "environment/bin/python"
    if not python.exists():
        venv.create(folder / "environment", with_pip=True)
    command = python.with_name("kaa")
    command.write_text(f"#!{python}\nimport sys\nfrom kaa.__main__ import main\n\nsys.exit(main())\n")
    command.chmod(0o755)
    needed = {need for name in names for need in SUITES[name].needs}
    chosen = [f"{name}=={SUITES[name].version}" for name in names]
    pip(python, "install", "pytest", *(OF_KAA if "greenlet" not in names else OF_KAA[:1]), *needed, *chosen)
    for name in names:
        place = source_folder(folder, name)
        if not SUITES[name].is_installed and not place.exists():
            requirement = f"{name}=={SUITES[name].version}"
            pip(python, "download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), requirement)
            with tarfile.open(place.with_name(place.name + ".tar.gz")) as archive:
                archive.extractall(folder, filter="data")
    return python


def source_folder(folder: Path, name: str) -> Path:
    return folder / f"{name}-{SUITES[name].version}"


def pip(python: Path, *words: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True)


def run_suite(python: Path, engine: str, folder: Path, name: str) -> Outcome:
    """Run one package's tests; `engine` is one of Kaa's, or `python`."""
    suite = SUITES[name]
    report = folder / f"{name}-{engine}.xml"
    report.unlink(missing_ok=True)
    kaa = () if engine == "python" else ("-m", "kaa", "-X", f"engine={engine}")
    # For hypothesis `CI` means the same examples in each run, and no deadlines.
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": "1", "CI": "1"}
    environment["PATH"] = (
        f"{python.parent}{os.pathsep}{environment['PATH']}"  # some tests start `kaa` by its name
    )
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what tests start shall find caches
    if not suite.plugins:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    start = time.monotonic()
    done = subprocess.run(
        [python, *kaa, *PYTEST, f"--junit-xml={report}", *suite.tests],
        cwd=folder if suite.is_installed else source_folder(folder, name),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    trouble = "" if report.exists() else f"ended with exit code {done.returncode}: {done.stdout[-1500:]}"
    tests = read_report(report) if report.exists() else {}
    return Outcome(tests, trouble, time.monotonic() - start)


def read_report(file: Path) -> dict[str, tuple[str, str]]:
    """{test: (outcome, text)} of a report in JUnit's form. A test with an error besides has not passed."""
    tests: dict[str, tuple[str, str]] = {}
    for case in ElementTree.parse(file).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome = ("passed", "")
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = ("failed", child.text or child.get("message") or "")
            elif child.tag == "skipped" and outcome[0] == "passed":
                outcome = ("skipped", child.get("message") or "")
        if name not in tests or tests[name][0] != "failed":
            tests[name] = outcome
    return tests


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.package_tests",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", choices=[*SUITES, []], help="packages (default: all)")
    parser.add_argument("--engine", default="native", help="which of Kaa's machines (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("build/packages"))
    parser.add_argument("--show", action="store_true", help="print why each test does not pass")
    args = parser.parse_args()

    names = args.names or list(SUITES)
    folder = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    python = prepare(folder, names)
    print(heading("package"))
    different = 0
    for name in names:
        host, ours = (run_suite(python, engine, folder, name) for engine in ("python", args.engine))
        comparison = Comparison(args.engine, name, host, ours)
        print(comparison.line(), flush=True)
        for test, why in comparison.missing.items():
            print(
                f"    {test}" + ("\n        " + why.strip().replace("\n", "\n        ") if args.show else "")
            )
        different += len(comparison.missing) + (not comparison.due)
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
