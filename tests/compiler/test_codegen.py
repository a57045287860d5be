"""Code generation: the instruction sequences of all units equal the host's, before any optimization."""

import _testinternalcapi as host
import ast
import warnings

import pytest

from kaa.compiler import codegen, future, symbols
from kaa.compiler.assembler import assemble
from kaa.compiler.unit import CompilationUnit
from tests.compiler.programs import BROKEN, CONSTRUCTS, CORPUS, SUSPICIOUS


def rows(unit):
    return [
        (i.opcode, i.target.position if i.target is not None else i.oparg, *i.location)
        for i in unit.instructions
    ]


def our_sequences(source, optimize=0):
    """The sequences of all units of a program, inner ones first."""
    tree = compile(source, "<test>", "exec", ast.PyCF_OPTIMIZED_AST, True, optimize)
    features = future.future_features(tree, "<test>")
    table = symbols.build(tree, "<test>", features.flags)
    sequences = []

    def assemble_and_note(unit: CompilationUnit):
        sequences.append(rows(unit))
        return assemble(unit)

    sequences.append(rows(codegen.generate(tree, table, "<test>", features, optimize, assemble_and_note)))
    return sequences


def host_sequences(source, optimize=0):
    tree = compile(source, "<test>", "exec", ast.PyCF_ONLY_AST, True)
    sequence, _ = host.compiler_codegen(tree, "<test>", optimize)

    def nested(sequence):
        for inner in sequence.get_nested():
            yield from nested(inner)
        yield [tuple(0 if field is None else field for field in row) for row in sequence.get_instructions()]

    return list(nested(sequence))


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("optimize", [0, 1, 2])
@pytest.mark.parametrize("source", CONSTRUCTS)
def test_constructs(source, optimize):
    assert our_sequences(source, optimize) == host_sequences(source, optimize)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path):
    source = path.read_bytes()
    try:
        compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        pytest.skip("not a program")
    assert our_sequences(source) == host_sequences(source)


def error_of(function, source):
    try:
        function(source)
    except SyntaxError as error:
        return error.args
    return None


@pytest.mark.parametrize("source", BROKEN)
def test_errors(source):
    error = error_of(host_sequences, source)
    assert error is not None
    assert error_of(our_sequences, source) == error


def warnings_of(function, source):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(source)
    return [(str(w.message), w.category, w.filename, w.lineno) for w in caught]


@pytest.mark.parametrize("source", SUSPICIOUS)
def test_warnings(source):
    expected = warnings_of(lambda text: compile(text, "<test>", "exec", dont_inherit=True), source)
    assert warnings_of(our_sequences, source) == expected


def test_warning_as_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert error_of(our_sequences, "\n x is 1".lstrip()) == error_of(
            lambda text: compile(text, "<test>", "exec", dont_inherit=True), "x is 1"
        )


def test_too_many_nested_blocks():
    def nested(depth):
        return (
            "".join(" " * level + f"for x{level} in y:\n" for level in range(depth)) + " " * depth + "pass\n"
        )

    assert our_sequences(nested(20)) == host_sequences(nested(20))
    assert error_of(our_sequences, nested(22)) == error_of(host_sequences, nested(22)) is not None
