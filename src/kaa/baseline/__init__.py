"""The Python Virtual Machine as machine code: one template an instruction, copied and patched."""
