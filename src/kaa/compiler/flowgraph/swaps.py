"""SWAPs: the shortest sequence for a permutation of the stack, and none where stores can change places."""

from kaa.bytecode.opcodes import NOP, POP_TOP, STORE_FAST, STORE_FAST_MAYBE_NULL, SWAP
from kaa.compiler.cfg import Block, ControlFlowGraph, Instruction

__all__ = ["optimize_swaps"]

_STORES = frozenset((STORE_FAST, STORE_FAST_MAYBE_NULL))

_MOVABLE = _STORES | {POP_TOP}
"""What takes the top of the stack, and runs no code and raises nothing doing so: its order does not matter."""


def optimize_swaps(graph: ControlFlowGraph) -> None:
    """Shorten every run of SWAPs, then try to do without them."""
    if SWAP not in graph.opcodes:
        return
    block: Block | None = graph.entry
    while block is not None:
        instructions = block.instructions
        position = 0
        while position < len(instructions):
            if instructions[position].opcode == SWAP:
                position = _shorten_run(instructions, position)
                _exchange_stores(instructions, position)
            position += 1
        block = block.next


def _shorten_run(instructions: list[Instruction], start: int) -> int:
    """Rewrite a run of SWAPs and NOPs in the fewest SWAPs; return the position of its last instruction.

    SWAP 3                              NOP
    SWAP 2                              NOP
    SWAP 3                      ->      NOP
    SWAP 2                              SWAP 2
    SWAP 3                              SWAP 3
    """
    end = start
    while end < len(instructions) and instructions[end].opcode in (SWAP, NOP):
        end += 1
    swaps = [instruction for instruction in instructions[start:end] if instruction.opcode == SWAP]
    if len(swaps) < 2:
        return start
    depths = _transpositions([swap.oparg for swap in swaps])
    for instruction in instructions[start : end - len(depths)]:
        instruction.clear()
    for instruction, depth in zip(instructions[end - len(depths) : end], depths, strict=True):
        instruction.opcode = SWAP
        instruction.oparg = depth
    return end - 1


def _transpositions(depths: list[int]) -> list[int]:
    """Return the shortest list of swaps with the top that permutes the stack as `depths` do.

    Every cycle of the permutation that holds the top takes one swap less than it has members, any other one
    takes one more, to bring the top in and out. The cycles come out last to first.
    """
    size = max(depths)
    stack = list(range(size))
    for depth in depths:
        stack[0], stack[depth - 1] = stack[depth - 1], stack[0]
    result: list[int] = []
    done = [False] * size
    for start in range(size):
        if done[start] or stack[start] == start:
            continue
        cycle = []
        place = start
        while not done[place]:
            done[place] = True
            cycle.append(place)
            place = stack[place]
        if start:
            cycle.append(start)
        else:
            cycle.remove(0)
        result += [place + 1 for place in cycle]
    result.reverse()
    return result


def _exchange_stores(instructions: list[Instruction], position: int) -> None:
    """Replace SWAPs, from the last one backward, by exchanging the stores that take the swapped values.

    SWAP 2                              NOP
    STORE_FAST 0                ->      STORE_FAST 1
    STORE_FAST 1                        STORE_FAST 0
    """
    for place in range(position, -1, -1):
        swap = instructions[place]
        opcode = swap.opcode
        if opcode == SWAP:
            if not _exchange(instructions, place, swap.oparg):
                return
            swap.clear()
        elif opcode != NOP and opcode not in _MOVABLE:
            return


def _exchange(instructions: list[Instruction], place: int, depth: int) -> bool:
    """Exchange the consumers of the top and of the value at a depth; False if that would show."""
    first = last = _next_movable(instructions, place, None)
    if first < 0:
        return False
    line = instructions[first].location[0]
    for _ in range(depth - 1):
        last = _next_movable(instructions, last, line)
        if last < 0:
            return False
    # Stores to one variable must stay in order.
    top, other = _stored(instructions[first]), _stored(instructions[last])
    if top >= 0 or other >= 0:
        if top == other:
            return False
        for between in instructions[first + 1 : last]:
            variable = _stored(between)
            if variable >= 0 and variable in (top, other):
                return False
    instructions[first], instructions[last] = instructions[last], instructions[first]
    return True


def _next_movable(instructions: list[Instruction], place: int, line: int | None) -> int:
    """Return the place of the next consumer behind `place`, -1 if anything but NOPs stands before it.

    It must be on `line`, because a tracer would see stores on different lines change places. (A negative
    line does not count as one.)
    """
    for position in range(place + 1, len(instructions)):
        instruction = instructions[position]
        if line is not None and 0 <= line != instruction.location[0]:
            return -1
        if instruction.opcode in _MOVABLE:
            return position
        if instruction.opcode != NOP:
            return -1
    return -1


def _stored(instruction: Instruction) -> int:
    """Return the local variable that an instruction binds, -1 if it binds none."""
    return instruction.oparg if instruction.opcode in _STORES else -1
