"""Run CPython's own test modules on Kaa, next to the host, and compare test by test.

    python -m tests.conformance.run                            the reference machine, then Kaa's compiler on the host's
    python -m tests.conformance.run --engines native --all     CPython's whole suite on machine code
    python -m tests.conformance.run test_with test_raise --engines reference --show

Each module runs in a process of its own on each engine. A test that crashes the process, or says nothing for
`--patience` seconds, is noted as such, and the rest of the module goes on without it. Of the tests that pass on the
host, those that do not pass on an engine must stand in `expected.toml` with their reason: anything else fails the
run, and so does an entry whose test passes. Results go to `conformance.json`, module by module, so that a run that is
ended early leaves what it has found.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance import modules

CHILD = Path(__file__).with_name("child.py")
EXPECTED = Path(__file__).with_name("expected.toml")
MOST_RESTARTS = 25


@dataclass
class Outcome:
    """What one engine made of one module: {test: (outcome, text)}, and why the module stopped early, if it did."""

    tests: dict[str, tuple[str, str]] = field(default_factory=dict)
    trouble: str = ""
    seconds: float = 0.0

    def named(self, outcome: str) -> set[str]:
        return {test for test, (result, _) in self.tests.items() if result == outcome}


def command_of(engine: str) -> list[str]:
    return [sys.executable] if engine == "python" else [sys.executable, "-m", "kaa", "-X", f"engine={engine}"]


def run_module(engine: str, module: str, patience: float) -> Outcome:
    """Run one module on one engine, again without the guilty test after each crash or hang."""
    outcome, start = Outcome(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report, excluded = Path(folder, "report"), Path(folder, "excluded")
        report.touch()
        for _ in range(MOST_RESTARTS):
            excluded.write_text("\n".join(outcome.tests))
            command = [*command_of(engine), str(CHILD), module, str(report), str(excluded)]
            how = watch(command, folder, report, patience)
            rows = [json.loads(line) for line in report.read_text().splitlines()]
            outcome.tests |= {row[1]: (row[2], row[3]) for row in rows if row[0] == "stop"}
            started = [row[1] for row in rows if row[0] == "start" and row[1] not in outcome.tests]
            if rows[-1:] == [["end"]]:
                break
            if not started:
                outcome.trouble = how
                break
            outcome.tests[started[-1]] = ("failed", how)
    outcome.seconds = time.monotonic() - start
    return outcome


def let_children_be_interrupted() -> None:
    """Have the children start with the default action for SIGINT, also where a shell started this in the background.

    Such a shell has SIGINT ignored, which programs inherit, and tests of Ctrl-C then fail on the host as on Kaa and
    count for neither. A handler is not inherited: the default takes its place.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda number, frame: None)


def watch(command: list[str], folder: str, report: Path, patience: float) -> str:
    """Wait for a child to end; kill it when its report has not grown for `patience` seconds. -> how it ended"""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        environment = os.environ | {"PYTHONPATH": os.path.abspath("src")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # tests expect the caches that a Python leaves
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        size, last = 0, time.monotonic()
        while child.poll() is None:
            try:
                child.wait(0.2)
            except subprocess.TimeoutExpired:
                if report.stat().st_size != size:
                    size, last = report.stat().st_size, time.monotonic()
                elif time.monotonic() - last > patience:
                    child.kill()
                    child.wait()
                    return f"said nothing for {patience:.0f} s"
        output.seek(0)
        return f"ended with exit code {child.returncode}: {output.read()[-1500:].strip()}"


@dataclass
class Comparison:
    """One module on one engine beside the host: tests by name, only those that pass on the host count."""

    engine: str
    module: str
    host: Outcome
    ours: Outcome

    @property
    def due(self) -> set[str]:
        return self.host.named("passed")

    @property
    def missing(self) -> dict[str, str]:
        """{test that passes on the host and not here: why}"""
        here = self.ours.tests
        absent = ("not run", self.ours.trouble)
        return {
            t: ": ".join(here.get(t, absent)) for t in sorted(self.due) if here.get(t, absent)[0] != "passed"
        }

    def line(self) -> str:
        counts = [len(self.ours.named(name)) for name in ("passed", "failed", "skipped")]
        share = 100 * (1 - len(self.missing) / len(self.due)) if self.due else 100.0
        numbers = f"{counts[0]:6} {counts[1]:6} {counts[2]:7} {len(self.due):7} {share:7.1f}"
        seconds = f"{self.ours.seconds:7.1f} {self.host.seconds:7.1f}"
        return f"{self.engine:10} {self.module:28} {numbers} {seconds}  {self.ours.trouble[-120:]}"


def heading(what: str) -> str:
    """What stands above the lines of comparisons; the last column is the host's time for the same."""
    counts = f"{'passed':>6} {'failed':>6} {'skipped':>7} {'on host':>7} {'%':>7}"
    return f"{'engine':10} {what:28} {counts} {'seconds':>7} {'on host':>7}"


def expected_failures(engine: str) -> dict[str, str]:
    """{test: reason} for what is known not to pass on an engine."""
    lists = tomllib.loads(EXPECTED.read_text())
    return lists.get(engine, {})


def surprises(comparisons: list[Comparison]) -> list[str]:
    """Lines about tests that fail and are not listed, and about listed ones that pass."""
    lines = []
    for c in comparisons:
        known, missing = expected_failures(c.engine), set(c.missing)
        lines += [f"{c.engine}: {t} does not pass and is not listed" for t in sorted(missing - set(known))]
        lines += [
            f"{c.engine}: {t} passes: take it off the list" for t in sorted((c.due - missing) & set(known))
        ]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("modules", nargs="*", help="test modules (default: each engine's own list)")
    parser.add_argument("--engines", default="reference,host", help="comma-separated (default: %(default)s)")
    parser.add_argument("--all", action="store_true", help="CPython's whole test suite")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--patience", type=float, default=240.0, help="seconds that a test may take")
    parser.add_argument("--show", action="store_true", help="print why each test does not pass")
    parser.add_argument("--json", type=Path, default=Path("conformance.json"))
    args = parser.parse_args()

    let_children_be_interrupted()
    work = [
        (engine, module)
        for engine in args.engines.split(",")
        for module in args.modules or (modules.whole_suite() if args.all else modules.SUITES[engine])
    ]
    comparisons = []
    print(heading("module"))
    with ThreadPoolExecutor(args.jobs) as pool:
        host: dict[str, Future[Outcome]] = {}
        ours = []
        for engine, module in work:  # side by side, so that the first lines come soon
            if module not in host:
                host[module] = pool.submit(run_module, "python", module, args.patience)
            ours.append((engine, module, pool.submit(run_module, engine, module, args.patience)))
        for engine, module, future in ours:
            comparisons.append(Comparison(engine, module, host[module].result(), future.result()))
            write_json(args.json, comparisons)
            print(comparisons[-1].line(), flush=True)
            if args.show:
                for test, why in comparisons[-1].missing.items():
                    print(f"    {test}\n        " + why.strip().replace("\n", "\n        "))
    for engine in args.engines.split(","):
        rows = [c for c in comparisons if c.engine == engine]
        due, missing = sum(len(c.due) for c in rows), sum(len(c.missing) for c in rows)
        share = 100 - 100 * missing / max(due, 1)
        print(f"{engine}: {due - missing} of the {due} tests that pass on the host pass: {share:.2f} %")
    lines = surprises(comparisons)
    print("\n".join(lines))
    return int(bool(lines))


def write_json(file: Path, comparisons: list[Comparison]) -> None:
    """Put the results into the file at once: who reads it sees all of the old ones or all of the new."""
    rows = [
        {
            "engine": c.engine,
            "module": c.module,
            "seconds": round(c.ours.seconds, 1),
            "host": {name: len(c.host.named(name)) for name in ("passed", "failed", "skipped")},
            "ours": {name: len(c.ours.named(name)) for name in ("passed", "failed", "skipped")},
            "trouble": c.ours.trouble,
            "missing": c.missing,
        }
        for c in comparisons
    ]
    unfinished = file.with_name(file.name + ".new")
    unfinished.write_text(json.dumps(rows, indent=1) + "\n")
    unfinished.replace(file)


if __name__ == "__main__":
    sys.exit(main())
