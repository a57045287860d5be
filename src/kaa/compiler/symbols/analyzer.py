"""The second pass over a program's names: where each of them lives.

A name that a scope binds is local to it, unless it says otherwise; a name that it only uses is looked for
in the functions around it, then among the globals. What inner functions use becomes a cell. Comprehensions
are merged into the scope that they run in (PEP 709).
"""

import ast

from kaa.compiler.errors import in_scope
from kaa.compiler.symbols.scopes import (
    DEF_BOUND,
    DEF_COMP_CELL,
    DEF_FREE_CLASS,
    DEF_GLOBAL,
    DEF_NONLOCAL,
    DEF_PARAM,
    DEF_TYPE_PARAM,
    FLAGS_MASK,
    RESOLUTION_SHIFT,
    Resolution,
    Scope,
    ScopeKind,
)

__all__ = ["Analyzer"]

_NO_NAMES: frozenset[str] = frozenset()


class Analyzer:
    """The second pass: where each name of each scope lives."""

    def __init__(self, filename: str) -> None:
        self.filename = filename

    def analyze(self, top: Scope) -> None:
        self._scope(top, None, _NO_NAMES, _NO_NAMES, None)

    def _scope(
        self,
        scope: Scope,
        bound: frozenset[str] | None,
        global_names: frozenset[str],
        type_parameters: frozenset[str],
        class_scope: Scope | None,
    ) -> set[str]:
        """Resolve the names of `scope` and of the scopes in it; return the names that are free in them.

        `bound` are the names that the functions around it bind (None for the module itself), `global_names`
        those that they declare global, `type_parameters` those among `bound` that are type parameters, and
        `class_scope` the class whose names an annotation scope sees.
        """
        resolver = _Resolver(self, scope, bound, global_names, type_parameters, class_scope)
        resolutions = resolver.resolve()
        if scope.type is ScopeKind.CLASS:
            # Names of a class are not visible in its methods, so they see what the class sees.
            inner_bound = (bound or _NO_NAMES) | {"__class__", "__classdict__"}
            inner_global = global_names
        else:
            inner_bound = resolver.bound_inside()
            inner_global = frozenset(resolver.global_names)
        free: set[str] = set()
        inlined_cells: set[str] = set()
        inner_parameters = frozenset(resolver.type_parameters)
        for child in scope.children:
            seen_class = _class_seen_by(child, scope, class_scope)
            child_free = self._scope(child, inner_bound, inner_global, inner_parameters, seen_class)
            if _is_inlined(child, scope):
                _inline(child, scope, resolutions, child_free, inlined_cells)
            free |= child_free
        _adopt_children_of_inlined(scope)
        if scope.is_function_like:
            _turn_locals_into_cells(resolutions, free, inlined_cells)
        elif scope.type is ScopeKind.CLASS:
            _take_class_cells(scope, free)
        _record(scope, resolutions, bound, free, inlined_cells)
        return free | resolver.free


class _Resolver:
    """What the names of one scope are, as far as the scopes around it tell."""

    def __init__(
        self,
        analyzer: Analyzer,
        scope: Scope,
        bound: frozenset[str] | None,
        global_names: frozenset[str],
        type_parameters: frozenset[str],
        class_scope: Scope | None,
    ) -> None:
        self.analyzer = analyzer
        self.scope = scope
        self.in_module = bound is None
        self.bound = set(bound or ())
        self.global_names = set(global_names)
        self.type_parameters = set(type_parameters)
        self.class_scope = class_scope
        self.local: set[str] = set()
        self.free: set[str] = set()

    def resolve(self) -> dict[str, Resolution]:
        """Return the resolution of every name of the scope, so far: no cells yet."""
        return {name: self._resolve(name, flags) for name, flags in self.scope.symbols.items()}

    def bound_inside(self) -> frozenset[str]:
        """Return the names that the scopes inside of this one can find bound in functions around them."""
        if self.scope.is_function_like:
            return frozenset(self.bound | self.local)
        return frozenset(self.bound)

    def _resolve(self, name: str, flags: int) -> Resolution:
        if flags & DEF_GLOBAL:
            if flags & DEF_NONLOCAL:
                raise self._error(name, f"name '{name}' is nonlocal and global")
            self.global_names.add(name)
            self.bound.discard(name)
            return Resolution.GLOBAL_EXPLICIT
        if flags & DEF_NONLOCAL:
            return self._resolve_nonlocal(name)
        if flags & DEF_BOUND:
            self.local.add(name)
            self.global_names.discard(name)
            if flags & DEF_TYPE_PARAM:
                self.type_parameters.add(name)
            else:
                self.type_parameters.discard(name)
            return Resolution.LOCAL
        return self._resolve_use(name)

    def _resolve_nonlocal(self, name: str) -> Resolution:
        if self.in_module:
            raise self._error(name, "nonlocal declaration not allowed at module level")
        if name not in self.bound:
            raise self._error(name, f"no binding for nonlocal '{name}' found")
        if name in self.type_parameters:
            raise self._error(name, f"nonlocal binding not allowed for type parameter '{name}'")
        self.free.add(name)
        return Resolution.FREE

    def _resolve_use(self, name: str) -> Resolution:
        if self.class_scope is not None:
            # A name of the class hides the outer functions' at run time: it is looked up in the class, then
            # globally.
            flags = self.class_scope.symbols.get(name, 0)
            if flags & DEF_GLOBAL:
                return Resolution.GLOBAL_EXPLICIT
            if flags & DEF_BOUND and not flags & DEF_NONLOCAL:
                return Resolution.GLOBAL_IMPLICIT
        if name in self.bound:
            self.free.add(name)
            return Resolution.FREE
        return Resolution.GLOBAL_IMPLICIT

    def _error(self, name: str, message: str) -> SyntaxError:
        location = next(place for declared, place in self.scope.directives if declared == name)
        return in_scope(location, message, self.analyzer.filename)


def _class_seen_by(child: Scope, scope: Scope, class_scope: Scope | None) -> Scope | None:
    if not child.can_see_class:
        return None
    return scope if scope.type is ScopeKind.CLASS else class_scope


def _is_inlined(child: Scope, scope: Scope) -> bool:
    """A comprehension runs in the frame around it (PEP 709), unless that frame looks names up in a class."""
    if child.comprehension is None or child.comprehension is ast.GeneratorExp:
        return False
    return not scope.can_see_class


def _is_bound_outside(name: str, scope: Scope) -> bool:
    return bool(scope.symbols[name] & DEF_BOUND) and scope.type is not ScopeKind.CLASS


def _is_free_below(name: str, scope: Scope) -> bool:
    return any(child.resolution(name) == Resolution.FREE for child in scope.children)


def _inline(
    child: Scope,
    scope: Scope,
    resolutions: dict[str, Resolution],
    child_free: set[str],
    inlined_cells: set[str],
) -> None:
    """Merge the names of an inlined comprehension into the scope around it."""
    child.inlined = True
    drops_dunder_class = False
    for name, entry in child.symbols.items():
        if entry & DEF_PARAM:
            continue
        resolution = Resolution(entry >> RESOLUTION_SHIFT)
        flags = entry & FLAGS_MASK
        if resolution is Resolution.CELL or flags & DEF_COMP_CELL:
            inlined_cells.add(name)
        if resolution is Resolution.FREE and scope.type is ScopeKind.CLASS and name == "__class__":
            # The class has no __class__ cell of its own yet: the comprehension finds what the class body
            # finds.
            resolution = Resolution.GLOBAL_IMPLICIT
            child_free.discard(name)
            drops_dunder_class = True
        if name not in scope.symbols:
            scope.symbols[name] = flags
            resolutions[name] = resolution
        elif _is_bound_outside(name, scope) and not _is_free_below(name, child):
            # What was free in the comprehension is a local of the frame that it now runs in.
            child_free.discard(name)
    if drops_dunder_class:
        del child.symbols["__class__"]


def _adopt_children_of_inlined(scope: Scope) -> None:
    """Put the children of inlined comprehensions into the comprehensions' place."""
    if any(child.inlined for child in scope.children):
        children: list[Scope] = []
        for child in scope.children:
            children.extend(child.children if child.inlined else (child,))
        scope.children = children


def _turn_locals_into_cells(
    resolutions: dict[str, Resolution], free: set[str], inlined_cells: set[str]
) -> None:
    """Make cells of the local names that an inner scope uses; outside of this scope they are not free."""
    for name in (free | inlined_cells) & resolutions.keys():
        if resolutions[name] is Resolution.LOCAL:
            resolutions[name] = Resolution.CELL
            free.discard(name)


def _take_class_cells(scope: Scope, free: set[str]) -> None:
    """Note the cells that a class makes for its methods and annotation scopes."""
    if "__class__" in free:
        scope.needs_class_closure = True
        free.discard("__class__")
    if "__classdict__" in free:
        scope.needs_classdict = True
        free.discard("__classdict__")


def _record(
    scope: Scope,
    resolutions: dict[str, Resolution],
    bound: frozenset[str] | None,
    free: set[str],
    inlined_cells: set[str],
) -> None:
    """Write the resolutions into `scope.symbols`, with the free names that only pass through this scope."""
    symbols = scope.symbols
    for name, flags in symbols.items():
        symbols[name] = flags | resolutions[name] << RESOLUTION_SHIFT
    for name in inlined_cells & symbols.keys():
        symbols[name] |= DEF_COMP_CELL
    sees_class = scope.type is ScopeKind.CLASS or scope.can_see_class
    for name in free:
        if name in symbols:
            if sees_class:
                symbols[name] |= DEF_FREE_CLASS
        elif bound is None or name in bound:
            symbols[name] = Resolution.FREE << RESOLUTION_SHIFT
