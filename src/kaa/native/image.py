"""The image: all native code of Kaa, compiled once, as bytes that can be mapped anywhere.

In: native functions and templates. Out: an `Image`: position-independent code and read-only data, a table of
addresses of the host's symbols to be filled in when it is loaded (the global offset table), zeroed cells,
and for each template where its holes are. `to_bytes`/`from_bytes` are the form in which it is cached;
`Cache` keeps it on disk.

    build({...}) -> Image -> to_bytes() -> disk -> from_bytes() -> memory.load(image)
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Collection, Iterable
from dataclasses import astuple, dataclass, field, replace
from typing import Final

from kaa.native.function import TEMPLATE, NativeFunction
from kaa.native.object_file import ObjectFile, Relocation, RelocationType, read
from kaa.native.translate import Module

MAGIC: Final = b"Kaa image 1\n"
PAGE: Final = 4096
TEMPLATE_SECTION: Final = ".kaa."
JUMP, JUMP_SIZE = 0xE9, 5
"""Opcode and bytes of `jmp rel32`, in which a template goes on to the next one."""
NEXT: Final = "NEXT"

RELATIVE: Final = {
    RelocationType.RELATIVE_32,
    RelocationType.CALL_32,
    RelocationType.GOT_RELATIVE_32,
    RelocationType.GOT_RELATIVE_32_RELAXABLE,
    RelocationType.GOT_RELATIVE_32_RELAXABLE_REX,
}
GOT: Final = {
    RelocationType.GOT_RELATIVE_32,
    RelocationType.GOT_RELATIVE_32_RELAXABLE,
    RelocationType.GOT_RELATIVE_32_RELAXABLE_REX,
}
TEMPLATES: Final = "templates"
MOVED: Final = ""
"""A hole that names nothing: it reaches into the image itself, and a copy of it only has moved."""


@dataclass(frozen=True, slots=True)
class TemplateHole:
    """Bytes `offset` (from the template's start) to be filled with `name`'s value plus `addend`.

    `relative` holes hold 32-bit distances from themselves, the others absolute values of `size` bytes.
    """

    offset: int
    size: int
    relative: bool
    name: str
    addend: int


@dataclass(frozen=True, slots=True)
class Template:
    """Machine code of one instruction (or a part of it), at `offset` in the image, `size` bytes."""

    name: str
    offset: int
    size: int
    holes: tuple[TemplateHole, ...]


@dataclass(slots=True)
class Image:
    """See the module's docstring. Offsets are in bytes from the image's start.

    [0, writable) is code and constants; the global offset table and the cells follow, to `size`. `extra` is what the
    owner of the templates wants to keep with them.
    """

    data: bytes = b""
    symbols: dict[str, int] = field(default_factory=dict)
    externs: list[str] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)
    writable: int = 0
    got: int = 0
    size: int = 0
    extra: dict[str, bytes] = field(default_factory=dict)

    @property
    def templates(self) -> dict[str, Template]:
        """The templates by name (decoded anew: few ask)."""
        return {
            name: Template(name, offset, size, tuple(TemplateHole(*hole) for hole in holes))
            for name, offset, size, holes in json.loads(self.extra[TEMPLATES])
        }

    def to_bytes(self) -> bytes:
        """A file's content: magic, digest of the rest, length of the head, head, data, extras."""
        head = json.dumps(
            {
                "symbols": self.symbols,
                "externs": self.externs,
                "cells": self.cells,
                "writable": self.writable,
                "got": self.got,
                "size": self.size,
                "lengths": {name: len(part) for name, part in self.extra.items()},
            }
        ).encode()
        body = b"".join(
            [struct.pack("<II", len(head), len(self.data)), head, self.data, *self.extra.values()]
        )
        return MAGIC + hashlib.sha256(body).digest() + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Image:
        """The opposite. Raises ValueError for anything that `to_bytes` did not write."""
        body = data[len(MAGIC) + 32 :]
        if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != data[len(MAGIC) :][:32]:
            raise ValueError("not an image of Kaa, or a damaged one")
        head_size, data_size = struct.unpack_from("<II", body)
        head = json.loads(body[8 : 8 + head_size])
        position = 8 + head_size + data_size
        extra = {}
        for name, length in head.pop("lengths").items():
            extra[name] = body[position : position + length]
            position += length
        return cls(data=body[8 + head_size :][:data_size], extra=extra, **head)


def compile_module(text: str) -> bytes:
    """LLVM IR to an object file. The one place that needs llvmlite."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=3, codemodel="small", reloc="pic")
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def build(
    functions: Iterable[NativeFunction],
    templates: dict[str, tuple[NativeFunction, dict[str, object]]],
    *,
    detached: Collection[str] = (),
    checking: bool = False,
    progress: Callable[[str], None] = lambda stage: None,
) -> Image:
    """Compile functions and templates (name -> function and its static parameters) into an image.

    Code of the next template will stand behind each template's, except behind the `detached` ones'.
    """
    module = Module(checking=checking)
    progress("translating")
    for function in functions:
        module.add(function)
    for name, (function, static) in templates.items():
        assert function.convention == TEMPLATE, name
        module.add(function, static, name=f"template.{name}", section=f"{TEMPLATE_SECTION}{name}")
    text = module.text()
    progress("compiling")
    compiled = read(compile_module(text))
    progress("linking")
    return link(compiled, module, detached)


def link(compiled: ObjectFile, module: Module, detached: Collection[str]) -> Image:
    """Lay the sections out, resolve what is inside the image, and note what is not."""
    places: dict[str, int] = {}
    data = bytearray()
    for section in sorted(compiled.sections.values(), key=lambda s: s.name):
        data += bytes(-len(data) % max(section.alignment, 16))
        places[section.name] = len(data)
        data += section.data
    stubs = _add_stubs(compiled, module, data)
    data += bytes(-len(data) % PAGE)
    image = Image(writable=len(data), got=len(data))
    image.externs = sorted({*module.externs, *stubs})
    slots = {name: image.got + 8 * i for i, name in enumerate(image.externs)}
    end = image.got + 8 * len(slots)
    for cell in module.cells.values():
        end += -end % 16
        image.cells[cell.name] = end
        end += cell.size
    image.size = end + -end % PAGE
    for name, place in stubs.items():
        struct.pack_into("<i", data, place + 2, slots[name] - (place + 6))
    image.symbols = {s.name: places[s.section or ""] + s.offset for s in compiled.symbols.values()}

    templates = []
    for section in compiled.sections.values():
        start = places[section.name]
        holes = []
        for relocation in section.relocations:
            name = relocation.symbol.name
            if name in module.holes:
                hole = _hole(relocation)
                if hole.relative and module.holes[name].bits:
                    raise ValueError(
                        f"{section.name} wants {name} relative to its place: LLVM computes with it"
                    )
                holes.append(hole)
                continue
            if relocation.type not in RELATIVE:
                raise ValueError(f"{section.name} holds an absolute address of {name or 'a constant'}")
            if relocation.type in GOT:
                target = slots[name]
            elif name in image.cells:
                target = image.cells[name]
            elif name in stubs:
                target = stubs[name]
            else:
                target = places[relocation.symbol.section or ""] + relocation.symbol.offset
            position = start + relocation.offset
            struct.pack_into("<i", data, position, target + relocation.addend - position)
            holes.append(TemplateHole(relocation.offset, 4, True, MOVED, 0))
        if section.name.startswith(TEMPLATE_SECTION):
            name = section.name.removeprefix(TEMPLATE_SECTION)
            whole = Template(name, start, len(section.data), tuple(holes))
            templates.append(whole if name in detached else _without_last_jump(whole, section.data))
    image.data = bytes(data)
    image.extra[TEMPLATES] = json.dumps([astuple(template) for template in templates]).encode()
    return image


def _add_stubs(compiled: ObjectFile, module: Module, data: bytearray) -> dict[str, int]:
    """For C functions that LLVM calls on its own account (memset): a jump through the table of addresses."""
    stubs: dict[str, int] = {}
    for section in compiled.sections.values():
        for relocation in section.relocations:
            symbol = relocation.symbol
            known = symbol.section or symbol.name in module.holes or symbol.name in module.cells
            if relocation.type is RelocationType.CALL_32 and not known and symbol.name not in stubs:
                stubs[symbol.name] = len(data)
                data += b"\xff\x25\0\0\0\0"  # jmp *distance(%rip)
    return stubs


def _hole(relocation: Relocation) -> TemplateHole:
    size = {
        RelocationType.ABSOLUTE_64: 8,
        RelocationType.ABSOLUTE_8: 1,
        RelocationType.RELATIVE_64: 8,
    }.get(relocation.type, 4)
    relative = relocation.type in RELATIVE
    return TemplateHole(relocation.offset, size, relative, relocation.symbol.name, relocation.addend)


def _without_last_jump(template: Template, code: bytes) -> Template:
    """A template without its last jump, if that one goes to the next template: it is adjacent."""
    for hole in template.holes:
        if hole.name == NEXT and hole.offset == len(code) - 4 and code[-JUMP_SIZE] == JUMP:
            rest = tuple(h for h in template.holes if h is not hole)
            return replace(template, size=len(code) - JUMP_SIZE, holes=rest)
    return template
