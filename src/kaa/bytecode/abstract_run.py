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
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple, NoReturn

from kaa.bytecode import opcodes
from kaa.bytecode.code_image import CELL, FREE, LOCAL, CodeImage, DamagedCode
from kaa.bytecode.code_units import any_of
from kaa.bytecode.effects import ACTIONS, load_const, load_fast
from kaa.bytecode.exception_table import Entry
from kaa.bytecode.instructions import BY_NUMBER, INSTRUCTIONS, Argument, Flow
from kaa.bytecode.kinds import (
    ANY,
    ASKS_NOTHING,
    EXCEPTION,
    EXCEPTION_OR_NONE,
    OFFSET,
    TUPLE,
    Cell,
    Kinds,
    Parameter,
    Signature,
    Unready,
)

_MOST_RUNS = 50
"""How often, on average, a block may be run again before the code is called too tangled."""

_CO_VARARGS = 0x4
_CO_VARKEYWORDS = 0x8

_LOCAL = bytes((LOCAL,))
_FLAG = 1 << 8
"""The lowest bit of a packed instruction's argument."""

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

    def signature(self) -> Signature:
        """What the code asks of those who make a function of it and call it."""
        free = self.code.kinds.count(FREE)
        if not (free or self.wants):
            return ASKS_NOTHING
        return Signature(self.code.slots[len(self.code.slots) - free :], self.wanted())

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
            quiet = {at: found.end() for at in leaders if (found := _CANNOT_RAISE.match(in_order, at))}
            leaders.update(quiet.values())
        ordered = sorted(leaders)
        handlers = {}
        for entry in entries:
            handler = index_of(entry.target), entry
            if handler[0] < self.body:
                self.fault(handler[0], "an exception handler at the beginning")
            first, end = (
                bisect_left(ordered, index_of(entry.start)),
                bisect_left(ordered, index_of(entry.end)),
            )
            for leader in ordered[first:end]:
                if leader not in quiet:
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
        packed, constant_kinds = self.packed, self.constant_kinds
        usual = ~(self.parameters | self.ever_cells)
        index = first - 1
        for opcode in self.opcodes[first:end]:
            index += 1
            pops, pushes, flagged, special = ACTIONS[opcode]
            if special is None:
                if pops:
                    height = len(stack) - pops
                    if height < floor or not stack[height:].isalpha():
                        self.not_to_be_popped(index, stack, pops)
                    stack = stack[:height]
                stack += pushes
                if flagged and packed[index] & _FLAG:
                    stack += flagged
            elif special is load_const:  # the two most frequent ones, without a call
                stack += constant_kinds[packed[index] >> 8]
            elif special is load_fast and (self.bound & usual) >> (packed[index] >> 8) & 1:
                stack += ANY
            else:
                stack = special(self, stack, packed[index] >> 8, index)
            if len(stack) > limit:
                self.fault(index, "the stack grows above co_stacksize")
        return stack

    def state_after(self, index: int) -> State:
        """After `run`: the state that an instruction leaves behind, if it does not jump."""
        first = max((start for start in self.states if start <= index), default=-1)
        if first < 0 or index >= self.ends[first]:
            self.fault(index, "no path leads to this instruction")
        stack = self._run_instructions(first, index + 1)
        return stack, self.bound, self.cells

    def state_before(self, index: int) -> State:
        """After `run`: the state in which an instruction begins."""
        if index in self.states:
            return self.states[index]
        return self.state_after(index - 1)

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

    def not_to_be_popped(self, index: int, stack: str, count: int) -> NoReturn:
        if count > len(stack):
            self.fault(index, "the stack underflows")
        if len(stack) - count < self.floor:
            self.fault(index, "what an exception handler relies on is popped")
        self.fault(index, "NULL, or a function that is not ready, is taken for an object")

    def pop(self, index: int, stack: str, count: int) -> tuple[str, str]:
        """What is left of the stack, and so many values as objects."""
        height = len(stack) - count
        if height < self.floor or (count and not stack[height:].isalpha()):
            self.not_to_be_popped(index, stack, count)
        return stack[:height], stack[height:]

    def peek(self, index: int, stack: str, count: int) -> str:
        """So many values as objects, which stay where they are."""
        if count > len(stack) or not stack[-count:].isalpha():
            self.not_to_be_popped(index, stack, count)
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
