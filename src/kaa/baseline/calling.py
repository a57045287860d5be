"""Calls from guest to guest: pushing a callee's frame, and going on in a suspended generator.

In: a callable and its arguments on the caller's value stack. Out: the callee's frame, which runs, while the caller
waits with the address to go on in the first free slot of its stack (see `frames`).

Words of the inline cache of a call:

    0  function's version + 1 (0: empty); for a class, its type's version + 1 + CLASS_MARK
    1  the function's machine code; for a class, its `__init__` is the function
    2  bytes from the function's frame to its value stack
    3  how many arguments it got, with self
    4  the kind, one of the numbers of `attribute_cache`
    5  misses so far
    6  the instruction's argument
    7  how many parameters get their defaults
    8  not used: caches of attributes have their further entries here
    9  for a class, its `__init__` (borrowed from the class)
   10  for a class, that function's version + 1

A function's version stands for its code as long as nobody gives it another one, other defaults, or another way to be
called; closures of the same code share it.
"""

from __future__ import annotations

from typing import Final

from kaa.baseline import unwinding
from kaa.baseline.attention import too_deep
from kaa.baseline.attribute_cache import CALL_OF_FUNCTION, KIND, may_learn
from kaa.baseline.block import find_block, is_warm
from kaa.baseline.cells import FUNCTION_VECTORCALL
from kaa.baseline.frames import (
    EXECUTING,
    OWNED_BY_THREAD,
    abandon,
    leave_to_host,
    machine_address,
    pay_attention,
    proceed_at,
    save_stack_pointer,
    stack_base,
    stack_pointer,
)
from kaa.baseline.holes import Continuation, Jump, Stack
from kaa.baseline.linker import block_of
from kaa.baseline.objects import incref
from kaa.bytecode.instructions import BY_NAME
from kaa.native.externs import PyFunction_Type, _PyEvalFramePushAndInit
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, unlikely
from kaa.native.layouts import CodeObject, Frame, FunctionObject, GeneratorObject, Object, ThreadState
from kaa.native.types import Ptr, i1, i64, u64

VERSION, ENTRY, ROOM, COUNT = 0, 1, 2, 3
ARGUMENT, MISSING, INITIALIZER, INITIALIZER_VERSION = 6, 7, 9, 10
WORDS: Final = 11
CLASS_MARK: Final = 1 << 32
CO_OPTIMIZED: Final = 1
LOCALS: Final = 72
"""Bytes from a frame to its locals."""
CALL_UNITS: Final = 1 + BY_NAME["CALL"].caches


@native(inline=True)
def is_guest(callable: Object) -> i1:
    """Whether this is a function written in Python that nobody has given another way to be called."""
    if callable.ob_type != PyFunction_Type:
        return False
    return address(cast(FunctionObject, callable).vectorcall) == address(FUNCTION_VECTORCALL)


@native
def push_frame(
    thread: ThreadState, function: FunctionObject, arguments: Stack, count: i64, names: Object
) -> Frame:
    """A frame for a call; takes the references to the function and the arguments. NULL: raised, references
    gone.
    """
    code = function.func_code
    local_names: Object = NULL
    if code.co_flags & CO_OPTIMIZED == 0:
        local_names = function.func_globals
        incref(local_names)
    return _PyEvalFramePushAndInit(thread, function, local_names, arguments, u64(count), names)


@native(convention=TEMPLATE, apart=True)
def call_function(
    frame: Frame, base: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Jump:
    """Call the function in `base[0]`; the cache says with how many positional arguments, and learns.

    The first one is in `base[1]` or, if that is NULL, in `base[2]`.
    """
    function = cast(FunctionObject, base[0])
    if is_known(function, cache):
        known = push_known(frame, base, thread, cache, onward)
        if known:
            return run_known(known, base, thread, cache)
    count = i64(cache[ARGUMENT])
    arguments = base + 2
    if base[1]:
        arguments = base + 1
        count += 1
    called = push_simple(thread, function, arguments, count)
    if likely(called):
        if function.func_version != 0 and may_learn(cache):
            if learn_function(function, count, cache):
                cache[VERSION] = version_mark(function)
        return enter(frame, base, thread, called, onward)
    called = push_frame(thread, function, arguments, count, NULL)
    if not called:
        return unwinding.raised(frame, base, thread)
    base[0] = cast(Object, onward)
    save_stack_pointer(frame, base)
    return run_callee(frame, base, thread, cast(Object, called))


@native
def learn_function(function: FunctionObject, count: i64, cache: Ptr[u64]) -> i1:
    """Note all but the version of what `push_simple` has just found of a function. Whether the version may be noted,
    too, with which the cache is believed: the function's machine code stays where it is.
    """
    block = find_block(function.func_code)
    cache[VERSION] = 0
    cache[ENTRY] = block.start
    cache[ROOM] = u64(LOCALS + 8 * i64(function.func_code.co_nlocalsplus))
    cache[COUNT] = u64(count)
    cache[KIND] = CALL_OF_FUNCTION
    cache[MISSING] = u64(block.simple - count)
    return is_warm(block)


@native(inline=True)
def is_known(callable: Object, cache: Ptr[u64]) -> i1:
    """Whether this is the function that the cache knows."""
    if callable.ob_type != PyFunction_Type:
        return False
    return version_mark(cast(FunctionObject, callable)) == cache[VERSION]


@native(inline=True)
def version_mark(function: FunctionObject) -> u64:
    """What a cache has of a function, to know it again; a function without a version is never in a cache."""
    return u64(function.func_version) + u64(1)


@native(apart=True)
def push_known(
    frame: Frame, base: Stack, thread: ThreadState, cache: Ptr[u64], onward: Continuation
) -> Frame:
    """The running frame of a call of the function that the cache knows, and the caller waits.

    NULL if the call is not as the cache remembers it, or if there is no room: nothing has happened then.
    """
    function = cast(FunctionObject, base[0])
    arguments = base + 2
    given = i64(cache[ARGUMENT])
    if base[1]:
        arguments = base + 1
        given += 1
    if unlikely(not can_push_known(thread, function, given, cache)):
        return NULL
    base[0] = cast(Object, onward)
    return push_arguments(frame, base, thread, function, arguments, cache)


@native(inline=True)
def can_push_known(thread: ThreadState, function: FunctionObject, given: i64, cache: Ptr[u64]) -> i1:
    """Whether a call of the function that the cache knows is as the cache remembers it, and there is room."""
    missing = i64(cache[MISSING])
    if given != i64(cache[COUNT]) or (missing != 0 and not has_defaults(function, missing)):
        return False
    room = thread.datastack_limit - thread.datastack_top
    return i64(function.func_code.co_framesize) < room and thread.py_recursion_remaining > 0


@native
def push_arguments(
    frame: Frame,
    waiting: Stack,
    thread: ThreadState,
    function: FunctionObject,
    arguments: Stack,
    cache: Ptr[u64],
) -> Frame:
    """The running frame of such a call, with the references to the function and the arguments. The caller's stack ends
    at `waiting`, where the address to go on is.
    """
    code = function.func_code
    called = cast(Frame, thread.datastack_top)
    thread.datastack_top = thread.datastack_top + i64(code.co_framesize)
    fill_frame(called, function, code)
    give_arguments(called, function, arguments, i64(cache[COUNT]), i64(cache[MISSING]))
    save_stack_pointer(frame, waiting)
    called.previous = frame
    thread.current_frame = called
    thread.py_recursion_remaining -= 1
    return called


@native(convention=TEMPLATE, inline=True)
def run_known(called: Frame, sp: Stack, thread: ThreadState, cache: Ptr[u64]) -> Jump:
    """Jump to the beginning of the function that the cache knows."""
    end = cast(Ptr[Object], address(called) + i64(cache[ROOM]))
    return cast(Continuation, cache[ENTRY])(called, end, thread)


@native(inline=True)
def give_arguments(
    called: Frame, function: FunctionObject, arguments: Stack, count: i64, missing: i64
) -> None:
    """Fill a frame's locals: the arguments (their references move), defaults, and nothing for the rest."""
    places: Stack = called.localsplus
    end = places + i64(called.f_executable.co_nlocalsplus)
    for index in range(count):
        places[index] = arguments[index]
    places += count
    if missing:
        copy_defaults(function, places, missing)
        places += missing
    while places < end:
        places[0] = NULL
        places += 1


@native
def can_push(thread: ThreadState, function: FunctionObject, count: i64) -> i1:
    """Whether `push_simple` will give a frame."""
    code = function.func_code
    block = find_block(code)
    if not block:
        return False
    missing = block.simple - count
    if missing != 0 and not has_defaults(function, missing):
        return False
    return i64(code.co_framesize) < thread.datastack_limit - thread.datastack_top


@native(inline=True)
def push_simple(thread: ThreadState, function: FunctionObject, arguments: Stack, count: i64) -> Frame:
    """A frame for a function with plain parameters, ready to run; NULL if it is not that simple.

    Takes the references to the function and the arguments, unless it gives NULL.
    """
    code = function.func_code
    block = find_block(code)
    if not block:
        return NULL
    missing = block.simple - count
    size = i64(code.co_framesize)
    top = thread.datastack_top
    if missing != 0 and not has_defaults(function, missing):
        return NULL
    if size >= thread.datastack_limit - top:
        return NULL
    called = cast(Frame, top)
    thread.datastack_top = top + size
    fill_frame(called, function, code)
    give_arguments(called, function, arguments, count, missing)
    return called


@native(apart=True)
def push_any(
    thread: ThreadState, function: FunctionObject, arguments: Stack, count: i64, names: Object
) -> Frame:
    """`push_frame`, by the short way if that will do: a frame that is ready for `run_callee`."""
    if not names:
        called = push_simple(thread, function, arguments, count)
        if called:
            save_stack_pointer(called, stack_base(called))
            return called
    return push_frame(thread, function, arguments, count, names)


@native(convention=TEMPLATE)
def enter(frame: Frame, sp: Stack, thread: ThreadState, callee: Frame, onward: Continuation) -> Jump:
    """Run a frame of `push_simple`; the caller waits with its stack at `sp`, to go on at `onward`."""
    sp[0] = cast(Object, onward)
    save_stack_pointer(frame, sp)
    callee.previous = frame
    thread.current_frame = callee
    code = callee.f_executable
    end = callee.localsplus + i64(code.co_nlocalsplus)
    thread.py_recursion_remaining -= 1
    if thread.py_recursion_remaining < 0 and too_deep(thread):
        save_stack_pointer(callee, end)
        return abandon(callee, end, thread)
    return cast(Continuation, find_block(code).start)(callee, end, thread)


@native(inline=True)
def fill_frame(frame: Frame, function: FunctionObject, code: CodeObject) -> None:
    """Everything but the locals of a new frame on the thread's stack. Takes the reference to the function."""
    incref(code)
    frame.f_executable = code
    frame.f_funcobj = function
    frame.f_globals = function.func_globals
    frame.f_builtins = function.func_builtins
    frame.f_locals = NULL
    frame.frame_obj = NULL
    frame.instr_ptr = code.co_code_adaptive
    frame.stacktop = -1
    frame.return_offset = 0
    frame.owner = OWNED_BY_THREAD


@native(inline=True)
def has_defaults(function: FunctionObject, missing: i64) -> i1:
    """Whether the function has defaults for its last parameters, so many of them."""
    defaults = function.func_defaults
    return missing > 0 and address(defaults) != 0 and missing <= defaults.ob_size


@native
def copy_defaults(function: FunctionObject, places: Stack, missing: i64) -> None:
    """Give the last parameters their defaults."""
    defaults = function.func_defaults
    first = defaults.ob_size - missing
    for index in range(missing):
        value = defaults.ob_item[first + index]
        incref(value)
        places[index] = value


@native(convention=TEMPLATE, apart=True)
def run_callee(frame: Frame, sp: Stack, thread: ThreadState, callee: Object) -> Jump:
    """Go on in `callee` (a Frame); the caller's stack pointer and address to go on are in place."""
    called = cast(Frame, callee)
    called.previous = frame
    thread.current_frame = called
    thread.py_recursion_remaining -= 1
    if thread.py_recursion_remaining < 0 and too_deep(thread):
        return abandon(called, sp, thread)
    block = block_of(called.f_executable)
    if not block or block.start == 0:
        return leave_to_host(called, stack_pointer(called), thread)
    return machine_address(block, called.instr_ptr)(called, stack_pointer(called), thread)


@native(convention=TEMPLATE, apart=True)
def call_returned(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The end of a CALL without a second part of its own, which gives `value`."""
    sp[0] = value
    return go_on_behind_call(frame, sp + 1, thread)


@native(convention=TEMPLATE, inline=True)
def go_on_behind_call(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """On at the instruction after the CALL at which the frame is, whose result is on the stack."""
    block = find_block(frame.f_executable)
    following = frame.instr_ptr + CALL_UNITS
    onward = machine_address(block, following)
    if unlikely(thread.eval_breaker != block.version):
        return pay_attention(frame, sp, thread, following, onward)
    return onward(frame, sp, thread)


@native(convention=TEMPLATE, inline=True)
def go_on_behind(frame: Frame, sp: Stack, thread: ThreadState, units: Static[int]) -> Jump:
    """On behind the instruction at which the frame is, and which has so many code units and may have run code of the
    guest's (see `proceed`).
    """
    following = frame.instr_ptr + units
    onward = machine_address(find_block(frame.f_executable), following)
    return proceed_at(frame, sp, thread, following, onward)


@native(convention=TEMPLATE, inline=True)
def resume_generator(
    frame: Frame, sp: Stack, thread: ThreadState, generator: GeneratorObject, sent: Object
) -> Jump:
    """Go on in a suspended generator, which gets a reference to `sent`. The caller waits with its stack at
    `sp`.

    Each template that does this has a jump of its own, so that the processor can tell their targets apart.
    """
    called = generator.gi_iframe
    onward = wake(frame, sp, thread, generator, sent)
    if unlikely(address(onward) == 0):
        return run_callee(frame, sp, thread, cast(Object, called))
    return onward(called, stack_pointer(called), thread)


@native(inline=True)
def has_returned(generator: Object) -> i1:
    """Whether a generator that has been resumed is at its end, and what arrives is its result."""
    return cast(GeneratorObject, generator).gi_frame_state > EXECUTING


@native(apart=True)
def wake(
    frame: Frame, sp: Stack, thread: ThreadState, generator: GeneratorObject, sent: Object
) -> Continuation:
    """Have a suspended generator run; where its machine code goes on. NULL leaves the rest to `run_callee`."""
    called = generator.gi_iframe
    called.localsplus[i64(called.stacktop)] = sent
    called.stacktop += 1
    generator.gi_frame_state = EXECUTING
    generator.gi_exc_state.previous_item = thread.exc_info
    thread.exc_info = generator.gi_exc_state
    save_stack_pointer(frame, sp)
    block = find_block(called.f_executable)
    if unlikely(not block or block.start == 0 or thread.py_recursion_remaining <= 0):
        return NULL
    called.previous = frame
    thread.current_frame = called
    thread.py_recursion_remaining -= 1
    return machine_address(block, called.instr_ptr)
