"""Errors of the whole front end against the host's: broken sources, and input that is not complete yet."""

import ast
import warnings

import pytest

import kaa
from tests.syntax.broken_sources import FIELDS, compare

ALLOW_INCOMPLETE = 0x4000
DONT_IMPLY_DEDENT = 0x200


@pytest.mark.parametrize("flags", [ast.PyCF_ONLY_AST, 0], ids=["tree", "code"])
def test_broken_sources_have_the_hosts_errors(flags):
    comparison = compare(500, seed=1, flags=flags)
    assert comparison.share() >= 99.5, comparison.report(10)


@pytest.mark.parametrize("source", ["f'{x:\\x}'", "f'{x:\\N{y}}' a b", "f'{x:\\U}'; 0x"])
def test_a_malformed_escape_in_a_format_specification_is_the_codecs_error(source):
    with pytest.raises(UnicodeDecodeError) as host:
        compile(source, "<test>", "exec")
    with pytest.raises(UnicodeDecodeError) as ours:
        kaa.compile(source, "<test>", "exec")
    assert ours.value.args == host.value.args


INCOMPLETE = [
    *(
        "a = 'a\\",
        "a = 'a",
        "a = f'a",
        "a = f'a\\",
        "'''a",
        "f'''a",
        "f'{",
        "(",
        "x = \\",
        "if x:",
        "if x:\n  y\\",
    ),
    *(
        "'a\\\n",
        "f'a\\\n",
        "f'''{x",
        "f'''{x:",
        "def f(:",
        "a b 'c",
        "a b '''c",
        "(a b '''c",
        "a b (",
        "@x",
        "try:",
    ),
    *(
        "class A:",
        "try:\n x",
        "",
        "  ",
        "# c",
        "x; ",
        "'a\nb",
        "f'{x",
        "f'{\n",
        "x = 1 +",
        "lambda",
        "for x in",
        "x,",
    ),
    *(
        "async def f():\n",
        "match x:",
        "match x:\n case 1:",
        "'a' \\",
        "\\",
        "if x: pass\nelse",
        "if x: pass\nelse:",
    ),
    *(
        "f'''{'a",
        "f'{x!r:",
        "0x",
        "0_",
        "é = 'é",
        "x =\n",
        "def f():\n\n",
        "def f():\n  x\n",
        "(\n\n",
        "x\n\ny",
    ),
]


@pytest.mark.parametrize("source", INCOMPLETE)
@pytest.mark.parametrize("mode", ["exec", "single", "eval"])
@pytest.mark.parametrize("flags", [ALLOW_INCOMPLETE, ALLOW_INCOMPLETE | DONT_IMPLY_DEDENT])
def test_incomplete_input_is_told_from_wrong_input(source, mode, flags):
    def outcome(compile_):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                compile_(source, "<input>", mode, flags)
            except SyntaxError as error:
                return type(error), *(getattr(error, field) for field in FIELDS)

    assert outcome(kaa.compile) == outcome(compile)
