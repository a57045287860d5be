"""The Python Virtual Machine as machine code: one template an instruction, copied and patched."""

from __future__ import annotations


def native_code(function: object) -> str:
    """A function's instructions, each with its template and its machine code, as text."""
    from kaa.baseline.listing import native_code

    return native_code(function)
