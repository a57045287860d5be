"""The peephole optimizer: each function rewrites one instruction and the one behind it, inside a block.

What becomes superfluous turns into a NOP; `nops` removes those later.
"""

from collections.abc import Callable

from kaa.bytecode.instructions import COMPARISON_TO_BOOL
from kaa.bytecode.opcodes import (
    BUILD_TUPLE,
    COMPARE_OP,
    CONTAINS_OP,
    IS_OP,
    JUMP,
    JUMP_NO_INTERRUPT,
    LOAD_GLOBAL,
    POP_JUMP_IF_FALSE,
    POP_JUMP_IF_NONE,
    POP_JUMP_IF_NOT_NONE,
    POP_JUMP_IF_TRUE,
    POP_TOP,
    PUSH_NULL,
    STORE_FAST,
    SWAP,
    TO_BOOL,
    UNARY_NOT,
    UNPACK_SEQUENCE,
)
from kaa.compiler.cfg import Block, ControlFlowGraph
from kaa.compiler.flowgraph.constants import fold_tuple
from kaa.compiler.flowgraph.jumps import thread_jump
from kaa.compiler.unit import CompilationUnit

__all__ = ["optimize_neighbours"]


def optimize_neighbours(graph: ControlFlowGraph) -> None:
    """Apply the rewriting of each opcode (see `_REWRITES`) to all instructions, in order."""
    rewrites = _REWRITES
    unit = graph.unit
    if graph.opcodes.isdisjoint(rewrites):
        return
    block: Block | None = graph.entry
    while block is not None:
        # Threaded jumps are appended while this loop runs, and are looked at in their turn.
        for position, instruction in enumerate(block.instructions):
            rewrite = rewrites.get(instruction.opcode)
            if rewrite is not None:
                rewrite(block, position, unit)
        block = block.next
    graph.opcodes |= {SWAP, POP_TOP}


def _build_tuple(block: Block, position: int, unit: CompilationUnit) -> None:
    """A tuple that is unpacked at once is at most a swap; a tuple of constants is a constant.

    BUILD_TUPLE 2                       NOP
    UNPACK_SEQUENCE 2           ->      SWAP 2
    """
    instructions = block.instructions
    count = instructions[position].oparg
    if position + 1 < len(instructions) and 1 <= count <= 3:
        unpack = instructions[position + 1]
        if unpack.opcode == UNPACK_SEQUENCE and unpack.oparg == count:
            instructions[position].clear()
            if count == 1:
                unpack.clear()
            else:
                unpack.opcode = SWAP
            return
    fold_tuple(instructions, position, unit)


def _branch(block: Block, position: int, unit: CompilationUnit) -> None:
    """A branch to a jump goes where the jump goes."""
    branch = block.instructions[position]
    if branch.target.instructions[0].opcode == JUMP:
        thread_jump(block, branch.opcode)


def _jump(block: Block, position: int, unit: CompilationUnit) -> None:
    """A jump to a jump goes where that one goes; it looks at signals if one of the two did."""
    jump = block.instructions[position]
    onward = jump.target.instructions[0].opcode
    if onward == JUMP:
        thread_jump(block, JUMP)
    elif onward == JUMP_NO_INTERRUPT:
        thread_jump(block, jump.opcode)


def _store_fast(block: Block, position: int, unit: CompilationUnit) -> None:
    """A local variable that is bound twice on a line keeps the second value only.

    STORE_FAST 0                        POP_TOP
    STORE_FAST 0                ->      STORE_FAST 0
    """
    instructions = block.instructions
    if position + 1 == len(instructions):
        return
    store, again = instructions[position : position + 2]
    if again.opcode == STORE_FAST and again.oparg == store.oparg and again.location[0] == store.location[0]:
        store.opcode = POP_TOP
        store.oparg = 0


def _swap(block: Block, position: int, unit: CompilationUnit) -> None:
    """To swap the top with itself is nothing."""
    swap = block.instructions[position]
    if swap.oparg == 1:
        swap.clear()


def _load_global(block: Block, position: int, unit: CompilationUnit) -> None:
    """A global that is going to be called can push the NULL for the call too.

    LOAD_GLOBAL 4                       LOAD_GLOBAL 5
    PUSH_NULL                   ->      NOP
    """
    instructions = block.instructions
    if position + 1 < len(instructions) and instructions[position + 1].opcode == PUSH_NULL:
        load = instructions[position]
        if not load.oparg & 1:
            load.oparg |= 1
            instructions[position + 1].clear()


def _compare(block: Block, position: int, unit: CompilationUnit) -> None:
    """A comparison can make its answer a bool itself.

    COMPARE_OP 2                        NOP
    TO_BOOL                     ->      COMPARE_OP 18
    """
    _absorb_to_bool(block, position, COMPARISON_TO_BOOL)


def _boolean(block: Block, position: int, unit: CompilationUnit) -> None:
    """What gives a bool needs no TO_BOOL after it.

    IS_OP 0                             NOP
    TO_BOOL                     ->      IS_OP 0
    """
    _absorb_to_bool(block, position, 0)


def _absorb_to_bool(block: Block, position: int, flag: int) -> bool:
    """Move an instruction, with a flag more in its argument, to the place of the TO_BOOL behind it."""
    instructions = block.instructions
    if position + 1 == len(instructions):
        return False
    test, to_bool = instructions[position : position + 2]
    if to_bool.opcode != TO_BOOL:
        return False
    to_bool.opcode = test.opcode
    to_bool.oparg = test.oparg | flag
    test.clear()
    return True


def _unary_not(block: Block, position: int, unit: CompilationUnit) -> None:
    """Two negations cancel out, and one gives a bool.

    UNARY_NOT                           NOP
    UNARY_NOT                   ->      NOP
    """
    instructions = block.instructions
    if _absorb_to_bool(block, position, 0) or position + 1 == len(instructions):
        return
    if instructions[position + 1].opcode == UNARY_NOT:
        instructions[position].clear()
        instructions[position + 1].clear()


_REWRITES: dict[int, Callable[[Block, int, CompilationUnit], None]] = {
    BUILD_TUPLE: _build_tuple,
    POP_JUMP_IF_FALSE: _branch,
    POP_JUMP_IF_TRUE: _branch,
    POP_JUMP_IF_NONE: _branch,
    POP_JUMP_IF_NOT_NONE: _branch,
    JUMP: _jump,
    JUMP_NO_INTERRUPT: _jump,
    STORE_FAST: _store_fast,
    SWAP: _swap,
    LOAD_GLOBAL: _load_global,
    COMPARE_OP: _compare,
    CONTAINS_OP: _boolean,
    IS_OP: _boolean,
    TO_BOOL: _boolean,
    UNARY_NOT: _unary_not,
}
