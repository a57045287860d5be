"""What each instruction does to the stack of an abstract run.

`ACTIONS` says it of each opcode: how many objects it pops and which kinds it pushes, or a function for those that do
more: that trust an operand, leave values where they are, count by their argument, or write to the frame's slots.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kaa.bytecode import opcodes
from kaa.bytecode.instructions import BY_NAME, BY_NUMBER, INTRINSICS_1, INTRINSICS_2, Instruction
from kaa.bytecode.kinds import (
    ALIAS,
    ANY,
    DICT,
    EXCEPTION,
    EXCEPTION_LIST,
    EXCEPTION_OR_NONE,
    FUNCTION,
    ITERATOR,
    LIST,
    MAYBE_NULL,
    NONE,
    NULL,
    OFFSET,
    PREVIOUS,
    SET,
    TEXT,
    TUPLE,
    Cell,
    Closure,
    Code,
    Signature,
    TupleOf,
    Unready,
)

if TYPE_CHECKING:
    from kaa.bytecode.abstract_run import AbstractRun

_CO_GENERATORS = 0x20 | 0x80 | 0x200

TYPE_PARAMETERS = ".type_params"
"""A variable of the compiler's own that always holds a tuple."""

# Each of these functions takes the run, the stack, the argument and the instruction's index, and returns the stack.


def load_const(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return stack + run.constant_kinds[oparg]


def _copy(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    kind = stack[-oparg] if oparg <= len(stack) else NULL
    if not kind.isalpha():
        run.fault(index, "NULL, or a function that is not ready, is copied")
    return stack + kind


def _swap(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    at = len(stack) - oparg
    if at < run.floor:
        run.not_to_be_popped(index, stack, oparg)
    return stack if oparg == 1 else stack[:at] + stack[-1] + stack[at + 1 : -1] + stack[at]


def load_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return stack + run.load(index, oparg)


def _load_fast_load_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return stack + run.load(index, oparg >> 4) + run.load(index, oparg & 15)


def _load_fast_check(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.bound |= 1 << oparg
    return stack + run.slot_kind(oparg)


def _load_fast_and_clear(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    kind = run.slot_kind(oparg) if run.bound >> oparg & 1 else MAYBE_NULL
    run.unbind(index, oparg, stack)
    return stack + kind


def _top(run: "AbstractRun", stack: str, index: int) -> tuple[str, str]:
    """What is left of the stack, and the top, of whichever kind."""
    if len(stack) <= run.floor:
        run.not_to_be_popped(index, stack, 1)
    return stack[:-1], stack[-1]


def _store_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = _top(run, stack, index)
    run.store(index, oparg, kind, stack)
    return stack


def _store_fast_load_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return _store_fast(run, stack, oparg >> 4, index) + run.load(index, oparg & 15)


def _store_fast_store_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return _store_fast(run, _store_fast(run, stack, oparg >> 4, index), oparg & 15, index)


def _delete_fast(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.unbind(index, oparg, stack)
    return stack


def _make_cell(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    if run.code.slots[oparg] == TYPE_PARAMETERS and (stack or run.bound >> oparg & 1):
        run.fault(index, "the type parameters have a value before their cell is made")
    run.bound |= 1 << oparg
    run.cells |= 1 << oparg
    return stack


def _copy_free_vars(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    free = (1 << oparg) - 1 << len(run.code.slots) - oparg
    run.bound |= free
    run.cells |= free
    return stack


def _load_deref(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    return stack + (TUPLE if run.code.slots[oparg] == TYPE_PARAMETERS else ANY)


def _load_from_dict_or_deref(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    stack, _ = run.pop(index, stack, 1)
    return stack + (TUPLE if run.code.slots[oparg] == TYPE_PARAMETERS else ANY)


def _store_deref(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    stack, kind = run.pop(index, stack, 1)
    if run.code.slots[oparg] == TYPE_PARAMETERS:
        run.need(index, kind, TUPLE, "a tuple of type parameters")
    return stack


def _delete_deref(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    return stack


def _build_tuple(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, items = run.pop(index, stack, oparg)
    if oparg == 3 and items[0] == TEXT and items[2] == FUNCTION:
        if items[1] == NONE or run.kinds.is_tuple(items[1]):
            return stack + ALIAS
    elif items.strip(ANY):
        meanings = [run.kinds.meanings.get(item) for item in items]
        names = tuple([meaning.name for meaning in meanings if type(meaning) is Cell])
        if len(names) == oparg:
            return stack + run.kinds.of(Closure(names))
    return stack + run.kinds.tuple_of(oparg)


def _build_list(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    if oparg == 0 and stack[-1:] == EXCEPTION:
        return stack + EXCEPTION_LIST
    return run.pop(index, stack, oparg)[0] + LIST


def _build_const_key_map(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, oparg + 1)
    if kinds[-1] != run.kinds.tuple_of(oparg):
        run.fault(index, "a tuple of as many keys is needed")
    return stack + DICT


def _into(container: str, values: int) -> "Special":
    """An instruction that puts values into a container at a depth."""

    def put(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
        stack, _ = run.pop(index, stack, values)
        if stack[-oparg:][:1] != container or oparg > len(stack):
            run.fault(index, "the container is not there")
        return stack

    return put


def _into_list(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, item = run.pop(index, stack, 1)
    at = len(stack) - oparg
    kind = stack[at] if at >= 0 else ANY
    if kind == EXCEPTION_LIST:
        appends = run.packed[index] & 0xFF == opcodes.LIST_APPEND
        if not (appends and item in (EXCEPTION, EXCEPTION_OR_NONE, NONE)):
            stack = stack[:at] + LIST + stack[at + 1 :]
            run.guard(index, stack)
    elif kind != LIST:
        run.fault(index, "the container is not there")
    return stack


def _dict_merge(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack = _into(DICT, 1)(run, stack, oparg, index)
    callable_at = len(stack) - oparg - 3
    if callable_at < 0 or not stack[callable_at].isalpha():
        run.fault(index, "there is nothing to call below the dict")
    return stack


def _for_iter(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 1), ITERATOR, "an iterator")
    end = run.targets[index]
    if [instruction & 0xFF for instruction in run.packed[end : end + 2]] != [
        opcodes.END_FOR,
        opcodes.POP_TOP,
    ]:
        run.fault(index, "the loop does not end in END_FOR and POP_TOP")
    return stack + ANY


def _call(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    at = len(stack) - oparg - 2
    if at >= run.floor:
        kinds = stack[at:]
        if kinds[0] == ANY and kinds[1] in _SELF_OR_NULL and (not oparg or kinds[2:].isalpha()):
            return stack[:at] + ANY
    stack, arguments = run.pop(index, stack, oparg)
    return _called(run, stack, arguments, index)


_SELF_OR_NULL = NULL + MAYBE_NULL + ANY


def _called(run: "AbstractRun", stack: str, arguments: str, index: int) -> str:
    """The end of a call: on the stack are the callable, and a self or NULL."""
    at = len(stack) - 2
    if at < run.floor:
        run.not_to_be_popped(index, stack, 2)
    function, self_or_null = stack[at], stack[at + 1]
    if not self_or_null.isalpha() and self_or_null not in (NULL, MAYBE_NULL):
        run.fault(index, "a function that is not ready is passed on")
    if not function.isalpha():
        match run.kinds.meanings.get(function):
            case Unready(Signature((), wants)):
                arguments = arguments if self_or_null == NULL else self_or_null + arguments
                for parameter, wanted in wants:
                    kind = arguments[parameter : parameter + 1]
                    run.need(index, kind, wanted, f"argument {parameter} of the right kind")
            case _:
                run.fault(index, "NULL, or a function without its closure, is called")
    return stack[:at] + ANY


def _call_kw(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    loaded = run.packed[index - 1]
    names = run.code.consts[loaded >> 8] if loaded & 0xFF == opcodes.LOAD_CONST else None
    if index in run.ends or type(names) is not tuple or not all(type(name) is str for name in names):
        run.fault(index, "the names of the keywords are not there")
    if len(names) > oparg:
        run.fault(index, "there are more keywords than arguments")
    stack, arguments = run.pop(index, stack, oparg + 1)
    return _called(run, stack, arguments[: oparg - len(names)], index)


def _call_function_ex(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, arguments = run.pop(index, stack, 1 + (oparg & 1))
    if oparg & 1:
        run.need(index, arguments[1], DICT, "a dict of keywords")
    if stack[-1:] != NULL or len(stack) <= run.floor:
        run.fault(index, "there is no NULL below the arguments")
    return run.pop(index, stack[:-1], 1)[0] + ANY


def _make_function(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    match run.kinds.meanings.get(kind):
        case Code(signature):
            return stack + run.kinds.function(signature)
    run.fault(index, "a code object is needed")


def _set_function_attribute(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, function = _top(run, stack, index)
    stack, value = run.pop(index, stack, 1)
    signature = Signature()
    match run.kinds.meanings.get(function):
        case Unready(unready):
            signature = unready
        case _ if function != FUNCTION:
            run.fault(index, "a function is needed")
    match oparg:
        case 1:
            run.need(index, value, TUPLE, "a tuple of defaults")
        case 2:
            run.need(index, value, DICT, "a dict of defaults")
        case 4:
            match run.kinds.meanings.get(value):
                case TupleOf(size) if size % 2 == 0:
                    pass
                case _:
                    run.fault(index, "a tuple of names and annotations is needed")
        case 8:
            if value != run.kinds.of(Closure(signature.free)):
                run.fault(index, "the closure does not fit the function's code")
            function = run.kinds.function(Signature((), signature.wants))
    return stack + function


def _push_exc_info(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, EXCEPTION, "an exception")
    return stack + PREVIOUS + EXCEPTION


def _pop_except(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, PREVIOUS, "the exception handled before")
    return stack


def _check_eg_match(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 2)
    if kinds[0] != EXCEPTION_OR_NONE:
        run.need(index, kinds[0], EXCEPTION, "an exception")
    return stack + EXCEPTION_OR_NONE + ANY


def _with_except_start(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 4)[3], EXCEPTION, "an exception")
    return stack + ANY


def _reraise(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, EXCEPTION, "an exception")
    if oparg and (oparg > len(stack) or stack[-oparg] != OFFSET):
        run.fault(index, "the offset of the instruction that raised is not there")
    return stack


def _cleanup_throw(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 3)
    run.need(index, kinds[2], EXCEPTION, "an exception")
    return stack + NONE + ANY


def _end_async_for(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 2)
    run.need(index, kinds[1], EXCEPTION, "an exception")
    return stack


def _above_another(values: int) -> "Special":
    """An instruction that looks at an object and leaves it there, and pops so many above it, and pushes one."""

    def push(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
        run.peek(index, stack, values + 1)
        return run.pop(index, stack, values)[0] + ANY

    return push


def _match_class(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 3)
    run.need(index, kinds[2], TUPLE, "a tuple of names")
    return stack + ANY


def _match_keys(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 2)[1], TUPLE, "a tuple of keys")
    return stack + ANY


def _call_intrinsic_1(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    wanted, result = _INTRINSICS_1.get(INTRINSICS_1[oparg], (None, ANY))
    if wanted is not None:
        run.need(index, kind, wanted, f"another operand for {INTRINSICS_1[oparg]}")
    return stack + result


def _call_intrinsic_2(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    """The first operand of SET_FUNCTION_TYPE_PARAMS may be a function that is not ready, and stays what it is."""
    name = INTRINSICS_2[oparg]
    stack, second = run.pop(index, stack, 1)
    stack, first = _top(run, stack, index)
    if name == "INTRINSIC_SET_FUNCTION_TYPE_PARAMS":
        if first != FUNCTION and type(run.kinds.meanings.get(first)) is not Unready:
            run.fault(index, "a function is needed")
        return stack + first
    run.pop(index, stack + first, 1)
    if name == "INTRINSIC_PREP_RERAISE_STAR":
        run.need(index, first, EXCEPTION, "an exception")
        run.need(index, second, EXCEPTION_LIST, "a list of exceptions")
        return stack + EXCEPTION_OR_NONE
    if name != "INTRINSIC_SET_TYPEPARAM_DEFAULT":
        run.need(index, first, TEXT, "a name")
    return stack + ANY


def _yield_value(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    if not run.code.flags & _CO_GENERATORS:
        run.fault(index, "a yield outside a generator")
    if run.packed[index + 1 : index + 2] and run.packed[index + 1] & 0xFF != opcodes.RESUME:
        run.fault(index, "a yield without a RESUME")
    # What is thrown in arrives when the sent value, or None, is already on the stack.
    run.peek(index, stack, 1 + oparg)
    stack = stack[:-1] + ANY
    run.guard(index, stack)
    return stack


def _return_value(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    return _return_const(run, run.pop(index, stack, 1)[0], oparg, index)


def _return_const(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
    if stack:
        run.fault(index, "the stack is not empty on return")
    return stack


type Special = Callable[["AbstractRun", str, int, int], str]
type Action = tuple[int, str, str, Special | None]

_INTRINSICS_1 = {
    "INTRINSIC_STOPITERATION_ERROR": (EXCEPTION, EXCEPTION),
    "INTRINSIC_LIST_TO_TUPLE": (LIST, TUPLE),
    "INTRINSIC_TYPEVAR": (TEXT, ANY),
    "INTRINSIC_PARAMSPEC": (TEXT, ANY),
    "INTRINSIC_TYPEVARTUPLE": (TEXT, ANY),
    "INTRINSIC_SUBSCRIPT_GENERIC": (TUPLE, ANY),
    "INTRINSIC_TYPEALIAS": (ALIAS, ANY),
}
"""The kinds of the operands that are trusted, and of the results."""

_SPECIAL: dict[str, Special] = {
    "BUILD_CONST_KEY_MAP": _build_const_key_map,
    "BUILD_LIST": _build_list,
    "BUILD_TUPLE": _build_tuple,
    "CALL": _call,
    "CALL_FUNCTION_EX": _call_function_ex,
    "CALL_INTRINSIC_1": _call_intrinsic_1,
    "CALL_INTRINSIC_2": _call_intrinsic_2,
    "CALL_KW": _call_kw,
    "CHECK_EG_MATCH": _check_eg_match,
    "CHECK_EXC_MATCH": _above_another(1),
    "CLEANUP_THROW": _cleanup_throw,
    "COPY": _copy,
    "COPY_FREE_VARS": _copy_free_vars,
    "DELETE_DEREF": _delete_deref,
    "DELETE_FAST": _delete_fast,
    "DICT_MERGE": _dict_merge,
    "DICT_UPDATE": _into(DICT, 1),
    "END_ASYNC_FOR": _end_async_for,
    "FOR_ITER": _for_iter,
    "GET_ANEXT": _above_another(0),
    "GET_LEN": _above_another(0),
    "IMPORT_FROM": _above_another(0),
    "LIST_APPEND": _into_list,
    "LIST_EXTEND": _into_list,
    "LOAD_CONST": load_const,
    "LOAD_DEREF": _load_deref,
    "LOAD_FAST": load_fast,
    "LOAD_FAST_AND_CLEAR": _load_fast_and_clear,
    "LOAD_FAST_CHECK": _load_fast_check,
    "LOAD_FAST_LOAD_FAST": _load_fast_load_fast,
    "LOAD_FROM_DICT_OR_DEREF": _load_from_dict_or_deref,
    "MAKE_CELL": _make_cell,
    "MAKE_FUNCTION": _make_function,
    "MAP_ADD": _into(DICT, 2),
    "MATCH_CLASS": _match_class,
    "MATCH_KEYS": _match_keys,
    "MATCH_MAPPING": _above_another(0),
    "MATCH_SEQUENCE": _above_another(0),
    "POP_EXCEPT": _pop_except,
    "PUSH_EXC_INFO": _push_exc_info,
    "RERAISE": _reraise,
    "RETURN_CONST": _return_const,
    "RETURN_VALUE": _return_value,
    "SEND": _above_another(1),
    "SET_ADD": _into(SET, 1),
    "SET_FUNCTION_ATTRIBUTE": _set_function_attribute,
    "SET_UPDATE": _into(SET, 1),
    "STORE_DEREF": _store_deref,
    "STORE_FAST": _store_fast,
    "STORE_FAST_LOAD_FAST": _store_fast_load_fast,
    "STORE_FAST_STORE_FAST": _store_fast_store_fast,
    "SWAP": _swap,
    "WITH_EXCEPT_START": _with_except_start,
    "YIELD_VALUE": _yield_value,
}

_PUSHES = {
    "BUILD_MAP": DICT,
    "BUILD_SET": SET,
    "GET_ITER": ITERATOR,
    "PUSH_NULL": NULL,
}
"""What the others push, where it is not ANY."""

_MAY_PUSH_NULL = {"LOAD_GLOBAL": NULL, "LOAD_ATTR": MAYBE_NULL, "LOAD_SUPER_ATTR": MAYBE_NULL}
"""What they push above their result when the flag bit of the argument is set."""


def _counted(row: Instruction) -> Special:
    """An instruction whose argument says how many objects it pops or pushes."""
    kind = _PUSHES.get(row.name, ANY)

    def pop_and_push(run: "AbstractRun", stack: str, oparg: int, index: int) -> str:
        pops = row.pops if isinstance(row.pops, int) else row.pops(oparg)
        pushes = row.pushes if isinstance(row.pushes, int) else row.pushes(oparg)
        return run.pop(index, stack, pops)[0] + kind * pushes

    return pop_and_push


def _action(row: Instruction) -> Action:
    if row.name in _SPECIAL:
        return 0, "", "", _SPECIAL[row.name]
    if row.name in _MAY_PUSH_NULL and isinstance(row.pops, int):
        return row.pops, ANY, _MAY_PUSH_NULL[row.name], None
    if isinstance(row.pops, int) and isinstance(row.pushes, int):
        return row.pops, _PUSHES.get(row.name, ANY) * row.pushes, "", None
    return 0, "", "", _counted(row)


ACTIONS: list[Action] = [_action(BY_NUMBER.get(number, BY_NAME["NOP"])) for number in range(256)]
"""By opcode: how many objects it pops, the kinds it pushes, what it pushes above them if the lowest bit of the argument
is set; or a function for what does more.
"""

assert _SPECIAL.keys() | _PUSHES.keys() | _MAY_PUSH_NULL.keys() <= BY_NAME.keys()
