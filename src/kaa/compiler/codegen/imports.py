"""Import statements."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.errors import location_of
from kaa.compiler.future import is_future


@emits(ast.Import)
def import_(g: Generator, node: ast.Import) -> None:
    location = location_of(node)
    for alias in node.names:
        g.load_constant(0, location)
        g.load_constant(None, location)
        g.name_operation(op.IMPORT_NAME, alias.name, location)
        if alias.asname is not None:
            _import_as(g, alias.name, alias.asname, location)
        else:
            g.store_name(alias.name.partition(".")[0], location)


def _import_as(g: Generator, name: str, as_name: str, location: Location) -> None:
    """Bind the submodule: IMPORT_NAME leaves the topmost package on the stack."""
    _, *submodules = name.split(".")
    for number, submodule in enumerate(submodules):
        if number:
            g.emit(op.SWAP, location, 2)
            g.emit(op.POP_TOP, location)
        g.name_operation(op.IMPORT_FROM, submodule, location)
    g.store_name(as_name, location)
    if submodules:
        g.emit(op.POP_TOP, location)


@emits(ast.ImportFrom)
def import_from(g: Generator, node: ast.ImportFrom) -> None:
    location = location_of(node)
    g.load_constant(node.level or 0, location)
    g.load_constant(tuple([alias.name for alias in node.names]), location)
    if is_future(node) and (node.lineno, node.col_offset) > g.future.last_place:
        message = "from __future__ imports must occur at the beginning of the file"
        raise g.error(location, message)
    g.name_operation(op.IMPORT_NAME, node.module or "", location)
    for number, alias in enumerate(node.names):
        if number == 0 and alias.name == "*":
            g.emit(op.CALL_INTRINSIC_1, location, arguments.IMPORT_STAR)
            g.emit(op.POP_TOP, NO_LOCATION)
            return
        g.name_operation(op.IMPORT_FROM, alias.name, location)
        g.store_name(alias.asname or alias.name, location)
    g.emit(op.POP_TOP, location)
