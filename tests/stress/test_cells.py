"""Random programs mean the same to Kaa's compiler and machines as to the host."""

from random import Random

import pytest

from tests.stress.programs import program
from tests.stress.run import Engine, describe, outcomes

PROGRAMS = 150


@pytest.mark.parametrize("name", ["host", "reference", "native"])
def test_every_program_tells_the_same_story(name):
    engines = [Engine("python"), Engine(name)]
    try:
        for seed in range(PROGRAMS):
            source = program(Random(seed))
            told = outcomes(source, engines)
            assert told[name] == told["python"], (
                f"seed {seed}: {describe(name, told['python'], told[name])}\n{source}"
            )
    finally:
        for engine in engines:
            engine.close()
