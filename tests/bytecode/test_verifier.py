"""The verifier accepts all that the host's compiler makes, and says what is wrong with code that would crash it.

Each damaged program below is a small one that CPython would run without a look, and crash on, or would read memory
that is not its own. They are written as instructions, so that one can see what is wrong.
"""

import random

import pytest

from kaa.bytecode import code_units, exception_table, line_table, opcodes, verifier
from kaa.bytecode.code_image import HIDDEN, LOCAL, CodeImage, DamagedCode, image_of
from kaa.bytecode.exception_table import Entry

from .corpus import compile_file, files, sample

RESUME = "RESUME 0"


def program(text, **fields):
    """A code image of instructions, one a line (`NAME argument`), which is sound but for what the test is about."""
    code = b""
    for line in text.strip().splitlines():
        name, _, argument = line.strip().partition(" ")
        code += code_units.encode(getattr(opcodes, name), int(argument or 0))
    fields = {
        "slots": ("a", "b"),
        "consts": (None, "text", ("x", "y")),
        "names": ("n",),
        "stacksize": 6,
        "flags": 0x3,
        "argcount": 1,
        "exceptiontable": exception_table.encode(fields.pop("handlers", ())),
        **fields,
    }
    slots = fields["slots"]
    return CodeImage(
        **{
            "posonlyargcount": 0,
            "kwonlyargcount": 0,
            "code": code,
            "kinds": bytes((LOCAL,)) * len(slots),
            "filename": "<test>",
            "name": "f",
            "qualname": "f",
            "firstlineno": 1,
            "linetable": line_table.encode(1, [(len(code) // 2, (1, 1, 0, 1))]),
            **fields,
        }
    )


INNER = image_of(compile("x = 1", "<inner>", "exec"))
CLOSURE = image_of(compile("def f():\n x = 1\n def g(): return x", "", "exec").co_consts[0].co_consts[2])
GENEXP = image_of(compile("(x for x in y)", "", "eval").co_consts[0])


@pytest.mark.parametrize("path", files(every=25), ids=lambda path: path.stem)
def test_accepts_the_library(path):
    code = compile_file(path)
    if code:
        verifier.verify(code)


TRICKY = """
async def f(a, *b, c=1, **d):
    async with a as x, b:
        try:
            i = [i async for i in x if await i]
        except* (ValueError, OSError) as e:
            raise
        except* KeyError:
            [e for e in a for a in e]
        finally:
            del a, x
    match a:
        case {"k": [1, *rest], **more} | Point(x=0, y=rest, z=more) if (more := 2): yield more
        case -1j | str() | None | [_, (2, 3)]: pass
    for a in b:
        while c:
            with d: break
            continue
        else: yield (lambda: (a, c))
class C[T: int, *U, **V = [int]](list[T], metaclass=M):
    x: T = [T for T in (x for x in y)]
    def m[W](self, a=(lambda: __class__), *, b: W = {1: 2, **c}) -> W:
        return super().m(*a, **b), self.x(k=1), self.f(*a, k=2)
    type A[Q] = dict[Q, T]
f"{a!r:>{w}} {b=}"
a[1:2] = a[b:c:d] = x.y = (*p, q) = *r, s = t
assert 1 < a < 3 in b, "message"
def g(x):
    global h
    def k(): nonlocal x; x += 1; return [x for _ in y for x in z], {**x}, {*x, 1}
    try: return (yield from k())
    except E as x: pass
    finally:
        try: import a.b as c, d
        finally: return 3
"""


def test_accepts_tricky_programs():
    verifier.verify(compile(TRICKY, "<test>", "exec"))


def test_accepts_long_jumps_and_many_variables():
    body = "\n".join(f"    if x{i}: x{i} = y{i}({i}.5)" for i in range(2000))
    verifier.verify(compile(f"def f(x0):\n    while x0:\n{body.replace('    if', '        if')}", "", "exec"))


def test_accepts_large_programs():
    """Many handlers that wait their turn, many targets, many arguments: in time that grows with the size."""
    handlers = "".join(f"    try: x = a.b\n    except E{n}: pass\n" for n in range(2000))
    targets = ", ".join(f"a{n}" for n in range(20_000))
    items = ", ".join(f"f({n})" for n in range(5_000))
    verifier.verify(compile(f"def f(a):\n{handlers}{targets} = [{items}]", "", "exec"))


REJECTED = [
    ("stack", "POP_TOP\nRETURN_CONST 0", "underflows, POP_TOP at code unit 1"),
    ("stack", "LOAD_FAST 0\nSWAP 2\nRETURN_VALUE", "underflows, SWAP"),
    ("stack", "LOAD_FAST 0\nCOPY 2\nRETURN_VALUE", "is copied"),
    ("stack", "PUSH_NULL\nCOPY 1\nRETURN_CONST 0", "NULL.* is copied"),
    ("stack", "PUSH_NULL\nPOP_TOP\nRETURN_CONST 0", "NULL.* taken for an object"),
    ("stack", "PUSH_NULL\nRETURN_VALUE", "NULL.* taken for an object"),
    ("stack", "LOAD_FAST 0\n" * 7 + "RETURN_CONST 0", "above co_stacksize, LOAD_FAST at code unit 7"),
    ("stack", "LOAD_FAST 0\nRETURN_CONST 0", "not empty on return"),
    ("flow", "NOP", "past the end"),
    ("flow", "JUMP_FORWARD 0", "out of the code"),
    ("flow", "JUMP_FORWARD 1\nRETURN_CONST 0", "out of the code"),
    ("flow", "JUMP_FORWARD 1\nLOAD_GLOBAL 0\nRETURN_VALUE", "into the middle of an instruction"),
    ("flow", "JUMP_BACKWARD 3", "back to the beginning"),
    ("flow", "JUMP_BACKWARD 9", "out of the code"),
    ("flow", "LOAD_FAST 0\nPOP_JUMP_IF_NONE 1\nLOAD_FAST 0\nRETURN_CONST 0", "stack is 0 or 1 deep"),
    ("flow", "LOAD_FAST 0\nNOP\nJUMP_BACKWARD 4", "stack is 0 or 1 deep"),
    ("arguments", "LOAD_CONST 3\nRETURN_VALUE", "LOAD_CONST with an argument of 3"),
    ("arguments", "LOAD_CONST 300\nRETURN_VALUE", "LOAD_CONST with an argument of 300"),
    ("arguments", "LOAD_FAST 2\nRETURN_VALUE", "LOAD_FAST with an argument of 2"),
    ("arguments", "LOAD_FAST_LOAD_FAST 2\nRETURN_VALUE", "LOAD_FAST_LOAD_FAST with"),
    ("arguments", "LOAD_GLOBAL 2\nRETURN_VALUE", "LOAD_GLOBAL with an argument of 2"),
    ("arguments", "LOAD_FAST 0\nLOAD_FAST 0\nBINARY_OP 26\nRETURN_VALUE", "BINARY_OP with an argument of 26"),
    (
        "arguments",
        "LOAD_FAST 0\nLOAD_FAST 0\nCOMPARE_OP 192\nRETURN_VALUE",
        "COMPARE_OP with an argument of 192",
    ),
    ("arguments", "LOAD_FAST 0\nCONVERT_VALUE 4\nRETURN_VALUE", "CONVERT_VALUE with"),
    ("arguments", "LOAD_FAST 0\nCALL_INTRINSIC_1 12\nRETURN_VALUE", "CALL_INTRINSIC_1 with"),
    ("arguments", "LOAD_FAST 0\nUNPACK_SEQUENCE 4000000000\nRETURN_VALUE", "UNPACK_SEQUENCE with"),
    ("arguments", "LOAD_FAST 0\nPOP_TOP 1\nRETURN_CONST 0", "POP_TOP with an argument of 1"),
    ("variables", "LOAD_FAST 1\nRETURN_VALUE", "'b' may be unbound, LOAD_FAST at code unit 1"),
    ("variables", "DELETE_FAST 0\nLOAD_FAST 0\nRETURN_VALUE", "'a' may be unbound"),
    (
        "variables",
        "LOAD_FAST 0\nPOP_JUMP_IF_NONE 2\nLOAD_FAST 0\nSTORE_FAST 1\nLOAD_FAST 1\nRETURN_VALUE",
        "'b' may be unbound",
    ),
    ("variables", "LOAD_FAST_AND_CLEAR 1\nRETURN_VALUE", "NULL.* taken for an object"),
    ("variables", "LOAD_FAST_AND_CLEAR 1\nSTORE_FAST 0\nLOAD_FAST 0\nRETURN_VALUE", "'a' may be unbound"),
    ("variables", "LOAD_DEREF 0\nRETURN_VALUE", "LOAD_DEREF with an argument of 0"),
    ("variables", "MAKE_CELL 0\nRETURN_CONST 0", "MAKE_CELL with an argument of 0"),
    ("variables", "LOAD_NAME 0\nRETURN_VALUE", "looks for names in a namespace"),
    (
        "operands",
        "LOAD_FAST 0\nFOR_ITER 2\nPOP_TOP\nRETURN_CONST 0\nEND_FOR\nPOP_TOP\nRETURN_CONST 0",
        "an iterator",
    ),
    ("operands", "LOAD_FAST 0\nGET_ITER\nFOR_ITER 1\nPOP_TOP\nPOP_TOP\nPOP_TOP\nRETURN_CONST 0", "END_FOR"),
    ("operands", "BUILD_SET 0\nLOAD_FAST 0\nLIST_APPEND 1\nRETURN_VALUE", "container is not there"),
    ("operands", "BUILD_LIST 0\nLOAD_FAST 0\nLIST_APPEND 2\nRETURN_VALUE", "container is not there"),
    ("operands", "LOAD_FAST 0\nLOAD_FAST 0\nLOAD_FAST 0\nMAP_ADD 1\nRETURN_VALUE", "container is not there"),
    ("operands", "LOAD_FAST 0\nLOAD_CONST 1\nBUILD_CONST_KEY_MAP 1\nRETURN_VALUE", "as many keys"),
    ("operands", "LOAD_FAST 0\nLOAD_CONST 2\nBUILD_CONST_KEY_MAP 1\nRETURN_VALUE", "as many keys"),
    ("operands", "LOAD_FAST 0\nMAKE_FUNCTION\nRETURN_VALUE", "a code object is needed"),
    ("operands", "LOAD_FAST 0\nLOAD_FAST 0\nSET_FUNCTION_ATTRIBUTE 1\nRETURN_VALUE", "a function is needed"),
    ("operands", "LOAD_FAST 0\nCALL_INTRINSIC_1 6\nRETURN_VALUE", "INTRINSIC_LIST_TO_TUPLE"),
    ("operands", "LOAD_FAST 0\nCALL_INTRINSIC_1 11\nRETURN_VALUE", "INTRINSIC_TYPEALIAS"),
    ("operands", "LOAD_FAST 0\nLOAD_FAST 0\nLOAD_FAST 0\nMATCH_CLASS 0\nRETURN_VALUE", "a tuple of names"),
    ("operands", "LOAD_FAST 0\nLOAD_FAST 0\nMATCH_KEYS\nRETURN_CONST 0", "a tuple of keys"),
    ("operands", "LOAD_FAST 0\nRERAISE 0", "an exception is needed"),
    ("operands", "LOAD_FAST 0\nPOP_EXCEPT\nRETURN_CONST 0", "the exception handled before"),
    ("operands", "LOAD_FAST 0\nPUSH_EXC_INFO\nRETURN_CONST 0", "an exception is needed"),
    ("operands", "LOAD_FAST 0\nYIELD_VALUE 0\nRESUME 1\nRETURN_VALUE", "a yield outside a generator"),
    ("calls", "LOAD_FAST 0\nLOAD_FAST 0\nCALL 1\nRETURN_VALUE", "underflows"),
    ("calls", "PUSH_NULL\nLOAD_FAST 0\nCALL 0\nRETURN_VALUE", "NULL, or a function"),
    ("calls", "LOAD_FAST 0\nPUSH_NULL\nPUSH_NULL\nCALL 1\nRETURN_VALUE", "taken for an object"),
    ("calls", "LOAD_FAST 0\nLOAD_ATTR 1\nRETURN_VALUE", "taken for an object"),
    (
        "calls",
        "LOAD_FAST 0\nPUSH_NULL\nLOAD_FAST 0\nLOAD_FAST 0\nCALL_KW 1\nRETURN_VALUE",
        "names of the keywords",
    ),
    (
        "calls",
        "LOAD_FAST 0\nPUSH_NULL\nLOAD_FAST 0\nLOAD_CONST 2\nCALL_KW 1\nRETURN_VALUE",
        "more keywords than",
    ),
    ("calls", "LOAD_FAST 0\nLOAD_FAST 0\nLOAD_FAST 0\nCALL_FUNCTION_EX 0\nRETURN_VALUE", "there is no NULL"),
    (
        "calls",
        "LOAD_FAST 0\nPUSH_NULL\nLOAD_FAST 0\nLOAD_FAST 0\nCALL_FUNCTION_EX 1\nRETURN_VALUE",
        "dict of keywords",
    ),
]


@pytest.mark.parametrize(("about", "text", "fault"), REJECTED)
def test_rejects(about, text, fault):
    with pytest.raises(DamagedCode, match=fault):
        verifier.verify(program(f"{RESUME}\n{text}"))


@pytest.mark.parametrize(
    ("text", "fields", "fault"),
    [
        ("", {}, "no RESUME"),
        ("NOP\nRESUME 0\nRETURN_CONST 0", {}, "no RESUME"),
        ("RESUME 0\nRETURN_GENERATOR\nPOP_TOP\nRETURN_CONST 0", {}, "not returned once"),
        ("RESUME 0\nRETURN_CONST 0", {"flags": 0x23}, "not returned once"),
        (
            "RESUME 0\nRETURN_GENERATOR\nPOP_TOP\nRETURN_CONST 0",
            {"flags": 0x23},
            "not returned at the beginning",
        ),
        ("RETURN_GENERATOR\nPOP_TOP\nRESUME 0\nRETURN_CONST 0", {"flags": 0xA3}, "flags 0xa3"),
        ("RESUME 0\nRETURN_CONST 0", {"flags": 1 << 29}, "flags"),
        ("RESUME 0\nRETURN_CONST 0", {"argcount": 3}, "more arguments than variables"),
        ("RESUME 0\nRETURN_CONST 0", {"argcount": -1}, "contradict each other"),
        ("RESUME 0\nRETURN_CONST 0", {"posonlyargcount": 2}, "contradict each other"),
        ("RESUME 0\nRETURN_CONST 0", {"kwonlyargcount": -1}, "contradict each other"),
        ("RESUME 0\nRETURN_CONST 0", {"stacksize": -1}, "stack size of -1"),
        ("RESUME 0\nRETURN_CONST 0", {"stacksize": 1 << 30}, "stack size of 1073741824"),
        ("RESUME 0\nRETURN_CONST 0", {"kinds": b"\x20"}, "one kind for each variable"),
        ("RESUME 0\nRETURN_CONST 0", {"kinds": b"\x20\x01"}, "a variable of kind 0x1"),
        ("RESUME 0\nRETURN_CONST 0", {"kinds": b"\x40\x20"}, "out of order"),
        ("RESUME 0\nRETURN_CONST 0", {"kinds": b"\x20\x80"}, "the closure is not copied once"),
        ("COPY_FREE_VARS 2\nRESUME 0\nRETURN_CONST 0", {"kinds": b"\x20\x80"}, "not copied first"),
        ("COPY_FREE_VARS 1\nRESUME 0\nRETURN_CONST 0", {"kinds": b"\x20\x80"}, "cannot have free variables"),
        ("RESUME 0\nLOAD_DEREF 1\nRETURN_VALUE", {"kinds": b"\x20\x40"}, "'b' may have no cell"),
        ("RESUME 0\nRETURN_CONST 0", {"names": (1,)}, "a name is not a str"),
        ("RESUME 0\nRETURN_CONST 0", {"consts": ([],)}, "a constant of type list"),
        ("RESUME 0\nRETURN_CONST 0", {"consts": ((1, ([],)),)}, "a constant of type list"),
        ("RESUME 0\nRETURN_CONST 0", {"firstlineno": -1}, "the first line is -1"),
        ("RESUME 0\nRETURN_CONST 0", {"linetable": b"\x87"}, "location table"),
        ("RESUME 0\nRETURN_CONST 0", {"linetable": b"\xff\xff"}, "longer than the code"),
        ("RESUME 0\nRETURN_CONST 0", {"exceptiontable": b"\x00"}, "exception table"),
        (
            "RESUME 0\nRETURN_CONST 0",
            {"handlers": [Entry(1, 2, 2, 0, False)]},
            "refers to what is no instruction",
        ),
        (
            "RESUME 0\nRETURN_CONST 0",
            {"handlers": [Entry(1, 3, 3, 0, False)]},
            "refers to what is no instruction",
        ),
        ("RESUME 0\nRETURN_CONST 0", {"handlers": [Entry(1, 2, 1, 0, False)]}, "does not lie behind"),
        ("RESUME 0\nRETURN_CONST 0", {"handlers": [Entry(1, 1, 1, 0, False)]}, "out of order"),
        (
            "MAKE_CELL 1\nRESUME 0\nRETURN_CONST 0",
            {"handlers": [Entry(0, 1, 1, 0, False)], "kinds": b"\x20\x60"},
            "at the beginning",
        ),
        (
            "RESUME 0\nLOAD_FAST 0\nPOP_TOP\nRETURN_CONST 0\nRERAISE 0",
            {"handlers": [Entry(1, 3, 4, 1, False)]},
            "lower than the exception handler expects",
        ),
        (
            "RESUME 0\nLOAD_FAST 0\nGET_ITER\nUNARY_INVERT\nRETURN_VALUE\nRERAISE 0",
            {"handlers": [Entry(2, 4, 5, 1, False)]},
            "what an exception handler relies on is popped",
        ),
        (
            "RESUME 0\nLOAD_FAST 0\nUNARY_INVERT\nSTORE_FAST 1\nRETURN_CONST 0\nPOP_TOP\nLOAD_FAST 1\nRETURN_VALUE",
            {"handlers": [Entry(2, 4, 5, 0, False)]},
            "'b' may be unbound",
        ),
        (
            "RESUME 0\nLOAD_GLOBAL 0\nRETURN_VALUE\nRERAISE 1",
            {"handlers": [Entry(1, 6, 7, 0, False)]},
            "offset of the instruction that raised",
        ),
        (
            "RESUME 0\nLOAD_CONST 0\nMAKE_FUNCTION\nRETURN_VALUE",
            {"consts": (CLOSURE,)},
            "not ready, is taken",
        ),
        (
            "RESUME 0\nBUILD_TUPLE 0\nLOAD_CONST 0\nMAKE_FUNCTION\nSET_FUNCTION_ATTRIBUTE 8\nRETURN_VALUE",
            {"consts": (CLOSURE,)},
            "the closure does not fit",
        ),
        (
            "MAKE_CELL 1\nRESUME 0\nLOAD_FAST 1\nBUILD_TUPLE 1\nLOAD_CONST 0\nMAKE_FUNCTION\n"
            "SET_FUNCTION_ATTRIBUTE 8\nRETURN_VALUE",
            {"consts": (CLOSURE,), "kinds": b"\x20\x60"},
            "the closure does not fit",
        ),
        ("RESUME 0\nLOAD_CONST 0\nMAKE_FUNCTION\nRETURN_VALUE", {"consts": (GENEXP,)}, "not ready, is taken"),
        (
            "RESUME 0\nLOAD_CONST 0\nMAKE_FUNCTION\nLOAD_FAST 0\nCALL 0\nRETURN_VALUE",
            {"consts": (GENEXP,)},
            "argument 0 of the right kind",
        ),
        (
            "RESUME 0\nLOAD_CONST 1\nLOAD_CONST 0\nMAKE_FUNCTION\nSET_FUNCTION_ATTRIBUTE 4\nRETURN_VALUE",
            {"consts": (INNER, ("x",))},
            "a tuple of names and annotations",
        ),
    ],
)
def test_rejects_fields_tables_and_beginnings(text, fields, fault):
    with pytest.raises(DamagedCode, match=fault):
        verifier.verify(program(text, **fields))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("RESUME 0\nRETURN_CONST 0", {}),
        ("RESUME 0\nRETURN_CONST 0", {"linetable": b""}),
        ("RETURN_GENERATOR\nPOP_TOP\nRESUME 0\nRETURN_CONST 0", {"flags": 0x23}),
        ("RESUME 0\nLOAD_FAST_AND_CLEAR 1\nSTORE_FAST 1\nRETURN_CONST 0", {}),
        ("MAKE_CELL 1\nRESUME 0\nLOAD_DEREF 1\nRETURN_VALUE", {"kinds": b"\x20\x60"}),
        (
            "RESUME 0\nLOAD_CONST 0\nMAKE_FUNCTION\nLOAD_FAST 0\nGET_ITER\nCALL 0\nRETURN_VALUE",
            {"consts": (GENEXP,)},
        ),
        (
            "RESUME 0\nLOAD_FAST_CHECK 1\nPOP_TOP\nLOAD_FAST 1\nRETURN_VALUE",
            {"kinds": bytes((LOCAL, LOCAL | HIDDEN))},
        ),
    ],
)
def test_accepts_what_is_only_unusual(text, fields):
    verifier.verify(program(text, **fields))


def test_code_nested_too_deeply():
    image = program("RESUME 0\nRETURN_CONST 0")
    for _ in range(400):
        image = image._replace(consts=(image,))
    with pytest.raises(DamagedCode, match="nested too deeply"):
        verifier.verify(image)


def test_function_signature():
    assert verifier.verify_function(CLOSURE).free == ("x",)
    assert verifier.verify_function(GENEXP).wants == ((0, "i"),)


def test_time_is_bounded():
    """Code made to be slow to follow: many loops, each of which unbinds one more variable."""
    slots = tuple(f"v{n}" for n in range(200))
    text = "".join(f"LOAD_FAST 0\nPOP_JUMP_IF_NONE 1\nDELETE_FAST {n}\n" for n in range(1, 200))
    size = len(
        b"".join(code_units.encode(getattr(opcodes, line.split()[0])) for line in text.split("\n") if line)
    )
    image = program(f"{RESUME}\n{text}JUMP_BACKWARD {size // 2 + 3}", slots=slots, argcount=200)
    verifier.verify(image)


def test_damaged_instructions_never_break_the_verifier():
    """Whatever is changed: either DamagedCode, or accepted; no other exception."""
    chance = random.Random(313)
    codes = [code for code in sample() if len(code.co_code) > 60]
    verdicts = {True: 0, False: 0}
    for _ in range(1500):
        code = chance.choice(codes)
        changed = bytearray(code.co_code)
        for _ in range(chance.choice((1, 1, 2, 5))):
            changed[chance.randrange(len(changed))] = chance.choice((0, 1, 2, 3, chance.randrange(256)))
        image = image_of(code)._replace(code=bytes(changed))
        try:
            verifier.verify_function(image)
            verdicts[True] += 1
        except DamagedCode:
            verdicts[False] += 1
    assert min(verdicts.values()) > 50
