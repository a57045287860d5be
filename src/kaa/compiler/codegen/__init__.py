"""Tree to linear instruction sequences, one for each code object.

In goes a tree with its symbol table, out comes the `CompilationUnit` of the module; the units inside of it
are handed to `assemble` as soon as they are complete, since a code object is a constant of the one around
it. Each module of this package emits the nodes of one theme; `generator` holds the state and the vocabulary
that they share.
"""

import ast
from collections.abc import Callable
from types import CodeType

# Importing a theme registers its emitters.
from kaa.compiler.codegen import assignments as assignments
from kaa.compiler.codegen import calls as calls
from kaa.compiler.codegen import classes as classes
from kaa.compiler.codegen import comprehensions as comprehensions
from kaa.compiler.codegen import conditions as conditions
from kaa.compiler.codegen import displays as displays
from kaa.compiler.codegen import exceptions as exceptions
from kaa.compiler.codegen import expressions as expressions
from kaa.compiler.codegen import functions as functions
from kaa.compiler.codegen import imports as imports
from kaa.compiler.codegen import loops as loops
from kaa.compiler.codegen import matching as matching
from kaa.compiler.codegen import statements as statements
from kaa.compiler.codegen import type_parameters as type_parameters
from kaa.compiler.codegen import with_statements as with_statements
from kaa.compiler.codegen.generator import Generator
from kaa.compiler.future import FutureFeatures
from kaa.compiler.symbols import SymbolTable
from kaa.compiler.unit import CompilationUnit

__all__ = ["generate"]


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
