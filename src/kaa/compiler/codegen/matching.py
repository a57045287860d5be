"""The `match` statement (PEP 634).

A pattern consumes the subject on top of the stack. While it is matched, the names that it captures wait on
the stack too, in the order in which they were found; they are stored when the whole pattern has matched.
Where matching fails depends on how much has to be popped: `fail_pop[n]` is the label that pops n values and
goes on with the next case.
"""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.arguments import EQUAL, GREATER_EQUAL
from kaa.compiler.codegen.conditions import jump_if
from kaa.compiler.codegen.displays import unpack_sequence
from kaa.compiler.codegen.generator import Generator, emits
from kaa.compiler.errors import location_of
from kaa.compiler.unit import Label


class _Context:
    """The state of matching one pattern.

    `stores` are the names captured so far, and `on_top` counts the values that stand above them, subjects
    of patterns yet to be matched for the most part. `allow_irrefutable`: a pattern that always matches is
    not an error here.
    """

    __slots__ = ("allow_irrefutable", "fail_pop", "on_top", "stores")

    def __init__(self, allow_irrefutable: bool) -> None:
        self.stores: list[str] = []
        self.allow_irrefutable = allow_irrefutable
        self.fail_pop: list[Label] = []
        self.on_top = 0

    def fail_label(self, pops: int) -> Label:
        while len(self.fail_pop) <= pops:
            self.fail_pop.append(Label())
        return self.fail_pop[pops]


@emits(ast.Match)
def match(g: Generator, node: ast.Match) -> None:
    g.visit(node.subject)
    end = Label()
    last = node.cases[-1]
    has_default = _is_wildcard(last.pattern) and len(node.cases) > 1
    cases = node.cases[:-1] if has_default else node.cases
    for case in cases:
        irrefutable = case.guard is not None or case is last
        _case(g, case, case is cases[-1], irrefutable, end)
    if has_default:
        _default_case(g, last, end)
    g.place(end)


def _case(g: Generator, case: ast.match_case, is_last: bool, irrefutable: bool, end: Label) -> None:
    """Emit a case; the last one consumes the subject, the others match a copy of it."""
    location = location_of(case.pattern)
    if not is_last:
        g.emit(op.COPY, location, 1)
    context = _Context(irrefutable)
    _pattern(g, case.pattern, context)
    for name in context.stores:
        g.store_name(name, location)
    if case.guard is not None:
        jump_if(g, location, case.guard, context.fail_label(0), False)
    if not is_last:
        g.emit(op.POP_TOP, location)
    g.visit_all(case.body)
    g.jump(op.JUMP, NO_LOCATION, end)
    _place_failures(g, location, context)


def _default_case(g: Generator, case: ast.match_case, end: Label) -> None:
    """Emit a last `case _:`, which needs no subject."""
    location = location_of(case.pattern)
    g.emit(op.NOP, location)
    if case.guard is not None:
        jump_if(g, location, case.guard, end, False)
    g.visit_all(case.body)


# Success and failure


def _fail(g: Generator, location: Location, context: _Context, opcode: int) -> None:
    """Jump, by `opcode`, to where this pattern has failed: everything of it is popped there."""
    g.jump(opcode, location, context.fail_label(context.on_top + len(context.stores)))


def _place_failures(g: Generator, location: Location, context: _Context) -> None:
    """Place the failure labels here: the one that pops most first, each falling into the next."""
    for pops in range(len(context.fail_pop) - 1, 0, -1):
        g.place(context.fail_pop[pops])
        g.emit(op.POP_TOP, location)
    if context.fail_pop:
        g.place(context.fail_pop[0])
    context.fail_pop = []


def _rotate(g: Generator, location: Location, count: int) -> None:
    """Move the value on top of the stack below the `count - 1` values under it."""
    while count > 1:
        g.emit(op.SWAP, location, count)
        count -= 1


def _capture(g: Generator, location: Location, name: str | None, context: _Context) -> None:
    """Keep the subject for `name`, below everything that stands on top; without a name, drop it."""
    if name is None:
        g.emit(op.POP_TOP, location)
        return
    _refuse_second_capture(g, location, name, context)
    _rotate(g, location, context.on_top + len(context.stores) + 1)
    context.stores.append(name)


def _refuse_second_capture(g: Generator, location: Location, name: str, context: _Context) -> None:
    if name in context.stores:
        raise g.error(location, f"multiple assignments to name {name!r} in pattern")


def _is_wildcard(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.name is None


def _is_star_wildcard(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchStar) and pattern.name is None


# Patterns


def _pattern(g: Generator, pattern: ast.pattern, context: _Context) -> None:
    _PATTERNS[type(pattern)](g, pattern, context)


def _subpattern(g: Generator, pattern: ast.pattern, context: _Context) -> None:
    """Match a part of a pattern, which may well match anything."""
    allowed = context.allow_irrefutable
    context.allow_irrefutable = True
    _pattern(g, pattern, context)
    context.allow_irrefutable = allowed


def _value(g: Generator, pattern: ast.MatchValue, context: _Context) -> None:
    location = location_of(pattern)
    if not isinstance(pattern.value, _MATCHABLE):
        raise g.error(location, "patterns may only match literals and attribute lookups")
    g.visit(pattern.value)
    g.emit(op.COMPARE_OP, location, EQUAL)
    g.emit(op.TO_BOOL, location)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)


_MATCHABLE = (ast.Constant, ast.Attribute)


def _singleton(g: Generator, pattern: ast.MatchSingleton, context: _Context) -> None:
    location = location_of(pattern)
    g.load_constant(pattern.value, location)
    g.emit(op.IS_OP, location, 0)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)


def _as(g: Generator, pattern: ast.MatchAs, context: _Context) -> None:
    location = location_of(pattern)
    if pattern.pattern is not None:
        context.on_top += 1
        g.emit(op.COPY, location, 1)
        _pattern(g, pattern.pattern, context)
        context.on_top -= 1
    elif not context.allow_irrefutable:
        what = f"name capture {pattern.name!r}" if pattern.name is not None else "wildcard"
        raise g.error(location, f"{what} makes remaining patterns unreachable")
    _capture(g, location, pattern.name, context)


def _star(g: Generator, pattern: ast.MatchStar, context: _Context) -> None:
    _capture(g, location_of(pattern), pattern.name, context)


# Sequences


def _sequence(g: Generator, pattern: ast.MatchSequence, context: _Context) -> None:
    location, patterns = location_of(pattern), pattern.patterns
    stars = [number for number, part in enumerate(patterns) if isinstance(part, ast.MatchStar)]
    if len(stars) > 1:
        raise g.error(location, "multiple starred names in sequence pattern")
    context.on_top += 1
    g.emit(op.MATCH_SEQUENCE, location)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)
    if not stars:
        _check_length(g, location, len(patterns), EQUAL, context)
    elif len(patterns) > 1:
        _check_length(g, location, len(patterns) - 1, GREATER_EQUAL, context)
    context.on_top -= 1
    if all(_is_wildcard(part) or _is_star_wildcard(part) for part in patterns):
        g.emit(op.POP_TOP, location)
    elif stars and _is_star_wildcard(patterns[stars[0]]):
        _match_items(g, location, patterns, stars[0], context)
    else:
        _match_unpacked(g, location, patterns, context)


def _check_length(g: Generator, location: Location, length: int, comparison: int, context: _Context) -> None:
    g.emit(op.GET_LEN, location)
    g.load_constant(length, location)
    g.emit(op.COMPARE_OP, location, comparison)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)


def _match_unpacked(
    g: Generator, location: Location, patterns: Sequence[ast.pattern], context: _Context
) -> None:
    unpack_sequence(g, location, patterns, ast.MatchStar, "sequence pattern")
    context.on_top += len(patterns)
    for part in patterns:
        context.on_top -= 1
        _subpattern(g, part, context)


def _match_items(
    g: Generator, location: Location, patterns: Sequence[ast.pattern], star: int, context: _Context
) -> None:
    """Match the items around a `*_` one by one, without unpacking those that it stands for."""
    context.on_top += 1
    for number, part in enumerate(patterns):
        if _is_wildcard(part) or number == star:
            continue
        g.emit(op.COPY, location, 1)
        if number < star:
            g.load_constant(number, location)
        else:
            # The subject need not support negative indices.
            g.emit(op.GET_LEN, location)
            g.load_constant(len(patterns) - number, location)
            g.emit(op.BINARY_OP, location, arguments.BINARY[ast.Sub])
        g.emit(op.BINARY_SUBSCR, location)
        _subpattern(g, part, context)
    context.on_top -= 1
    g.emit(op.POP_TOP, location)


# Mappings


def _mapping(g: Generator, pattern: ast.MatchMapping, context: _Context) -> None:
    location, keys, rest = location_of(pattern), pattern.keys, pattern.rest
    size = len(keys)
    if size != len(pattern.patterns):
        message = f"keys ({size}) / patterns ({len(pattern.patterns)}) length mismatch in mapping pattern"
        raise g.error(location, message)
    context.on_top += 1
    g.emit(op.MATCH_MAPPING, location)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)
    if not size and rest is None:
        context.on_top -= 1
        g.emit(op.POP_TOP, location)
        return
    if size:
        _check_length(g, location, size, GREATER_EQUAL, context)
    _keys(g, location, keys)
    g.emit(op.MATCH_KEYS, location)
    context.on_top += 2  # the tuple of keys, and the tuple of values or None
    g.emit(op.COPY, location, 1)
    _fail_if_none(g, location, context)
    g.emit(op.UNPACK_SEQUENCE, location, size)
    context.on_top += size - 1
    for part in pattern.patterns:
        context.on_top -= 1
        _subpattern(g, part, context)
    context.on_top -= 2
    if rest is not None:
        _rest_of_mapping(g, location, size)
        _capture(g, location, rest, context)
    else:
        g.emit(op.POP_TOP, location)
        g.emit(op.POP_TOP, location)


def _keys(g: Generator, location: Location, keys: Sequence[ast.expr]) -> None:
    seen: set[Any] = set()
    for key in keys:
        if isinstance(key, ast.Constant):
            if key.value in seen:
                message = f"mapping pattern checks duplicate key ({key.value!r})"
                raise g.error(location, message)
            seen.add(key.value)
        elif not isinstance(key, _MATCHABLE):
            message = "mapping pattern keys may only match literals and attribute lookups"
            raise g.error(location, message)
        g.visit(key)
    g.emit(op.BUILD_TUPLE, location, len(keys))


def _fail_if_none(g: Generator, location: Location, context: _Context) -> None:
    g.load_constant(None, location)
    g.emit(op.IS_OP, location, 1)
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)


def _rest_of_mapping(g: Generator, location: Location, size: int) -> None:
    """Make a dictionary of the subject without the keys, the tuple of which stands above it."""
    g.emit(op.BUILD_MAP, location, 0)
    g.emit(op.SWAP, location, 3)
    g.emit(op.DICT_UPDATE, location, 2)
    g.emit(op.UNPACK_SEQUENCE, location, size)
    for above in range(size, 0, -1):
        g.emit(op.COPY, location, 1 + above)
        g.emit(op.SWAP, location, 2)
        g.emit(op.DELETE_SUBSCR, location)


# Classes


def _class(g: Generator, pattern: ast.MatchClass, context: _Context) -> None:
    location = location_of(pattern)
    names, named = pattern.kwd_attrs, pattern.kwd_patterns
    if len(names) != len(named):
        message = f"kwd_attrs ({len(names)}) / kwd_patterns ({len(named)}) length mismatch in class pattern"
        raise g.error(location, message)
    _refuse_repeated_attributes(g, names, named)
    g.visit(pattern.cls)
    g.load_constant(tuple(names), location)
    g.emit(op.MATCH_CLASS, location, len(pattern.patterns))
    g.emit(op.COPY, location, 1)
    g.load_constant(None, location)
    g.emit(op.IS_OP, location, 1)
    context.on_top += 1
    _fail(g, location, context, op.POP_JUMP_IF_FALSE)
    parts = [*pattern.patterns, *named]
    g.emit(op.UNPACK_SEQUENCE, location, len(parts))
    context.on_top += len(parts) - 1
    for part in parts:
        context.on_top -= 1
        if _is_wildcard(part):
            g.emit(op.POP_TOP, location)
        else:
            _subpattern(g, part, context)


def _refuse_repeated_attributes(g: Generator, names: list[str], patterns: list[ast.pattern]) -> None:
    for number, name in enumerate(names):
        g.refuse_debug(name, location_of(patterns[number]))
        for other in range(number + 1, len(names)):
            if names[other] == name:
                message = f"attribute name repeated in class pattern: {name}"
                raise g.error(location_of(patterns[other]), message)


# Alternatives


def _or(g: Generator, pattern: ast.MatchOr, context: _Context) -> None:
    """Match the alternatives one after another, each on a copy of the subject.

    They must capture the same names. The order of the first one counts; the others bring their values on
    the stack into this order.
    """
    location = location_of(pattern)
    end = Label()
    control: list[str] | None = None
    for alternative in pattern.patterns:
        place = location_of(alternative)
        is_last = alternative is pattern.patterns[-1]
        inner = _Context(is_last and context.allow_irrefutable)
        g.emit(op.COPY, place, 1)
        _pattern(g, alternative, inner)
        if control is None:
            control = inner.stores
        elif set(inner.stores) != set(control):
            raise g.error(location, "alternative patterns bind different names")
        else:
            _reorder(g, place, inner.stores, control)
        g.jump(op.JUMP, place, end)
        _place_failures(g, place, inner)
    assert control is not None
    g.emit(op.POP_TOP, location)
    _fail(g, location, context, op.JUMP)
    g.place(end)
    depth = len(control) + 1 + context.on_top + len(context.stores)
    for name in control:
        # Each capture goes below the subject's copy and whatever stands on top of the earlier captures.
        _rotate(g, location, depth)
        _refuse_second_capture(g, location, name, context)
        context.stores.append(name)
    g.emit(op.POP_TOP, location)


def _reorder(g: Generator, location: Location, stores: list[str], control: list[str]) -> None:
    """Rotate the captures on the stack from the order of `stores` to that of `control`."""
    for wanted in range(len(control) - 1, -1, -1):
        found = stores.index(control[wanted])
        if found == wanted:
            continue
        rotations = found + 1
        rotated, stores[:] = stores[:rotations], stores[rotations:]
        stores[wanted - found : wanted - found] = rotated
        for _ in range(rotations):
            _rotate(g, location, wanted + 1)


_PATTERNS: dict[type[ast.pattern], Callable[[Generator, Any, _Context], None]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
    ast.MatchStar: _star,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
}
