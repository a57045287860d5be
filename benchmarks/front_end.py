"""Source to code object: lines a second over files of the standard library, Kaa's compiler beside the host's.

The last line is the cost of the verifier for the code objects of these files, beside the cost of compiling them.

python -m benchmarks.front_end [FILES]        FILES: how many, taken evenly from the library (default: 100)
"""

import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import kaa
from kaa.bytecode.verifier import verify

ROUNDS = 3


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of several rounds."""

    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(ROUNDS))


def compile_all(compile: Callable[..., CodeType], sources: list[tuple[str, bytes]]) -> list[CodeType]:
    return [compile(source, name, "exec", dont_inherit=True) for name, source in sources]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*/*.py"))
    files = [file for file in files if "site-packages" not in file.parts and "lib2to3" not in file.parts]
    sources = [(str(file), file.read_bytes()) for file in files[:: max(1, len(files) // count)]]
    sources = [(name, source) for name, source in sources if is_valid(name, source)]
    lines = sum(source.count(b"\n") for _, source in sources)
    print(f"{len(sources)} files, {lines} lines")
    for name, compiler in (("host", compile), ("kaa", kaa.compile)):
        compiling = seconds(lambda compiler=compiler: compile_all(compiler, sources))
        print(f"{name:5} {lines / compiling:10,.0f} lines/s")
    codes = compile_all(kaa.compile, sources)
    share = seconds(lambda: [verify(code) for code in codes]) / compiling
    print(f"verifying them takes {100 * share:.1f} % of the time that compiling them takes")


def is_valid(name: str, source: bytes) -> bool:
    try:
        compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:  # some files of the test suite are broken on purpose
        return False
    return True


if __name__ == "__main__":
    main()
