"""Symbol tables: equal to the host's, entry for entry."""

import _symtable
import ast
import symtable

import pytest

from kaa import compiler
from kaa.compiler import future, symbols
from tests.compiler.programs import BROKEN, CONSTRUCTS, CORPUS


def entries(entry):
    """What `symtable` reads of an entry and of those below it."""
    flags = dict(entry.symbols)
    fields = entry.name, int(entry.type), bool(entry.nested), entry.lineno, list(entry.varnames), flags
    return [fields, [entries(child) for child in entry.children]]


def scopes(source, filename="<test>"):
    tree = ast.parse(source)
    features = future.future_features(tree, filename)
    return symbols.build(tree, filename, features.flags).top


@pytest.mark.parametrize("source", CONSTRUCTS)
def test_constructs(source):
    assert entries(scopes(source)) == entries(_symtable.symtable(source, "<test>", "exec"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path):
    source = path.read_bytes()
    try:
        expected = _symtable.symtable(source, str(path), "exec")
    except SyntaxError:
        pytest.skip("not a program")
    assert entries(scopes(source, str(path))) == entries(expected)


def error_of(function, *arguments):
    try:
        function(*arguments)
    except SyntaxError as error:
        return error.args, error.lineno, error.offset, error.end_lineno, error.end_offset, error.text
    return None


@pytest.mark.parametrize("source", BROKEN)
def test_errors(source):
    assert error_of(scopes, source) == error_of(_symtable.symtable, source, "<test>", "exec")


def test_symtable_shows_our_scopes(monkeypatch):
    source = "class C:\n    def f(self, x): return lambda: (x, y)\n"
    monkeypatch.setattr(_symtable, "symtable", compiler.symtable)
    table = symtable.symtable(source, "<test>", "exec")
    method = table.get_children()[0].get_children()[0]
    assert method.get_parameters() == ("self", "x")
    assert method.lookup("x").is_local() and not method.lookup("x").is_free()
    assert method.get_children()[0].get_frees() == ("x",)
    assert method.get_children()[0].lookup("y").is_global()


@pytest.mark.parametrize(
    ("class_name", "name", "expected"),
    [
        ("C", "__x", "_C__x"),
        ("__C", "__x", "_C__x"),
        ("__", "__x", "__x"),
        ("C", "__x__", "__x__"),
        ("C", "_x", "_x"),
        ("C", "__x.y", "__x.y"),
        (None, "__x", "__x"),
    ],
)
def test_mangle(class_name, name, expected):
    assert symbols.mangle(class_name, name) == expected


CALLS = [
    ("x", "f", "eval"),
    ("x", "f", "other"),
    ("x", "f", 1),
    ("x", 1, "exec"),
    ("x", b"f", "exec"),
    ("x\0", "f", "exec"),
    (b"x = 1", "f", "exec"),
    (1, "f", "exec"),
    ("x =", "f", "exec"),
    ("[x := 1 for x in y]", "f", "single"),
    ("from __future__ import q", "f", "exec"),
]


@pytest.mark.parametrize("arguments", CALLS)
def test_arguments(arguments):
    def outcome(function):
        try:
            return entries(function(*arguments))
        except Exception as error:
            return type(error), error.args

    assert outcome(compiler.symtable) == outcome(_symtable.symtable)
