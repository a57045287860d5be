"""Decoding against the host: the same text, and the same errors with the same attributes."""

import ast
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa.syntax.source import decode_script, text_of

HEADS = [b"", b"\xef\xbb\xbf", b"\n", b"\\\n", b" \t\f", b"# a\n", b"x\n", b"#\n\n", b"\r", b"\r\n"]
ENCODINGS = [
    *(
        "utf-8",
        "UTF_8",
        "utf8",
        "utf-8-sig",
        "latin-1",
        "Latin_1-unix",
        "iso8859-15",
        "cp932",
        "ascii",
        "utf-16",
    ),
    *("utf-7", "foo", "rot13", "undefined", "idna", "punycode", "hex", "cp037", "-", "."),
]
TAILS = [b"x=1\n", b'x="\xe9"', b'x="\xc3\xa9"\n', b'x="\xff\xfe"', b'"+AGE-"', b"#\xff\n", b"\xc3\n", b""]


def outcome(read, data):
    try:
        return read(data)
    except Exception as error:
        return type(error), error.args, getattr(error, "lineno", None)


def host_reads(data):
    return ast.dump(compile(data, "<test>", "exec", ast.PyCF_ONLY_AST))


def ours_reads(data):
    """The text that we read, parsed by the host: what differs then is the decoding."""
    text = re.sub(
        "[\udc80-\udcff]", "?", text_of(data, "<test>")
    )  # stray bytes, which the host takes in comments
    return ast.dump(compile(text, "<test>", "exec", ast.PyCF_ONLY_AST))


@given(
    st.sampled_from(HEADS),
    st.sampled_from(
        [b"# coding: %s", b"# vim: fileencoding=%s :", b"#coding:\t%s!", b"# coding %s", b"coding:%s"]
    ),
    st.sampled_from(ENCODINGS),
    st.sampled_from([b"\n", b"\r\n", b"\r", b""]),
    st.sampled_from(TAILS),
)
def test_bytes_are_decoded_as_the_host_decodes_them(head, cookie, encoding, newline, tail):
    data = head + cookie % encoding.encode() + newline + tail
    host = outcome(host_reads, data)
    if isinstance(host, tuple) and (host[-1] or host[0] is UnicodeDecodeError):
        return  # an error of the tokenizer or the parser
    assert outcome(ours_reads, data) == host


class NoBuffer:
    pass


@pytest.mark.parametrize(
    "source",
    ["x\0", b"x\0", "\ud800", 5, None, NoBuffer(), memoryview(b"x=1")[::2], b"# coding: latin-1\n\0"],
)
def test_what_is_no_source_is_the_hosts_error(source):
    host = outcome(lambda data: compile(data, "<test>", "exec"), source)
    assert outcome(lambda data: text_of(data, "<test>"), source) == host


@pytest.mark.parametrize(
    "source", [bytearray(b"a\r\nb\rc"), memoryview(b"a\r\nb\rc"), b"a\r\nb\rc", "a\r\nb\rc\n"]
)
def test_newlines_are_one_character(source):
    assert text_of(source, "<test>") == "a\nb\nc\n"


def test_malformed_utf_8_is_kept_for_the_tokenizer():
    assert text_of(b"# \xff\n", "<test>") == "# \udcff\n"


@pytest.mark.parametrize(
    "data",
    [
        *(b"# coding: foo\nx", b"\xef\xbb\xbf# coding: latin-1\nx", b"x=1\ny=\xff\n", b"x=1\n#\xff\n"),
        *(b"# coding: ascii\n\xff\n", b"x\ry=\xc3", b"x=1\ny=\0\n", b'"""\n\0"""', b"# coding: undefined\n"),
    ],
)
def test_a_script_is_refused_as_the_host_refuses_it(data, tmp_path):
    script = tmp_path / "script.py"
    script.write_bytes(data)
    host = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60).stderr
    with pytest.raises(SyntaxError) as error:
        decode_script(data, str(script))
    message = error.value
    assert f"SyntaxError: {message.msg}\n" in host
    if message.lineno:
        assert f'File "{script}", line {message.lineno}\n' in host
