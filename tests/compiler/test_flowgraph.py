"""The flow-graph optimizer: pass by pass against golden text, as a whole against the host's."""

import ast
import random
from pathlib import Path

import pytest

from kaa.bytecode import opcodes as op
from kaa.bytecode.instructions import BY_NUMBER, Argument
from kaa.compiler import flowgraph
from kaa.compiler.cfg import Instruction, MalformedGraphError, verify
from kaa.compiler.flowgraph import PASSES, finish, optimize
from kaa.compiler.flowgraph.construction import assign_handlers, build_graph
from kaa.compiler.flowgraph.reachability import remove_unreachable
from kaa.compiler.flowgraph.stack import measure_stack

from ..bytecode.corpus import files
from .graphs import host_optimized, host_sequences, read_graph, read_unit, rows_of, unit_of

CONSTANTS = (None, True, 7)
LOCALS = 20

NAMED = {improve.__name__: improve for improve in (*PASSES, flowgraph.normalize_jumps)}

NEEDED_BEFORE = {
    "resolve_lines": [remove_unreachable],  # counts the ways into blocks
    "move_cold_blocks": [assign_handlers],
}


def golden_cases():
    text = (Path(__file__).parent / "passes.txt").read_text()
    for case in text.split("\n== ")[1:]:
        title, _, rest = case.partition("\n")
        before, _, after = rest.partition("\n--\n")
        yield pytest.param(title.partition(":")[0], before, after.strip("\n"), id=title)


@pytest.mark.parametrize(("name", "before", "after"), list(golden_cases()))
def test_pass(name, before, after):
    graph = read_graph(before, CONSTANTS, LOCALS)
    for improve in [*NEEDED_BEFORE.get(name, []), NAMED[name]]:
        improve(graph)
    verify(graph)
    assert str(graph) == after


def test_every_pass_has_a_golden_case_or_an_oracle():
    covered = {case.values[0] for case in golden_cases()}
    assert {improve.__name__ for improve in PASSES} - covered == {"assign_handlers"}


HANDLERS = """
B0:
    1  SETUP_CLEANUP B2
    1  RESUME 0
    2  SETUP_FINALLY B1
    2  YIELD_VALUE 0
    2  POP_BLOCK
    2  RESUME 1
    3  YIELD_VALUE 0
    3  RESUME 1
    4  RETURN_CONST 0
B1:
    5  RERAISE 0
B2:
       RERAISE 1
"""

WITH_HANDLERS = """\
B0:
    1  SETUP_CLEANUP B2
    1  RESUME 0  (raises to B2)
    2  SETUP_FINALLY B1
    2  YIELD_VALUE 0  (raises to B1)
    2  NOP
    2  RESUME 1  (raises to B2)
    3  YIELD_VALUE 0  (raises to B2)
    3  RESUME 5  (raises to B2)
    4  RETURN_CONST 0  (raises to B2)
B1: handler
    5  RERAISE 0  (raises to B2)
B2: handler, lasti
       RERAISE 1"""


def test_handlers():
    graph = read_graph(HANDLERS)
    assign_handlers(graph)
    assert str(graph) == WITH_HANDLERS


def optimized(rows, constants, local_count):
    """Our graph, verified behind every pass."""
    unit = unit_of(rows, constants, local_count)
    graph = build_graph(unit)
    for improve in PASSES:
        improve(graph)
        verify(graph)
    return graph


def count_locals(rows):
    of_locals = [number for number, row in BY_NUMBER.items() if row.argument is Argument.LOCAL]
    return max((row[1] for row in rows if row[0] in of_locals and row[0] != op.LOAD_CLOSURE), default=-1) + 1


def assert_optimizes_like_host(rows, constants):
    local_count = count_locals(rows)
    host_constants = list(constants)
    expected = host_optimized(rows, host_constants, local_count)
    graph = optimized(rows, constants, local_count)
    assert rows_of(graph) == expected
    assert list(map(repr, graph.unit.constants)) == list(map(repr, host_constants))


def invented_constants(rows, choice):
    """Constants in the number that rows load. (The host does not tell those of functions.)"""
    pool = [None, True, False, 1, 2.5, "a", "", b"x", 0, (1, 2), (), 10**30, 3j, -0.0, 0.0, ...]
    choice.shuffle(pool)
    count = max((row[1] for row in rows if row[0] == op.LOAD_CONST), default=-1) + 1
    return [pool.pop() if pool and choice.random() < 0.4 else f"constant {number}" for number in range(count)]


@pytest.mark.parametrize("path", files(every=80), ids=lambda path: path.name)
def test_standard_library(path):
    choice = random.Random(path.name)
    try:
        ast.parse(source := path.read_bytes())
    except SyntaxError:
        pytest.skip("broken on purpose")
    for rows in host_sequences(source):
        assert_optimizes_like_host(rows, invented_constants(rows, choice))


ODDITIES = [
    "while name:\n  try: break\n  except: pass\nelse: 1 if 1 else 1",
    "def f(x):\n  while x: 0 if 1 else 0",
    "for x in y:\n  if a and b or c and not d: continue\n  elif x is not None: break\nelse: z",
    "x = y = a, b = b, a = c\n(a, b, c) = (c, b, a)",
    "match x:\n  case [a, b, *_] | {'x': [a, b]} if a: pass\n  case A(a=1, b=[c, (d)]): pass\n  case _: y",
    "def f():\n  try:\n    with a as b, c: return 1\n  finally:\n    for x in y:\n      if x: return 2\n      continue",
    "async def f():\n  async with a as b:\n    async for c in d: yield [e async for e in c if await e]",
    "def f():\n  del x\n  try: x = 1\n  except E as x: x\n  finally: x",
    "try:\n  try: a\n  except* B as c: d\n  else: e\nfinally: f",
    "while 1:\n  if x: break\n  while True:\n    if y: break\n    continue",
    "x = [[y for y in z if y] for z in [1, a] if z is None if not z]",
    "if None is not None: x\nelif not not (a in b): y\nelif 0 < 1 < x: z\nassert x, 3",
]


@pytest.mark.parametrize("source", ODDITIES)
def test_oddities(source):
    choice = random.Random(source)
    for rows in host_sequences(source):
        assert_optimizes_like_host(rows, invented_constants(rows, choice))


@pytest.mark.parametrize("local_count", [63, 64, 65, 130])
def test_many_locals(local_count):
    names = [f"v{number}" for number in range(local_count)]
    lines = [f"  {name} = 1" for name in names] + ["  if x:", f"    del {names[0]}, {names[-1]}"]
    lines += [f"  {name}" for name in names] * 2
    for rows in host_sequences("def f(x):\n" + "\n".join(lines)):
        assert_optimizes_like_host(rows, invented_constants(rows, random.Random(0)))


def test_swaps_are_optimal():
    """Every short sequence of swaps permutes the stack as before, and like the host."""
    choice = random.Random(5)
    for _ in range(300):
        depths = [choice.randint(2, 5) for _ in range(choice.randint(1, 8))]
        rows = [(op.SWAP, depth, 1, 1, 0, 0) for depth in depths] + [(op.RETURN_VALUE, 0, 1, 1, 0, 0)]
        assert_optimizes_like_host(rows, [])


def test_stores_change_places_like_on_the_host():
    choice = random.Random(6)
    for _ in range(300):
        rows = []
        for _ in range(choice.randint(1, 9)):
            opcode, most = choice.choice([(op.SWAP, 4), (op.STORE_FAST, 3), (op.POP_TOP, 0), (op.NOP, 0)])
            line = choice.randint(1, 2)
            rows.append((opcode, choice.randint(min(most, 1), most), line, line, 0, 0))
        rows.append((op.RETURN_VALUE, 0, 1, 1, 0, 0))
        assert_optimizes_like_host(rows, [])


def test_verifier_refuses():
    graph = read_graph("1 RETURN_CONST 0")
    (exit_,) = graph.entry.instructions
    graph.entry.instructions.append(Instruction(op.NOP, 0, exit_.location))
    with pytest.raises(MalformedGraphError, match="RETURN_CONST is not the last"):
        verify(graph)
    graph.entry.instructions.pop()
    graph.entry.instructions.pop()
    graph.entry.instructions.append(Instruction(op.NOP, 0, exit_.location))
    with pytest.raises(MalformedGraphError, match="falls off"):
        verify(graph)
    graph.entry.instructions.append(Instruction(op.JUMP, 0, exit_.location, read_graph("1 NOP").entry))
    with pytest.raises(MalformedGraphError, match="JUMP leads out"):
        verify(graph)


def test_generator_prefix():
    """Cells, free variables and the generator come first; a parameter that is a cell keeps its place."""
    graph = read_graph(
        "1 RESUME 0\n1 LOAD_CLOSURE 0\n2 LOAD_DEREF 1\n2 LOAD_DEREF 2\n2 RETURN_VALUE", local_count=2
    )
    unit = graph.unit
    unit.cellvars = {"v1": 0, "c": 1}
    unit.freevars = {"free": 2}
    unit.flags = 0x20
    assert finish(graph) == 3
    assert [row.split() for row in str(graph).splitlines()[1:]] == [
        ["COPY_FREE_VARS", "1"],
        ["MAKE_CELL", "1"],
        ["MAKE_CELL", "2"],
        ["1", "RETURN_GENERATOR"],
        ["1", "POP_TOP"],
        ["1", "RESUME", "0"],
        ["1", "LOAD_FAST", "1"],
        ["2", "LOAD_DEREF", "2"],
        ["2", "LOAD_DEREF", "3"],
        ["2", "RETURN_VALUE"],
    ]


def test_optimize_runs_all_passes():
    unit = read_unit("1 LOAD_CONST 2\n1 RETURN_VALUE", CONSTANTS)
    assert str(optimize(unit)) == "B0:\n    1  RETURN_CONST 1"
    assert unit.constants == [None, 7]


def test_stack_must_add_up():
    with pytest.raises(ValueError, match="Invalid CFG, stack underflow"):
        measure_stack(read_graph("1 POP_TOP\n1 RETURN_CONST 0"))
    with pytest.raises(ValueError, match="Invalid CFG, inconsistent stackdepth"):
        measure_stack(read_graph("1 COPY_FREE_VARS 1\nB1:\n1 LOAD_CONST 0\n2 JUMP B1"))


LOOP = """
1 LOAD_FAST 0
1 GET_ITER
B1:
1 FOR_ITER B2
1 STORE_FAST 1
1 JUMP B1
B2:
1 END_FOR
1 POP_TOP
1 RETURN_CONST 0
"""


def test_stack_depths():
    graph = read_graph(LOOP)
    assert measure_stack(graph) == 2
    assert [block.start_depth for block in graph] == [0, 1, 2, 2]
