"""Attributes: load, store, delete; and those of `super()`, which need no super object."""

import ast

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.generator import Generator, UnitKind, emits
from kaa.compiler.errors import location_of
from kaa.compiler.symbols import Resolution

__all__ = ["at_attribute", "is_super_attribute", "load_super_attribute"]


def at_attribute(location: Location, node: ast.Attribute) -> Location:
    """Return `location` begun at the line of the attribute's name, where that is another line than the first.

    A traceback for `(a\\n.b())` is to show the line of `.b`.
    """
    line, end_line, column, end_column = location
    name_line, name_end = node.end_lineno, node.end_col_offset
    assert name_line is not None and name_end is not None
    if line == name_line:
        return location
    if len(node.attr) <= name_end:
        column = name_end - len(node.attr)
    else:
        # The tree was made by hand and its columns make no sense.
        column, end_column = -1, -1
    end_line = max(name_line, end_line)
    if name_line == end_line:
        end_column = max(column, end_column)
    return name_line, end_line, column, end_column


def is_super_attribute(g: Generator, node: ast.Attribute) -> bool:
    """Say whether `node` is an attribute of a plain `super()` or `super(type, object)`.

    `super` must be the built-in, as far as can be seen, and without arguments the function must have a
    parameter, and the cell of the class.
    """
    value = node.value
    if node.attr == "__class__":
        return False  # that of the super object itself
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"):
        return False
    if value.keywords or g.scope.resolution("super") != Resolution.GLOBAL_IMPLICIT:
        return False
    if g.symbols.top.resolution("super") != Resolution.NONE:
        return False
    if len(value.args) == 2:
        return not any(type(argument) is ast.Starred for argument in value.args)
    if value.args or not g.unit.argcount:
        return False
    return g.closure_resolution("__class__") == Resolution.FREE


def load_super_attribute(g: Generator, node: ast.Attribute, bits: int) -> None:
    call_ = node.value
    assert isinstance(call_, ast.Call) and isinstance(call_.func, ast.Name)
    g.load_name(call_.func.id, location_of(call_.func))
    location = location_of(call_)
    if call_.args:
        g.visit_all(call_.args)
        bits |= arguments.SUPER_WITH_ARGUMENTS
    else:
        g.emit(op.LOAD_DEREF, location, g.unit.freevars["__class__"])
        g.load_name(next(iter(g.unit.varnames)), location)
    place = location_of(node)
    g.emit(op.LOAD_SUPER_ATTR, place, g.unit.add_name(g.mangled(node.attr)) << 2 | bits)
    g.emit(op.NOP, at_attribute(place, node))


@emits(ast.Attribute)
def attribute(g: Generator, node: ast.Attribute) -> None:
    context = type(node.ctx)
    if context is ast.Load and is_super_attribute(g, node):
        load_super_attribute(g, node, 0)
        return
    g.visit(node.value)
    location = at_attribute(location_of(node), node)
    if context is ast.Load:
        g.load_attribute(node.attr, location)
    elif context is ast.Store:
        g.refuse_debug(node.attr, location_of(node))
        _note_static_attribute(g, node)
        g.name_operation(op.STORE_ATTR, node.attr, location)
    else:
        if node.attr == "__debug__":
            raise g.error(location_of(node), "cannot delete __debug__")
        g.name_operation(op.DELETE_ATTR, node.attr, location)


def _note_static_attribute(g: Generator, node: ast.Attribute) -> None:
    """Note `self.x = ...` for the `__static_attributes__` of the class that the function stands in."""
    if isinstance(node.value, ast.Name) and node.value.id == "self":
        for outer in reversed(g.outer):
            if outer.kind is UnitKind.CLASS:
                outer.static_attributes.add(node.attr)
                break
