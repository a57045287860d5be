"""`kaa.compile`: the built-in of that name, stage by stage; and `symtable`, which ends after the symbol tables.

Text or bytes go through `kaa.syntax` to a tree, a tree goes through constant folding, symbol tables, code generation,
the flow-graph optimizer and the assembler to a code object. `translate` is the part from the tree on.
"""

import ast
import os
import sys
from operator import index
from types import CodeType
from typing import Any

from kaa.compiler import codegen, future, symbols
from kaa.compiler.assembler import assemble
from kaa.compiler.depth import check_depth, check_parsed_depth, room
from kaa.compiler.folding import fold_constants
from kaa.compiler.trees import checked_copy
from kaa.syntax import collector
from kaa.syntax.parser import parse
from kaa.syntax.source import text_of

__all__ = ["compile", "symtable", "translate"]

_DONT_IMPLY_DEDENT = 0x200
_ALLOW_INCOMPLETE_INPUT = 0x4000
_ONLY_AST = ast.PyCF_ONLY_AST
_OPTIMIZED_AST = ast.PyCF_OPTIMIZED_AST

_KNOWN_FLAGS = (
    future.FLAGS
    | future.OBSOLETE_FLAGS
    | _OPTIMIZED_AST
    | ast.PyCF_TYPE_COMMENTS
    | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    | _DONT_IMPLY_DEDENT
    | _ALLOW_INCOMPLETE_INPUT
)

_ROOTS: dict[str, type[ast.mod]] = {
    "exec": ast.Module,
    "eval": ast.Expression,
    "single": ast.Interactive,
    "func_type": ast.FunctionType,
}
"""The root of the tree that each mode makes and takes."""


def compile(
    source: Any,
    filename: Any,
    mode: str,
    flags: int = 0,
    dont_inherit: bool = False,
    optimize: int = -1,
    *,
    _feature_version: int = -1,
) -> Any:
    """Compile source into a code object that can be executed by exec() or eval().

    Contract and errors are those of the built-in `compile` of CPython 3.13: `source` is a `str`, a bytes-like object or
    a tree, and the result a code object, or a tree if `flags` has `ast.PyCF_ONLY_AST`. Unless `dont_inherit`, the
    future statements in effect where it is called are in effect in `source` too.
    """
    filename = _file_name(filename)
    if not isinstance(mode, str):
        raise TypeError(f"compile() argument 'mode' must be str, not {_type_name(mode)}")
    flags, optimize = _c_integer(flags), _c_integer(optimize)
    _check_arguments(mode, flags, optimize)
    if not dont_inherit:
        flags |= sys._getframe(1).f_code.co_flags & future.FLAGS
    level = sys.flags.optimize if optimize == -1 else optimize
    with collector.paused():
        return _compile(source, filename, mode, flags, level, _feature_version)


def _compile(source: Any, filename: str, mode: str, flags: int, level: int, feature_version: int) -> Any:
    """Do what `compile` does, with arguments that are right and complete."""
    if isinstance(source, ast.AST):
        if flags & _OPTIMIZED_AST == _ONLY_AST:
            return source
        tree = checked_copy(source, _ROOTS[mode])
    else:
        version = feature_version if flags & _ONLY_AST else -1
        text = text_of(source, filename, mode)
        tree = parse(text, filename, mode, flags=flags, feature_version=version)
        check_parsed_depth(tree, text, "ast construction" if flags & _ONLY_AST else "compilation")
        if flags & _OPTIMIZED_AST == _ONLY_AST:
            return tree
    features = _features(tree, filename, flags)
    if flags & _ONLY_AST:
        _fold(tree, features, level)
        return tree
    return translate(tree, filename, features, level)


def _features(tree: ast.mod, filename: str, flags: int) -> future.FutureFeatures:
    own = future.future_features(tree, filename)
    return own._replace(flags=own.flags | flags)


def _fold(tree: ast.mod, features: future.FutureFeatures, optimize: int) -> None:
    keeps_annotations = bool(features.flags & future.CO_FUTURE_ANNOTATIONS)
    fold_constants(tree, optimize, fold_annotations=not keeps_annotations)


def translate(tree: ast.mod, filename: str, features: future.FutureFeatures, optimize: int) -> CodeType:
    """Return the code object of `tree`, which is changed on the way.

    `features.flags` also holds the compiler flags, `optimize` is the level: 0, 1 or 2.
    """
    _fold(tree, features, optimize)
    table = _symbols(tree, filename, features.flags)
    with room():
        return assemble(codegen.generate(tree, table, filename, features, optimize, assemble))


def symtable(source: Any, filename: Any, startstr: str, /) -> symbols.Scope:
    """Return symbol and scope dictionaries used internally by compiler.

    Contract and errors are those of `_symtable.symtable`, on which the standard library's `symtable` stands.
    """
    filename = _file_name(filename)
    if not isinstance(startstr, str):
        raise TypeError(f"symtable() argument 3 must be str, not {_type_name(startstr)}")
    if startstr not in ("exec", "eval", "single"):
        raise ValueError("symtable() arg 3 must be 'exec' or 'eval' or 'single'")
    text = text_of(source, filename, startstr, function="symtable", accepted="string or bytes")
    tree = parse(text, filename, startstr)
    return _symbols(tree, filename, _features(tree, filename, 0).flags).top


def _symbols(tree: ast.mod, filename: str, flags: int) -> symbols.SymbolTable:
    try:
        return symbols.build(tree, filename, flags)
    except RecursionError:
        check_depth(tree)
    with room():
        return symbols.build(tree, filename, flags)


def _file_name(filename: Any) -> str:
    """Return a file name as text: the name of a path, the decoded bytes."""
    if not isinstance(filename, str | bytes) and not hasattr(type(filename), "__fspath__"):
        kind = type(filename).__name__
        raise TypeError(f"expected str, bytes or os.PathLike object, not {kind}")
    name = os.fsdecode(filename)
    if "\0" in name:
        raise ValueError("embedded null character")
    return name


def _check_arguments(mode: str, flags: int, optimize: int) -> None:
    if flags & ~_KNOWN_FLAGS:
        raise ValueError("compile(): unrecognised flags")
    if not -1 <= optimize <= 2:
        raise ValueError("compile(): invalid optimize value")
    if mode not in _ROOTS:
        modes = (
            "'exec', 'eval', 'single' or 'func_type'" if flags & _ONLY_AST else "'exec', 'eval' or 'single'"
        )
        raise ValueError(f"compile() mode must be {modes}")
    if mode == "func_type" and not flags & _ONLY_AST:
        raise ValueError("compile() mode 'func_type' requires flag PyCF_ONLY_AST")


def _c_integer(value: Any) -> int:
    number = index(value)
    if not -(1 << 31) <= number < 1 << 31:
        raise OverflowError("Python int too large to convert to C int")
    return number


def _type_name(value: Any) -> str:
    return "None" if value is None else type(value).__name__
