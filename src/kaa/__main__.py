"""One entry for three starts: the command `kaa`, `python -m kaa`, and this file given to a host as a script."""

from __future__ import annotations

import sys


def main() -> int:
    """Run Kaa's command line; the answer is the exit status."""
    from kaa.runtime import foreign
    from kaa.runtime.launcher import launch

    foreign.providers.append("kaa.interop.imports")
    return launch(sys.argv[1:])


if __name__ == "__main__":
    if (
        __package__ is None
    ):  # started by its path: the package may not be on sys.path, and under -I its folder is not
        sys.path.insert(0, __file__.removesuffix("/kaa/__main__.py"))
        import kaa  # noqa: F401  # from here on its modules are found through the package

        del sys.path[0]
    sys.exit(main())
