"""Tree to linear instruction sequences, one for each code object.

In goes a tree with its symbol table, out comes the `CompilationUnit` of the module; the units inside of it
are handed to `assemble` as soon as they are complete, since a code object is a constant of the one around
it. Each module of this package emits the nodes of one theme; `generator` holds the state and the vocabulary
that they share.
"""

import ast
from collections.abc import Callable
from types import CodeType

from kaa.compiler.codegen import (  # the modules register their emitters
    assignments,
    calls,
    classes,
    comprehensions,
    conditions,
    displays,
    exceptions,
    expressions,
    functions,
    imports,
    loops,
    matching,
    statements,
    type_parameters,
    with_statements,
)
from kaa.compiler.codegen.generator import Generator
from kaa.compiler.future import FutureFeatures
from kaa.compiler.symbols import SymbolTable
from kaa.compiler.unit import CompilationUnit

__all__ = ["generate"]

_THEMES = (
    assignments,
    calls,
    classes,
    comprehensions,
    conditions,
    displays,
    exceptions,
    expressions,
    functions,
    imports,
    loops,
    matching,
    statements,
    type_parameters,
    with_statements,
)


def generate(
    tree: ast.mod,
    symbols: SymbolTable,
    filename: str,
    future: FutureFeatures,
    optimize: int,
    assemble: Callable[[CompilationUnit], CodeType],
) -> CompilationUnit:
    """Return the unit of `tree`, an `ast.Module`, `ast.Interactive` or `ast.Expression`.

    `future.flags` also holds the compiler flags of `ast`; `optimize` is the level, 0 to 2. Raises
    `SyntaxError`.
    """
    generator = Generator(symbols, filename, future, optimize, assemble)
    match tree:
        case ast.Module():
            statements.module(generator, tree)
        case ast.Interactive():
            statements.interactive(generator, tree)
        case ast.Expression():
            generator.visit(tree.body)
    return generator.finish(returns_none=not isinstance(tree, ast.Expression))
