"""Kaa's bytecode is the host's for programs that nobody would write, too."""

import ast
import random
import warnings

import pytest

import kaa

from ..bytecode.corpus import files
from .mutation import mutate
from .test_assembler import shape

PROGRAMS = 60


def programs():
    """Mutated pieces of the standard library, each with a seed that makes it again."""
    library = files()
    for seed in range(PROGRAMS):
        choice = random.Random(seed)
        try:
            tree = ast.parse(choice.choice(library).read_bytes())
        except SyntaxError:
            continue  # broken on purpose
        piece = ast.Module(choice.sample(tree.body, min(len(tree.body), 5)), [])
        yield seed, ast.unparse(mutate(piece, choice, choice.randint(3, 40)))


def test_mutated_programs():
    compared = 0
    warnings.simplefilter("ignore")
    for seed, source in programs():
        try:
            expected = compile(source, "<test>", "exec", dont_inherit=True)
        except SyntaxError as error:
            with pytest.raises(SyntaxError) as ours:
                kaa.compile(source, "<test>", "exec", dont_inherit=True)
            assert str(ours.value) == str(error), seed
            continue
        assert shape(kaa.compile(source, "<test>", "exec", dont_inherit=True)) == shape(expected), seed
        compared += 1
    assert compared > PROGRAMS / 2
