"""Leaving blocks early: what return, break and continue do to the frame blocks that they jump out of."""

from kaa.bytecode import opcodes as op
from kaa.compiler.cfg import NO_LOCATION, Location
from kaa.compiler.codegen import arguments
from kaa.compiler.codegen.blocks import BlockKind, FrameBlock
from kaa.compiler.codegen.generator import Generator

__all__ = ["unwind", "unwind_block", "unwind_to_loop"]

_LOOPS = (BlockKind.WHILE_LOOP, BlockKind.FOR_LOOP)


def unwind(g: Generator, location: Location, keeps_value: bool) -> Location:
    """Leave all open blocks; the value on top of the stack stays there if `keeps_value`.

    Returns the location of what follows: none, after a finally block that runs in between.
    """
    location, _ = _unwind(g, location, keeps_value, False)
    return location


def unwind_to_loop(g: Generator, location: Location) -> tuple[Location, FrameBlock | None]:
    """Leave the open blocks within the innermost loop; return the loop, None if there is none."""
    return _unwind(g, location, False, True)


def _unwind(
    g: Generator, location: Location, keeps_value: bool, stops_at_loop: bool
) -> tuple[Location, FrameBlock | None]:
    if not g.blocks:
        return location, None
    top = g.blocks[-1]
    if top.kind is BlockKind.EXCEPTION_GROUP_HANDLER:
        message = "'break', 'continue' and 'return' cannot appear in an except* block"
        raise g.error(location, message)
    if stops_at_loop and top.kind in _LOOPS:
        return location, top
    # While a block is being left, it is not open: a return in its finally block leaves the blocks around it
    # only.
    g.blocks.pop()
    location = unwind_block(g, location, top, keeps_value)
    location, loop = _unwind(g, location, keeps_value, stops_at_loop)
    g.blocks.append(top)
    return location, loop


def unwind_block(g: Generator, location: Location, block: FrameBlock, keeps_value: bool) -> Location:
    """Leave one block; return the location of what follows."""
    match block.kind:
        case BlockKind.FOR_LOOP | BlockKind.POP_VALUE:
            _pop_below(g, location, keeps_value)
        case BlockKind.TRY_EXCEPT:
            g.emit(op.POP_BLOCK, location)
        case BlockKind.FINALLY_TRY:
            _run_finally(g, location, block, keeps_value)
            return NO_LOCATION
        case BlockKind.FINALLY_END:
            _pop_below(g, location, keeps_value)
            _swap_value(g, location, keeps_value)
            g.emit(op.POP_BLOCK, location)
            g.emit(op.POP_EXCEPT, location)
        case BlockKind.WITH | BlockKind.ASYNC_WITH:
            _exit_with(g, block, keeps_value)
            return NO_LOCATION
        case BlockKind.HANDLER_CLEANUP:
            _leave_handler(g, location, block, keeps_value)
    return location


def _swap_value(g: Generator, location: Location, keeps_value: bool) -> None:
    if keeps_value:
        g.emit(op.SWAP, location, 2)


def _pop_below(g: Generator, location: Location, keeps_value: bool) -> None:
    """Pop the iterator, or whatever else the block keeps on the stack, from below the value to keep."""
    _swap_value(g, location, keeps_value)
    g.emit(op.POP_TOP, location)


def _run_finally(g: Generator, location: Location, block: FrameBlock, keeps_value: bool) -> None:
    g.emit(op.POP_BLOCK, location)
    if keeps_value:
        g.push_block(BlockKind.POP_VALUE, location)
    g.visit_all(block.datum)
    if keeps_value:
        g.pop_block()


def _exit_with(g: Generator, block: FrameBlock, keeps_value: bool) -> None:
    location: Location = block.datum
    g.emit(op.POP_BLOCK, location)
    _swap_value(g, location, keeps_value)
    g.call_exit_with_nones(location)
    if block.kind is BlockKind.ASYNC_WITH:
        g.await_value(location, arguments.BY_EXIT)
    g.emit(op.POP_TOP, location)


def _leave_handler(g: Generator, location: Location, block: FrameBlock, keeps_value: bool) -> None:
    name = block.datum
    if name is not None:
        g.emit(op.POP_BLOCK, location)
    _swap_value(g, location, keeps_value)
    g.emit(op.POP_BLOCK, location)
    g.emit(op.POP_EXCEPT, location)
    if name is not None:
        g.unbind(name, location)
