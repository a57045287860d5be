"""Real code to hold the tables and the verifier against: the standard library, compiled by the host."""

import functools
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def files(every: int = 1) -> list[Path]:
    """The library's own source files, or each n-th of them."""
    found = sorted(STANDARD_LIBRARY.rglob("*.py"))
    return [path for path in found if "site-packages" not in path.parts][::every]


def compile_file(path: Path) -> CodeType | None:
    """The host's code object; None where the file is broken on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None


def nested(code: CodeType) -> Iterator[CodeType]:
    """A code object and all those in its constants."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


@functools.cache
def sample() -> tuple[CodeType, ...]:
    """All code objects of some forty files."""
    codes = [compile_file(path) for path in files(every=50)]
    return tuple(inner for code in codes if code for inner in nested(code))
