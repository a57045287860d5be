"""`compile`, `exec` and `eval` as the guest sees them.

Each has the built-in's signature and goes through Kaa's front end; a code object then goes to the engine.
They are or look like built-ins (`repr`, `inspect`, no binding as methods), leave no frame in a traceback, and
inherit the future statements of the code that calls them, as the built-ins do.

Kaa's own modules that are imported late are the exception: they are part of Kaa, not guest code, and the host
compiles and runs them.
"""

from __future__ import annotations

import builtins
import os
import sys
from _operator import index

from kaa.loading import load_apart
from kaa.own_types import CodeType
from kaa.runtime import texts
from kaa.runtime.invisible import invisible
from kaa.runtime.on_demand import COMPILER, SOURCE, TOKENS, part
from kaa.runtime.own import is_own
from kaa.runtime.unwatched import unwatched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CellType
    from typing import Any

    from kaa.runtime.engines import Engine

#: The bits of `co_flags` that say which future statements are in force (`PyCF_MASK`).
FUTURE_FLAGS = 0x1FE0000

_host_compile = builtins.compile
_host_exec = builtins.exec


def make_builtins(engine: Engine) -> dict[str, Any]:
    """The three built-ins for one engine, by name."""

    @invisible
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
        if is_own(filename):
            return _host_compile(source, filename, mode, flags, True, optimize)
        if not dont_inherit:
            flags = index(flags) | (engine.caller_flags() & FUTURE_FLAGS)
        return translate(
            source,
            filename,
            mode,
            flags,
            True,
            optimize,
            _feature_version=_feature_version,
            keep=_is_for_a_code_object(mode, flags) and _is_no_file(filename),
        )

    @invisible
    def exec(
        source: Any,
        /,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        *,
        closure: tuple[CellType, ...] | None = None,
    ) -> None:
        if not isinstance(source, CodeType):
            if closure is not None:
                raise TypeError("closure can only be used when source is a code object")
            text = as_text(source, "exec")
            flags = engine.caller_flags() & FUTURE_FLAGS
            source = translate(text, "<string>", "exec", flags, keep=True)
        elif is_own(source.co_filename):
            return _host_exec(source, globals, locals)
        engine.execute(source, globals, locals, closure)

    @invisible
    def eval(
        source: Any,
        /,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
    ) -> object:
        if not isinstance(source, CodeType):
            text = as_text(source, "eval").lstrip(" \t" if isinstance(source, str) else b" \t")
            source = translate(text, "<string>", "eval", engine.caller_flags() & FUTURE_FLAGS, keep=True)
        return engine.execute(source, globals, locals)

    return {
        function.__name__: engine.builtin(function, getattr(builtins, function.__name__))
        for function in (compile, exec, eval)
    }


@invisible
def translate(
    source: Any,
    filename: Any,
    mode: str,
    flags: int = 0,
    dont_inherit: bool = True,
    optimize: int = -1,
    *,
    _feature_version: int = -1,
    keep: bool = False,
) -> Any:
    """`kaa.compile`, whose errors carry no frame of Kaa's own and no exception of Kaa's own as context, and which
    the guest's tracers and profilers see no more of than of the host's.

    The future statements in force are those in `flags`; there is no calling code to inherit any from. A text may be
    kept for the next start if `keep`, and come from the last one (`texts`).
    """
    if optimize == -1:
        optimize = min(sys.flags.optimize, 2)
    if isinstance(source, str | bytes) or not _is_tree(source):
        _audit(source, filename)
    else:
        sys.audit("compile", source, None)
    if keep and isinstance(source, str | bytes):
        return unwatched(texts.code_of, _compile, source, filename, mode, flags, optimize)
    return unwatched(
        part(COMPILER).compile,
        source,
        filename,
        mode,
        flags,
        True,
        optimize,
        _feature_version=_feature_version,
    )


def _compile(*arguments: Any) -> Any:
    return part(COMPILER).compile(*arguments)


@invisible
def _is_tree(source: object) -> bool:
    part(COMPILER)  # which has imported `_ast`, whatever the guest does to `sys.modules`
    return isinstance(source, load_apart("_ast").AST)


@invisible
def symtable(source: Any, filename: Any, startstr: str, /) -> Any:
    """`_symtable.symtable` by Kaa's front end."""
    _audit(source, filename)
    return unwatched(part(COMPILER).symtable, source, filename, startstr)


@invisible
def translate_script(data: bytes, filename: str, seekable: bool = True, *, keep: bool = False) -> Any:
    """The code object of a file's bytes, which the host would read line by line; kept for the next start if `keep`."""
    level = min(sys.flags.optimize, 2)
    if keep:
        return unwatched(texts.code_of, _compile_script, data, filename, "script", 0, level)
    return unwatched(_compile_script, data, filename, "script", 0, True, level, seekable)


def _compile_script(
    data: bytes, filename: str, mode: str, flags: int, dont_inherit: bool, level: int, seekable: bool = True
) -> Any:
    """Compile what `decode_script` makes of the bytes."""
    text: str = part(SOURCE).decode_script(data, filename, seekable)
    source: str | bytes = text
    try:
        text.encode()
    except UnicodeEncodeError:  # for the undecodable bytes in comments
        source = data
    _audit(source, filename)
    return _compile(source, filename, "exec", flags, dont_inherit, level)


class TokenizerIter:
    """`_tokenize.TokenizerIter` by Kaa's front end, which is loaded for the first of them."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        return unwatched(part(TOKENS).TokenizerIter, *arguments, **keywords)


@invisible
def _is_for_a_code_object(mode: object, flags: object) -> bool:
    """Whether these arguments of `compile` ask for the code object of a whole text, and no more than that."""
    return mode in ("exec", "eval") and isinstance(flags, int) and not flags & ~FUTURE_FLAGS


@invisible
def _is_no_file(filename: object) -> bool:
    """Whether the name is like that of a text that a program has made: `<string>`, say."""
    return isinstance(filename, str) and filename.startswith("<")


@invisible
def _audit(source: Any, filename: Any) -> None:
    """Raise the host's auditing event; what is no text or no file name is for the front end to complain of."""
    try:
        text = source.encode() if isinstance(source, str) else bytes(memoryview(source))
        name = filename if isinstance(filename, str) else unwatched(os.fsdecode, filename)
    except (TypeError, UnicodeError):
        return
    sys.audit("compile", text, name)


@invisible
def as_text(source: Any, function: str) -> Any:
    """The source of `exec` and `eval` as `str` or `bytes`.

    Raises:
        TypeError: it is neither text nor a buffer.
    """
    if isinstance(source, str | bytes):
        return source
    try:
        return bytes(memoryview(source))
    except TypeError:
        pass
    raise TypeError(f"{function}() arg 1 must be a string, bytes or code object")
