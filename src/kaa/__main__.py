"""One entry for three starts: the command `kaa`, `python -m kaa`, and this file given to a host as a script."""

import sys

PARTS_OF_HOST = ("_ctypes", "_functools", "_operator", "_symtable", "_tokenize", "atexit")
"""Modules in C that every start imports: found at once, without a search."""
COLLECTOR = ("runtime", "runtime.invisible", "runtime.collector")
"""What keeps the guest's collector out of all the rest."""
START = (
    *("native", "native.host", "native.host_library", "native.digest", "native.image"),
    *("native.memory", "cache_folder"),
    *("native.cache", "own_types", "import_failure", "baseline", "baseline.engine"),
    *(
        "runtime.own",
        "runtime.builtin_function",
        "runtime.unwatched",
        "runtime.on_demand",
    ),
    *(
        "runtime.texts",
        "runtime.front",
        "runtime.engines",
        "runtime.options",
        "runtime.process",
        "runtime.path_file",
    ),
    *(
        "runtime.program_folder",
        "runtime.uncaught",
        "runtime.places",
        "runtime.caches",
        "runtime.programs",
        "runtime.extra_modules",
    ),
    *("runtime.takeover", "runtime.launcher", "runtime.perf_map"),
)
"""What every start imports, in an order in which each finds those before it: found at once, without a search."""


def main() -> int:
    """Run Kaa's command line; the answer is the exit status."""
    from kaa.loading import load_apart, together

    together.begin("start")
    sys.modules.setdefault("__future__", load_apart("__future__"))  # until the guest's program begins
    for name in COLLECTOR:
        load_apart(f"kaa.{name}")
    from kaa.runtime import collector

    collector.start = collector.begin()
    for name in PARTS_OF_HOST:
        load_apart(name)
    for name in START:
        load_apart(f"kaa.{name}")
    together.complete()
    from kaa.runtime import extra_modules
    from kaa.runtime.launcher import launch

    extra_modules.providers.append("kaa.interop.imports")
    return launch(sys.argv[1:])


if __name__ == "__main__":
    if (
        __package__ is None
    ):  # started by its path: the package may not be on sys.path, and under -I its folder is not
        sys.path.insert(0, __file__.removesuffix("/kaa/__main__.py"))
        import kaa  # noqa: F401  # from here on its modules are found through the package

        del sys.path[0]
    sys.exit(main())
