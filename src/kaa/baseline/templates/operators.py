"""Templates for operators: arithmetic, comparison, containment, truth."""

from __future__ import annotations

from kaa.baseline.frames import check_version, proceed_at
from kaa.baseline.holes import (
    AFTER,
    BRANCH,
    FOLLOWING,
    NEXT,
    OPARG,
    STORED,
    VERSION,
    Continuation,
    Jump,
    Stack,
)
from kaa.baseline.numbers import (
    are_compact,
    as_float,
    box_float,
    compact_value,
    fits_used_int,
    float_value,
    int_of_operands,
    is_number,
    is_spare_float,
    is_spare_int,
    overwrite_int,
    release_float,
    release_int,
    reuse_or_box,
)
from kaa.baseline.objects import False_, None_, True_, boolean, decref, here, slot
from kaa.baseline.template import brief, template, variant
from kaa.baseline.unwinding import push_result, push_returned, raised
from kaa.bytecode.instructions import BY_NAME
from kaa.native.externs import (
    PyDict_Type,
    PyFloat_Type,
    PyList_Type,
    PyLong_Type,
    PyNumber_Invert,
    PyNumber_Negative,
    PyObject_IsTrue,
    PyObject_RichCompare,
    PySequence_Contains,
    PyTuple_Type,
    PyUnicode_Append,
    PyUnicode_Type,
    _PyEval_BinaryOps,
    _PyUnicode_Equal,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, unlikely
from kaa.native.layouts import (
    DictObject,
    FloatObject,
    Frame,
    LongObject,
    Object,
    ThreadState,
    TypeObject,
    UnicodeObject,
    VarObject,
)
from kaa.native.types import f64, i1, i32, i64, u16, u64

ADD, MULTIPLY, SUBTRACT, DIVIDE, IN_PLACE = 0, 5, 10, 11, 13
"""Numbers of BINARY_OP: of `+`, `*`, `-`, `/`, and what is added for `+=` and its kin."""
STORE_FAST = BY_NAME["STORE_FAST"].number
TRUTH_UNITS = 1 + BY_NAME["TO_BOOL"].caches
CONTAINS_UNITS = 1 + BY_NAME["CONTAINS_OP"].caches
AS_BOOLEAN = 16
"""The bit of COMPARE_OP's argument that asks for True or False; the operator stands above it."""


@native
def operate(thread: ThreadState, frame: Frame, operands: Stack, operator: i64) -> Object:
    """Any binary operation, by its number: its result, new, or NULL with an exception. Takes the references."""
    left, right = operands[0], operands[1]
    if is_number(left) and is_number(right):
        number = operate_on_numbers(thread, left, right, operator)
        if number:
            decref(left)
            decref(right)
            return number
    if left.ob_type == PyUnicode_Type and right.ob_type == PyUnicode_Type and appends(frame, left, operator):
        PyUnicode_Append(operands, right)
        decref(right)
        return operands[0]
    result = _PyEval_BinaryOps[operator](left, right)
    decref(left)
    decref(right)
    return result


@native
def operate_on_numbers(thread: ThreadState, left: Object, right: Object, operator: i64) -> Object:
    """An operation whose result is a float, new; NULL if this is another one, or fails."""
    sort = operator - IN_PLACE if operator >= IN_PLACE else operator
    if sort != DIVIDE and left.ob_type == PyLong_Type and right.ob_type == PyLong_Type:
        return NULL
    first, second = as_float(left), as_float(right)
    if sort == DIVIDE and second != 0.0:
        return box_float(thread, first / second)
    if sort == MULTIPLY:
        return box_float(thread, first * second)
    if sort == SUBTRACT:
        return box_float(thread, first - second)
    if sort == ADD:
        return box_float(thread, first + second)
    return NULL


@native
def appends(frame: Frame, left: Object, operator: i64) -> i1:
    """Whether this is `name = name + text`: if so, the variable gives its reference up, so that the text can grow.

    The next instruction, behind one unit of inline cache, is then the store into that variable.
    """
    if operator not in (ADD, ADD + IN_PLACE):
        return False
    following = frame.instr_ptr[2]
    place: Stack = frame.localsplus + i64(following >> 8)
    if following & u16(0xFF) != STORE_FAST or place[0] != left:
        return False
    place[0] = NULL
    decref(left)
    return True


@template()
def BINARY_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_returned(frame, sp - 2, thread, operate(thread, frame, sp - 2, OPARG))


@native(inline=True)
def integer_result(left: i64, right: i64, operator: Static[str]) -> i64:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "&":
        return left & right
    if operator == "|":
        return left | right
    if operator == "^":
        return left ^ right
    if operator == "//":
        return left // right
    return left % right


@native(inline=True)
def float_result(left: f64, right: f64, operator: Static[str]) -> f64:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    return left / right


def arithmetic(
    frame: Frame, sp: Stack, thread: ThreadState, operator: Static[str], store: Static[str]
) -> Jump:
    """An operation with two compact ints or two floats done here; all else in `operate`.

    With `store`, the next instruction puts the result into a local variable: a number that only this variable has is
    overwritten in place.
    """
    left, right = sp[-2], sp[-1]
    kind = left.ob_type
    if likely(right.ob_type == kind):
        if operator != "/" and kind == PyLong_Type and likely(are_compact(left, right)):
            divisor = compact_value(right)
            if operator not in ("//", "%") or likely(divisor != 0):
                number = integer_result(compact_value(left), divisor, operator)
                if store:
                    old = slot(frame, STORED)[0]
                    if fits_used_int(number) and is_spare_int(old, left, right):
                        release_int(left)
                        release_int(right)
                        overwrite_int(old, number)
                        return AFTER(sp - 2)
                return push_result(frame, sp - 2, thread, int_of_operands(left, right, number))
        elif operator in ("+", "-", "*", "/") and kind == PyFloat_Type:
            if operator != "/" or likely(float_value(right) != 0.0):
                value = float_result(float_value(left), float_value(right), operator)
                if store:
                    old = slot(frame, STORED)[0]
                    if is_spare_float(old, left, right):
                        release_float(thread, left)
                        release_float(thread, right)
                        cast(FloatObject, old).ob_fval = value
                        return AFTER(sp - 2)
                boxed = reuse_or_box(thread, left, right, value)
                release_float(thread, left)
                release_float(thread, right)
                return push_result(frame, sp - 2, thread, boxed)
    here(frame)
    return push_returned(frame, sp - 2, thread, operate(thread, frame, sp - 2, OPARG))


for _operator, _number in (
    ("+", 0),
    ("&", 1),
    ("//", 2),
    ("*", 5),
    ("%", 6),
    ("|", 7),
    ("-", 10),
    ("/", 11),
    ("^", 12),
):
    for _value in (_number, _number + IN_PLACE):
        for _store in ("", "STORE_FAST"):
            variant("BINARY_OP", _value, before=_store, operator=_operator, store=_store)(arithmetic)


@template()
def UNARY_NEGATIVE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    operand = sp[-1]
    result = PyNumber_Negative(operand)
    decref(operand)
    return push_returned(frame, sp - 1, thread, result)


@template()
def UNARY_INVERT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    operand = sp[-1]
    result = PyNumber_Invert(operand)
    decref(operand)
    return push_returned(frame, sp - 1, thread, result)


@template()
def UNARY_NOT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    sp[-1] = True_ if sp[-1] == False_ else False_
    return NEXT(sp)


@native(apart=True)
def quick_truth(value: Object) -> i32:
    """`bool(value)` as 0 or 1, and a reference less, where no code of the guest's can run by that; else -1."""
    kind = value.ob_type
    if kind == PyLong_Type:
        truth = i32(cast(LongObject, value).lv_tag & u64(3) != 1)
    elif kind == PyUnicode_Type:
        truth = i32(cast(UnicodeObject, value).length != 0)
    elif value.ob_refcnt == 1:  # what it holds may die with it
        return -1
    elif kind in (PyList_Type, PyTuple_Type):
        truth = i32(cast(VarObject, value).ob_size != 0)
    elif kind == PyDict_Type:
        truth = i32(cast(DictObject, value).ma_used != 0)
    elif is_always_true(kind):
        truth = i32(1)
    else:
        return -1
    decref(value)
    return truth


@native(inline=True)
def is_always_true(kind: TypeObject) -> i1:
    """Whether objects of this type have neither a truth of their own nor a length."""
    number, mapping, sequence = kind.tp_as_number, kind.tp_as_mapping, kind.tp_as_sequence
    if number and address(number.nb_bool) != 0:
        return False
    if mapping and address(mapping.mp_length) != 0:
        return False
    return not sequence or address(sequence.sq_length) == 0


BRANCHES = ("", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE")
"""What may stand behind a test: nothing special, or a jump, which its template then does too."""


@native(convention=TEMPLATE, inline=True)
def conclude(frame: Frame, sp: Stack, thread: ThreadState, truth: Object, branch: Static[str]) -> Jump:
    """A test's operands are gone: jump by what came out (NULL or not), or push it."""
    if branch == "POP_JUMP_IF_FALSE":
        if truth:
            return AFTER(sp)
        return BRANCH(sp)
    if branch == "POP_JUMP_IF_TRUE":
        if truth:
            return BRANCH(sp)
        return AFTER(sp)
    sp[0] = True_ if truth else False_
    return NEXT(sp + 1)


@native(convention=TEMPLATE, inline=True)
def conclude_returned(
    frame: Frame, sp: Stack, thread: ThreadState, truth: Object, branch: Static[str]
) -> Jump:
    """`conclude` what may have run code of the guest's (see `proceed`)."""
    if unlikely(thread.eval_breaker != VERSION[0]):
        sp[0] = True_ if truth else False_
        return check_version(frame, sp + 1, thread, FOLLOWING, NEXT)
    return conclude(frame, sp, thread, truth, branch)


@native
def numbers_compare(left: f64, right: f64, operator: i64) -> i1:
    """A comparison by its number."""
    if operator == 0:
        return left < right
    if operator == 1:
        return left <= right
    if operator == 2:
        return left == right
    if operator == 3:
        return left != right
    if operator == 4:
        return left > right
    return left >= right


@native
def compare(left: Object, right: Object, argument: i64) -> Object:
    """The result of a comparison, a new reference; NULL with an exception. Takes the operands' references."""
    if is_number(left) and is_number(right):
        truth_of_numbers = numbers_compare(as_float(left), as_float(right), argument >> 5)
        decref(left)
        decref(right)
        return boolean(i32(truth_of_numbers))
    result = PyObject_RichCompare(left, right, i32(argument >> 5))
    decref(left)
    decref(right)
    if not result or argument & AS_BOOLEAN == 0 or result in (True_, False_):
        return result
    truth = PyObject_IsTrue(result)
    decref(result)
    if truth < 0:
        return NULL
    return boolean(truth)


@template()
def COMPARE_OP(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_returned(frame, sp - 2, thread, compare(sp[-2], sp[-1], OPARG))


@native(inline=True)
def integers_compare(left: i64, right: i64, operator: Static[str]) -> i1:
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == ">":
        return left > right
    return left >= right


@native(inline=True)
def floats_compare(left: f64, right: f64, operator: Static[str]) -> i1:
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == ">":
        return left > right
    return left >= right


@native(apart=True)
def quick_equal(left: Object, right: Object) -> i32:
    """Whether two strings or two numbers are equal, as 0 or 1, and a reference to each less; -1 for all else."""
    if left.ob_type == PyUnicode_Type and right.ob_type == PyUnicode_Type:
        equal = _PyUnicode_Equal(left, right)
    elif is_number(left) and is_number(right):
        equal = i32(as_float(left) == as_float(right))
    else:
        return -1
    decref(left)
    decref(right)
    return equal


def compare_values(
    frame: Frame, sp: Stack, thread: ThreadState, operator: Static[str], branch: Static[str]
) -> Jump:
    """A comparison of two compact ints or floats done here, whether other numbers or strings are equal in
    `quick_equal`; all else in `compare`.
    """
    left, right = sp[-2], sp[-1]
    kind = left.ob_type
    if likely(right.ob_type == kind):
        if kind == PyLong_Type and likely(are_compact(left, right)):
            truth = integers_compare(compact_value(left), compact_value(right), operator)
            release_int(left)
            release_int(right)
            return conclude(frame, sp - 2, thread, cast(Object, i64(truth)), branch)
        if operator not in ("==", "!=") and kind == PyFloat_Type:
            truth = floats_compare(float_value(left), float_value(right), operator)
            release_float(thread, left)
            release_float(thread, right)
            return conclude(frame, sp - 2, thread, cast(Object, i64(truth)), branch)
    if operator in ("==", "!="):
        equal = quick_equal(left, right)
        if likely(equal >= 0):
            if operator == "!=":
                equal ^= 1
            return conclude(frame, sp - 2, thread, cast(Object, i64(equal)), branch)
    here(frame)
    return push_returned(frame, sp - 2, thread, compare(sp[-2], sp[-1], OPARG))


for _value, _operator in enumerate(("<", "<=", "==", "!=", ">", ">=")):
    for _branch in BRANCHES:
        variant("COMPARE_OP", _value, shift=5, mask=7, before=_branch, operator=_operator, branch=_branch)(
            compare_values
        )


def identity(frame: Frame, sp: Stack, thread: ThreadState, branch: Static[str]) -> Jump:
    here(frame)
    left, right = sp[-2], sp[-1]
    same = i64(left == right)
    decref(left)
    decref(right)
    return conclude(frame, sp - 2, thread, cast(Object, i64(same != OPARG)), branch)


def containment(frame: Frame, sp: Stack, thread: ThreadState, branch: Static[str]) -> Jump:
    here(frame)
    item, container = sp[-2], sp[-1]
    found = PySequence_Contains(container, item)
    decref(item)
    decref(container)
    if unlikely(found < 0):
        return raised(frame, sp - 2, thread)
    return conclude_returned(frame, sp - 2, thread, cast(Object, i64(found != i32(OPARG))), branch)


def truth_test(frame: Frame, sp: Stack, thread: ThreadState, branch: Static[str]) -> Jump:
    value = sp[-1]
    if value == True_:
        return conclude(frame, sp - 1, thread, True_, branch)
    if value in (False_, None_):
        return conclude(frame, sp - 1, thread, NULL, branch)
    quick = quick_truth(value)
    if likely(quick >= 0):
        return conclude(frame, sp - 1, thread, cast(Object, i64(quick)), branch)
    here(frame)
    truth = PyObject_IsTrue(value)
    decref(value)
    if unlikely(truth < 0):
        return raised(frame, sp - 1, thread)
    return conclude_returned(frame, sp - 1, thread, cast(Object, i64(truth != 0)), branch)


for _name, _test in (("IS_OP", identity), ("CONTAINS_OP", containment), ("TO_BOOL", truth_test)):
    template(_name, branch="")(_test)
    for _branch in BRANCHES[1:]:
        variant(_name, 0, mask=0, before=_branch, branch=_branch)(_test)


@native(convention=TEMPLATE, apart=True)
def push_truth(frame: Frame, sp: Stack, thread: ThreadState, onward: Continuation) -> Jump:
    """TO_BOOL; on at `onward`."""
    value = sp[-1]
    if value in (True_, False_):
        return onward(frame, sp, thread)
    truth = quick_truth(value)
    if truth >= 0:
        sp[-1] = boolean(truth)
        return onward(frame, sp, thread)
    truth = PyObject_IsTrue(value)
    decref(value)
    if unlikely(truth < 0):
        return raised(frame, sp - 1, thread)
    sp[-1] = boolean(truth)
    return proceed_at(frame, sp, thread, frame.instr_ptr + TRUTH_UNITS, onward)


@brief("TO_BOOL")
def TO_BOOL_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_truth(frame, sp, thread, NEXT)


@native(convention=TEMPLATE, apart=True)
def push_containment(
    frame: Frame, sp: Stack, thread: ThreadState, inverted: Object, onward: Continuation
) -> Jump:
    """CONTAINS_OP, whose argument is `inverted`; on at `onward`."""
    item, container = sp[-2], sp[-1]
    found = PySequence_Contains(container, item)
    decref(item)
    decref(container)
    if unlikely(found < 0):
        return raised(frame, sp - 2, thread)
    sp[-2] = boolean(found ^ i32(address(inverted)))
    return proceed_at(frame, sp - 1, thread, frame.instr_ptr + CONTAINS_UNITS, onward)


@brief("CONTAINS_OP")
def CONTAINS_OP_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return push_containment(frame, sp, thread, cast(Object, OPARG), NEXT)
