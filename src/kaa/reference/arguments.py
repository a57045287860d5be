"""Binding the arguments of a call to a function's parameters, and the host's words for what does not fit.

In: a function (Kaa's or the host's: both answer to `__code__`, `__defaults__`, ...), positional and keyword
arguments. Out: the frame's variables, unbound ones NULL. (Language reference, section 6.3.4, "Calls".)
"""

from __future__ import annotations

import _suggestions  # type: ignore[import-not-found]  # not in the stubs
from typing import Any

from kaa.reference.program import NULL, Program


def is_iterable(value: Any) -> bool:
    """True for what has an iterator or is a sequence, without asking for one."""
    return hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")


def bind(function: Any, program: Program, arguments: list[Any], keywords: dict[str, Any] | None) -> list[Any]:
    """The variables of a new frame."""
    count = program.argument_count
    variables = arguments[:count]
    variables += [NULL] * (len(program.local_names) - len(variables))
    place = program.total_arguments
    if program.variable_positionals:
        variables[place] = tuple(arguments[count:])
        place += 1
    extra: dict[str, Any] | None = None
    if program.variable_keywords:
        extra = variables[place] = {}
    if keywords:
        _bind_keywords(function, program, variables, keywords, extra)
    if len(arguments) > count and not program.variable_positionals:
        raise TypeError(_too_many(function, program, variables, len(arguments)))
    if len(arguments) < count:
        _fill_positionals(function, program, variables, len(arguments))
    if program.total_arguments > count:
        _fill_keyword_only(function, program, variables)
    return variables


def _bind_keywords(
    function: Any,
    program: Program,
    variables: list[Any],
    keywords: dict[str, Any],
    extra: dict[str, Any] | None,
) -> None:
    for name, value in keywords.items():
        if not isinstance(name, str):
            raise TypeError("keywords must be strings")
        index = program.keyword_places.get(name)
        if index is None:
            if extra is None:
                raise TypeError(_unexpected(function, program, keywords, name))
            extra[name] = value
            continue
        if variables[index] is not NULL:
            raise TypeError(f"{function.__qualname__}() got multiple values for argument {name!r}")
        variables[index] = value


def _fill_positionals(function: Any, program: Program, variables: list[Any], given: int) -> None:
    defaults = function.__defaults__ or ()
    required = program.argument_count - len(defaults)
    missing = [program.local_names[index] for index in range(given, required) if variables[index] is NULL]
    if missing:
        raise TypeError(_missing(function, missing, "positional"))
    for index in range(max(given, required), program.argument_count):
        if variables[index] is NULL:
            variables[index] = defaults[index - required]


def _fill_keyword_only(function: Any, program: Program, variables: list[Any]) -> None:
    defaults = function.__kwdefaults__ or {}
    missing = []
    for index in range(program.argument_count, program.total_arguments):
        if variables[index] is NULL:
            name = program.local_names[index]
            if name in defaults:
                variables[index] = defaults[name]
            else:
                missing.append(name)
    if missing:
        raise TypeError(_missing(function, missing, "keyword-only"))


def _unexpected(function: Any, program: Program, keywords: dict[str, Any], name: str) -> str:
    positional_only = program.local_names[: program.positional_only]
    passed = [parameter for parameter in positional_only if parameter in keywords]
    if passed:
        return (
            f"{function.__qualname__}() got some positional-only arguments passed as keyword arguments: "
            f"'{', '.join(passed)}'"
        )
    possible = list(program.keyword_places)
    suggestion = _suggestions._generate_suggestions(possible, name)
    hint = f". Did you mean '{suggestion}'?" if suggestion is not None else ""
    return f"{function.__qualname__}() got an unexpected keyword argument '{name}'{hint}"


def _too_many(function: Any, program: Program, variables: list[Any], given: int) -> str:
    count, defaults = program.argument_count, len(function.__defaults__ or ())
    keyword_only = sum(value is not NULL for value in variables[count : program.total_arguments])
    takes = f"from {count - defaults} to {count}" if defaults else str(count)
    also = ""
    if keyword_only:
        also = (
            f" positional argument{'s' * (given != 1)}"
            f" (and {keyword_only} keyword-only argument{'s' * (keyword_only != 1)})"
        )
    return (
        f"{function.__qualname__}() takes {takes} positional argument{'s' * (bool(defaults) or count != 1)} "
        f"but {given}{also} {'was' if given == 1 and not keyword_only else 'were'} given"
    )


def _missing(function: Any, names: list[str], kind: str) -> str:
    quoted = [repr(name) for name in names]
    last = quoted.pop()
    listed = last
    if quoted:
        listed = ", ".join(quoted) + (", and " if len(quoted) > 1 else " and ") + last
    return (
        f"{function.__qualname__}() missing {len(names)} required {kind} "
        f"argument{'s' * (len(names) != 1)}: {listed}"
    )
