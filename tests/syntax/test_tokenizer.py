"""The tokenizer: what its lists hold, and its errors and warnings against the host's."""

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa.syntax.source import text_of
from kaa.syntax.tokenizer import EVERYWHERE, KIND_NAMES, tokenize

FIELDS = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset")


def listing(source, **options):
    """One line of text a token."""
    tokens = tokenize(source, "<test>", **options)
    return [
        f"{tokens.lines[i]}:{tokens.columns[i]}-{tokens.end_lines[i]}:{tokens.end_columns[i]} "
        f"{KIND_NAMES[kind]} {tokens.contents.get(i, tokens.texts[i])!r}"
        for i, kind in enumerate(tokens.kinds)
    ]


def test_statements_and_blocks():
    assert listing("if é: # why\n\n    # a comment\n    x = 0x_f\n") == [
        "1:0-1:2 KEYWORD 'if'",
        "1:3-1:5 NAME 'é'",
        "1:5-1:6 OP ':'",
        "1:7-1:13 NEWLINE ''",
        "4:4-4:4 INDENT ''",
        "4:4-4:5 NAME 'x'",
        "4:6-4:7 OP '='",
        "4:8-4:12 NUMBER '0x_f'",
        "4:12-4:13 NEWLINE ''",
        "4:13-4:13 DEDENT ''",
        "4:13-4:13 ENDMARKER ''",
    ]


def test_fstrings_are_many_tokens():
    assert listing("f'a{{{x!r:>{w}}'", mode="eval") == [
        '1:0-1:2 FSTRING_START "f\'"',
        "1:2-1:5 FSTRING_MIDDLE 'a{'",
        "1:5-1:6 OP '{'",
        "1:6-1:7 NAME 'x'",
        "1:7-1:8 OP '!'",
        "1:8-1:9 NAME 'r'",
        "1:9-1:10 OP ':'",
        "1:10-1:11 FSTRING_MIDDLE '>'",
        "1:11-1:12 OP '{'",
        "1:12-1:13 NAME 'w'",
        "1:13-1:14 OP '}'",
        "1:14-1:14 FSTRING_MIDDLE ''",
        "1:14-1:15 OP '}'",
        '1:15-1:16 FSTRING_END "\'"',
        "1:16-1:16 ENDMARKER ''",
    ]


def test_free_text_is_never_taken_for_an_operator():
    tokens = tokenize("f'({x:[}' # type: if\n", type_comments=True)
    assert [tokens.contents[i] for i in tokens.contents] == ["(", "[", "if"]
    assert all(tokens.texts[i] == "" for i in tokens.contents)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("f'{x=}'", "x="),
        ("f'{ x + 1 = !r}'", " x + 1 = "),
        ("f'''{\nx # why\n= :>{w}}'''", "\nx \n= "),
        ("f'{a:{ b=}}'", " b="),
        ("f'{a==b=}'", "a==b="),
    ],
)
def test_the_text_of_a_field_with_an_equals_sign(source, shown):
    assert list(tokenize(source).debug_texts.values()) == [shown]


def test_single_statements_end_where_the_source_does():
    assert [line.split()[1] for line in listing("if x:\n  y", mode="single")][-5:] == [
        *("NAME", "NEWLINE", "DEDENT", "NEWLINE", "ENDMARKER")
    ]
    kinds = [line.split()[1] for line in listing("if x:\n  y", mode="single", imply_dedents=False)]
    assert kinds[-3:] == ["NAME", "NEWLINE", "ENDMARKER"]


def test_type_comments_are_tokens_when_asked_for():
    source = "x = 1 # type: int\ny # type: ignore[why]\n"
    tokens = tokenize(source, type_comments=True)
    assert list(tokens.contents.values()) == ["int"]
    assert tokens.type_ignores == [(2, "[why]")]
    assert not tokenize(source).contents


# Errors

NUMBERS = [
    *(
        "0x",
        "0xg",
        "0x_",
        "0x1_",
        "0x1g",
        "0o8",
        "0o18",
        "0o",
        "0o_",
        "0o1_",
        "0o1_8",
        "0o19a",
        "0b2",
        "0b",
        "0b12",
    ),
    *(
        "0b1_",
        "0b_2",
        "0b1a",
        "1_",
        "1__0",
        "1_a",
        "1a",
        "1e",
        "1e+",
        "1e-x",
        "1ea",
        "1.e",
        "1.5a",
        "1.5_",
        "1._5",
    ),
    *(
        "1j1",
        "1jx",
        "1.5jx",
        "1e5_",
        "1e5x",
        "012",
        "0_7",
        "00_1",
        "012e",
        "0_",
        "00_",
        "é = 012",
        "1€",
        ".5x",
    ),
    *("x[1:2:012]", "0777 + 0888"),
]
CHARACTERS = [
    "€",
    "x€",
    "x=€y",
    "x = “a”",
    "x\xa0= 1",
    "\x07",
    "x = 1\x07",
    "\u200b",
    "\x0bx",
    "x\u200by",
    "²",
    "x²",
]
STRINGS = [
    *(
        "'abc",
        '"abc',
        "'abc\\",
        "'abc\\'",
        "'''abc\n\n\ndef\n",
        "'''abc",
        "x = '''abc\n\n",
        "'a\\\nb",
        "'\\",
        "rb'a",
    ),
    *("é = 'abc", "x = r'abc\\'", "Rb'''a\n\n"),
]
FSTRINGS = [
    *(
        "f'abc",
        'f"abc{',
        'f"abc{x',
        'f"abc{x}',
        'f"abc}"',
        'f"{)}"',
        'f"{(]}"',
        'f"{a]}"',
        "f\"{'a",
        'f"{"a',
        'f"{x',
    ),
    *(
        'f"{x:{y:{z:{w}}}}"',
        'f"{x:}}"',
        'f"{a}}"',
        'f"{x:abc',
        "f'''\n{\n",
        "f'''\n{x",
        "f'''\n{x:\n",
        "f'''abc\n\n",
    ),
    *(
        "f'{\n'",
        "f'{x\n'",
        "f'a\\\nb",
        "f'a\\\nb{",
        "(f'{x'",
        "(f'''{x'''",
        'f"' + "{" * 5,
        "f'{" * 160,
        "f'{(((' ",
    ),
    *("f'\\", "f'{a:\n'", "fR'a", "f'{é}é}'"),
]
BRACKETS = [
    *(
        ")",
        "(]",
        "(",
        "(}",
        "{)",
        "x = (1,",
        "(((",
        "x = (\n",
        "x = (\n\n# foo\n",
        "(\n]",
        "(\n\n  ]",
        "(" * 201,
    ),
    *("(" * 200, "é = [é", "a = '''\n\n''' + (", "x = \\\n  (", "x = 1 + \\\n  2 + [\n"),
]
LINES = [
    *(
        "x = \\ ",
        "x = \\y",
        "\\",
        "x = \\\n",
        "x = \\",
        "\\\n",
        "x = 1 \\\n\n",
        "if 1:\n    x \\\n",
        "x = 1 + \\\n 2 \\ \n",
    ),
    *("if 1:\n    a\n  b\n", "if 1:\n    a\n  b", "if 1:\n    a\n\tb\n", "if 1:\n\ta\n        b\n"),
    *("if 1:\n        a\n\tb\n", "\n".join(" " * i + "if 1:" for i in range(105)), "if é:\n    é\n  é\n"),
    *("if 1:\n \\\n  x\n y\n",),
]


def errors(source, mode):
    """The host's error and ours, each as (type, fields), None if there is none."""

    def key(error):
        return error and (type(error), *(getattr(error, field) for field in FIELDS))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            host = compile(source, "<test>", mode, ast.PyCF_ONLY_AST)
        except SyntaxError as error:
            host = key(error)
        tokens = tokenize(text_of(source, "<test>", mode), "<test>", mode=mode)
    return host if isinstance(host, tuple) else None, key(tokens.error)


@pytest.mark.parametrize("source", NUMBERS + CHARACTERS + STRINGS + FSTRINGS + BRACKETS + LINES)
@pytest.mark.parametrize("mode", ["exec", "single"])
def test_errors_are_the_hosts(source, mode):
    host, ours = errors(source, mode)
    assert ours == host


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"x=\xff\n",
            b"x\xff=1\n",
            b"\xff\n",
            b"x=1 \xffy\n",
            b'x=f"{\xff}"\n',
            b"x=(\n\n\xc3\xa9 + \xe9\xe9\n",
        ),
        *(
            b"#\xff\nx\n",
            b"\xed\xa0\x80\n",
            b"\xe2\x82\xac\xff\n",
            b"a\xff\xe2\x82\xac\n",
            b'x="\xc3\xa9',
            b'x="\xff',
        ),
    ],
)
def test_bytes_that_are_not_utf_8_are_the_hosts_errors(data):
    host, ours = errors(data, "exec")
    assert ours == host


PIECES = [
    *(
        "x",
        "é",
        "1",
        "1.",
        "0x",
        "0_",
        "'",
        '"""',
        "f'",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "=",
        "\\",
        "\n",
        "€",
    ),
    *("\n  ", "\n\t", " ", "#", "e", "j", "_", "$", "\\N{", "if ", "rb'"),
]


@settings(derandomize=True, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_a_malformed_token_is_the_hosts_error(source):
    """Malformed tokens win over what the parser says, with the exception of a wrong indentation in front of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokens = tokenize(source)
    if tokens.error is None or tokens.error_reach != EVERYWHERE:
        return
    host, ours = errors(source, "exec")
    assert ours == host or host[0] is IndentationError


@pytest.mark.parametrize("action", ["always", "error"])
@pytest.mark.parametrize(
    "source",
    [
        *(
            "1if 1 else 2",
            "[1for x in y]",
            "0x1for x in y",
            "(\n1or 2)",
            "1.5and 2",
            "1jin x",
            "0b1is 1",
            "0o7not in x",
        ),
        *('f"\\{x}"', 'f"""a\n\\{x}"""', 'rf"\\{x}"', 'f"\\}}"', "é = 1if 1 else 2", 'f"{1if 1else 2}"'),
    ],
)
def test_warnings_are_the_hosts(source, action):
    def outcome(read):
        with warnings.catch_warnings(record=True) as given_warnings:
            warnings.simplefilter(action)
            try:
                error = read(source)
            except SyntaxError as raised:
                error = raised
        shown = [(w.category, str(w.message), w.filename, w.lineno) for w in given_warnings]
        return shown, isinstance(error, SyntaxError) and [getattr(error, field) for field in FIELDS]

    def ours_reads(source):
        tokens = tokenize(source, "<test>")
        tokens.warn("<test>", len(tokens))
        return tokens.error

    ours = outcome(ours_reads)
    assert ours == outcome(lambda source: compile(source, "<test>", "exec", ast.PyCF_ONLY_AST))
