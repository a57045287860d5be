"""Tree to symbol tables: which scope every name of a program belongs to.

In goes a tree, out comes a `SymbolTable`: one `Scope` for each module, class, function, lambda,
comprehension and annotation scope. Two passes make it. `Collector` walks the tree and notes, per scope, how
each name is used (the flags of `scopes`). `Analyzer` then walks the scopes and decides where each name
lives (`Resolution`): in a fast local, in a cell, in a cell of an outer function, or among the globals. It
also decides which comprehensions are inlined into the scope around them (PEP 709). The code generator reads
the result; so does the standard library's `symtable`.
"""

import ast

from kaa.compiler.symbols.analyzer import Analyzer
from kaa.compiler.symbols.collector import Collector
from kaa.compiler.symbols.scopes import Resolution, Scope, ScopeKind, SymbolTable, mangle

__all__ = ["Resolution", "Scope", "ScopeKind", "SymbolTable", "build", "mangle"]


def build(tree: ast.mod, filename: str, future_flags: int = 0) -> SymbolTable:
    """Return the symbol table of `tree`; raise `SyntaxError` for uses of names that contradict each other."""
    collector = Collector(filename, future_flags)
    collector.collect(tree)
    Analyzer(filename).analyze(collector.top)
    return SymbolTable(collector.top, collector.scopes)
