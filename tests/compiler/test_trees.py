"""Trees made by hand: refused with the host's words, accepted where the host accepts them."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa.compiler.trees import checked_copy
from tests.compiler.programs import CONSTRUCTS

PLACE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 1}


def verdict(function, *arguments):
    try:
        function(*arguments)
    except (TypeError, ValueError) as error:
        if "Invalid CFG" not in str(error):
            return type(error), str(error)
    except (SyntaxError, SystemError):
        pass  # the compiler's verdict, not that on the tree
    return None


def same(tree):
    expected = verdict(compile, tree, "<test>", "exec", 0, True)
    return verdict(checked_copy, tree, ast.Module) == expected


def statement(node):
    return ast.Module([ast.Expr(node, **PLACE) if isinstance(node, ast.expr) else node], [])


def name(id="x", context=ast.Load):
    return ast.Name(id, context(), **PLACE)


WRONG = [
    ast.Expr(None, **PLACE),
    ast.Expr(3, **PLACE),
    None,
    ast.Pass(),
    name(None),
    name("None"),
    name("x", ast.Store),
    ast.Name("x", None, **PLACE),
    ast.Tuple((), ast.Load(), **PLACE),
    ast.Constant([], **PLACE),
    ast.Constant((1, {}), **PLACE),
    ast.Constant(1, kind=1, **PLACE),
    ast.BinOp(name(), None, name(), **PLACE),
    ast.BoolOp(ast.And(), [name()], **PLACE),
    ast.Compare(name(), [], [], **PLACE),
    ast.Compare(name(), [ast.Lt()], [name(), name()], **PLACE),
    ast.Dict([None], [], **PLACE),
    ast.ListComp(name(), [], **PLACE),
    ast.NamedExpr(ast.Constant(1, **PLACE), name(), **PLACE),
    ast.Import([], **PLACE),
    ast.ImportFrom("x", [ast.alias("y", **PLACE)], -1, **PLACE),
    ast.ImportFrom("x", [ast.alias("y", **PLACE)], "1", **PLACE),
    ast.Assign([], name(), **PLACE),
    ast.Assign([name()], name(), **PLACE),
    ast.Delete([ast.Constant(1, **PLACE)], **PLACE),
    ast.If(name(), [], [], **PLACE),
    ast.With([], [ast.Pass(**PLACE)], **PLACE),
    ast.Raise(None, name(), **PLACE),
    ast.Try([ast.Pass(**PLACE)], [], [], [], **PLACE),
    ast.Try([ast.Pass(**PLACE)], [], [ast.Pass(**PLACE)], [ast.Pass(**PLACE)], **PLACE),
    ast.Global([], **PLACE),
    ast.Match(name(), [], **PLACE),
    ast.Name("x", ast.Load(), lineno=2, col_offset=0, end_lineno=1, end_col_offset=0),
    ast.Name("x", ast.Load(), lineno=1, col_offset=5, end_lineno=1, end_col_offset=2),
    ast.Name("x", ast.Load(), lineno="1", col_offset=0),
]


@pytest.mark.parametrize("node", WRONG, ids=lambda node: ast.dump(node) if node else "None")
def test_wrong(node):
    tree = statement(node)
    assert verdict(compile, tree, "<test>", "exec", 0, True) is not None
    assert same(tree)


PATTERNS = [
    ast.MatchValue(name()),
    ast.MatchValue(ast.Constant(None, **PLACE)),
    ast.MatchSingleton(1),
    ast.MatchStar("x"),
    ast.MatchAs(None, "_"),
    ast.MatchAs(ast.MatchAs(None, None, **PLACE), None),
    ast.MatchOr([ast.MatchAs(None, None, **PLACE)]),
    ast.MatchMapping([], [ast.MatchAs(None, None, **PLACE)], None),
    ast.MatchMapping([name()], [ast.MatchAs(None, None, **PLACE)], None),
    ast.MatchClass(ast.Constant(1, **PLACE), [], [], []),
    ast.MatchClass(name(), [], ["a"], []),
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=ast.dump)
def test_wrong_patterns(pattern):
    for attribute, value in PLACE.items():
        setattr(pattern, attribute, value)
    case = ast.match_case(pattern, None, [ast.Pass(**PLACE)])
    assert same(statement(ast.Match(name(), [case], **PLACE)))


@settings(max_examples=300)
@given(st.data())
def test_a_field_changed_at_random(data):
    tree = ast.parse(data.draw(st.sampled_from(CONSTRUCTS)))
    nodes = [node for node in ast.walk(tree) if node._fields and not isinstance(node, ast.mod)]
    node = data.draw(st.sampled_from(nodes))
    field = data.draw(st.sampled_from(node._fields))
    value = data.draw(st.sampled_from([None, 1, "x", [], (), ast.Load(), name(), ast.Pass(**PLACE)]))
    if isinstance(node, ast.Global | ast.Nonlocal | ast.MatchClass) and value is None:
        return  # crashes the host
    setattr(node, field, value)
    assert same(tree)


def test_a_copy_shares_no_node():
    tree = ast.parse("a = b")
    shared = tree.body[0].value
    tree.body.append(ast.copy_location(ast.Expr(shared), shared))
    copy = checked_copy(tree, ast.Module)
    assert copy.body[0].value is not copy.body[1].value
    assert ast.dump(copy, include_attributes=True) == ast.dump(tree, include_attributes=True)
