"""The native machine in a running process: load the image, set it up, take frames over, give them back.

In: nothing but the host process. Out: `Engine`, with `enable`, `disable` and `statistics`. The image holds all machine
code that is not a program's own; what it cannot know, addresses of the host's objects, is put into its cells here.

    engine = load()
    engine.enable()        # from now on every frame that begins runs on machine code
"""

from __future__ import annotations

import marshal
import os
import sys

from kaa.import_failure import import_failure
from kaa.loading import together
from kaa.native import cache
from kaa.native.host import UnsupportedHost, check_host
from kaa.native.host_library import (
    Address,
    Int,
    Object,
    Size,
    Structure,
    Word,
    address_of,
    addressof,
    c_function,
    place_of,
    python_function,
    word,
    words,
)
from kaa.native.image import PAGE, Image
from kaa.native.memory import REACHABLE, READ, WRITE, LoadedImage
from kaa.own_types import CodeType, CoroutineType, GeneratorType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

METH_VARARGS, METH_KEYWORDS = 1, 2
"""How a function in C is called: with a tuple and a dict."""
TABLES: Final = ("ROWS", "VARIANTS", "TEMPLATE_ROWS", "HOLE_ROWS")
"""The linker's tables, kept with the image; its cells of the same names point to them."""
RUNS: Final = 100
"""`warm_after`: about so often that what brief code has cost more is what linking again costs."""
CODE_ARENAS: Final = ("CODE_ARENA", "COLD_ARENA", "BODY_ARENA")
DATA_ARENAS: Final = ("DATA_ARENA", "BODY_DATA_ARENA")
ARENA_FIELDS: Final = tuple("next limit used distance kept written first top ready gone".split())
DEFINITION_FIELDS: Final = ("name", "method", "flags", "doc")
"""Of the host's `PyMethodDef`: a word each, if the flags' padding counts."""
OFFSETS, NAMES = "OFFSETS", "NAMES"
"""Kept with the image too: places in the host's objects, and the strings that cells hold."""


def source_files() -> list[str]:
    """The files that the image is made of."""
    home = os.path.dirname(os.path.dirname(__file__))
    folders = (("baseline",), ("baseline", "templates"), ("native",))
    paths = [os.path.join(home, *folder) for folder in folders]
    files = [os.path.join(path, name) for path in paths for name in os.listdir(path) if name.endswith(".py")]
    return [*files, os.path.join(home, "bytecode", "instructions.py")]


def make_image(*, checking: bool = False, progress: Callable[[str], None] = lambda stage: None) -> Image:
    """Compile the machine. Raises UnsupportedHost where the library that does it cannot be imported."""
    try:
        import llvmlite  # noqa: F401  # to see whether it is there
    except ImportError as error:
        raise UnsupportedHost(f"making machine code needs llvmlite ({error})") from error
    import kaa.baseline.checks  # declares the template of checks
    import kaa.baseline.templates  # noqa: F401  # declares those of instructions
    from kaa.baseline import (
        arena,
        block,
        builtin_functions,
        collector,
        countdown,
        frames,
        linker,
        stacks,
        strands,
        tables,
        unseen,
    )
    from kaa.native.build import build

    exported: list[Any] = [
        frames.evaluate,
        unseen.call_unseen,
        unseen.caller_flags,
        countdown.set_counting,
        block.free_block,
        arena.map_code,
        arena.before_fork,
        arena.after_fork,
        collector.exempt_younger,
        linker.block_of,
        stacks.allocate_arena,
        stacks.free_arena,
    ]
    exported += builtin_functions.ENTRANCES + strands.ENTRANCES
    named = tables.named_templates()
    image = build(exported, named, behind=tables.behind_templates(), checking=checking, progress=progress)
    tables.add_tables(image)
    return image


def obtain_image(*, checking: bool = False) -> Image:
    """The image from the cache, or compiled now, with a word on the terminal."""
    variant = "checking" if checking else ""
    name = together.recall(
        ("image", *cache.host_facts(), variant),
        source_files,
        lambda: cache.key(source_files(), variant=variant),
    )
    return cache.obtain(name, lambda: make_image(checking=checking, progress=_show_progress))


def _show_progress(stage: str) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        bar = {"translating": "#...", "compiling": "##..", "linking": "###."}[stage]
        end = "\r" if stage != "linking" else "\r\033[K"
        print(f"kaa: making machine code, once [{bar}] {stage}", end=end, file=sys.stderr, flush=True)


class Engine:
    """The machine, loaded into this process. There is one; `load()` gives it."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.loaded = LoadedImage(image)
        image.data = b""  # now it is where it runs
        self._kept: list[Any] = []
        self._perf_map_of = 0
        self._set_objects()
        self._set_tables()
        self._lay_out_arenas()
        self._request_extra()
        self._replaced: list[tuple[Word, int, int]] = []
        self._prepare_adaptive_code()
        self._prepare_local_events()
        self._call_unseen = python_function(
            self.loaded.address("call_unseen"), Object, Object, Object, Object
        )
        self.exempt_younger = python_function(self.loaded.address("exempt_younger"), None, Object)
        """Have the collector pass over what has been made since an object, which no collection has met yet."""
        self.caller_flags = python_function(self.loaded.address("caller_flags"), Int)
        """`co_flags` of the guest code that runs in the calling thread."""

    # -- setting up

    def _set_cell(self, name: str, value: int) -> None:
        if name in self.image.cells:
            self.loaded.cell(name).value = value

    def _set_objects(self) -> None:
        """Give the image the host's objects; they stay alive with the engine."""
        objects: dict[str, object] = {
            "EMPTY_STRING": "",
            "IMPORT_FAILURE": import_failure,
            "LIST_APPEND": list.append,
            "HASATTR": hasattr,
            "NEXT_ITEM": next,
            "GENERATOR_SEND": GeneratorType.send,
            "COROUTINE_SEND": CoroutineType.send,
        }
        for cell, text in marshal.loads(self.image.extra[NAMES]).items():
            objects[cell] = sys.intern(text)
        for name, value in objects.items():
            self._kept.append(value)
            self._set_cell(name, id(value))
        offsets = self.offsets = marshal.loads(self.image.extra[OFFSETS])
        self._set_cell("FUNCTION_VECTORCALL", _pointer(id(_pointer), offsets["vectorcall"]))
        self._set_cell("SLOT_INIT", _pointer(id(Engine), offsets["tp_init"]))
        self._set_cell("OBJECT_NEW", _pointer(id(object), offsets["tp_new"]))
        methods = _pointer(id(_Subscriptable), offsets["tp_as_mapping"])
        self._set_cell("SLOT_SUBSCRIPT", _pointer(methods, offsets["mp_subscript"]))
        self._set_cell("SLOT_ITER", _pointer(id(_Subscriptable), offsets["tp_iter"]))
        unit = bytes(16)
        self._kept.append(unit)
        self._set_cell("ENTRY_UNIT", place_of(unit))
        self._set_cell("IMAGE", self.loaded.base)
        self.warm_after(RUNS)

    def _set_tables(self) -> None:
        for name in TABLES:
            self._set_cell(name, place_of(self.image.extra[name]))

    def _lay_out_arenas(self) -> None:
        """The region behind the image: data, machine code where it runs, machine code where it is written."""
        start = self.image.size + -self.image.size % PAGE
        half = (REACHABLE - start) // 2 // PAGE * PAGE
        self.loaded.protect(start, half, READ | WRITE)
        part = half // 2 // PAGE * PAGE
        for number, name in enumerate(DATA_ARENAS):
            self._set_arena(name, start + number * part, part)
        third = half // 3 // PAGE * PAGE
        for number, name in enumerate(CODE_ARENAS):
            self._set_arena(name, start + half + number * third, third, distance=half)
        if c_function(self.loaded.address("map_code"), Int)():
            raise UnsupportedHost("memory for machine code cannot be mapped twice")
        self.loaded.at_fork("before_fork", "after_fork")

    def _set_arena(self, name: str, start: int, size: int, distance: int = 0) -> None:
        arena = self._arena(name)
        arena.next = arena.kept = arena.first = arena.ready = arena.gone = self.loaded.base + start
        arena.limit = arena.next + size
        arena.distance = distance

    def _arena(self, name: str) -> _Arena:
        return _Arena.from_address(self.loaded.base + self.image.cells[name])

    def _request_extra(self) -> None:
        request = python_function("PyUnstable_Eval_RequestCodeExtraIndex", Size, Address)
        index = request(self.loaded.address("free_block"))
        if index < 0:
            raise UnsupportedHost("the host has no room for another kind of extra data on code objects")
        self._set_cell("EXTRA_INDEX", index)

    def _prepare_adaptive_code(self) -> None:
        """What `dis` reads with `adaptive=True` is an attribute of code objects: while the machine is enabled, the host
        asks us for it.
        """
        definition = _pointer(id(vars(CodeType)["_co_code_adaptive"]), self.offsets["d_getset"])
        getter = self._replace(word(definition + self.offsets["get"]), "get_adaptive_code")
        read = python_function(getter, Object, Object, Address)

        def adaptive_code(code: CodeType) -> bytes:
            from kaa.baseline.adaptive import specialised_code

            return specialised_code(self, code, read(code, None))

        self._kept.append(adaptive_code)
        self._set_cell("ADAPTIVE_CODE", id(adaptive_code))

    def _prepare_local_events(self) -> None:
        """Have machine code be told of what tools want to know of single code objects."""
        definition = _pointer(id(sys.monitoring.set_local_events), self.offsets["m_ml"])
        host = self._replace(word(definition + self.offsets["ml_meth"]), "set_local_events")
        self._set_cell("HOST_SET_LOCAL_EVENTS", host)

    def _replace(self, place: Word, name: str) -> int:
        """Have a pointer of the host's point to a function of the image while the machine is enabled. -> the host's"""
        host = int(place.value)
        self._replaced.append((place, host, self.loaded.address(name)))
        return host

    # -- use

    def enable(self) -> None:
        """Run every frame that begins from now on."""
        self._set_hook(self.loaded.address("evaluate"))
        for place, _, ours in self._replaced:
            place.value = ours

    def disable(self) -> None:
        """Leave new frames to the host's loop. Frames that run stay where they are."""
        self._set_hook(0)
        for place, host, _ in self._replaced:
            place.value = host

    def _set_hook(self, address: int) -> None:
        self._set_cell("HOOK", address)
        _set_evaluator(address)

    def call_unseen(self, function: Callable[..., Any], *arguments: object, **keywords: object) -> Any:
        """Call a function as the guest's frame below would: Kaa's own frames neither show nor count for it."""
        return self._call_unseen(function, arguments, keywords)

    def builtin(self, function: Callable[..., Any], host: Any) -> Any:
        """A built-in function like the host's `compile`, `exec` or `eval`, which calls this function instead."""
        name = host.__name__
        of_host = words(_pointer(id(host), self.offsets["m_ml"]), len(DEFINITION_FIELDS))
        of_ours = {"method": self.loaded.address(f"call_{name}"), "flags": METH_VARARGS | METH_KEYWORDS}
        fields = dict(zip(DEFINITION_FIELDS, of_host, strict=True)) | of_ours
        definition = type(of_host)(*fields.values())
        self._kept += [function, definition]
        self._set_cell(name.upper(), id(function))
        make = python_function("PyCFunction_NewEx", Object, Address, Object, Object)
        return make(addressof(definition), host.__self__, host.__module__)

    def code_objects(self) -> list[CodeType]:
        """The code objects that have machine code."""
        found = []
        block = self.loaded.cell("BLOCKS").value
        while block:
            if _pointer(block, self.offsets["block.start"]):
                code = Object.from_address(block + self.offsets["block.code"]).value
                found.append(code)
            block = _pointer(block, self.offsets["block.next"])
        return found

    def warm_after(self, runs: int) -> None:
        """How often the brief code of what is linked from now on may begin or jump back before it is linked again."""
        self._set_cell("WARM_AFTER", runs)

    def set_check(self, filename: int) -> None:
        """Put checks before the instructions that are linked from now on, for code of the file whose name is the string
        at this address; 0: no more.
        """
        number = [*self.image.templates].index("CHECK") + 1
        self._set_cell("WATCHED", filename)
        self._set_cell("CHECK", number if filename else 0)

    def write_perf_map(self) -> None:
        """Tell Linux `perf` where the machine's functions are, and from now on every code object's machine code."""
        if self.writes_perf_map:
            return
        file = _open_perf_map(os.getpid())
        symbols = sorted(self.image.places.items(), key=lambda symbol: symbol[1])
        ends = [offset for _, offset in symbols[1:]] + [self.image.writable]
        for (name, offset), end in zip(symbols, ends, strict=True):
            os.write(file, f"{self.loaded.base + offset:x} {end - offset:x} kaa::{name}\n".encode())
        self._set_cell("PERF_MAP", file)
        self._perf_map_of = os.getpid()

    def leave_perf_map(self) -> None:
        """Tell `perf` no more."""
        if self.writes_perf_map:
            os.close(self.loaded.cell("PERF_MAP").value)
            self._set_cell("PERF_MAP", 0)

    def continue_perf_map(self) -> None:
        """In the child after a fork: go on in a map of its own, which begins with what the parent's says."""
        parent = self._perf_map_of
        if self.writes_perf_map and parent != os.getpid():
            self.leave_perf_map()
            file = _open_perf_map(os.getpid())
            with open(_perf_map(parent), "rb") as written:
                os.write(file, written.read())
            self._set_cell("PERF_MAP", file)
            self._perf_map_of = os.getpid()

    @property
    def writes_perf_map(self) -> bool:
        """Whether it does."""
        return bool(self.loaded.cell("PERF_MAP").value)

    @property
    def enabled(self) -> bool:
        return _get_evaluator() == self.loaded.address("evaluate")

    def statistics(self) -> dict[str, int]:
        """Code objects linked, linked again, refused; instructions linked, those linked again twice; bytes of machine
        code and of data in use.
        """
        counters = {
            "code objects": "BLOCKS_LINKED",
            "warmed": "BLOCKS_WARMED",
            "refused": "BLOCKS_REFUSED",
            "instructions": "INSTRUCTIONS_LINKED",
        }
        found = {label: self.loaded.cell(cell).value for label, cell in counters.items()}
        found["machine code"] = sum(self._arena(name).used for name in CODE_ARENAS)
        found["data"] = sum(self._arena(name).used for name in DATA_ARENAS)
        return found


def _perf_map(process: int) -> str:
    return f"/tmp/perf-{process}.map"


def _open_perf_map(process: int) -> int:
    # The folder is everybody's: a link that somebody has put there is not followed.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(_perf_map(process), flags, 0o600)


def _pointer(address: int, offset: int) -> int:
    """A pointer in memory of the host."""
    return word(address + offset).value


class _Arena(Structure):
    """The beginning of an `arena.Arena`."""

    _fields_ = tuple((name, Word) for name in ARENA_FIELDS)


class _Subscriptable:
    """A class whose `__getitem__` and `__iter__` are in Python. It is Kaa's own, which no program changes."""

    def __getitem__(self, key: object) -> object:
        raise KeyError(key)

    def __iter__(self) -> Any:
        return iter(())


_interpreter = python_function("PyInterpreterState_Get", Address)
_get_hook = python_function("_PyInterpreterState_GetEvalFrameFunc", Address, Address)
_set_hook = python_function("_PyInterpreterState_SetEvalFrameFunc", None, Address, Address)


def _set_evaluator(address: int) -> None:
    """Set the interpreter's hook; 0 stands for the host's loop."""
    _set_hook(_interpreter(), address or address_of("_PyEval_EvalFrameDefault"))


def _get_evaluator() -> int:
    return int(_get_hook(_interpreter()) or 0)


_engines: dict[bool, Engine] = {}


def load(*, checking: bool = False) -> Engine:
    """The process's engine. Raises UnsupportedHost."""
    if checking not in _engines:
        check_host()
        _engines[checking] = Engine(obtain_image(checking=checking))
    return _engines[checking]
