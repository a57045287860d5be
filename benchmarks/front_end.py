"""Source to code object: lines a second over files of the standard library, Kaa's compiler beside the host's.

python -m benchmarks.front_end [FILES]        FILES: how many, taken evenly from the library (default: 100)
"""

import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import kaa


def seconds(compile: Callable[..., CodeType], sources: list[tuple[str, bytes]]) -> float:
    """Processor time for all of them."""
    start = time.process_time()
    for name, source in sources:
        compile(source, name, "exec", dont_inherit=True)
    return time.process_time() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*/*.py"))
    files = [file for file in files if "site-packages" not in file.parts and "lib2to3" not in file.parts]
    sources = [(str(file), file.read_bytes()) for file in files[:: max(1, len(files) // count)]]
    sources = [(name, source) for name, source in sources if is_valid(name, source)]
    lines = sum(source.count(b"\n") for _, source in sources)
    print(f"{len(sources)} files, {lines} lines")
    for name, compiler in (("host", compile), ("kaa", kaa.compile)):
        print(f"{name:5} {lines / min(seconds(compiler, sources) for _ in range(2)):10,.0f} lines/s")


def is_valid(name: str, source: bytes) -> bool:
    try:
        compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:  # some files of the test suite are broken on purpose
        return False
    return True


if __name__ == "__main__":
    main()
