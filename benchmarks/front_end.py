"""Source to code object: lines a second over files of the standard library, Kaa's compiler beside the host's.

The last line is the cost of the verifier for these files' code, as it is read from a cache, beside that of compiling.

python -m benchmarks.front_end [FILES]        FILES: how many, taken evenly from the library (default: 100)
"""

import marshal
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import kaa
from kaa.bytecode import reader
from kaa.bytecode.verifier import verify

ROUNDS = 5


def seconds(*works: Callable[[], object]) -> list[float]:
    """The least processor time of each in several rounds, in which they take turns: all meet the same disturbances."""
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for number, work in enumerate(works):
            start = time.process_time()
            work()
            least[number] = min(least[number], time.process_time() - start)
    return least


def measure(name: str, source: bytes) -> list[float]:
    """Seconds to compile a file: the host, and Kaa; and to verify what Kaa has made, as it is read from a cache."""
    image, _ = reader.read(marshal.dumps(kaa.compile(source, name, "exec", dont_inherit=True)))
    return seconds(
        lambda: compile(source, name, "exec", dont_inherit=True),
        lambda: kaa.compile(source, name, "exec", dont_inherit=True),
        lambda: verify(image),
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*/*.py"))
    files = [file for file in files if "site-packages" not in file.parts and "lib2to3" not in file.parts]
    sources = [(str(file), file.read_bytes()) for file in files[:: max(1, len(files) // count)]]
    sources = [(name, source) for name, source in sources if is_valid(name, source)]
    lines = sum(source.count(b"\n") for _, source in sources)
    print(f"{len(sources)} files, {lines} lines")
    host, own, verifying = map(sum, zip(*[measure(name, source) for name, source in sources], strict=True))
    print(f"host  {lines / host:10,.0f} lines/s")
    print(f"kaa   {lines / own:10,.0f} lines/s")
    print(f"verifying them takes {100 * verifying / own:.1f} % of the time that compiling them takes")


def is_valid(name: str, source: bytes) -> bool:
    try:
        compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:  # some files of the test suite are broken on purpose
        return False
    return True


if __name__ == "__main__":
    main()
