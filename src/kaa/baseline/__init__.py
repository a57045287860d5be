"""The Python Virtual Machine as machine code: one template an instruction, copied and patched."""

from __future__ import annotations


def enable() -> None:
    """Run every frame that begins from now on on machine code. Raises `engine.UnsupportedHost`."""
    from kaa.baseline.engine import load

    load().enable()


def disable() -> None:
    """Leave frames that begin from now on to the host's loop."""
    from kaa.baseline.engine import load

    load().disable()


def native_code(function: object) -> str:
    """A function's instructions, each with its template and its machine code, as text."""
    from kaa.baseline.listing import native_code

    return native_code(function)
