"""Tree to code object: symbol tables, code generation, the flow-graph optimizer, the assembler."""

from kaa.compiler.builtin import compile, symtable

__all__ = ["compile", "symtable"]
