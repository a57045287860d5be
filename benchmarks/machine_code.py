"""How long it takes to make machine code: the image, once on a machine, and the code of each function.

    python -m benchmarks.machine_code [ROUNDS]

Prints the seconds in which the image is compiled, and the nanoseconds for each instruction in which the linker gives
the code objects of some modules of the standard library their machine code: the best and the middle of the rounds. All
of it is processor time.
"""

import ctypes
import importlib.util
import statistics
import sys
import time
from types import CodeType

from kaa.baseline.engine import Engine, load, make_image

MODULES = (
    "argparse",
    "ast",
    "decimal",
    "dataclasses",
    "enum",
    "inspect",
    "pathlib",
    "typing",
    "unittest.case",
)


def code_objects(code: CodeType) -> list[CodeType]:
    """A code object and those inside."""
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += code_objects(constant)
    return found


def fresh() -> list[CodeType]:
    """The code objects of the modules, as nobody has run them."""
    found = []
    for name in MODULES:
        spec = importlib.util.find_spec(name)
        assert spec and spec.origin
        with open(spec.origin, "rb") as file:
            found += code_objects(compile(file.read(), spec.origin, "exec"))
    return found


def link(engine: Engine, codes: list[CodeType]) -> float:
    """Give code objects their machine code. -> nanoseconds an instruction"""
    block_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(engine.loaded.address("block_of"))
    before = engine.statistics()["instructions"]
    start = time.process_time_ns()
    for code in codes:
        block_of(code)
    spent = time.process_time_ns() - start
    return spent / (engine.statistics()["instructions"] - before)


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else 10
    start = time.process_time()
    make_image()
    print(f"image: {time.process_time() - start:.1f} s")
    engine = load()
    times = [link(engine, fresh()) for _ in range(rounds)]
    codes = fresh()
    print(
        f"linker: {min(times):.0f} ns an instruction at best, {statistics.median(times):.0f} in the middle of"
        f" {rounds} rounds of {len(codes)} code objects"
    )


if __name__ == "__main__":
    main()
