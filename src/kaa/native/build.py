"""Building an image: native functions and templates, compiled by LLVM and laid out.

In: native functions, and templates by name. Out: an `Image`. What is inside the image is resolved here; what
is not, the holes of templates and the addresses of the host's symbols, is noted.

    native functions -> translate -> LLVM -> object_file -> link -> Image
"""

from __future__ import annotations

import marshal
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any, Final

from kaa.native.function import NEXT, OWN_PARTS, TEMPLATE, NativeFunction
from kaa.native.image import PAGE, PLACES, TEMPLATES, Image
from kaa.native.object_file import ObjectFile, Relocation, RelocationType, read
from kaa.native.translate import Module

TEMPLATE_SYMBOL: Final = "template."
"""What the symbols of templates begin with."""
COLD: Final = ".cold"
"""What the symbol and the name of a template's unlikely part end with."""
JUMP, JUMP_SIZE = 0xE9, 5
"""Opcode and bytes of `jmp rel32`, in which a template goes on to the next one, or an instruction that stands aside."""

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
IN_IMAGE: Final = ""
"""A hole that names nothing: it reaches into the image itself, so far from the image's start as its addend says."""


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
    """Machine code of one instruction (or a part of it), at `offset` in the image, `size` bytes.

    What is unlikely to run is a template of its own, with `COLD` behind the name, and stands elsewhere.
    """

    name: str
    offset: int
    size: int
    holes: tuple[TemplateHole, ...]


def read_templates(data: bytes) -> dict[str, Template]:
    """The templates that `link` has noted in an image."""
    return {
        name: Template(name, offset, size, tuple(TemplateHole(*hole) for hole in holes))
        for name, offset, size, holes in unpacked(data)
    }


def packed(value: Any) -> bytes:
    """Plain data as few bytes, since every start reads them and few use them."""
    return zlib.compress(marshal.dumps(value))


def unpacked(data: bytes) -> Any:
    """The opposite."""
    return marshal.loads(zlib.decompress(data))


def compile_module(text: str) -> bytes:
    """LLVM IR to an object file. The one place that needs llvmlite."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    llvm.set_option("", "-enable-split-machine-functions")
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
    behind: Mapping[str, str] | None = None,
    checking: bool = False,
    progress: Callable[[str], None] = lambda stage: None,
) -> Image:
    """Compile functions and templates (name -> function and its static parameters) into an image.

    `behind` says, by template, which hole the code that will stand behind it fills ("" for none of them): NEXT, if
    it does not name the template. A jump there at a template's end is left out.
    """
    module = Module(checking=checking)
    progress("translating")
    exported = [module.add(function) for function in functions]
    for name, (function, static) in templates.items():
        assert function.convention == TEMPLATE, name
        module.add(function, static, name=TEMPLATE_SYMBOL + name, split=True)
    text = module.text()
    progress("compiling")
    compiled = read(compile_module(text))
    progress("linking")
    return link(compiled, module, exported, behind or {})


def link(compiled: ObjectFile, module: Module, exported: Iterable[str], behind: Mapping[str, str]) -> Image:
    """Lay the sections out, resolve what is inside the image, and note what is not."""
    places: dict[str, int] = {}
    data = bytearray()
    for section in sorted(compiled.sections.values(), key=lambda s: s.name):
        data += bytes(-len(data) % max(section.alignment, 16))
        places[section.name] = len(data)
        data += section.data
    stubs = _add_stubs(compiled, module, data)
    data += bytes(-len(data) % PAGE)
    image = Image(
        data=b"",
        symbols={},
        externs=sorted({*module.externs, *stubs}),
        cells={},
        writable=len(data),
        got=len(data),
        size=0,
        extra={},
    )
    slots = {name: image.got + 8 * i for i, name in enumerate(image.externs)}
    end = image.got + 8 * len(slots)
    for cell in module.cells.values():
        end += -end % 16
        image.cells[cell.name] = end
        end += cell.size
    image.size = end + -end % PAGE
    for name, place in stubs.items():
        struct.pack_into("<i", data, place + 2, slots[name] - (place + 6))
    found = {s.name: places[s.section or ""] + s.offset for s in compiled.symbols.values()}
    image.symbols = {name: found[name] for name in exported}
    image.extra[PLACES] = packed(found)

    templates = []
    names = _template_sections(compiled)
    sections = {name: section for section, name in names.items()}
    for section in compiled.sections.values():
        start = places[section.name]
        holes = []
        name = names.get(section.name, "")
        parts = _own_parts(name, sections) if name else {}
        for relocation in section.relocations:
            symbol = relocation.symbol
            if symbol.name in module.holes:
                hole = _hole(relocation)
                if hole.relative and module.holes[symbol.name].bits:
                    raise ValueError(
                        f"{section.name} wants {symbol.name} relative to its place: LLVM computes with it"
                    )
                holes.append(hole)
                continue
            if relocation.type not in RELATIVE:
                raise ValueError(f"{section.name} holds an absolute address of {symbol.name or 'a constant'}")
            if symbol.section in parts:
                where = symbol.offset + relocation.addend
                holes.append(TemplateHole(relocation.offset, 4, True, parts[symbol.section], where))
                continue
            if relocation.type in GOT:
                target = slots[symbol.name]
            elif symbol.name in image.cells:
                target = image.cells[symbol.name]
            elif symbol.name in stubs:
                target = stubs[symbol.name]
            else:
                target = places[symbol.section or ""] + symbol.offset
            position = start + relocation.offset
            struct.pack_into("<i", data, position, target + relocation.addend - position)
            holes.append(TemplateHole(relocation.offset, 4, True, IN_IMAGE, target + relocation.addend))
        if name:
            whole = Template(name, start, len(section.data), tuple(holes))
            adjacent = "" if name.endswith(COLD) else behind.get(name, NEXT)
            templates.append(_without_last_jump(whole, section.data, adjacent))
    image.data = bytes(data)
    image.extra[TEMPLATES] = packed([astuple(template) for template in templates])
    return image


def _template_sections(compiled: ObjectFile) -> dict[str, str]:
    """By section: the name of the template, or of the unlikely part of one, that fills it."""
    return {
        symbol.section: symbol.name.removeprefix(TEMPLATE_SYMBOL)
        for symbol in compiled.symbols.values()
        if symbol.section and symbol.name.startswith(TEMPLATE_SYMBOL)
    }


def _own_parts(name: str, sections: dict[str, str]) -> dict[str, str]:
    """By section: the hole for where it is, for the parts of the template to which a part belongs."""
    hot = name.removesuffix(COLD)
    return {
        sections[part]: hole
        for part, hole in zip((hot, hot + COLD), OWN_PARTS, strict=True)
        if part in sections
    }


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


def _without_last_jump(template: Template, code: bytes, adjacent: str) -> Template:
    """A template without its last jump, if that one goes to what stands behind it."""
    for hole in template.holes:
        if adjacent and hole.name == adjacent and hole.offset == len(code) - 4 and code[-JUMP_SIZE] == JUMP:
            rest = tuple(h for h in template.holes if h is not hole)
            return replace(template, size=len(code) - JUMP_SIZE, holes=rest)
    return template
