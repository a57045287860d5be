"""Literals against the host: the same values, warnings and errors."""

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.syntax.literals import LiteralError, fstring_text, number, string

PIECES = [
    *(
        "\\x",
        "\\u",
        "\\U",
        "\\N",
        "{",
        "}",
        "BULLET",
        "EM DASH",
        "KEYCAP DIGIT ONE",
        "0",
        "1",
        "47",
        "f",
        "\\400",
    ),
    *(
        "a",
        "é",
        "\U0001f600",
        "\\\\",
        "\\n",
        "\\777",
        "\\12",
        "q",
        "\\q",
        "\\é",
        "\\\n",
        " ",
        "0010ffff",
        "00110000",
    ),
    *("\\'", "\\8", "\\{"),
]


def host(source):
    """The host's value and warnings, or its message."""
    with warnings.catch_warnings(record=True) as given_warnings:
        warnings.simplefilter("always")
        try:
            value = ast.literal_eval(source)
        except SyntaxError as error:
            return error.msg
    return repr(value), [str(w.message) for w in given_warnings]


def ours(source):
    told = []
    try:
        value = string(source, told.append)
    except LiteralError as error:
        return str(error)
    return repr(value), told


@given(
    prefix=st.sampled_from(["", "r", "b", "rb", "Br", "u", "U", "R"]),
    body=st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    quotes=st.sampled_from(["'", "'''", '"', '"""']),
)
def test_strings_are_the_hosts(prefix, body, quotes):
    if body.endswith("\\") or ("\n" in body.replace("\\\n", "") and len(quotes) == 1):
        return
    source = prefix + quotes + body + quotes
    assert ours(source) == host(source)


@given(st.text(max_size=8), st.sampled_from(["'", '"', "'''", '"""']))
def test_any_text_without_escapes_stands_for_itself(body, quotes):
    if "\\" in body or quotes[0] in body:
        return
    assert string(quotes + body + quotes, pytest.fail) == body


@given(
    st.one_of(
        st.from_regex(r"\A([1-9](_?[0-9])*|0(_?0)*|0[xX](_?[0-9a-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+)\Z"),
        st.from_regex(r"\A([0-9]+\.[0-9]*|\.[0-9]+|[0-9](_?[0-9])*[eE][+-]?[0-9]{1,3})[jJ]?\Z"),
    )
)
def test_numbers_are_the_hosts(text):
    text = text.encode("ascii", "ignore").decode().strip()
    try:
        expected = ast.literal_eval(text)
    except SyntaxError:
        return
    value = number(text)
    assert (type(value), repr(value)) == (type(expected), repr(expected))


def test_too_many_digits_is_the_hosts_message():
    text = "1" * 5000
    with pytest.raises(SyntaxError) as expected:
        compile(text, "<test>", "eval")
    with pytest.raises(LiteralError) as error:
        number(text)
    assert str(error.value) == expected.value.msg


def test_text_of_an_fstring_keeps_a_backslash_before_a_brace():
    assert fstring_text("a\\", False, pytest.fail) == "a\\"
    assert fstring_text(r"\n", True, pytest.fail) == r"\n"
    assert fstring_text(r"\N{BULLET}", False, pytest.fail) == "•"
