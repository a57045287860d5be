"""Tree to code object: symbol tables, code generation, the flow-graph optimizer, the assembler."""
