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


def scatter(tree, choice):
    """Move nodes to other lines, or to none at all."""
    for node in ast.walk(tree):
        if hasattr(node, "lineno") and choice.random() < 0.4:
            if choice.random() < 0.6:
                node.lineno = node.end_lineno = node.col_offset = node.end_col_offset = -1
            else:
                node.lineno = node.end_lineno = choice.randint(1, 4)
                node.col_offset, node.end_col_offset = 0, choice.randint(0, 200)


def test_mutated_lines():
    """Lines that no source has: they decide which jumps may go and which exits are doubled."""
    compared = 0
    warnings.simplefilter("ignore")
    for seed, source in programs():
        tree = ast.parse(source)
        scatter(tree, random.Random(seed))
        try:
            expected = compile(tree, "<test>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        assert shape(kaa.compile(tree, "<test>", "exec", dont_inherit=True)) == shape(expected), seed
        compared += 1
    assert compared > PROGRAMS / 2
