"""An abstract run of one code object: every path at once, with kinds in the place of values.

In: a code image whose instructions, tables and indices are known to be well formed (`verifier` sees to that).
Out: `DamagedCode` if any path could underflow or overflow the stack, take NULL for an object, read a variable
that is not bound, hand an instruction an operand that it trusts and must not, or run past the end; else the
arguments that the code itself trusts to be of a kind (`Signature.wants`).

It is a data-flow analysis over basic blocks. The state at the start of a block is the stack (a string of `kinds`)
and two sets of frame slots (ints, a bit each): those bound on every path, and those that hold a cell on every
path. Where paths meet, states are joined, and a block whose state changed is run again.

An exception handler is entered from every instruction of its range. That need not be repeated for each
instruction: within the range nothing below the handler's stack depth is touched (that is checked), so that the
state at the start of each block in the range stands for all, and again after an instruction that unbinds a slot.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple, NoReturn

from kaa.bytecode import opcodes
from kaa.bytecode.code_image import CELL, FREE, LOCAL, CodeImage, DamagedCode
from kaa.bytecode.code_units import any_of
from kaa.bytecode.exception_table import Entry
from kaa.bytecode.instructions import (
    BY_NAME,
    BY_NUMBER,
    INSTRUCTIONS,
    INTRINSICS_1,
    INTRINSICS_2,
    Argument,
    Flow,
)
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
    Kinds,
    Parameter,
    Signature,
    TupleOf,
    Unready,
)

_MOST_RUNS = 50
"""How often, on average, a block may be run again before the code is called too tangled."""

_CO_VARARGS = 0x4
_CO_VARKEYWORDS = 0x8
_CO_GENERATORS = 0x20 | 0x80 | 0x200

_LOCAL = bytes((LOCAL,))
_TYPE_PARAMETERS = ".type_params"
"""A variable of the compiler's own that always holds a tuple."""

_JUMPS = {row.number: row for row in BY_NUMBER.values() if row.flow in (Flow.JUMP, Flow.BRANCH)}
_BACKWARD = {number for number, row in _JUMPS.items() if row.argument is Argument.BACKWARD}
_GOES_ON = {row.number for row in BY_NUMBER.values() if row.flow in (Flow.NEXT, Flow.BRANCH)}

_ENDS_BLOCK = any_of(*[row.number for row in INSTRUCTIONS if row.flow is not Flow.NEXT and not row.is_pseudo])

_LEAVES = any_of(*[row.number for row in INSTRUCTIONS if row.flow is Flow.EXIT and not row.is_pseudo])
_STRAIGHT = re.compile(b"[^%b]*+%b" % (_ENDS_BLOCK.pattern[1:-1], _LEAVES.pattern), re.DOTALL)
"""Code of one block, which ends with a return or a raise."""

_REARRANGES = any_of(opcodes.PUSH_EXC_INFO, opcodes.SWAP, opcodes.LOAD_FAST_AND_CLEAR)
_CANNOT_RAISE = re.compile(
    any_of(
        *(opcodes.PUSH_EXC_INFO, opcodes.SWAP, opcodes.LOAD_FAST_AND_CLEAR, opcodes.MAKE_CELL),
        *(opcodes.STORE_FAST, opcodes.POP_TOP, opcodes.NOP, opcodes.JUMP_FORWARD),
    ).pattern
    + b"+",
    re.DOTALL,
)
"""Instructions that a handler's range may hold before what the handler relies on is in its place.

They move values between stack and slots, around `with` bodies and inlined comprehensions. At the start of a block,
or from one that rearranges on, they are a block of their own, which has no handler.
"""

type State = tuple[str, int, int]
"""The stack, the bound slots, the slots with cells."""


class Instructions(NamedTuple):
    """The instructions of a code object: their starts, in code units, packed, and their opcodes, a byte each.

    `body` is the index of the first one behind the beginning that all frames share.
    """

    starts: list[int]
    packed: list[int]
    opcodes: bytes
    body: int


class AbstractRun:
    """One code object, its blocks, and the states found so far at their starts."""

    __slots__ = (
        "body",
        "bound",
        "cells",
        "code",
        "constant_kinds",
        "ends",
        "ever_cells",
        "floor",
        "handler",
        "handlers",
        "kinds",
        "length",
        "opcodes",
        "packed",
        "parameters",
        "pending",
        "starts",
        "states",
        "targets",
        "waiting",
        "wants",
    )

    def __init__(
        self,
        code: CodeImage,
        instructions: Instructions,
        entries: list[Entry],
        constant_kinds: list[str],
        kinds: Kinds,
    ) -> None:
        self.code = code
        self.starts, self.packed, self.opcodes, self.body = instructions
        self.constant_kinds = constant_kinds
        self.kinds = kinds
        self.length = len(code.code) // 2
        self.states: dict[int, State] = {}
        self.pending: list[int] = []
        self.waiting: set[int] = set()
        self.wants: dict[int, str] = {}
        self.parameters = self._trusted_parameters()
        self.ever_cells = 0
        if code.kinds.strip(_LOCAL):
            self.ever_cells = sum(1 << slot for slot, kind in enumerate(code.kinds) if kind & (CELL | FREE))
        self.targets: dict[int, int] = {}
        self.ends, self.handlers = self._blocks(entries)
        self.handler: tuple[int, Entry] | None = None
        self.floor = 0
        self.bound = self.cells = 0

    def run(self) -> None:
        """Follow every path until nothing new is found."""
        self._meet(0, "", (1 << self._argument_count()) - 1, 0)
        budget = _MOST_RUNS * len(self.ends)
        while self.pending:
            first = heappop(self.pending)
            self.waiting.remove(first)
            while first >= 0:
                budget -= 1
                if budget < 0:
                    self.fault(first, "the paths are too tangled to follow")
                first = self._run_block(first, self.ends[first])

    def wanted(self) -> tuple[tuple[int, str], ...]:
        """What is wanted of arguments: by slot, a kind."""
        return tuple(sorted(self.wants.items()))

    def fault(self, index: int, what: str) -> NoReturn:
        """Report what is wrong with an instruction."""
        if index < len(self.packed):
            name = BY_NUMBER[self.packed[index] & 0xFF].name
            what = f"{what}, {name} at code unit {self.starts[index]}"
        raise DamagedCode(f"{self.code.qualname}: {what}")

    def _argument_count(self) -> int:
        code = self.code
        stars = bool(code.flags & _CO_VARARGS) + bool(code.flags & _CO_VARKEYWORDS)
        return code.argcount + code.kwonlyargcount + stars

    def _trusted_parameters(self) -> int:
        """The parameters of the compiler's own, a bit each, that keep their first value. They come first."""
        mask = 0
        for slot, name in enumerate(self.code.slots[: self.code.argcount]):
            if not name.startswith("."):
                break
            if not self.code.kinds[slot] & CELL:
                mask |= 1 << slot
        if mask:
            for instruction in self.packed:
                mask &= ~_stored_slots(instruction & 0xFF, instruction >> 8)
        return mask

    # Blocks

    def index_of(self, position: int) -> int:
        """The index of the instruction at a code unit."""
        return bisect_left(self.starts, position)

    def target(self, index: int) -> int:
        """The index of the instruction that a jump goes to."""
        instruction = self.packed[index]
        end = self.starts[index + 1] if index + 1 < len(self.starts) else self.length
        oparg = instruction >> 8
        position = end - oparg if instruction & 0xFF in _BACKWARD else end + oparg
        target = self.index_of(position)
        if target == len(self.packed) or self.starts[target] != position:
            self.fault(index, "a jump into the middle of an instruction or out of the code")
        if target < self.body:
            self.fault(index, "a jump back to the beginning")
        return target

    def _blocks(self, entries: list[Entry]) -> tuple[dict[int, int], dict[int, tuple[int, Entry]]]:
        """The end of each block, and the handler of each block that has one: its first instruction, its entry."""
        packed, in_order = self.packed, self.opcodes
        if not entries and _STRAIGHT.fullmatch(in_order):
            return {0: len(packed)}, {}
        index_of = self.index_of
        leaders = {0, len(packed)}
        for match in _ENDS_BLOCK.finditer(in_order):
            leaders.add(match.end())
            index = match.start()
            if packed[index] & 0xFF in _JUMPS:
                self.targets[index] = target = self.target(index)
                leaders.add(target)
        for entry in entries:
            leaders |= {index_of(entry.start), index_of(entry.end), index_of(entry.target)}
        if entries:
            for match in _REARRANGES.finditer(in_order):
                leaders.add(match.start())
            for leader in list(leaders):
                if quiet := _CANNOT_RAISE.match(in_order, leader):
                    leaders.add(quiet.end())
        ordered = sorted(leaders)
        handlers = {}
        for entry in entries:
            handler = index_of(entry.target), entry
            if handler[0] < self.body:
                self.fault(handler[0], "an exception handler at the beginning")
            for leader in range(index_of(entry.start), index_of(entry.end)):
                if leader in leaders and not _CANNOT_RAISE.match(in_order, leader):
                    handlers[leader] = handler
        return dict(pairwise(ordered)), handlers

    def _run_block(self, first: int, end: int) -> int:
        """Run a block from its state, and hand the state at its end to where control goes.

        The result is the next block if no path had led there before, else -1.
        """
        stack = self._run_instructions(first, end)
        index = end - 1
        opcode = self.packed[index] & 0xFF
        if opcode in _JUMPS:
            taken = self._not_none(stack, index) if opcode == opcodes.POP_JUMP_IF_NOT_NONE else stack
            self._meet(self.targets[index], taken, self.bound, self.cells)
        if opcode in _GOES_ON:
            if end == len(self.packed):
                self.fault(index, "control runs past the end")
            if opcode == opcodes.POP_JUMP_IF_NONE:
                stack = self._not_none(stack, index)
            if end not in self.states:
                self.states[end] = (stack, self.bound, self.cells)
                return end
            self._meet(end, stack, self.bound, self.cells)
        return -1

    def _run_instructions(self, first: int, end: int) -> str:
        """Run the instructions of a block up to `end`; return the stack, and leave the rest of the state in place."""
        stack, self.bound, self.cells = self.states[first]
        self.handler = self.handlers.get(first)
        self.floor = floor = self.handler[1].depth if self.handler else 0
        if self.handler:
            self.guard(first, stack)
        limit = self.code.stacksize
        actions, load_const, load_fast = _ACTIONS, _load_const, _load_fast
        constant_kinds = self.constant_kinds
        unusual = self.parameters | self.ever_cells
        index = first - 1
        for instruction in self.packed[first:end]:
            index += 1
            pops, pushes, special = actions[instruction]
            if special is None:
                if pops:
                    height = len(stack) - pops
                    if height < floor or not stack[height:].isalpha():
                        self._not_to_be_popped(index, stack, pops)
                    stack = stack[:height] + pushes
                else:
                    stack += pushes
            elif special is load_const:  # the two most frequent ones, without a call
                stack += constant_kinds[instruction >> 8]
            elif special is load_fast and (self.bound & ~unusual) >> (instruction >> 8) & 1:
                stack += ANY
            else:
                stack = special(self, stack, instruction >> 8, index)
            if len(stack) > limit:
                self.fault(index, "the stack grows above co_stacksize")
        return stack

    def state_before(self, index: int) -> State:
        """After `run`: the state in which an instruction is always found."""
        if index in self.states:
            return self.states[index]
        first = max((start for start in self.states if start < index), default=-1)
        if first < 0 or index >= self.ends[first]:
            self.fault(index, "no path leads to this instruction")
        stack = self._run_instructions(first, index)
        return stack, self.bound, self.cells

    def _not_none(self, stack: str, index: int) -> str:
        """After `COPY 1` and a branch that only a value other than None takes, the original is no None either."""
        copied = index not in self.ends and self.packed[index - 1] == opcodes.COPY | 1 << 8
        return stack[:-1] + EXCEPTION if copied and stack.endswith(EXCEPTION_OR_NONE) else stack

    def _meet(self, index: int, stack: str, bound: int, cells: int) -> None:
        """A path with this state leads to a block."""
        state = (stack, bound, cells)
        known = self.states.get(index)
        if known == state:
            return
        if known is not None:
            if len(known[0]) != len(stack):
                self.fault(index, f"the stack is {len(known[0])} or {len(stack)} deep")
            state = (self.kinds.join(known[0], stack), known[1] & bound, known[2] & cells)
            if known == state:
                return
        self.states[index] = state
        if index not in self.waiting:
            self.waiting.add(index)
            heappush(self.pending, index)

    def guard(self, index: int, stack: str) -> None:
        """An exception may go from here to the handler."""
        if self.handler is None:
            return
        target, entry = self.handler
        if len(stack) < entry.depth:
            self.fault(index, "the stack is lower than the exception handler expects")
        stack = stack[: entry.depth] + (OFFSET if entry.lasti else "") + EXCEPTION
        if len(stack) > self.code.stacksize:
            self.fault(target, "the stack grows above co_stacksize")
        self._meet(target, stack, self.bound, self.cells)

    # Vocabulary of the instructions below

    def _not_to_be_popped(self, index: int, stack: str, count: int) -> NoReturn:
        if count > len(stack):
            self.fault(index, "the stack underflows")
        if len(stack) - count < self.floor:
            self.fault(index, "what an exception handler relies on is popped")
        self.fault(index, "NULL, or a function that is not ready, is taken for an object")

    def pop(self, index: int, stack: str, count: int) -> tuple[str, str]:
        """What is left of the stack, and so many values as objects."""
        height = len(stack) - count
        if height < self.floor or (count and not stack[height:].isalpha()):
            self._not_to_be_popped(index, stack, count)
        return stack[:height], stack[height:]

    def peek(self, index: int, stack: str, count: int) -> str:
        """So many values as objects, which stay where they are."""
        if count > len(stack) or not stack[-count:].isalpha():
            self._not_to_be_popped(index, stack, count)
        return stack[-count:]

    def need(self, index: int, kind: str, wanted: str, what: str) -> None:
        """Make sure that a value is of a kind; if it is a trusted parameter, the callers have to."""
        if kind == wanted or (wanted == TUPLE and self.kinds.is_tuple(kind)):
            return
        match self.kinds.meanings.get(kind):
            case Parameter(parameter) if self.wants.setdefault(parameter, wanted) == wanted:
                return
        self.fault(index, f"{what} is needed")

    def slot_kind(self, slot: int) -> str:
        """The kind of what a bound slot holds."""
        bit = 1 << slot
        if self.cells & bit:
            return self.kinds.of(Cell(self.code.slots[slot]))
        return self.kinds.of(Parameter(slot)) if self.parameters & bit else ANY

    def load(self, index: int, slot: int) -> str:
        """The kind of a slot that has to be bound."""
        bit = 1 << slot
        if not self.bound & bit:
            self.fault(index, f"the variable {self.code.slots[slot]!r} may be unbound")
        return self.slot_kind(slot) if bit & (self.cells | self.parameters) else ANY

    def store(self, index: int, slot: int, kind: str, stack: str) -> None:
        """Put a value, or NULL, into a slot; `stack` is what is left of the stack."""
        bit = 1 << slot
        if kind.isalpha() and not self.cells & bit:
            self.bound |= bit
            if kind == ANY:
                return
        if kind == self.kinds.of(Cell(self.code.slots[slot])):
            self.bound |= bit
            self.cells |= bit
            return
        if type(self.kinds.meanings.get(kind)) is Unready:
            self.fault(index, "a function that is not ready is stored")
        if self.code.kinds[slot] & FREE:
            self.fault(index, "a free variable's cell is overwritten")
        if kind.isalpha():
            if self.cells & bit:
                self.cells &= ~bit
                self.guard(index, stack)
            return
        self.unbind(index, slot, stack)

    def unbind(self, index: int, slot: int, stack: str) -> None:
        """A slot holds NULL, or may."""
        bit = 1 << slot
        if self.code.kinds[slot] & FREE:
            self.fault(index, "a free variable's cell is taken away")
        self.bound &= ~bit
        self.cells &= ~bit
        self.guard(index, stack)

    def need_cell(self, index: int, slot: int) -> None:
        if not self.cells >> slot & 1:
            self.fault(index, f"the variable {self.code.slots[slot]!r} may have no cell")


def _stored_slots(opcode: int, oparg: int) -> int:
    """The slots, a bit each, that an instruction writes to."""
    if opcode in _WRITE_ONE:
        return 1 << oparg
    if opcode == opcodes.STORE_FAST_LOAD_FAST:
        return 1 << (oparg >> 4)
    if opcode == opcodes.STORE_FAST_STORE_FAST:
        return 1 << (oparg >> 4) | 1 << (oparg & 15)
    return 0


_WRITE_ONE = {opcodes.STORE_FAST, opcodes.DELETE_FAST, opcodes.LOAD_FAST_AND_CLEAR, opcodes.MAKE_CELL}


# The instructions that do more than pop objects and push others. Each takes the run, the stack, the argument and
# the instruction's index, and returns the stack.


def _load_const(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return stack + run.constant_kinds[oparg]


def _copy(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    kind = stack[-oparg] if oparg <= len(stack) else NULL
    if not kind.isalpha():
        run.fault(index, "NULL, or a function that is not ready, is copied")
    return stack + kind


def _swap(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    at = len(stack) - oparg
    if at < run.floor:
        run._not_to_be_popped(index, stack, oparg)
    return stack if oparg == 1 else stack[:at] + stack[-1] + stack[at + 1 : -1] + stack[at]


def _load_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return stack + run.load(index, oparg)


def _load_fast_load_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return stack + run.load(index, oparg >> 4) + run.load(index, oparg & 15)


def _load_fast_check(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.bound |= 1 << oparg
    return stack + run.slot_kind(oparg)


def _load_fast_and_clear(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    kind = run.slot_kind(oparg) if run.bound >> oparg & 1 else MAYBE_NULL
    run.unbind(index, oparg, stack)
    return stack + kind


def _top(run: AbstractRun, stack: str, index: int) -> tuple[str, str]:
    """What is left of the stack, and the top, of whichever kind."""
    if len(stack) <= run.floor:
        run._not_to_be_popped(index, stack, 1)
    return stack[:-1], stack[-1]


def _store_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = _top(run, stack, index)
    run.store(index, oparg, kind, stack)
    return stack


def _store_fast_load_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return _store_fast(run, stack, oparg >> 4, index) + run.load(index, oparg & 15)


def _store_fast_store_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return _store_fast(run, _store_fast(run, stack, oparg >> 4, index), oparg & 15, index)


def _delete_fast(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.unbind(index, oparg, stack)
    return stack


def _make_cell(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    if run.code.slots[oparg] == _TYPE_PARAMETERS and (stack or run.bound >> oparg & 1):
        run.fault(index, "the type parameters have a value before their cell is made")
    run.bound |= 1 << oparg
    run.cells |= 1 << oparg
    return stack


def _copy_free_vars(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    free = (1 << oparg) - 1 << len(run.code.slots) - oparg
    run.bound |= free
    run.cells |= free
    return stack


def _load_deref(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    return stack + (TUPLE if run.code.slots[oparg] == _TYPE_PARAMETERS else ANY)


def _load_from_dict_or_deref(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    stack, _ = run.pop(index, stack, 1)
    return stack + (TUPLE if run.code.slots[oparg] == _TYPE_PARAMETERS else ANY)


def _store_deref(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    stack, kind = run.pop(index, stack, 1)
    if run.code.slots[oparg] == _TYPE_PARAMETERS:
        run.need(index, kind, TUPLE, "a tuple of type parameters")
    return stack


def _delete_deref(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need_cell(index, oparg)
    return stack


def _build_tuple(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, items = run.pop(index, stack, oparg)
    if oparg == 3 and items[0] == TEXT and items[2] == FUNCTION:
        if items[1] == NONE or run.kinds.is_tuple(items[1]):
            return stack + ALIAS
    elif items.strip(ANY):
        meanings = [run.kinds.meanings.get(item) for item in items]
        names = tuple([meaning.name for meaning in meanings if type(meaning) is Cell])
        if len(names) == oparg:
            return stack + run.kinds.of(Closure(names))
    return stack + run.kinds.of(TupleOf(oparg))


def _build_list(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    if oparg == 0 and stack[-1:] == EXCEPTION:
        return stack + EXCEPTION_LIST
    return run.pop(index, stack, oparg)[0] + LIST


def _build_const_key_map(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, oparg + 1)
    if kinds[-1] != run.kinds.of(TupleOf(oparg)):
        run.fault(index, "a tuple of as many keys is needed")
    return stack + DICT


def _into(container: str, values: int) -> "Special":
    """An instruction that puts values into a container at a depth."""

    def put(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
        stack, _ = run.pop(index, stack, values)
        if stack[-oparg:][:1] != container or oparg > len(stack):
            run.fault(index, "the container is not there")
        return stack

    return put


def _into_list(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
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


def _dict_merge(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack = _into(DICT, 1)(run, stack, oparg, index)
    callable_at = len(stack) - oparg - 3
    if callable_at < 0 or not stack[callable_at].isalpha():
        run.fault(index, "there is nothing to call below the dict")
    return stack


def _for_iter(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 1), ITERATOR, "an iterator")
    end = run.targets[index]
    if [instruction & 0xFF for instruction in run.packed[end : end + 2]] != [
        opcodes.END_FOR,
        opcodes.POP_TOP,
    ]:
        run.fault(index, "the loop does not end in END_FOR and POP_TOP")
    return stack + ANY


def _call(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    at = len(stack) - oparg - 2
    if at >= run.floor:
        kinds = stack[at:]
        if kinds[0] == ANY and kinds[1] in _SELF_OR_NULL and (not oparg or kinds[2:].isalpha()):
            return stack[:at] + ANY
    stack, arguments = run.pop(index, stack, oparg)
    return _called(run, stack, arguments, index)


_SELF_OR_NULL = NULL + MAYBE_NULL + ANY


def _called(run: AbstractRun, stack: str, arguments: str, index: int) -> str:
    """The end of a call: on the stack are the callable, and a self or NULL."""
    at = len(stack) - 2
    if at < run.floor:
        run._not_to_be_popped(index, stack, 2)
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


def _call_kw(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    loaded = run.packed[index - 1]
    names = run.code.consts[loaded >> 8] if loaded & 0xFF == opcodes.LOAD_CONST else None
    if index in run.ends or type(names) is not tuple or not all(type(name) is str for name in names):
        run.fault(index, "the names of the keywords are not there")
    if len(names) > oparg:
        run.fault(index, "there are more keywords than arguments")
    stack, arguments = run.pop(index, stack, oparg + 1)
    return _called(run, stack, arguments[: oparg - len(names)], index)


def _call_function_ex(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, arguments = run.pop(index, stack, 1 + (oparg & 1))
    if oparg & 1:
        run.need(index, arguments[1], DICT, "a dict of keywords")
    if stack[-1:] != NULL or len(stack) <= run.floor:
        run.fault(index, "there is no NULL below the arguments")
    return run.pop(index, stack[:-1], 1)[0] + ANY


def _make_function(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    match run.kinds.meanings.get(kind):
        case Code(signature):
            return stack + run.kinds.function(signature)
    run.fault(index, "a code object is needed")


def _set_function_attribute(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
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


def _push_exc_info(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, EXCEPTION, "an exception")
    return stack + PREVIOUS + EXCEPTION


def _pop_except(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, PREVIOUS, "the exception handled before")
    return stack


def _check_eg_match(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 2)
    if kinds[0] != EXCEPTION_OR_NONE:
        run.need(index, kinds[0], EXCEPTION, "an exception")
    return stack + EXCEPTION_OR_NONE + ANY


def _with_except_start(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 4)[3], EXCEPTION, "an exception")
    return stack + ANY


def _reraise(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    run.need(index, kind, EXCEPTION, "an exception")
    if oparg and (oparg > len(stack) or stack[-oparg] != OFFSET):
        run.fault(index, "the offset of the instruction that raised is not there")
    return stack


def _cleanup_throw(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 3)
    run.need(index, kinds[2], EXCEPTION, "an exception")
    return stack + NONE + ANY


def _end_async_for(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 2)
    run.need(index, kinds[1], EXCEPTION, "an exception")
    return stack


def _above_another(values: int) -> "Special":
    """An instruction that looks at an object and leaves it there, and pops so many above it, and pushes one."""

    def push(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
        run.peek(index, stack, values + 1)
        return run.pop(index, stack, values)[0] + ANY

    return push


def _match_class(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kinds = run.pop(index, stack, 3)
    run.need(index, kinds[2], TUPLE, "a tuple of names")
    return stack + ANY


def _match_keys(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    run.need(index, run.peek(index, stack, 2)[1], TUPLE, "a tuple of keys")
    return stack + ANY


def _call_intrinsic_1(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    stack, kind = run.pop(index, stack, 1)
    wanted, result = _INTRINSICS_1.get(INTRINSICS_1[oparg], (None, ANY))
    if wanted is not None:
        run.need(index, kind, wanted, f"another operand for {INTRINSICS_1[oparg]}")
    return stack + result


def _call_intrinsic_2(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
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


def _yield_value(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    if not run.code.flags & _CO_GENERATORS:
        run.fault(index, "a yield outside a generator")
    if run.packed[index + 1 : index + 2] and run.packed[index + 1] & 0xFF != opcodes.RESUME:
        run.fault(index, "a yield without a RESUME")
    # What is thrown in arrives when the sent value, or None, is already on the stack.
    run.peek(index, stack, 1 + oparg)
    stack = stack[:-1] + ANY
    run.guard(index, stack)
    return stack


def _return_value(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    return _return_const(run, run.pop(index, stack, 1)[0], oparg, index)


def _return_const(run: AbstractRun, stack: str, oparg: int, index: int) -> str:
    if stack:
        run.fault(index, "the stack is not empty on return")
    return stack


type Special = Callable[[AbstractRun, str, int, int], str]
type Action = tuple[int, str, Special | None]

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
    "LOAD_CONST": _load_const,
    "LOAD_DEREF": _load_deref,
    "LOAD_FAST": _load_fast,
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


class _Actions(dict[int, Action]):
    """What each packed instruction does to the stack: how many objects it pops, what it pushes; or a function.

    Those whose argument has more than one byte are not kept: there may be many.
    """

    def __missing__(self, instruction: int) -> Action:
        row = BY_NUMBER[instruction & 0xFF]
        oparg = instruction >> 8
        pops = row.pops if isinstance(row.pops, int) else row.pops(oparg)
        pushes = row.pushes if isinstance(row.pushes, int) else row.pushes(oparg)
        action: Action
        if row.name in _SPECIAL:
            action = (pops, "", _SPECIAL[row.name])
        elif row.name in _MAY_PUSH_NULL and oparg & 1:
            action = (pops, ANY + _MAY_PUSH_NULL[row.name], None)
        else:
            action = (pops, _PUSHES.get(row.name, ANY) * pushes, None)
        if oparg < 256:
            self[instruction] = action
        return action


_ACTIONS = _Actions()

assert _SPECIAL.keys() | _PUSHES.keys() | _MAY_PUSH_NULL.keys() <= BY_NAME.keys()
