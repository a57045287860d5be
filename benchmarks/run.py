"""Run pyperformance's programs side by side on several Pythons, interleaved, and compare.

    python -m benchmarks.run                      every program that can run here
    python -m benchmarks.run --core               the sixteen by which Kaa's engines are judged first
    python -m benchmarks.run --only richards,go --engines python3.13,kaa:reference --quick

An engine is `kaa:reference`, `kaa:host`, `kaa:native` (that engine of Kaa's), `kaa` (the one that `kaa` takes by
itself, whose name the results bear), or a command such as `python3.13` or `pypy3`. The first one named is what
the ratios compare with. In each round every engine runs the same benchmark for the same time, one after the
other, so that a noisy machine is noisy for all of them: trust the ratios.

Columns: first = the first iteration's seconds, warm = the median of the iterations of the later half of the
rounds, spread = its interquartile range over its median, peak = the process's largest resident size in MiB,
times = how many times as fast as the first engine, warm.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from benchmarks import programs

WORKER = Path(__file__).parent / "harness" / "worker.py"


def command_of(engine: str) -> list[str]:
    """The command line that starts `engine`."""
    name, _, kind = engine.partition(":")
    if name == "kaa":
        return [sys.executable, "-m", "kaa", *(["-X", f"engine={kind}"] if kind else [])]
    if name == "python3.13":
        return [sys.executable]
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"benchmarks: there is no {name!r} on this machine; leave it out with --engines")
    return [path]


def named(engine: str) -> str:
    """The engine's full name: for `kaa`, asks which of its engines that is today."""
    if engine != "kaa":
        return engine
    command = [*command_of(engine), "-X", "showengine", "-c", "pass"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return "kaa:" + answer.split()[-1]


@dataclass
class Result:
    """What one engine did on one benchmark; seconds an iteration."""

    engine: str
    benchmark: str
    first: float = 0.0
    rounds: list[list[float]] = field(default_factory=list)
    peak_mib: float = 0.0

    def add(self, answer: dict) -> None:
        self.first = answer["first"]
        self.rounds.append(answer["values"])

    @property
    def warm_values(self) -> list[float]:
        late = self.rounds[len(self.rounds) // 2 :]
        return [value for values in late for value in values]

    @property
    def warm(self) -> float:
        return statistics.median(self.warm_values)

    @property
    def spread(self) -> float:
        values = self.warm_values
        if len(values) < 2:
            return 0.0
        low, _, high = statistics.quantiles(values, n=4)
        return (high - low) / self.warm

    def row(self) -> dict:
        return {
            "benchmark": self.benchmark,
            "engine": self.engine,
            "first_s": self.first,
            "warm_s": self.warm,
            "spread": self.spread,
            "peak_mib": self.peak_mib,
        }


class Worker:
    """One engine's process, running one program, obeying `harness/pyperf.py`'s protocol."""

    def __init__(self, engine: str, program: programs.Program):
        self.engine = engine
        self.process = subprocess.Popen(
            [*command_of(engine), str(WORKER), str(program.path), *program.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            error = self.process.stderr.read().strip().splitlines()
            raise RuntimeError(f"{self.engine} stopped: {error[-1] if error else 'no message'}")
        return json.loads(line)

    def ask(self, command: str) -> dict:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.hear()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


class Lockstep:
    """One program on several engines, benchmark by benchmark; one that fails is reported and left out."""

    def __init__(self, program: programs.Program, engines: list[str]):
        self.program = program
        self.workers = [Worker(engine, program) for engine in engines]

    def each(self, action: Callable[[Worker], dict]) -> dict[Worker, dict]:
        """Do `action` with every worker in turn; the answers of those that are still there."""
        answers = {}
        for worker in list(self.workers):
            try:
                answers[worker] = action(worker)
            except (RuntimeError, OSError, ValueError) as error:
                print(f"{self.program.name}: {error}", file=sys.stderr)
                worker.end()
                self.workers.remove(worker)
        return answers

    def run(self, rounds: int, seconds: float) -> list[Result]:
        results: dict[Worker, list[Result]] = {worker: [] for worker in self.workers}
        answers = self.each(Worker.hear)
        while any("benchmark" in answer for answer in answers.values()):
            for worker, answer in answers.items():
                results[worker].append(Result(worker.engine, answer["benchmark"]))
            for _ in range(rounds):
                for worker, answer in self.each(lambda w: w.ask(f"run {seconds}")).items():
                    results[worker][-1].add(answer)
            answers = self.each(lambda w: w.ask("next"))
        for worker, answer in answers.items():
            for result in results[worker]:
                result.peak_mib = answer["peak"] / 1024
        for worker in self.workers:
            worker.end()
        return [
            result for rows in zip_longest(*results.values()) for result in rows if result and result.rounds
        ]


def ratios(results: list[Result], reference: str) -> dict[str, dict[str, float]]:
    """{benchmark: {engine: times as fast as the reference engine, warm}}"""
    table: dict[str, dict[str, float]] = {}
    base = {r.benchmark: r.warm for r in results if r.engine == reference}
    for result in results:
        if result.benchmark in base:
            table.setdefault(result.benchmark, {})[result.engine] = base[result.benchmark] / result.warm
    return table


def print_program(results: list[Result], reference: str) -> None:
    table = ratios(results, reference)
    for r in results:
        times = table.get(r.benchmark, {}).get(r.engine)
        numbers = f"{r.first:10.5f} {r.warm:10.5f} {r.spread:7.1%} {r.peak_mib:8.1f}"
        print(f"{r.benchmark:28} {r.engine:16} {numbers} {times or 0:8.3f}", flush=True)


def print_means(results: list[Result], engines: list[str], reference: str) -> None:
    table = ratios(results, reference)
    for engine in engines:
        values = [row[engine] for row in table.values() if engine in row]
        if values and engine != reference:
            slowest = min((row[engine], name) for name, row in table.items() if engine in row)
            mean = f"{statistics.geometric_mean(values):.3f} times as fast as {reference}"
            print(
                f"{engine}: {mean} (geometric mean of {len(values)}), slowest {slowest[1]} {slowest[0]:.3f}"
            )


def draw_chart(results: list[Result], engines: list[str], reference: str, file: Path) -> None:
    """A bar a benchmark and engine, on a logarithmic scale, with the reference engine as the line at 1."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    table = ratios(results, reference)
    others = [e for e in engines if e != reference]
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.22 * len(table) * len(others)))
    height = 0.8 / len(others)
    for place, engine in enumerate(others):
        rows = [(y, row[engine]) for y, row in enumerate(table.values()) if engine in row]
        axes.barh([y + place * height for y, _ in rows], [v for _, v in rows], height, label=engine)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel(f"times as fast as {reference}")
    axes.set_yticks([y + 0.4 - height / 2 for y in range(len(table))], list(table))
    axes.invert_yaxis()
    axes.legend()
    figure.tight_layout()
    figure.savefig(file)


def chosen(only: str | None, core: bool) -> list[programs.Program]:
    known = programs.all_programs()
    names = only.split(",") if only else programs.CORE if core else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"benchmarks: pyperformance has no program {', '.join(unknown)}")
    for name in names:
        if known[name].missing:
            print(f"{name}: left out, it needs {', '.join(known[name].missing)}", file=sys.stderr)
    return [known[name] for name in names if not known[name].missing]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--engines", default="python3.13,kaa,pypy3", help="comma-separated (default: %(default)s)"
    )
    parser.add_argument("--only", help="comma-separated programs")
    parser.add_argument("--core", action="store_true", help="the sixteen core programs")
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each engine in each round")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument(
        "--chart", type=Path, help="draw a chart to this .svg or .png file (needs matplotlib)"
    )
    args = parser.parse_args()
    engines = [named(engine) for engine in args.engines.split(",")]
    rounds, seconds = (2, 0.3) if args.quick else (args.rounds, args.seconds)
    for engine in engines:
        command_of(engine)

    numbers = f"{'first s':>10} {'warm s':>10} {'spread':>7} {'peak MiB':>8} {'times':>8}"
    print(f"{'benchmark':28} {'engine':16} {numbers}")
    results: list[Result] = []
    for program in chosen(args.only, args.core):
        rows = Lockstep(program, engines).run(rounds, seconds)
        print_program(rows, engines[0])
        results += rows
    print_means(results, engines, engines[0])
    if args.json:
        args.json.write_text(json.dumps([r.row() for r in results], indent=1) + "\n")
    if args.chart:
        draw_chart(results, engines, engines[0], args.chart)


if __name__ == "__main__":
    main()
