"""Tokens for tools against the host's `tokenize`: every field of every token, and the errors."""

import _tokenize
import io
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa.syntax.tokens import TokenizerIter, tokens

LIBRARY = sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py"))
SAMPLE = [path for path in LIBRARY if "site-packages" not in path.parts][7::60]

ODD = [
    *(
        "",
        "#",
        "# c",
        "   ",
        "\n\n\n",
        "x=1  # c",
        "if x:\r\n    a\r\n\r\n# c\r\n'''a\r\nb'''+c",
        "x = 012 )\n",
    ),
    *("x = (1,\n# c\n", '# c\n x="a\n', '# c\n x=f"a', "if 1:\n  a\n b", "if 1:\n  a\n# c\n b\n", "(((\n# c"),
    *("x\\\n+1\n\\ \n", 'é = "é\né" + é\n', "x $ ! ? `\n", '"""abc', 'f"""abc', "x = \\\n", "\\\n", "x\\"),
    *(
        "a # c\n\tb\n  c\n",
        "if 1:\n  x\n \\\n  # c\n  y\n",
        'f"{a # c\n}"',
        'f"{a)}"',
        'f"""{\n  # c\n a\n}"""\n',
    ),
    *(
        'f"{x}}"',
        'é\n  é\n"é',
        "x = 0777 + 0xg\n",
        "  \n  x",
        "if 1:\n\tx\n        y\n",
        "€\n",
        "1_",
        "((((]\n",
    ),
    *(
        "async def f(): await x\n",
        "x\n\x0c\n  y\n",
        "if x:\n    y # c\n# d\n  # e\n\nz # f",
        "x = [\n1, # a\n\n2]\n",
    ),
    *("class A:\n  def f(): pass\n\n  # c\n\n# d\n", 'f"a\\\nb{x}"\n', "f'''{x:\n  a}'''\n", 'f"{x:a{y}b}"'),
    *(
        'f"{x=!r:^{w}.{p}}"',
        'f"{{}}{{x}}"',
        'a\n"""b\n\n"""# c\n',
        '"a\\\nb" c\n',
        "a;b;\n",
        "'abc\\'\n",
        "a\x07 b",
    ),
    *('f"\\N{BULLET}x{{\\N{BULLET}"\n', "x\n'''\n\n'''  'a' \\\n 'b'\n", 'f"""a\r\nb{{\r\n{x}"""', "x y \\"),
]
PIECES = [
    *(
        "x",
        "é",
        "if",
        "1",
        "1.5e3j",
        "0x_f",
        "'a'",
        '"',
        "'''",
        'f"',
        "f'''",
        "{",
        "}",
        "{{",
        "}}",
        "(",
        ")",
        "[",
        "]",
    ),
    *(
        ":",
        "!",
        "=",
        ":=",
        "!=",
        "->",
        "...",
        ".",
        ",",
        ";",
        "\\",
        "\\\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n\t",
        " ",
        "# c",
    ),
    *("\r\n", "\x0c", "rb'b'", "$", "\\N{DASH}", "lambda", "async"),
]


def outcome(rows):
    """All rows and the error that ends them."""
    found = []
    rows = iter(rows)
    try:
        while row := next(rows, None):
            found.append(tuple(row))
    except tokenize.TokenError as error:
        found.append(("TokenError", error.args))
    except SyntaxError as error:
        found.append((type(error), error.msg, error.lineno, error.offset))
    return found


def host_tokens(source):
    return outcome(tokenize.generate_tokens(io.StringIO(source, newline="").readline))


def first_difference(ours, host):
    pairs = [(a, b) for a, b in zip(ours, host, strict=False) if a != b]
    return pairs[:1] or (ours[len(host) :], host[len(ours) :])


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_the_standard_librarys_tokens_are_the_hosts(path):
    with tokenize.open(path) as file:
        try:
            source = file.read()
        except UnicodeDecodeError:
            pytest.skip("not text")
    assert first_difference(outcome(tokens(source)), host_tokens(source)) in ([], ([], []))


@pytest.mark.parametrize("source", ODD)
def test_odd_sources_have_the_hosts_tokens(source):
    assert outcome(tokens(source)) == host_tokens(source)


@settings(derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_token_soup_is_read_as_the_host_reads_it(source):
    assert outcome(tokens(source)) == host_tokens(source)


@pytest.mark.parametrize("source", [s for s in ODD if ")" not in s and "]" not in s and "0777" not in s])
@pytest.mark.parametrize("extra", [True, False])
def test_the_iterator_has_the_interface_of_the_hosts(source, extra):
    def rows(iterator):
        return outcome(iterator(io.StringIO(source, newline="").readline, extra_tokens=extra))

    assert rows(TokenizerIter) == rows(_tokenize.TokenizerIter)


def test_bytes_are_decoded():
    source = "é = 'ü' # ö\n".encode()
    ours = TokenizerIter(io.BytesIO(source).readline, encoding="utf-8", extra_tokens=True)
    host = _tokenize.TokenizerIter(io.BytesIO(source).readline, encoding="utf-8", extra_tokens=True)
    assert list(ours) == list(host)


@pytest.mark.parametrize(("line", "encoding"), [(b"x", None), ("x", "utf-8"), (5, None)])
def test_a_line_of_the_wrong_type_is_the_hosts_error(line, encoding):
    def first(iterator):
        with pytest.raises(TypeError) as error:
            next(iterator(lambda: line, **({"encoding": encoding} if encoding else {}), extra_tokens=True))
        return str(error.value)

    assert first(TokenizerIter) == first(_tokenize.TokenizerIter)


def test_lines_end_with_stop_iteration():
    lines = iter(["x = 1\n", "y"])
    assert [row[1] for row in TokenizerIter(lines.__next__, extra_tokens=True)] == [
        "x",
        "=",
        "1",
        "\n",
        "y",
        "",
        "",
    ]
