"""The instruction set of CPython 3.13 as data: one row an instruction, and nothing written down twice.

Everything that Kaa knows about an instruction stands here: its number, how many code units of inline cache
follow it, what its argument means, how it moves the value stack, where control goes after it, and what it
does. The compiler, the disassembler, the verifier, both machines and the explorer look it up.

A *code unit* is two bytes: an opcode and the low eight bits of its argument. An argument above 255 gets its
higher bytes from `EXTENDED_ARG` units in front. Jump distances are counted in code units, from the end of the
jump's own inline cache.

Numbers of 256 and above are *pseudo-instructions*: the compiler uses them between code generation and
assembly, and no code object holds one.

A row of the table reads

    NAME  number  argument  ( stack before -- stack after )  caches=n, flow
        What it does.

with the top of the stack on the right. `x*n` stands for as many values as the argument says (`_COUNTS` has
the other counts), `x?` for a value that is there when the argument's lowest bit is set.

Facts: CPython 3.13, `Include/opcode_ids.h`, `Include/internal/pycore_opcode_utils.h`, and the library
reference of `dis`. The tests hold every row against the host's own tables.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

Effect = int | Callable[[int], int]
"""How many values an instruction pops or pushes: a number, or a function of its argument."""


class Argument(Enum):
    """What the argument of an instruction stands for. The value says it in words."""

    NONE = "no argument"
    CONST = "index into co_consts"
    NAME = "index into co_names"
    NAME_1 = "index into co_names, shifted left by one bit, and a flag bit"
    NAME_2 = "index into co_names, shifted left by two bits, and two flag bits"
    LOCAL = "index of a local variable"
    LOCAL_PAIR = "indices of two local variables, four bits each, the first one in the high half"
    CELL = "index, among all local variables, of a cell or free variable"
    FORWARD = "distance of a jump forward, in code units"
    BACKWARD = "distance of a jump backward, in code units"
    LABEL = "a label (before assembly)"
    COUNT = "number of items"
    DEPTH = "position on the stack, 1 is the top (after the instruction has popped)"
    OPERATOR = "index into BINARY_OPERATORS"
    COMPARISON = "index into COMPARISONS, shifted left by five bits; bit 4 asks for a bool; a mask"
    INVERT = "1 turns the answer around"
    CONVERSION = "index into CONVERSIONS"
    INTRINSIC_1 = "index into INTRINSICS_1"
    INTRINSIC_2 = "index into INTRINSICS_2"
    FUNCTION_ATTRIBUTE = "a key of FUNCTION_ATTRIBUTES"
    RESUME_POINT = "index into RESUME_POINTS, and RESUME_AT_EXCEPT_DEPTH_1"
    AWAITABLE = "index into AWAITABLE_ORIGINS"
    UNPACK = "number of targets before the star, and after it shifted left by eight bits"
    FLAGS = "a number that the instruction explains itself"


class Flow(Enum):
    """Where control goes after an instruction (an exception may always take it to a handler instead)."""

    NEXT = "to the next instruction"
    BRANCH = "to the next instruction or to the target"
    JUMP = "to the target"
    EXIT = "out of the frame, or to an exception handler"
    SETUP = "to the next instruction; the target becomes the exception handler"


class Theme(Enum):
    """The rooms that instructions live in; the machines have one module for each."""

    STACK = "stack"
    NAMES = "names"
    OPERATORS = "operators"
    CONTAINERS = "containers"
    ATTRIBUTES = "attributes"
    CONTROL = "control"
    CALLS = "calls"
    FUNCTIONS = "functions"
    EXCEPTIONS = "exceptions"
    GENERATORS = "generators"
    MATCHING = "matching"
    IMPORTS = "imports"


_TABLE = {
    Theme.STACK: """
POP_TOP  32  none  ( value -- )
    Drop the top of the stack.
PUSH_NULL  34  none  ( -- null )
    Push NULL, which stands where a call has no `self`.
COPY  61  depth  ( value others*n-1 -- value others*n-1 value )
    Push the value at a depth once more.
SWAP  115  depth  ( value others*n-1 -- others*n-1 value )
    Exchange the top with the value at a depth.
LOAD_CONST  83  const  ( -- constant )
    Push a constant.
NOP  30  none  ( -- )
    Do nothing. It holds the place of a line, for tracers and tracebacks.
EXTENDED_ARG  71  flags  ( -- )
    Give the next unit's argument its higher bytes.
CACHE  0  none  ( -- )
    Room for an inline cache. It is skipped, never run.
RESERVED  17  none  ( -- )
    Never emitted. The number separates two ranges of opcodes.
""",
    Theme.NAMES: """
LOAD_FAST  85  local  ( -- value )
    Push a local variable that is known to be bound.
LOAD_FAST_CHECK  87  local  ( -- value )
    Push a local variable, or raise UnboundLocalError.
LOAD_FAST_AND_CLEAR  86  local  ( -- value )
    Push a local variable, or NULL if it is unbound, and unbind it.
LOAD_FAST_LOAD_FAST  88  local_pair  ( -- first second )
    Push two local variables that are known to be bound.
STORE_FAST  110  local  ( value -- )
    Bind a local variable.
STORE_FAST_LOAD_FAST  111  local_pair  ( value -- second )
    Bind the first local variable and push the second one.
STORE_FAST_STORE_FAST  112  local_pair  ( second first -- )
    Bind two local variables.
DELETE_FAST  65  local  ( -- )
    Unbind a local variable, or raise UnboundLocalError.
LOAD_DEREF  84  cell  ( -- value )
    Push what a cell holds; if it is empty, raise NameError or UnboundLocalError.
STORE_DEREF  109  cell  ( value -- )
    Put a value into a cell.
DELETE_DEREF  64  cell  ( -- )
    Empty a cell; if it is empty, raise NameError or UnboundLocalError.
MAKE_CELL  94  cell  ( -- )
    Put a new cell in a local variable's place, holding the variable's value if it has one.
COPY_FREE_VARS  62  count  ( -- )
    Copy the function's closure into the frame's last slots.
LOAD_GLOBAL  91  name_1  ( -- value null? )  caches=4
    Push a global or a built-in. The flag bit asks for a NULL above it, in preparation of a call.
STORE_GLOBAL  113  name  ( value -- )
    Bind a global name.
DELETE_GLOBAL  66  name  ( -- )
    Unbind a global name, or raise NameError.
LOAD_NAME  92  name  ( -- value )
    Push what a name means in the frame's namespace, else in the globals, else in the built-ins.
STORE_NAME  114  name  ( value -- )
    Bind a name in the frame's namespace.
DELETE_NAME  67  name  ( -- )
    Unbind a name in the frame's namespace, or raise NameError.
LOAD_LOCALS  25  none  ( -- mapping )
    Push the frame's namespace (in class bodies and annotation scopes).
LOAD_FROM_DICT_OR_DEREF  89  cell  ( mapping -- value )
    Look a variable up in a mapping first, then in its cell.
LOAD_FROM_DICT_OR_GLOBALS  90  name  ( mapping -- value )
    Look a name up in a mapping first, then in the globals and built-ins.
SETUP_ANNOTATIONS  37  none  ( -- )
    Make sure that the frame's namespace has an `__annotations__`.
LOAD_CLOSURE  258  local  ( -- cell )
    Push a cell itself, for a function's closure. Assembled as LOAD_FAST.
STORE_FAST_MAYBE_NULL  267  local  ( value -- )
    Put back what LOAD_FAST_AND_CLEAR took. Assembled as STORE_FAST.
""",
    Theme.OPERATORS: """
BINARY_OP  45  operator  ( left right -- result )  caches=1
    Apply a binary operator, or its in-place form.
UNARY_NEGATIVE  42  none  ( value -- result )
    Negate: `-value`.
UNARY_INVERT  41  none  ( value -- result )
    Invert the bits: `~value`.
UNARY_NOT  43  none  ( bool -- result )
    Turn a bool into the other one.
TO_BOOL  40  none  ( value -- bool )  caches=3
    Take the truth value.
COMPARE_OP  58  comparison  ( left right -- result )  caches=1
    Compare two values.
IS_OP  76  invert  ( left right -- bool )
    Test identity: `left is right`, or `is not`.
CONTAINS_OP  59  invert  ( item container -- bool )  caches=1
    Test membership: `item in container`, or `not in`.
BINARY_SUBSCR  5  none  ( container key -- value )  caches=1
    Subscribe: `container[key]`.
STORE_SUBSCR  39  none  ( value container key -- )  caches=1
    Store: `container[key] = value`.
DELETE_SUBSCR  9  none  ( container key -- )
    Delete: `del container[key]`.
BINARY_SLICE  4  none  ( container start stop -- value )
    Subscribe with a slice: `container[start:stop]`.
STORE_SLICE  38  none  ( value container start stop -- )
    Store into a slice: `container[start:stop] = value`.
CONVERT_VALUE  60  conversion  ( value -- string )
    Convert for an f-string: `!s`, `!r`, `!a`.
FORMAT_SIMPLE  14  none  ( value -- string )
    Format without a specification. What is a `str` stays as it is.
FORMAT_WITH_SPEC  15  none  ( value specification -- string )
    Format with a specification: `format(value, specification)`.
""",
    Theme.CONTAINERS: """
BUILD_TUPLE  52  count  ( items*n -- tuple )
    Make a tuple.
BUILD_LIST  47  count  ( items*n -- list )
    Make a list.
BUILD_SET  49  count  ( items*n -- set )
    Make a set, adding the lowest item first.
BUILD_MAP  48  count  ( keys_and_values*2n -- dict )
    Make a dict of keys and values that alternate.
BUILD_CONST_KEY_MAP  46  count  ( values*n keys -- dict )
    Make a dict of values and a tuple of keys.
BUILD_STRING  51  count  ( strings*n -- string )
    Join strings.
BUILD_SLICE  50  count  ( start stop step*slice -- slice )
    Make a slice of two or three values.
LIST_APPEND  80  depth  ( value -- )
    Append a value to the list at a depth.
SET_ADD  105  depth  ( value -- )
    Add a value to the set at a depth.
MAP_ADD  95  depth  ( key value -- )
    Put a key and its value into the dict at a depth.
LIST_EXTEND  81  depth  ( iterable -- )
    Extend the list at a depth.
SET_UPDATE  107  depth  ( iterable -- )
    Add all items to the set at a depth.
DICT_UPDATE  69  depth  ( mapping -- )
    Update the dict at a depth: `{**mapping}`.
DICT_MERGE  68  depth  ( mapping -- )
    Update the dict at a depth: `f(**mapping)`. A key that is there already is a TypeError, whose message
    needs the callable, which lies three below the dict.
UNPACK_SEQUENCE  117  count  ( iterable -- items*n )  caches=1
    Unpack into exactly as many items, the first one on top.
UNPACK_EX  116  unpack  ( iterable -- after*high list before*low )
    Unpack for a starred target, which gets a list. The first item comes to lie on top.
""",
    Theme.ATTRIBUTES: """
LOAD_ATTR  82  name_1  ( owner -- attribute self_or_null? )  caches=9
    Take an attribute. The flag bit asks for two values to call: a method and its self, or the attribute and
    NULL.
STORE_ATTR  108  name  ( value owner -- )  caches=4
    Store an attribute: `owner.name = value`.
DELETE_ATTR  63  name  ( owner -- )
    Delete an attribute: `del owner.name`.
LOAD_SUPER_ATTR  93  name_2  ( super class self -- attribute self_or_null? )  caches=1
    Take an attribute of `super(class, self)`. The low flag bit is that of LOAD_ATTR, the high one says that
    the source gave `super` two arguments.
LOAD_METHOD  259  name  ( owner -- method self_or_null )
    LOAD_ATTR with its flag bit.
LOAD_SUPER_METHOD  260  name  ( super class self -- method self_or_null )
    LOAD_SUPER_ATTR with both flag bits.
LOAD_ZERO_SUPER_METHOD  262  name  ( super class self -- method self_or_null )
    LOAD_SUPER_ATTR with the low flag bit.
LOAD_ZERO_SUPER_ATTR  261  name  ( super class self -- attribute )
    LOAD_SUPER_ATTR without a flag bit.
""",
    Theme.CONTROL: """
JUMP_FORWARD  79  forward  ( -- )  jump
    Jump forward.
JUMP_BACKWARD  77  backward  ( -- )  caches=1, jump
    Jump backward, after a look at signals and other requests to the thread.
JUMP_BACKWARD_NO_INTERRUPT  78  backward  ( -- )  jump
    Jump backward without that look, inside `await` and `yield from`.
POP_JUMP_IF_FALSE  97  forward  ( bool -- )  caches=1, branch
    Jump if the top is False. It is a bool.
POP_JUMP_IF_TRUE  100  forward  ( bool -- )  caches=1, branch
    Jump if the top is True. It is a bool.
POP_JUMP_IF_NONE  98  forward  ( value -- )  caches=1, branch
    Jump if the top is None.
POP_JUMP_IF_NOT_NONE  99  forward  ( value -- )  caches=1, branch
    Jump if the top is not None.
GET_ITER  19  none  ( iterable -- iterator )
    Take an iterator.
FOR_ITER  72  forward  ( iterator -- iterator item )  caches=1, branch
    Push the next item. When there is none, drop the iterator and go on behind the END_FOR and POP_TOP that
    stand at the target, where the stack depth is counted as if there were an item.
END_FOR  11  none  ( item -- )
    Mark the end of a loop. FOR_ITER jumps over it.
RETURN_VALUE  36  none  ( value -- )  exit
    Return a value to the caller.
RETURN_CONST  103  const  ( -- )  exit
    Return a constant to the caller.
INTERPRETER_EXIT  22  none  ( value -- )  exit
    Hand a value to the C code that entered the machine. Only in the machine's own frames.
ENTER_EXECUTOR  70  flags  ( -- )
    Go on in the host's own machine code. Never in a file.
JUMP  256  label  ( -- )  jump
    Jump in either direction.
JUMP_NO_INTERRUPT  257  label  ( -- )  jump
    Jump in either direction, without a look at signals.
""",
    Theme.CALLS: """
CALL  53  count  ( callable self_or_null arguments*n -- result )  caches=3
    Call with positional arguments.
CALL_KW  57  count  ( callable self_or_null arguments*n names -- result )
    Call with arguments of which the last ones are passed by keyword, under the names in a tuple.
CALL_FUNCTION_EX  54  flags  ( callable null arguments mapping? -- result )
    Call with an iterable of arguments and, if bit 0 is set, a mapping of keywords.
CALL_INTRINSIC_1  55  intrinsic_1  ( value -- result )
    Apply one of the machine's own functions to a value.
CALL_INTRINSIC_2  56  intrinsic_2  ( first second -- result )
    Apply one of the machine's own functions to two values.
EXIT_INIT_CHECK  13  none  ( value -- )
    Raise TypeError unless `__init__` returned None. Only in the machine's own frames.
""",
    Theme.FUNCTIONS: """
RESUME  149  resume_point  ( -- )
    Start or go on, after a look at signals, tracing and other requests to the thread.
MAKE_FUNCTION  26  none  ( code -- function )
    Make a function of a code object and the frame's globals.
SET_FUNCTION_ATTRIBUTE  106  function_attribute  ( value function -- function )
    Give a new function its defaults, annotations or closure.
LOAD_BUILD_CLASS  24  none  ( -- function )
    Push `builtins.__build_class__`.
""",
    Theme.EXCEPTIONS: """
PUSH_EXC_INFO  33  none  ( exception -- previous exception )
    Make an exception the current one, and keep the one that was current so far (or None).
POP_EXCEPT  31  none  ( previous -- )
    Make the exception that PUSH_EXC_INFO kept the current one again.
CHECK_EXC_MATCH  7  none  ( exception type -- exception bool )
    Test whether `except type` catches an exception.
CHECK_EG_MATCH  6  none  ( group type -- rest match )
    Split an exception group as `except* type` does. What is empty is None.
RAISE_VARARGS  101  count  ( exception_and_cause*n -- )  exit
    Raise the current exception again (0), an exception (1), or an exception from its cause (2).
RERAISE  102  flags  ( values*n exception -- values*n )  exit
    Raise an exception again. A number above 0 is the depth, below it, of the instruction offset to report.
LOAD_ASSERTION_ERROR  23  none  ( -- type )
    Push AssertionError.
BEFORE_WITH  2  none  ( manager -- exit value )
    Enter a context manager: keep its `__exit__`, call its `__enter__`.
WITH_EXCEPT_START  44  none  ( exit lasti previous exception -- exit lasti previous exception result )
    Call `__exit__` with an exception's type, value and traceback.
SETUP_FINALLY  265  label  ( -- )  setup=1
    Send exceptions to a handler from here on. It starts with the exception on the stack.
SETUP_CLEANUP  264  label  ( -- )  setup=2
    The same, but the handler finds the offset of the raising instruction below the exception.
SETUP_WITH  266  label  ( -- )  setup=1
    The same for the body of a `with` statement.
POP_BLOCK  263  none  ( -- )
    End the reach of the innermost handler.
""",
    Theme.GENERATORS: """
RETURN_GENERATOR  35  none  ( -- sent )
    Return a new generator or coroutine that owns the frame. The first value sent to it, None, is pushed.
YIELD_VALUE  118  flags  ( value -- sent )
    Suspend the frame. Argument 1 says that this is part of `yield from` or `await`.
SEND  104  forward  ( receiver value -- receiver result )  caches=1, branch
    Send a value to an iterator: go on with what it yields, or jump with what it returned.
END_SEND  12  none  ( receiver value -- value )
    Drop the iterator that SEND has exhausted.
CLEANUP_THROW  8  none  ( receiver sent exception -- none value )
    End a delegation into which an exception was thrown: take StopIteration's value, raise anything else.
GET_YIELD_FROM_ITER  21  none  ( iterable -- iterator )
    Take what `yield from` delegates to.
GET_AWAITABLE  73  awaitable  ( value -- iterator )
    Take the iterator of an awaitable.
GET_AITER  16  none  ( iterable -- iterator )
    Take an asynchronous iterator.
GET_ANEXT  18  none  ( iterator -- iterator awaitable )
    Ask an asynchronous iterator for its next item.
END_ASYNC_FOR  10  none  ( iterator exception -- )
    End an `async for` on StopAsyncIteration, raise anything else again.
BEFORE_ASYNC_WITH  1  none  ( manager -- exit awaitable )
    Enter an asynchronous context manager: keep its `__aexit__`, call its `__aenter__`.
""",
    Theme.MATCHING: """
GET_LEN  20  none  ( subject -- subject length )
    Take the length.
MATCH_MAPPING  28  none  ( subject -- subject bool )
    Test whether a mapping pattern can match.
MATCH_SEQUENCE  29  none  ( subject -- subject bool )
    Test whether a sequence pattern can match.
MATCH_KEYS  27  none  ( subject keys -- subject keys values_or_none )
    Take a tuple of the values for a tuple of keys, or None.
MATCH_CLASS  96  count  ( subject class names -- attributes_or_none )
    Take a tuple of a matching instance's attributes, as many positional ones as the argument says, then the
    named ones; or None.
""",
    Theme.IMPORTS: """
IMPORT_NAME  75  name  ( level wanted -- module )
    Import a module by `__import__`.
IMPORT_FROM  74  name  ( module -- module attribute )
    Take an attribute of a module, or its submodule.
""",
}


# What the arguments mean.

BINARY_OPERATORS = (
    *("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"),
    *("+=", "&=", "//=", "<<=", "@=", "*=", "%=", "|=", "**=", ">>=", "-=", "/=", "^="),
)
"""BINARY_OP's argument."""

COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
"""COMPARE_OP's argument, shifted right by COMPARISON_SHIFT."""
COMPARISON_SHIFT = 5
COMPARISON_TO_BOOL = 16
"""The bit of COMPARE_OP's argument that asks for a bool."""
COMPARISON_MASKS = (2, 10, 8, 7, 4, 12)
"""COMPARE_OP's four low bits: the outcomes (1 unordered, 2 less, 4 greater, 8 equal) for which it is true."""

CONVERSIONS = (None, str, repr, ascii)
"""CONVERT_VALUE's argument."""

FUNCTION_ATTRIBUTES = {1: "__defaults__", 2: "__kwdefaults__", 4: "__annotations__", 8: "__closure__"}
"""SET_FUNCTION_ATTRIBUTE's argument. The annotations are a tuple of names and values that alternate."""

RESUME_POINTS = ("function start", "after yield", "after yield from", "after await")
"""RESUME's two low bits."""
RESUME_AT_EXCEPT_DEPTH_1 = 4
"""The bit of RESUME's argument that says: no handler is active around this yield but the generator's own."""

AWAITABLE_ORIGINS = ("await", "__aenter__", "__aexit__")
"""GET_AWAITABLE's argument: where the value comes from, for the error message."""

INTRINSICS_1 = (
    "INTRINSIC_1_INVALID",
    "INTRINSIC_PRINT",
    "INTRINSIC_IMPORT_STAR",
    "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP",
    "INTRINSIC_UNARY_POSITIVE",
    "INTRINSIC_LIST_TO_TUPLE",
    "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC",
    "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC",
    "INTRINSIC_TYPEALIAS",
)
"""CALL_INTRINSIC_1's argument."""

INTRINSICS_2 = (
    "INTRINSIC_2_INVALID",
    "INTRINSIC_PREP_RERAISE_STAR",
    "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
    "INTRINSIC_SET_TYPEPARAM_DEFAULT",
)
"""CALL_INTRINSIC_2's argument."""


FIRST_PSEUDO_NUMBER = 256


class Instruction(NamedTuple):
    """One row of the table.

    `pops` and `pushes` are exact on the way to the next instruction, and to a target too, except that the
    target of a SETUP, the exception handler, finds `handler_pushes` values. `caches` counts code units.
    `picture` is the stack before and after, as the table has it.
    """

    name: str
    number: int
    theme: Theme
    argument: Argument
    picture: str
    pops: Effect
    pushes: Effect
    caches: int
    flow: Flow
    handler_pushes: int
    documentation: str

    @property
    def is_pseudo(self) -> bool:
        """True for what only the compiler uses."""
        return self.number >= FIRST_PSEUDO_NUMBER

    def stack_effect(self, oparg: int, jump: bool = False) -> int:
        """The change in stack depth with an argument, on the way to the next instruction or to the target."""
        if jump and self.flow is Flow.SETUP:
            return self.handler_pushes
        pops, pushes = self.pops, self.pushes
        return (pushes if isinstance(pushes, int) else pushes(oparg)) - (
            pops if isinstance(pops, int) else pops(oparg)
        )


_COUNTS: dict[str, Callable[[int], int]] = {
    "n": lambda oparg: oparg,
    "n-1": lambda oparg: oparg - 1,
    "2n": lambda oparg: 2 * oparg,
    "flag": lambda oparg: oparg & 1,
    "slice": lambda oparg: oparg == 3,
    "low": lambda oparg: oparg & 0xFF,
    "high": lambda oparg: oparg >> 8,
}


def _effect(picture: str) -> Effect:
    """How many values one side of a stack picture shows."""
    fixed = 0
    counts = []
    for item in picture.split():
        name, star, count = item.partition("*")
        if star:
            counts.append(_COUNTS[count])
        elif name.endswith("?"):
            counts.append(_COUNTS["flag"])
        else:
            fixed += 1
    if not counts:
        return fixed
    if len(counts) == 1 and not fixed:
        return counts[0]
    return lambda oparg: fixed + sum(count(oparg) for count in counts)


def _read(theme: Theme, header: str, documentation: str) -> Instruction:
    """One row, from its text."""
    name, number, argument, picture = header.split(None, 3)
    picture, _, rest = picture.removeprefix("(").partition(")")
    before, after = picture.split("--")
    caches, flow, handler_pushes = 0, Flow.NEXT, 0
    for word in rest.replace(",", " ").split():
        key, _, value = word.partition("=")
        if key == "caches":
            caches = int(value)
        else:
            flow, handler_pushes = Flow[key.upper()], int(value or 0)
    return Instruction(
        name,
        int(number),
        theme,
        Argument[argument.upper()],
        picture.strip(),
        _effect(before),
        _effect(after),
        caches,
        flow,
        handler_pushes,
        documentation,
    )


def _read_table() -> list[Instruction]:
    """All rows, by number."""
    rows = []
    for theme, text in _TABLE.items():
        for row in text.strip().replace("\n    ", "\0").split("\n"):
            header, *documentation = row.split("\0")
            rows.append(_read(theme, header, " ".join(documentation)))
    return sorted(rows, key=lambda row: row.number)


INSTRUCTIONS = tuple(_read_table())
BY_NAME = {row.name: row for row in INSTRUCTIONS}
BY_NUMBER = {row.number: row for row in INSTRUCTIONS}

CACHES = bytes(BY_NUMBER[number].caches if number in BY_NUMBER else 0 for number in range(256))
"""Code units of inline cache behind each opcode."""


def stack_effect(opcode: int, oparg: int = 0, jump: bool | None = None) -> int:
    """The change in stack depth, as `dis.stack_effect` has it: without `jump`, the larger of the two."""
    row = BY_NUMBER[opcode]
    if jump is None:
        return max(row.stack_effect(oparg), row.stack_effect(oparg, True))
    return row.stack_effect(oparg, jump)


# What the machine's loop puts in an instruction's place while it runs. `co_code` and files never show these.

_SPECIALIZED = """
RESUME  CHECK=207
TO_BOOL  ALWAYS_TRUE=214 BOOL=215 INT=216 LIST=217 NONE=218 STR=219
BINARY_OP  ADD_FLOAT=150 ADD_INT=151 ADD_UNICODE=152 INPLACE_ADD_UNICODE=3 MULTIPLY_FLOAT=153
    MULTIPLY_INT=154 SUBTRACT_FLOAT=155 SUBTRACT_INT=156
BINARY_SUBSCR  DICT=157 GETITEM=158 LIST_INT=159 STR_INT=160 TUPLE_INT=161
STORE_SUBSCR  DICT=212 LIST_INT=213
SEND  GEN=208
UNPACK_SEQUENCE  LIST=220 TUPLE=221 TWO_TUPLE=222
STORE_ATTR  INSTANCE_VALUE=209 SLOT=210 WITH_HINT=211
LOAD_GLOBAL  BUILTIN=203 MODULE=204
LOAD_SUPER_ATTR  ATTR=205 METHOD=206
LOAD_ATTR  CLASS=191 GETATTRIBUTE_OVERRIDDEN=192 INSTANCE_VALUE=193 METHOD_LAZY_DICT=194 METHOD_NO_DICT=195
    METHOD_WITH_VALUES=196 MODULE=197 NONDESCRIPTOR_NO_DICT=198 NONDESCRIPTOR_WITH_VALUES=199 PROPERTY=200
    SLOT=201 WITH_HINT=202
COMPARE_OP  FLOAT=182 INT=183 STR=184
CONTAINS_OP  DICT=185 SET=186
FOR_ITER  GEN=187 LIST=188 RANGE=189 TUPLE=190
CALL  ALLOC_AND_ENTER_INIT=162 BOUND_METHOD_EXACT_ARGS=163 BOUND_METHOD_GENERAL=164 BUILTIN_CLASS=165
    BUILTIN_FAST=166 BUILTIN_FAST_WITH_KEYWORDS=167 BUILTIN_O=168 ISINSTANCE=169 LEN=170 LIST_APPEND=171
    METHOD_DESCRIPTOR_FAST=172 METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS=173 METHOD_DESCRIPTOR_NOARGS=174
    METHOD_DESCRIPTOR_O=175 NON_PY_GENERAL=176 PY_EXACT_ARGS=177 PY_GENERAL=178 STR_1=179 TUPLE_1=180
    TYPE_1=181
"""

_INSTRUMENTED = """
RESUME=236 END_FOR=237 END_SEND=238 RETURN_VALUE=239 RETURN_CONST=240 YIELD_VALUE=241 LOAD_SUPER_ATTR=242
FOR_ITER=243 CALL=244 CALL_KW=245 CALL_FUNCTION_EX=246 INSTRUCTION=247 JUMP_FORWARD=248 JUMP_BACKWARD=249
POP_JUMP_IF_TRUE=250 POP_JUMP_IF_FALSE=251 POP_JUMP_IF_NONE=252 POP_JUMP_IF_NOT_NONE=253 LINE=254
"""


def _read_specialized() -> dict[str, dict[str, int]]:
    families: dict[str, dict[str, int]] = {}
    for row in _SPECIALIZED.strip().replace("\n    ", " ").split("\n"):
        base, *members = row.split()
        pairs = (member.split("=") for member in members)
        families[base] = {f"{base}_{name}": int(number) for name, number in pairs}
    return families


SPECIALIZED = _read_specialized()
"""By base instruction: the names and numbers of the forms that CPython specializes it into."""

INSTRUMENTED = {
    f"INSTRUMENTED_{name}": int(number)
    for name, number in (pair.split("=") for pair in _INSTRUMENTED.split())
}
"""Names and numbers of the forms that report to `sys.monitoring`."""
