"""Declares templates: one native function per instruction, or per variant of one.

In: functions named after instructions. Out: `TEMPLATES`, which the image compiles and the linker copies.

    @template()
    def POP_TOP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
        release(frame, sp[-1])
        return NEXT(sp - 1)

A template has the frame, the stack pointer (one past the top) and the thread in registers, and leaves by a
jump.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from kaa.native.function import TEMPLATE, NativeFunction


@dataclass(slots=True)
class Definition:
    """One instruction's templates.

    `variants` maps the value of `(argument >> shift) & mask` to a template; `general` serves all others.
    `fused` has templates that do the next instruction's work too, by its name and that value.
    `seen` has templates for places whose cache knew something of a kind when the code became warm, by the kind and the
    lowest bit of the argument. `immortal` serves uses whose argument names an immortal constant. `second` is the part
    in which the result of a call arrives. `cache` counts 64-bit words of inline cache.
    """

    name: str
    general: tuple[NativeFunction, dict[str, Any]] | None = None
    immortal: tuple[NativeFunction, dict[str, Any]] | None = None
    second: tuple[NativeFunction, dict[str, Any]] | None = None
    variants: dict[int, tuple[NativeFunction, dict[str, Any]]] = field(default_factory=dict)
    fused: dict[tuple[str, int], tuple[NativeFunction, dict[str, Any]]] = field(default_factory=dict)
    seen: dict[tuple[int, int], tuple[NativeFunction, dict[str, Any]]] = field(default_factory=dict)
    shift: int = 0
    mask: int = 0
    cache: int = 0


TEMPLATES: Final[dict[str, Definition]] = {}
BRIEF: Final[dict[str, Definition]] = {}
"""Templates that take the place of those above in code that has not run often yet."""


def _definition(name: str) -> Definition:
    return TEMPLATES.setdefault(name, Definition(name))


def template[F: Callable[..., Any]](*names: str, cache: int = 0, **static: Any) -> Callable[[F], F]:
    """The general template of the instruction that the function is named after, or of those in `names`."""

    def declare(python: Any) -> Any:
        function = as_template(python)
        for name in names or (python.__name__,):
            definition = _definition(name)
            definition.general = (function, static)
            definition.cache = max(definition.cache, cache)
        return function

    return declare


def variant[F: Callable[..., Any]](
    name: str,
    value: int,
    *,
    shift: int = 0,
    mask: int = 0xFF,
    cache: int = 0,
    before: str = "",
    **static: Any,
) -> Callable[[F], F]:
    """A template for those uses of an instruction whose argument, shifted and masked, is `value`.

    With `before`, for uses that stand before the instruction of that name, whose work it does too.
    """

    def declare(python: Any) -> Any:
        function = as_template(python)
        definition = _definition(name)
        if before:
            definition.fused[before, value] = (function, static)
        else:
            definition.variants[value] = (function, static)
        definition.shift, definition.mask = shift, mask
        definition.cache = max(definition.cache, cache)
        return function

    return declare


def brief[F: Callable[..., Any]](name: str, *values: int, mask: int = 0) -> Callable[[F], F]:
    """A short template of an instruction for code that has not run often yet; with `values`, for uses whose argument,
    masked, is one of them.

    Instructions without one have their general template there. A brief template has no second part.
    """

    def declare(python: Any) -> Any:
        function = as_template(python)
        definition = BRIEF.setdefault(name, Definition(name))
        if values:
            definition.variants.update(dict.fromkeys(values, (function, {})))
            definition.mask = mask
        else:
            definition.general = (function, {})
        return function

    return declare


def seen[F: Callable[..., Any]](name: str, kind: int, *bits: int, **static: Any) -> Callable[[F], F]:
    """A template for places where the cache knows something of this kind when the code becomes warm; with `bits`, for
    uses whose argument ends in one of these bits. What the brief template has noted in the cache stands there.
    """

    def declare(python: Any) -> Any:
        function = as_template(python)
        _definition(name).seen.update({(kind, bit): (function, static) for bit in bits or (0, 1)})
        return function

    return declare


def immortal[F: Callable[..., Any]](name: str) -> Callable[[F], F]:
    """The template of an instruction for immortal constants, whose references nobody counts."""

    def declare(python: Any) -> Any:
        function = as_template(python)
        _definition(name).immortal = (function, {})
        return function

    return declare


def second[F: Callable[..., Any]](*names: str, **static: Any) -> Callable[[F], F]:
    """The part of these instructions that starts when a call that they made gives its result, in `value`."""

    def declare(python: Any) -> Any:
        function = as_template(python)
        for name in names:
            _definition(name).second = (function, static)
        return function

    return declare


def as_template(python: Any) -> NativeFunction:
    """A function with the templates' calling convention."""
    if isinstance(python, NativeFunction):
        return python
    assert isinstance(python, types.FunctionType)
    return NativeFunction(python, convention=TEMPLATE)
