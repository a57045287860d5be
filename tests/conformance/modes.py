"""What a source file offers to the less common ways to call `compile`.

Of a valid source `mode_cases` gives what to compile in which mode with which flags: the whole with the future
features and with top-level await, its statements in mode `single`, their expressions in mode `eval`, the signatures
of its functions in mode `func_type`, and the bodies of its coroutines as programs of their own.
"""

import ast
from collections.abc import Iterator

from kaa.compiler.future import CO_FUTURE_ANNOTATIONS, CO_FUTURE_BARRY_AS_BDFL, FLAGS

type Case = tuple[str | bytes, str, int]
"""Source, mode, flags."""

FUTURES = (
    FLAGS & ~(CO_FUTURE_ANNOTATIONS | CO_FUTURE_BARRY_AS_BDFL),
    CO_FUTURE_ANNOTATIONS,
    CO_FUTURE_BARRY_AS_BDFL,
)
"""Those that every Python 3 has, at once: they only leave their bits. Then those that change something, one by one."""

AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def mode_cases(source: bytes) -> Iterator[Case]:
    """The cases of a source that the host can compile."""
    for flags in (*FUTURES, AWAIT):
        yield source, "exec", flags
    tree = ast.parse(source)
    for statement in tree.body:
        yield ast.unparse(statement) + "\n", "single", 0
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value) | ast.Assign(value=value) | ast.Return(ast.expr() as value):
                yield ast.unparse(value), "eval", 0
            case ast.FunctionDef():
                yield signature(node), "func_type", ast.PyCF_ONLY_AST
            case ast.AsyncFunctionDef(body=body):
                yield signature(node), "func_type", ast.PyCF_ONLY_AST
                yield "\n".join(map(ast.unparse, body)), "exec", AWAIT


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The type of a function as a comment would give it, with `x` for what has no annotation."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    starred = [("*", arguments.vararg), ("**", arguments.kwarg)]
    types = [annotation(argument) for argument in named]
    types += [star + annotation(argument) for star, argument in starred if argument]
    return f"({', '.join(types)}) -> {ast.unparse(function.returns) if function.returns else 'x'}"


def annotation(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else "x"
