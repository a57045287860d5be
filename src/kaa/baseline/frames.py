"""Frames: entering machine code, returning, leaving a frame to the host, suspending.

In and out: native code. A frame that waits for a callee keeps the address where it goes on in the first free
slot of its own value stack, which is where the result will be; so a return is a load and a jump. A frame
that was entered from C has below it an *entry frame*, as the host's loop has, whose address to go on is the
way back to C.
"""

from __future__ import annotations

from typing import Any, Final

from kaa.baseline import unwinding
from kaa.baseline.attention import RAISED, TO_HOST, accept_version, arrive_at, attend, is_monitored, too_deep
from kaa.baseline.block import Block, find_block, machine_code_at
from kaa.baseline.holes import DONE, FOLLOWING, NEXT, OPARG, TARGET, VERSION, Continuation, Jump, Stack
from kaa.baseline.linker import block_of, warm_up
from kaa.baseline.objects import None_, decref, decref_maybe
from kaa.native.externs import (
    _Py_CheckRecursiveCall,
    _PyEval_EvalFrameDefault,
    _PyEval_FrameClearAndPop,
    _PyThreadState_PopFrame,
)
from kaa.native.function import TEMPLATE, Cell, native
from kaa.native.intrinsics import NULL, address, cast, likely, reserve, unlikely
from kaa.native.layouts import (
    CodeObject,
    Frame,
    GeneratorObject,
    Object,
    ThreadState,
)
from kaa.native.types import Ptr, i1, i32, i64, u8, u16, u64

OWNED_BY_THREAD, OWNED_BY_GENERATOR, OWNED_BY_FRAME_OBJECT, OWNED_BY_C_STACK = 0, 1, 2, 3
CREATED, SUSPENDED, SUSPENDED_YIELD_FROM, EXECUTING, COMPLETED, CLEARED = -3, -2, -1, 0, 1, 4
GENERATOR_FRAME: Final = 72
"""Bytes from a generator to its frame."""
ENTRY_WORDS: Final = 12
CHUNK_HEAD: Final = 24
"""Bytes before the frames in a chunk of the thread's stack."""
C_STACK_UNITS: Final = 2
"""What one entry into the machine takes from the thread's room for C recursion, as the host's loop does."""

ENTRY_UNIT: Any = Cell("ENTRY_UNIT", u64)  # type: ignore[arg-type]
"""A code unit for entry frames to point at."""


HOOK: Any = Cell("HOOK", u64)  # type: ignore[arg-type]
"""The interpreter's hook for new frames: `evaluate`, or 0 while the machine is disabled."""


@native(inline=True)
def stack_pointer(frame: Frame) -> Stack:
    """Take a waiting frame's stack pointer; while it runs, `stacktop` is -1 so that the collector sees
    nothing.
    """
    sp = frame.localsplus + i64(frame.stacktop)
    frame.stacktop = -1
    return sp


@native(inline=True)
def save_stack_pointer(frame: Frame, sp: Stack) -> None:
    frame.stacktop = i32(sp - frame.localsplus)


@native(inline=True)
def stack_base(frame: Frame) -> Stack:
    return frame.localsplus + i64(frame.f_executable.co_nlocalsplus)


@native(inline=True)
def generator_of(frame: Frame) -> GeneratorObject:
    """The generator that a frame lies in."""
    return cast(GeneratorObject, address(frame) - GENERATOR_FRAME)


@native(inline=True)
def machine_address(block: Block, unit: Ptr[u16]) -> Continuation:
    """Where the machine code of a code unit is."""
    index = unit - block.code.co_code_adaptive
    return cast(Continuation, machine_code_at(block, index))


@native(inline=True)
def has_run_enough(version: Ptr[u64]) -> i1:
    """Count a run of brief code, whose block has its `version` there; whether it shall go on in warm code instead."""
    left = version[1]
    if unlikely(left == 0):
        return True
    version[1] = left - 1
    return False


@native(convention=TEMPLATE, cold=True)
def go_on_warm(frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16]) -> Jump:
    """Go on in the code's warm machine code, at the instruction at `unit`; without memory for it here, for a while."""
    code = frame.f_executable
    block = find_block(code)
    warm_up(code, block)
    return machine_address(block, unit)(frame, sp, thread)


# -- from C


@native(inline=True)
def lay_out_entry(entry: Frame, previous: Frame, onward: Object) -> None:
    """Make an entry frame in memory for one: what its callee returns goes to the continuation `onward`."""
    entry.f_executable = cast(CodeObject, None_)
    entry.previous = previous
    entry.f_locals = NULL
    entry.frame_obj = NULL
    entry.instr_ptr = cast(Ptr[u16], ENTRY_UNIT)
    entry.stacktop = 0
    entry.return_offset = 0
    entry.owner = OWNED_BY_C_STACK
    entry.localsplus[0] = onward


@native
def evaluate(thread: ThreadState, frame: Frame, throwing: i32) -> Object:
    """The host's hook (PEP 523): run a frame that C code has made, and give its result, or NULL with an
    exception.
    """
    code = frame.f_executable
    block = block_of(code)
    if not block or block.start == 0 or (throwing and not accept_version(thread, code, block)):
        return run_on_host(thread, frame, throwing)
    entry = cast(Frame, reserve(u64, ENTRY_WORDS))
    lay_out_entry(entry, thread.current_frame, cast(Object, leave))
    frame.previous = entry
    thread.current_frame = frame
    left = thread.c_recursion_remaining
    thread.c_recursion_remaining = left - C_STACK_UNITS
    if left < 0 and _Py_CheckRecursiveCall(thread, ""):
        thread.py_recursion_remaining -= 1
        abandon(frame, NULL, thread, NULL, NULL)
        thread.c_recursion_remaining = left
        return entry.f_locals
    start(frame, NULL, thread, cast(Object, i64(throwing)), NULL)
    thread.c_recursion_remaining += C_STACK_UNITS
    return entry.f_locals


@native(convention=TEMPLATE, apart=True)
def start(frame: Frame, sp: Stack, thread: ThreadState, throwing: Object, extra: Object = NULL) -> Jump:
    """Run a frame from where its `instr_ptr` is."""
    thread.py_recursion_remaining -= 1
    if thread.py_recursion_remaining < 0 and too_deep(thread):
        return abandon(frame, sp, thread)
    sp = stack_pointer(frame)
    if throwing:
        return unwinding.throw_into(frame, sp, thread)
    block = block_of(frame.f_executable)
    return machine_address(block, frame.instr_ptr)(frame, sp, thread, NULL)


@native(convention=TEMPLATE, apart=True)
def leave(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """Back to C. `frame` is the entry frame, and gets the result."""
    thread.current_frame = frame.previous
    frame.f_locals = value
    return DONE


# -- returning


@native(inline=True)
def clear_frame(thread: ThreadState, frame: Frame, sp: Stack) -> None:
    """Drop what a frame on the thread's stack holds, up to `sp`, and the frame."""
    place: Stack = frame.localsplus
    while place < sp:
        decref_maybe(place[0])
        place += 1
    decref_maybe(frame.f_locals)
    decref(frame.f_funcobj)
    decref(frame.f_executable)
    if address(frame) == address(thread.datastack_chunk) + CHUNK_HEAD:
        _PyThreadState_PopFrame(thread, frame)
    else:
        thread.datastack_top = cast(Ptr[Object], frame)


@native(convention=TEMPLATE, inline=True)
def hand_over(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """Go on in `frame`, which waits for a value. Each template that does this has a jump of its own, so that the
    processor can tell their targets apart.
    """
    top = stack_pointer(frame)
    return cast(Continuation, address(top[0]))(frame, top, thread, value)


@native(convention=TEMPLATE)
def give(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """Go on in `frame`, which waits for a value; NULL says that its callee has raised."""
    if not value:
        return fail_in(frame, sp, thread)
    return hand_over(frame, sp, thread, value)


@native(convention=TEMPLATE, apart=True)
def fail_in(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """Raise the current exception in `frame`, which waits for a callee."""
    if frame.owner == OWNED_BY_C_STACK:
        return leave(frame, sp, thread, NULL)
    frame.return_offset = 0
    return unwinding.raised(frame, stack_pointer(frame), thread)


@native(convention=TEMPLATE, inline=True)
def finish(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The frame has returned `value`: clear it and go on in its caller."""
    return hand_over(leave_frame(frame, sp, thread), sp, thread, value)


@native(apart=True)
def leave_frame(frame: Frame, sp: Stack, thread: ThreadState) -> Frame:
    """Clear a frame that has returned, with what it holds up to `sp`; gives its caller."""
    thread.py_recursion_remaining += 1
    caller = frame.previous
    thread.current_frame = caller
    if likely(frame.owner == OWNED_BY_THREAD and not frame.frame_obj):
        clear_frame(thread, frame, sp)
    else:
        save_stack_pointer(frame, sp)
        _PyEval_FrameClearAndPop(thread, frame)
    return caller


@native(convention=TEMPLATE, cold=True)
def abandon(frame: Frame, sp: Stack, thread: ThreadState, value: Object = NULL, extra: Object = NULL) -> Jump:
    """The frame is left by an exception: clear it and raise in its caller. Its value stack is empty
    already.
    """
    thread.py_recursion_remaining += 1
    caller = frame.previous
    thread.current_frame = caller
    _PyEval_FrameClearAndPop(thread, frame)
    return fail_in(caller, sp, thread)


@native(inline=True)
def has_own_hook(thread: ThreadState) -> i1:
    """Whether the interpreter's hook is still the one that the machine has set, or none while it is disabled."""
    return u64(address(thread.interp.eval_frame)) == HOOK


@native
def run_on_host(thread: ThreadState, frame: Frame, throwing: i32) -> Object:
    """Run a frame on the host's loop.

    While tools watch it, what the frame calls runs there too: with a hook in place the host's loop calls functions and
    generators as if they were C, and its events tell. A hook of somebody else's (PEP 523) stays.
    """
    interpreter = thread.interp
    if has_own_hook(thread) and is_monitored(thread, frame.f_executable):
        interpreter.eval_frame = NULL
    value = _PyEval_EvalFrameDefault(thread, frame, throwing)
    if not interpreter.eval_frame:
        interpreter.eval_frame = cast(Ptr[u8], HOOK)
    return value


@native(convention=TEMPLATE, cold=True)
def leave_to_host(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """Have the host's loop run the rest of the frame, from its `instr_ptr`, and go on in the caller with
    the result.
    """
    save_stack_pointer(frame, sp)
    caller = frame.previous
    thread.current_frame = caller
    thread.py_recursion_remaining += 1
    value = run_on_host(thread, frame, 0)
    return give(caller, sp, thread, value)


@native(convention=TEMPLATE, cold=True)
def leave_at(frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16]) -> Jump:
    """Have the host's loop run the rest of the frame, from `unit`."""
    save_stack_pointer(frame, sp)
    if not arrive_at(frame, unit):
        return unwinding.raised(frame, stack_pointer(frame), thread)
    return leave_to_host(frame, stack_pointer(frame), thread)


@native(convention=TEMPLATE, cold=True)
def pay_attention(frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16], onward: Continuation) -> Jump:
    """Attend to what is asked of the thread, then go on at `onward`; if the host's loop is to go on, then
    at `unit`.
    """
    what = attend(thread, frame.f_executable)
    if what == RAISED:
        return unwinding.raised(frame, sp, thread)
    if what == TO_HOST:
        return leave_at(frame, sp, thread, unit)
    return onward(frame, sp, thread)


@native(convention=TEMPLATE, cold=True)
def check_version(frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16], onward: Continuation) -> Jump:
    """`pay_attention` to monitoring alone: where an exception must not come from outside."""
    code = frame.f_executable
    if accept_version(thread, code, block_of(code)):
        return onward(frame, sp, thread)
    return leave_at(frame, sp, thread, unit)


@native(convention=TEMPLATE, inline=True)
def proceed(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The end of an instruction that may have run code of the guest's, by way of C or in a frame of its own: a tool
    that has begun to watch there is told of what this frame does next.
    """
    if unlikely(thread.eval_breaker != VERSION[0]):
        return check_version(frame, sp, thread, FOLLOWING, NEXT)
    return NEXT(sp)


@native(convention=TEMPLATE, inline=True)
def proceed_at_target(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """The same for an instruction that jumps forward then."""
    if unlikely(thread.eval_breaker != VERSION[0]):
        return check_version(frame, sp, thread, FOLLOWING + OPARG, TARGET)
    return TARGET(sp)


@native(convention=TEMPLATE)
def proceed_at(frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16], onward: Continuation) -> Jump:
    """The same outside of templates: `onward` is the machine code of `unit`."""
    if unlikely(thread.eval_breaker != find_block(frame.f_executable).version):
        return check_version(frame, sp, thread, unit, onward)
    return onward(frame, sp, thread)
