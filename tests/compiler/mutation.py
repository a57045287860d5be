"""Programs that nobody would write: statements and conditions of real ones, changed and nested at random."""

import ast
import copy
import random

CONSTANTS = (True, False, None, 0, 1, "text", (), 2.5, ...)


def mutate(tree: ast.Module, choice: random.Random, count: int) -> ast.Module:
    """A copy of a module, in `count` places of which something is different."""
    tree = copy.deepcopy(tree)
    bodies = list(_bodies(tree, in_function=False, in_loop=False))
    conditions = [
        node for node in ast.walk(tree) if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert)
    ]
    for _ in range(count):
        if conditions and not choice.randrange(4):
            node = choice.choice(conditions)
            node.test = _condition(node.test, choice)
        elif bodies:
            body, in_function, in_loop = choice.choice(bodies)
            _change(body, _others(choice, in_function, in_loop), choice)
    return ast.fix_missing_locations(tree)


def _bodies(node: ast.AST, in_function: bool, in_loop: bool):
    """All lists of statements below a node, and whether `return` and `break` may stand there."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        in_function, in_loop = not isinstance(node, ast.ClassDef), False
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, name, None)
        if not isinstance(inner, list) or not inner:
            continue
        loops = (in_loop or (isinstance(node, LOOPS) and name == "body")) and not isinstance(
            node, ast.TryStar
        )
        returns = in_function and not isinstance(node, ast.TryStar)
        if isinstance(inner[0], ast.stmt):
            yield inner, returns, loops
        for child in inner:
            yield from _bodies(child, returns, loops)


LOOPS = (ast.For, ast.AsyncFor, ast.While)


def _condition(test: ast.expr, choice: random.Random) -> ast.expr:
    constant = ast.copy_location(ast.Constant(choice.choice(CONSTANTS)), test)
    either = choice.choice((ast.And, ast.Or))()
    return choice.choice(
        [
            constant,
            ast.copy_location(ast.UnaryOp(ast.Not(), test), test),
            ast.copy_location(ast.BoolOp(either, [test, constant]), test),
            ast.copy_location(ast.BoolOp(either, [constant, test]), test),
            ast.copy_location(ast.IfExp(constant, test, copy.deepcopy(test)), test),
            ast.copy_location(ast.Compare(test, [ast.IsNot()], [ast.Constant(None)]), test),
            ast.copy_location(ast.Compare(test, [ast.Lt(), ast.In()], [constant, copy.deepcopy(test)]), test),
        ]
    )


def _change(body: list[ast.stmt], others: list[ast.stmt], choice: random.Random) -> None:
    place = choice.randrange(len(body))
    old = body[place]
    inner = [old]
    name = ast.Name("name", ast.Load())
    other = choice.choice(others)
    catch_all = ast.match_case(ast.MatchAs(), None, [other])
    new: ast.stmt = choice.choice(
        [
            other,
            ast.If(ast.Constant(choice.choice(CONSTANTS)), inner, [other]),
            ast.If(name, inner, [other]),
            ast.While(ast.Constant(choice.choice(CONSTANTS)), inner, [other]),
            ast.While(name, [*inner, ast.Break()], []),
            ast.For(ast.Name("item", ast.Store()), name, [*inner, other], [ast.Pass()]),
            ast.Try(inner, [ast.ExceptHandler(name, "error", [other])], [], [ast.Pass()]),
            ast.Try(inner, [], [], [other]),
            ast.TryStar(inner, [ast.ExceptHandler(name, None, [ast.Pass()])], [], []),
            ast.With([ast.withitem(name)], [*inner, other]),
            ast.Match(name, [ast.match_case(ast.MatchAs(name="item"), name, inner), catch_all]),
        ]
    )
    body[place] = ast.copy_location(new, old)


def _others(choice: random.Random, in_function: bool, in_loop: bool) -> list[ast.stmt]:
    load = ast.Name("name", ast.Load())
    store = [ast.Name(choice.choice(("name", "item", "third")), ast.Store()) for _ in range(3)]
    values: list[ast.expr] = [ast.Constant(choice.choice(CONSTANTS)) for _ in range(3)]
    return [
        ast.Pass(),
        *([ast.Break(), ast.Continue()] if in_loop else []),
        *([ast.Return(values[0]), ast.Return(None)] if in_function else []),
        ast.Raise(None, None),
        ast.Expr(values[0]),
        ast.Delete([ast.Name("item", ast.Del())]),
        ast.Expr(ast.Tuple([*values, load], ast.Load())),
        ast.Assign([ast.Tuple(store, ast.Store())], ast.Tuple([*values[1:], load], ast.Load())),
        ast.Assign([store[0], ast.Tuple(store[:2], ast.Store())], load),
        ast.Assert(ast.Compare(values[0], [ast.NotEq()], [load]), values[1]),
        ast.Expr(ast.ListComp(load, [ast.comprehension(store[0], load, values[:1], 0)])),
    ]
