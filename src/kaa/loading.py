"""How Kaa's own modules are loaded: with built-ins of their own, and a library of their own.

A guest may replace `len`, `open` or `__import__` in `builtins`, and Kaa puts its own `compile`, `exec` and `eval`
there. None of that is meant for Kaa's code. So the built-ins are copied before anything else happens, and each module
of Kaa's finds the copy as its `__builtins__`.

The front end is loaded when something is compiled for the first time, in a process that has been the guest's for long.
What the guest has done to `sys.path`, `sys.meta_path` or `sys.modules`, or to the library's modules, must not reach it,
nor may the guest find modules that it has not imported. So the modules in `APART` import by `import_apart`: what is
part of the host, or written in C, is the process's; the rest of the library is a copy of Kaa's,
found beside `os`. The host compiles all of it, and the caches are Kaa's, with its seal.
"""

import _frozen_importlib as bootstrap  # where `importlib` has it from
import _frozen_importlib_external as machinery
import _imp
import builtins
import marshal
import os
import sys
from _io import FileIO
from _thread import RLock
from posix import getpid, mkdir, replace, stat

from kaa.sealing import HEADER_SIZE, MAGIC, is_sealed, seal

TYPE_CHECKING = False  # importing `typing` would be most of a start
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import stat_result
    from types import CodeType, ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

type Stamp = tuple[float, int]
"""When a source was changed last, in seconds, and its size in bytes."""
type Fact = tuple[str, ...]
"""The name of what can be found out about sources."""

OWN_BUILTINS = dict(vars(builtins))
globals()["__builtins__"] = OWN_BUILTINS  # for the functions below

CACHE_TAG = "kaa-313"
"""Is in the names of the caches that Kaa writes."""

_KAA = __name__.partition(".")[0]
_HOME = os.path.dirname(os.path.abspath(__file__))
_PLACES = {_KAA: os.path.dirname(_HOME)}
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
_LEVEL = min(sys.flags.optimize, 2)

APART = tuple(f"{_KAA}.{name}" for name in ("bytecode", "compiler", "own_typing", "syntax"))
"""The packages and modules that nothing of the guest's reaches."""

_SUBSTITUTES = {"typing": f"{_KAA}.own_typing"}
"""Modules in the place of others, for `import_apart`."""

_SHARED = ("tokenize", "warnings")
"""Modules of which there is to be one: whose errors the callers of Kaa know, and by which C code shows warnings."""

_modules = {
    name: module
    for name, module in sys.modules.items()
    if getattr(getattr(module, "__spec__", None), "origin", None) in ("built-in", "frozen")
    and name != "_collections_abc"  # whose generic aliases use built-ins
}
"""The modules that are imported by `import_apart`, by name: at first those that are part of the host."""
_lock = RLock()


class OwnLoader(machinery.SourceFileLoader):
    """Loads a module of Kaa's, or one of the library for Kaa alone."""

    def get_code(self, fullname: str) -> "CodeType":
        return _code_of(self.path)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        for folder in spec.submodule_search_locations or ():
            if folder.startswith(_HOME):
                load_with_own_builtins(folder)
        is_apart = not spec.name.startswith(f"{_KAA}.") or spec.name.startswith(APART)
        vars(module)["__builtins__"] = APART_BUILTINS if is_apart else OWN_BUILTINS
        exec(self.get_code(spec.name), vars(module))


def load_with_own_builtins(folder: str) -> None:
    """Let the modules in a package's folder be loaded by `OwnLoader` from now on."""
    sys.path_importer_cache[folder] = machinery.FileFinder(folder, (OwnLoader, [".py"]))


def load_apart(name: str) -> ModuleType:
    """The module of this name as the modules in `APART` see it."""
    name = _SUBSTITUTES.get(name, name)
    with _lock:
        module = _modules.get(name)
        if module is None and name.partition(".")[0] == _KAA:
            module = sys.modules.get(name)
        if module is None:
            parent, _, child = name.rpartition(".")
            if parent:
                load_apart(parent)
                if name in _modules:  # the parent has put it there
                    return _modules[name]
            file = _file_of(name)
            module = _load_shared(name) if file is None else _load(name, file)
            if parent:
                setattr(_modules[parent], child, module)
        _modules[name] = module
        return module


def import_apart(
    name: str,
    globals: "Mapping[str, Any] | None" = None,
    locals: "Mapping[str, Any] | None" = None,
    fromlist: "Sequence[str] | None" = (),
    level: int = 0,
) -> ModuleType:
    """`__import__` for the modules in `APART` and for the library that they use."""
    if isinstance(fromlist, list):  # C code that they call imports like this: it works for the guest
        return _host_import(name, globals, locals, fromlist, level)
    if globals is not None and name == "sys" and not globals["__name__"].startswith(f"{_KAA}."):
        return _SYS
    if level:
        assert globals is not None
        package = globals["__package__"].rsplit(".", level - 1)[0]
        name = f"{package}.{name}" if name else package
    module = load_apart(name)
    if not fromlist:
        return load_apart(name.partition(".")[0])
    for attribute in fromlist:
        if attribute != "*" and not hasattr(module, attribute) and hasattr(module, "__path__"):
            load_apart(f"{name}.{attribute}")
    return module


def _file_of(name: str) -> str | None:
    """The source of a module of Kaa's, or of the library for Kaa alone."""
    if name in _SHARED:
        return None
    path = f"{_PLACES.get(name.partition('.')[0], _LIBRARY)}/{name.replace('.', '/')}"
    for file in (f"{path}.py", f"{path}/__init__.py"):
        if together.has(file) or _is_file(file):
            return file
    return None


def _is_file(path: str) -> bool:
    try:
        stat(path)
    except OSError:
        return False
    return True


def _load_shared(name: str) -> ModuleType:
    """A module of which there is one in a process: one in C, found where the host has its own, or another."""
    module = sys.modules.get(name)
    if module is not None:
        return module
    file = f"{_LIBRARY}/lib-dynload/{name}{machinery.EXTENSION_SUFFIXES[0]}"
    if name in sys.builtin_module_names:
        loader: Any = bootstrap.BuiltinImporter
        spec = bootstrap.ModuleSpec(name, loader, origin="built-in")
        module = _imp.create_builtin(spec)
        _imp.exec_builtin(module)
    elif _is_file(file):
        spec = bootstrap.ModuleSpec(name, machinery.ExtensionFileLoader(name, file), origin=file)
        module = _imp.create_dynamic(spec)
        _imp.exec_dynamic(module)
        spec.has_location = True
        vars(module)["__file__"] = file
    else:
        return _host_import(name, fromlist=("*",))
    vars(module).update(__spec__=spec, __loader__=spec.loader, __package__="")
    sys.modules.setdefault(name, module)  # where None stands, the guest wants it not to be imported
    return module


def _load(name: str, file: str) -> ModuleType:
    """Run a module's file; it is among `_modules` while it runs, as in `sys.modules` otherwise."""
    loader = OwnLoader(name, file)
    spec = bootstrap.ModuleSpec(name, loader, origin=file)
    spec.has_location = True
    module = ModuleType(name)
    vars(module).update(__file__=file, __loader__=loader, __spec__=spec, __package__=name.rpartition(".")[0])
    if file.endswith("/__init__.py"):
        spec.submodule_search_locations = [file.removesuffix("/__init__.py")]
        vars(module).update(__path__=spec.submodule_search_locations, __package__=name)
    places = (_modules, sys.modules) if name.startswith(f"{_KAA}.") else (_modules,)
    for modules in places:
        modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        for modules in places:
            del modules[name]
        raise
    return _modules[name]  # some put another in their place


def _code_of(file: str) -> "CodeType":
    """The code object of a source, from a cache where that is fresh and whole."""
    code = together.code_of(file)
    if code is not None:
        return code
    status = stat(file)
    header = _header_of(status)
    cache = _cache_of(file)
    data = _sealed(cache)
    if data.startswith(header):
        code = marshal.loads(memoryview(data)[HEADER_SIZE:])
    else:
        with open(file, "rb") as stream:
            code = compile(stream.read(), file, "exec", 0, True, _LEVEL)
        _write_sealed(cache, header, marshal.dumps(code))
    assert code is not None
    together.add(file, status, code)
    return code


class Together:
    """What every start needs of Kaa's sources: all in one cache, which is read at once.

    That is the code objects of the modules that it loads, and facts that depend on more sources than these. The cache
    counts if all these sources are as they were: one look at each is enough for all that is made of it.
    """

    def __init__(self) -> None:
        self._cache = ""
        self._stamps: dict[str, Stamp] = {}
        """Of all sources that the rest depends on, by their paths."""
        self._found: dict[str, CodeType] = {}
        """The code objects that the cache has, by the paths of the sources."""
        self._used: dict[str, CodeType] = {}
        """Those that it should have."""
        self._is_complete = True
        """Whether these are all."""
        self._facts: dict[Fact, Any] = {}
        self._has_changed = False

    def begin(self, name: str) -> None:
        """Read the cache of this name."""
        self._cache = _cache_of(f"{_HOME}/{name}.py")
        self._is_complete = False
        data = _sealed(self._cache)
        if data.startswith(_HEADER_OF_SEVERAL):
            stamps, codes, facts = marshal.loads(memoryview(data)[HEADER_SIZE:])
            if _are_fresh(stamps):
                self._stamps, self._found, self._facts = stamps, codes, facts

    def has(self, file: str) -> bool:
        """Whether the cache has the code object of a source, which is there and fresh then."""
        return file in self._found

    def code_of(self, file: str) -> "CodeType | None":
        """The code object of a source, if the cache has it."""
        code = self._found.get(file)
        if code is not None:
            self._used[file] = code
        return code

    def add(self, file: str, status: "stat_result", code: "CodeType") -> None:
        """Note a code object that the cache lacks, and how its source was before it was read."""
        if not self._is_complete:
            self._stamps[file] = _stamp_of(status)
            self._used[file] = code
            self._has_changed = True

    def complete(self) -> None:
        """All modules have been loaded. If the cache has more, all that is not theirs is forgotten."""
        self._is_complete = True
        if len(self._used) < len(self._found):
            self._stamps = {file: self._stamps[file] for file in self._used}
            self._facts = {}
            self._has_changed = True
        self._found = {}

    def recall(
        self, fact: Fact, sources: "Callable[[], Iterable[str]]", find_out: "Callable[[], Any]"
    ) -> "Any":
        """A fact about the sources at these paths, of which the cache knows the value if it has been asked before.

        The fact's name says all that the value depends on besides. Values can be marshalled.
        """
        if fact not in self._facts:
            if not self._cache:
                return find_out()
            self._stamps |= {file: _stamp_of(stat(file)) for file in sources()}
            self._facts[fact] = find_out()
            self._has_changed = True
        return self._facts[fact]

    def end(self) -> None:
        """The start is over: write the cache if it is not what it should be."""
        if self._has_changed:
            payload = marshal.dumps((self._stamps, self._used, self._facts))
            _write_sealed(self._cache, _HEADER_OF_SEVERAL, payload)
        self._cache = ""
        self._stamps, self._used, self._facts = {}, {}, {}
        self._has_changed = False


_FORMAT_OF_SEVERAL = b"together 2"
"""Counts up whenever what is kept together looks different."""
_HEADER_OF_SEVERAL = MAGIC + _FORMAT_OF_SEVERAL.ljust(HEADER_SIZE - len(MAGIC))
together = Together()


def _are_fresh(stamps: "Mapping[str, Stamp]") -> bool:
    try:
        for file, stamp in stamps.items():
            if _stamp_of(stat(file)) != stamp:
                return False
    except OSError:  # it is gone
        return False
    return True


def _stamp_of(status: "stat_result") -> Stamp:
    """What changes when a source does."""
    return status.st_mtime, status.st_size


def _header_of(status: "stat_result") -> bytes:
    """What a fresh cache of a source begins with."""
    fields = (0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    return MAGIC + b"".join([field.to_bytes(4, "little") for field in fields])


def _sealed(cache: str) -> bytes:
    """The bytes of a cache that is whole; nothing if there is none."""
    try:
        with FileIO(cache) as stream:
            data = stream.readall()
    except OSError:
        return b""
    return data if is_sealed(data) else b""


def _write_sealed(cache: str, header: bytes, payload: bytes) -> None:
    if not sys.dont_write_bytecode:
        _write(cache, header + payload + seal(payload))


def _cache_of(file: str) -> str:
    folder, _, name = file.rpartition("/")
    place = f"{folder}/__pycache__" if sys.pycache_prefix is None else sys.pycache_prefix + folder
    level = f".opt-{_LEVEL}" if _LEVEL else ""
    return f"{place}/{name.removesuffix('.py')}.{CACHE_TAG}{level}.pyc"


def _write(path: str, data: bytes) -> None:
    """Write a file at once, where that can be done."""
    temporary = f"{path}.{getpid()}"
    try:
        try:
            mkdir(path.rpartition("/")[0])
        except FileExistsError:
            pass
        with open(temporary, "wb") as stream:
            stream.write(data)
        replace(temporary, path)
    except OSError:
        pass


def eval_apart(source: str, globals: "dict[str, Any]") -> "Any":
    """`eval` for `namedtuple`. Given text, the host's would forget that the process is to end by a signal."""
    return eval(compile(source, "<string>", "eval", 0, True), globals)


class _ApartSys(ModuleType):
    """`sys` for Kaa's copy of the library, where `sys.modules` is what `import_apart` goes by."""

    modules = _modules

    def __getattr__(self, name: str) -> "Any":
        return getattr(sys, name)


_SYS = _ApartSys("sys")
_host_import: "Callable[..., ModuleType]" = builtins.__import__
APART_BUILTINS = {**OWN_BUILTINS, "__import__": import_apart, "eval": eval_apart}
