"""Random programs mean the same to Kaa's compiler and machines as to the host."""

import ast
import warnings
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.native.host import needs_native
from tests.stress.programs import PRELUDE, program
from tests.stress.run import Engine, Program, compiled, describe, differences

PROGRAMS = 150


@pytest.fixture
def engines():
    """Makes engines, the host first; they end with the test."""
    made = []

    def make(*names):
        made.extend(Engine(name) for name in ("python", *names))
        return made

    with warnings.catch_warnings(action="ignore"):
        yield make
    for engine in made:
        engine.close()


@pytest.mark.parametrize("name", ["host", "reference", pytest.param("native", marks=needs_native)])
def test_programs_and_their_code(engines, name):
    """Kaa compiles them, each start runs them; the code must be the host's."""
    pair = engines(name)
    for seed in range(PROGRAMS):
        assert not differences(compiled(program(Random(seed))), True, pair), f"seed {seed}"


@needs_native
def test_thousands_on_machine_code(engines):
    """The host compiles them; each fiftieth runs so often that its caches reach their last state."""
    pair = engines("native")
    for seed in range(PROGRAMS, 20 * PROGRAMS):
        made = compiled(program(Random(seed)), 4 if seed % 50 else 1200)
        assert not differences(made, False, pair), f"seed {seed}"


@needs_native
def test_programs_that_shrink(engines):
    """The same with hypothesis's choices, which finds the smallest program that fails."""
    pair = engines("native")

    @settings(
        max_examples=PROGRAMS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example]
    )
    @given(st.randoms(use_true_random=False))
    def check(random):
        source = program(random, size=4)
        assert not differences(compiled(source), True, pair), source

    check()


@pytest.mark.parametrize("name", ["reference", pytest.param("native", marks=needs_native)])
def test_a_planted_difference_is_found(engines, name):
    """Kaa's process has an option more than the host's: a set and what is made of it tell."""
    pair = engines(name)
    for use in ("c = {3, *map(len, sys._xoptions)}; log(c)", "[*a, b] = {1, *map(len, sys._xoptions)}"):
        made = compiled(f"import sys\n{use}\nlog((a, b))")
        assert "the host" in differences(made, True, pair)[name]
        assert "the host" in differences(made, False, pair)[name]


def test_sets_hold_nothing_that_is_hashed_by_its_address():
    scope: dict = {}
    exec(PRELUDE, scope)
    assert {*map(scope["member"], (..., int, len, KeyError(), (1, KeyError()), float("nan")))} == {1}
    sets = 0
    for seed in range(5 * PROGRAMS):
        for node in ast.walk(ast.parse(program(Random(seed)))):
            for item in node.elts if isinstance(node, ast.Set) else ():
                sets += 1
                text = ast.unparse(item)
                assert isinstance(item, ast.Constant) or text.startswith(("member(", "*map(member, ")), text
    assert sets > PROGRAMS


def test_a_wrong_story_and_wrong_code_are_told():
    made = compiled("log(a)")
    story = {"events": ["1"], "error": None}
    right = {"runs": {0: story}, "code": None}
    assert describe(right, right, made.code) == ""
    wrong = {"runs": {0: story | {"events": ["2"]}}, "code": None}
    assert describe(right, wrong, made.code) == "run 0, event 0 is 2, the host's is 1"
    assert (
        describe(right, right | {"code": compiled("log(b)").code}, made.code) == "other code than the host's"
    )
    assert describe(right, {"died": -11, "stderr": "at"}, made.code) == "died with exit code -11:\nat"
    assert "something new" in describe(right, {"runs": {0: story, 4: story}, "code": None}, made.code)


def test_code_of_a_program_that_the_host_refuses_is_wrong():
    refused = compiled("return")
    assert refused == Program("return", None)
    story = {0: {"events": [], "error": None}}
    told = {"runs": story, "code": compiled("a").code}
    assert describe({"runs": story, "code": None}, told, None) == "other code than the host's"
