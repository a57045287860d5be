"""The road: source text in, all stages of the compiler out, as data that JSON can hold and a page can draw.

    road("x = 1\\n", "x.py")["units"][0]["instructions"]

The stages are linked by *places*: ranges `[line, column, end line, end column]` of the source, lines from 1, columns
in characters from 0. What stands at overlapping places belongs together. A source that does not compile has the
stages before its error, and the error with its place.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from kaa.compiler import codegen, future, symbols
from kaa.compiler.assembler import assemble
from kaa.compiler.depth import room
from kaa.compiler.folding import fold_constants
from kaa.compiler.unit import CompilationUnit
from kaa.explorer.road.bytecode import describe_code
from kaa.explorer.road.cache import describe_cache
from kaa.explorer.road.graphs import graphs
from kaa.explorer.road.places import Places
from kaa.explorer.road.scopes import describe_scopes
from kaa.explorer.road.tokens import describe_tokens
from kaa.explorer.road.tree import describe_tree
from kaa.syntax.parser import parse
from kaa.syntax.source import text_of

type Data = dict[str, Any]


def road(source: str, filename: str, optimize: int = 0, looks_at_files: bool = True) -> Data:
    """All stages of a program. `graphs` of a unit show its blocks after every pass that changed something.

    Without `looks_at_files` nothing is said of the file of that name, nor of its cache.
    """
    places = Places(source)
    result = nothing(source, filename)
    try:
        result["tokens"] = describe_tokens(source)
        code = _compile(result, source, filename, optimize, places)
        result["cache"] = describe_cache(code, source, filename if looks_at_files else None)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        result["error"] = describe_error(error)
    return result


def nothing(source: str, filename: str) -> Data:
    """A road of which no stage is known."""
    stages: Data = {"tokens": [], "tree": [], "scopes": [], "units": [], "cache": None, "error": None}
    return {"source": source, "filename": filename} | stages


def _compile(result: Data, source: str, filename: str, optimize: int, places: Places) -> CodeType:
    text = text_of(source, filename, "exec")
    result["tree"] = describe_tree(parse(text, filename, "exec"), places)
    tree = parse(text, filename, "exec")  # what follows changes its tree
    features = future.future_features(tree, filename)
    fold_constants(tree, optimize, fold_annotations=not features.flags & future.CO_FUTURE_ANNOTATIONS)
    table = symbols.build(tree, filename, features.flags)
    result["scopes"] = describe_scopes(table.top, tree, places)
    units: list[Data] = []

    def assemble_and_describe(unit: CompilationUnit) -> CodeType:
        stages = graphs(unit, places)
        code = assemble(unit)
        units.append(describe_code(code, places) | {"graphs": stages})
        return code

    with room():
        module = codegen.generate(tree, table, filename, features, optimize, assemble_and_describe)
        code = assemble_and_describe(module)
    units.reverse()  # outer ones first
    result["units"] = units
    return code


def describe_error(error: BaseException) -> Data:
    """What a compiler's error says, and where."""
    place = None
    if isinstance(error, SyntaxError) and error.lineno is not None:
        column = max((error.offset or 1) - 1, 0)
        end_line = error.end_lineno or error.lineno
        end = (error.end_offset or 0) - 1
        place = [
            error.lineno,
            column,
            end_line,
            end if (end_line, end) > (error.lineno, column) else column + 1,
        ]
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return {"type": type(error).__name__, "message": message, "place": place}
