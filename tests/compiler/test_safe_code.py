"""What the compiler makes passes the verifier: a wrong stack depth or an unbound variable shows here."""

import warnings

import pytest

import kaa
from kaa.bytecode import verifier
from tests.bytecode.corpus import files


@pytest.mark.parametrize("path", files(every=80), ids=lambda path: path.stem)
@pytest.mark.parametrize("optimize", [0, 2])
def test_verifies(path, optimize):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = kaa.compile(path.read_bytes(), str(path), "exec", dont_inherit=True, optimize=optimize)
        except (SyntaxError, ValueError):
            pytest.skip("broken on purpose")
    verifier.verify(code)
