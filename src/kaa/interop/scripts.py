"""Scripts that a program of another language runs: the process they need, and what each of them is.

In: the engine's name, and a script's source. Out: a process that is Kaa's; and the value of the last expression.
"""

from __future__ import annotations

import ast
import builtins
import os
from types import CodeType
from typing import TYPE_CHECKING, Any

import kaa
from kaa.runtime import engines, extra_modules, takeover

if TYPE_CHECKING:
    from kaa.runtime.engines import Engine


def take_over(engine_name: str) -> Engine:
    """Give the process, in which a program of another language has started Python, to Kaa.

    Args:
        engine_name: as after `-X engine=`; "" for what `KAA_ENGINE` says, or the default.
    Raises:
        UnusableEngine: there is none of that name, or it does not run here.
    """
    engine = engines.choose(engine_name or os.environ.get("KAA_ENGINE", ""))
    extra_modules.providers.append("kaa.interop.imports")
    takeover.take_over(engine)
    return engine


def new_names() -> dict[str, Any]:
    """The names of a module in which nothing has run."""
    return {"__name__": "__main__", "__builtins__": builtins}


class Script:
    """A compiled script. Raises SyntaxError where `compile` does."""

    def __init__(self, source: str, file: str) -> None:
        tree = kaa.compile(source, file, "exec", ast.PyCF_ONLY_AST)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        self.file = file
        self._body: CodeType = kaa.compile(tree, file, "exec")
        self._value: CodeType | None = (
            kaa.compile(ast.Expression(last.value), file, "eval") if isinstance(last, ast.Expr) else None
        )

    def run(self, engine: Engine, names: dict[str, Any]) -> object:
        """Run it on a machine; the value of its last statement if that is an expression, else None."""
        engine.execute(self._body, names)
        return None if self._value is None else engine.execute(self._value, names)
