"""The template of every instruction, one module a theme."""

from kaa.baseline.templates import (
    attributes,
    calls,
    containers,
    control,
    exceptions,
    functions,
    generators,
    imports,
    matching,
    names,
    operators,
    stack,
)

__all__ = [
    "attributes",
    "calls",
    "containers",
    "control",
    "exceptions",
    "functions",
    "generators",
    "imports",
    "matching",
    "names",
    "operators",
    "stack",
]
