"""Native Python: a typed subset of Python, translated to LLVM IR and loaded as machine code."""
