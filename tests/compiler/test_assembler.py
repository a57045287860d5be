"""The assembler, held against the host's compiler and assembler."""

import _testinternalcapi as host
import ast
import sys
import types

import pytest

import kaa
from kaa.bytecode import opcodes as op
from kaa.compiler.assembler import assemble

from .graphs import HAVE_TARGETS, new_unit, read_unit

FIELDS = [
    name
    for name in dir(types.CodeType)
    if name.startswith("co_") and name not in ("co_lnotab", "co_lines", "co_positions", "co_consts")
]


def shape(code):
    """Everything there is in a code object, as something that can be compared."""
    constants = [
        shape(item) if isinstance(item, types.CodeType) else (type(item), repr(item))
        for item in code.co_consts
    ]
    return {name: getattr(code, name) for name in FIELDS} | {"co_consts": constants}


def assert_compiles_like_host(source):
    ours = kaa.compile(source, "<test>", "exec")
    assert shape(ours) == shape(compile(source, "<test>", "exec", dont_inherit=True))
    return ours


def host_assembled(rows, local_count):
    """What the host's assembler makes of rows `(opcode, argument or target's number)`, all on line 1."""
    sequence = host.new_instruction_sequence()
    for number, (opcode, argument) in enumerate(rows):
        sequence.use_label(number)
        sequence.addop(opcode, argument, 1, 1, 0, 0)
    metadata = {
        "name": "f",
        "qualname": "f",
        "firstlineno": 1,
        "consts": {None: 0},
        "names": {},
        "fasthidden": {},
        "varnames": {f"v{n}": n for n in range(local_count)},
        "cellvars": {},
        "freevars": {},
        "argcount": 0,
        "posonlyargcount": 0,
        "kwonlyargcount": 0,
    }
    return host.assemble_code_object("<test>", sequence, metadata)


def our_assembled(rows, local_count):
    """The same by us."""
    text = "\n".join(
        f"B{number}:\n1 {NAMES[opcode]} {f'B{argument}' if opcode in HAVE_TARGETS else argument}"
        for number, (opcode, argument) in enumerate(rows)
    )
    return assemble(read_unit(text, [None], local_count))


NAMES = {
    getattr(op, name): name
    for name in ("LOAD_FAST", "POP_JUMP_IF_FALSE", "RETURN_CONST", "DELETE_FAST", "JUMP")
}


@pytest.mark.parametrize("size", [*range(120, 131), *range(250, 261), 70_000])
def test_jumps_over_many_instructions(size):
    """Around the lengths where a distance begins to need an EXTENDED_ARG."""
    body = [(op.DELETE_FAST, 0)] * size
    for rows in (
        [
            (op.LOAD_FAST, 0),
            (op.POP_JUMP_IF_FALSE, size + 3),
            *body,
            (op.RETURN_CONST, 0),
            (op.RETURN_CONST, 0),
        ],
        [*body, (op.LOAD_FAST, 0), (op.POP_JUMP_IF_FALSE, 0), (op.RETURN_CONST, 0)],
    ):
        ours, theirs = our_assembled(rows, 1), host_assembled(rows, 1)
        # The host's assembler does not optimize, so only what is there with and without is compared.
        assert (
            ours.co_code.replace(bytes((op.LOAD_FAST_CHECK, 0)), bytes((op.LOAD_FAST, 0))) == theirs.co_code
        )
        assert ours.co_stacksize == theirs.co_stacksize == 1


def test_jumps_that_lengthen_each_other():
    """Many conditions one inside the other: an EXTENDED_ARG more in one makes others longer."""
    for count in (20, 40, 60, 61, 62, 63, 64, 80):
        lines = [" " * level + f"if x{level}:" for level in range(18)]
        inside = [" " * 18 + f"a.b{number} = c" for number in range(count)]
        assert_compiles_like_host("\n".join([*lines, *inside, "else: y"]))
        assert_compiles_like_host("while x:\n" + "\n".join(f" if x: y{number}()" for number in range(count)))


def test_large_arguments():
    names = "\n".join(f"x{number} = {number}.5" for number in range(700))
    assert_compiles_like_host(names)
    assert_compiles_like_host("def f():\n" + "\n".join(f" x{n} = {n}.5; del x{n}" for n in range(300)))
    assert_compiles_like_host("x = [" + "y, " * 300 + "]")


def test_70_000_constants_and_names():
    code = assert_compiles_like_host("\n".join(f"x{number} = {number}" for number in range(70_000)))
    assert len(code.co_names) == 70_000


def test_handlers_in_code_without_jumps():
    assert_compiles_like_host("try: a\nfinally: b")
    assert_compiles_like_host("with a: b")
    assert_compiles_like_host("def f():\n yield 1")


def test_variables_of_inlined_comprehensions_are_hidden():
    """In a module or class, `locals()` does not show them, not even inside of the comprehension."""
    source = "r = [(i, sorted(locals())) for i in (1, 2)]\nclass C:\n s = [(j, sorted(locals())) for j in r]"
    code = assert_compiles_like_host(source)
    ours, theirs = {}, {}
    exec(code, ours)
    exec(compile(source, "<test>", "exec"), theirs)
    assert ours["r"] == theirs["r"]
    assert ours["C"].s == theirs["C"].s


def test_sets_beside_an_inlined_comprehension_keep_their_order():
    source = (
        "[i for i in x]\nx in {3, 2, 994, 1}\nclass C:\n [i for i in x]\n f = lambda: x in {3, 2, 994, 1}"
    )

    def sets(code):
        for constant in code.co_consts:
            if isinstance(constant, frozenset):
                yield list(constant)
            elif isinstance(constant, types.CodeType):
                yield from sets(constant)

    expected = list(sets(compile(source, "<test>", "exec")))
    assert list(sets(kaa.compile(source, "<test>", "exec"))) == expected
    assert len(expected) == 2


def test_constants_beside_an_inlined_comprehension_live_as_long_as_their_code():
    code = kaa.compile("[i for i in x]\nx in (b'first', b'second')", "<test>", "exec")
    constant = next(item for item in code.co_consts if isinstance(item, tuple))
    assert sys.getrefcount(constant) == 3  # the code, the variable, the argument
    del code
    assert sys.getrefcount(constant) == 2


def test_loop_without_lines():
    """The exit that a loop gets for its line, though it has none, goes again."""
    tree = ast.parse("while True: pass\nwhile x: y()")
    for node in ast.walk(tree):
        for name in node._attributes:
            setattr(node, name, -1)
    assert shape(kaa.compile(tree, "<test>", "exec")) == shape(
        compile(tree, "<test>", "exec", dont_inherit=True)
    )


def test_equal_constants_are_one_object():
    code = kaa.compile("f = lambda: (1, 2.5, 'a b')\ng = lambda: (1, 2.5, 'a b')", "<test>", "exec")
    f, g = (item for item in code.co_consts if isinstance(item, types.CodeType))
    assert f.co_consts is g.co_consts
    assert f.co_linetable is g.co_linetable


def test_names_are_interned():
    code = kaa.compile("def function_name(argument_name): attribute_name.x", "<test>", "exec").co_consts[0]
    assert code.co_name is sys.intern("function_name")
    assert code.co_names[0] is sys.intern("attribute_name")
    assert code.co_varnames[0] is sys.intern("argument_name")


def test_zeros_have_signs():
    code = assert_compiles_like_host(
        "x = [0.0, -0.0, 0, False, 0j, -0j, (0.0,), (-0.0,), 1, True, 1.0, (1,), (True,)]"
    )
    assert len(set(map(repr, code.co_consts))) == len(code.co_consts)


def test_empty_unit():
    unit = new_unit([None])
    unit.instructions = read_unit("1 RETURN_CONST 0").instructions
    assert assemble(unit).co_code == bytes((op.RETURN_CONST, 0))
