"""Templates for control flow: jumps, iteration, returning, and where the machine attends to signals and
threads.
"""

from __future__ import annotations

from kaa.baseline.calling import enter, has_returned, is_guest, push_simple, resume_generator
from kaa.baseline.cells import SLOT_ITER, STRINGS
from kaa.baseline.frames import (
    EXECUTING,
    check_version,
    finish,
    go_on_warm,
    has_run_enough,
    pay_attention,
    proceed,
    proceed_at,
    proceed_at_target,
)
from kaa.baseline.holes import (
    AFTER,
    CONSTANT,
    FOLLOWING,
    INSTRUCTION,
    LOADED,
    NEXT,
    OPARG,
    RESUMED,
    STORED,
    TARGET,
    VERSION,
    Continuation,
    Jump,
    Stack,
)
from kaa.baseline.numbers import box_int, fits_used_int, is_spare_int, overwrite_int
from kaa.baseline.objects import False_, None_, True_, decref, decref_maybe, here, incref, new, release, slot
from kaa.baseline.template import brief, immortal, second, template, variant
from kaa.baseline.unwinding import raised, tell_raise
from kaa.native.externs import (
    PyErr_Clear,
    PyErr_ExceptionMatches,
    PyErr_Format,
    PyExc_StopIteration,
    PyExc_TypeError,
    PyGen_Type,
    PyIter_Check,
    PyListIter_Type,
    PyObject_GetIter,
    PyRangeIter_Type,
    PyTupleIter_Type,
    _PyType_Lookup,
)
from kaa.native.function import TEMPLATE, Static, native
from kaa.native.intrinsics import NULL, address, cast, likely, unlikely
from kaa.native.layouts import (
    Frame,
    FunctionObject,
    GeneratorObject,
    ListObject,
    Object,
    RangeIterator,
    SequenceIterator,
    ThreadState,
    TupleObject,
)
from kaa.native.types import Ptr, i1, i64, u16, u64

_iter = STRINGS["__iter__"]


@template()
def RESUME(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return pay_attention(frame, sp, thread, INSTRUCTION, NEXT)
    return NEXT(sp)


@variant("RESUME", 2, mask=3)
@variant("RESUME", 3, mask=3)
def RESUME_DELEGATE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    """After `yield from` and `await`: signals wait for the innermost generator."""
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return check_version(frame, sp, thread, INSTRUCTION, NEXT)
    return NEXT(sp)


@brief("RESUME")
def RESUME_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if unlikely(has_run_enough(VERSION)):
        return go_on_warm(frame, sp, thread, INSTRUCTION)
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return pay_attention(frame, sp, thread, INSTRUCTION, NEXT)
    return NEXT(sp)


@brief("RESUME", 2, 3, mask=3)
def RESUME_DELEGATE_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if unlikely(has_run_enough(VERSION)):
        return go_on_warm(frame, sp, thread, INSTRUCTION)
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return check_version(frame, sp, thread, INSTRUCTION, NEXT)
    return NEXT(sp)


@template()
def JUMP_FORWARD(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return TARGET(sp)


@template()
def JUMP_BACKWARD(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return pay_attention(frame, sp, thread, INSTRUCTION, TARGET)
    return TARGET(sp)


@brief("JUMP_BACKWARD")
def JUMP_BACKWARD_brief(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if unlikely(has_run_enough(VERSION)):
        return go_on_warm(frame, sp, thread, INSTRUCTION)
    if unlikely(thread.eval_breaker != VERSION[0]):
        here(frame)
        return pay_attention(frame, sp, thread, INSTRUCTION, TARGET)
    return TARGET(sp)


@template()
def JUMP_BACKWARD_NO_INTERRUPT(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    return TARGET(sp)


@template()
def POP_JUMP_IF_TRUE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if sp[-1] == True_:
        return TARGET(sp - 1)
    return NEXT(sp - 1)


@template()
def POP_JUMP_IF_FALSE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    if sp[-1] == False_:
        return TARGET(sp - 1)
    return NEXT(sp - 1)


@template()
def POP_JUMP_IF_NONE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value == None_:
        return TARGET(sp - 1)
    release(frame, value)
    return NEXT(sp - 1)


@template()
def POP_JUMP_IF_NOT_NONE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    value = sp[-1]
    if value == None_:
        return NEXT(sp - 1)
    release(frame, value)
    return TARGET(sp - 1)


@template()
def RETURN_VALUE(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return finish(frame, sp - 1, thread, sp[-1])


@template()
def RETURN_CONST(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return finish(frame, sp, thread, new(CONSTANT))


@immortal("RETURN_CONST")
def RETURN_CONST_immortal(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return finish(frame, sp, thread, CONSTANT)


@native(convention=TEMPLATE, apart=True)
def get_iterator(
    frame: Frame, sp: Stack, thread: ThreadState, resumed: Continuation, onward: Continuation
) -> Jump:
    """`iter(value)`; on at `onward`, or at `resumed` with what an `__iter__` of ours returns."""
    value = sp[-1]
    kind = value.ob_type
    if address(kind.tp_iter) == address(SLOT_ITER):
        function = _PyType_Lookup(kind, _iter)
        if function and is_guest(function):
            called = push_simple(thread, cast(FunctionObject, function), sp - 1, 1)
            if called:
                incref(function)
                return enter(frame, sp - 1, thread, called, resumed)
    iterator = PyObject_GetIter(value)
    decref(value)
    if unlikely(not iterator):
        return raised(frame, sp - 1, thread)
    sp[-1] = iterator
    return proceed_at(frame, sp, thread, frame.instr_ptr + 1, onward)


@template()
def GET_ITER(frame: Frame, sp: Stack, thread: ThreadState) -> Jump:
    here(frame)
    return get_iterator(frame, sp, thread, RESUMED, NEXT)


@second("GET_ITER", "GET_YIELD_FROM_ITER")
def GET_ITER_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    if unlikely(address(value.ob_type.tp_iternext) == 0 or PyIter_Check(value) == 0):
        return no_iterator(frame, sp, thread, value)
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@native(convention=TEMPLATE, cold=True)
def no_iterator(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """What an `__iter__` has returned cannot be iterated over."""
    PyErr_Format(PyExc_TypeError[0], "iter() returned non-iterator of type '%.100s'", value.ob_type.tp_name)
    decref(value)
    return raised(frame, sp, thread)


@native
def stopped(thread: ThreadState, frame: Frame) -> i1:
    """Whether an iterator that gave NULL is at its end; if not, an exception stays set."""
    if not thread.current_exception:
        return True
    if PyErr_ExceptionMatches(PyExc_StopIteration[0]) == 0:
        return False
    tell_raise(thread, frame)
    PyErr_Clear()
    return True


@native(inline=True)
def next_of_sequence(iterator: SequenceIterator, size: i64, items: Stack) -> Object:
    """The next item of a list's or tuple's iterator, new; NULL at the end."""
    index = iterator.it_index
    if unlikely(u64(index) >= u64(size)):
        return NULL
    iterator.it_index = index + 1
    return new(items[index])


@native(apart=True)
def next_item(thread: ThreadState, iterator: Object) -> Object:
    """What an iterator gives next, new; NULL at its end or with an exception."""
    kind = iterator.ob_type
    if kind == PyRangeIter_Type:
        numbers = cast(RangeIterator, iterator)
        if numbers.len <= 0:
            return NULL
        value = numbers.start
        numbers.start = value + numbers.step
        numbers.len -= 1
        return box_int(value)
    if kind == PyListIter_Type:
        items = cast(ListObject, cast(SequenceIterator, iterator).it_seq)
        if items:
            found = next_of_sequence(cast(SequenceIterator, iterator), items.ob_size, items.ob_item)
            if found:
                return found
    elif kind == PyTupleIter_Type:
        fixed = cast(TupleObject, cast(SequenceIterator, iterator).it_seq)
        if fixed:
            found = next_of_sequence(cast(SequenceIterator, iterator), fixed.ob_size, fixed.ob_item)
            if found:
                return found
    return kind.tp_iternext(iterator)


def iterate(frame: Frame, sp: Stack, thread: ThreadState, follower: Static[str]) -> Jump:
    """The next item of the iterator on top: pushed, or put into the local variable into which `follower` stores.

    A number of a range overwrites the last one if nobody but the variable has that.
    """
    iterator = sp[-1]
    if follower and iterator.ob_type == PyRangeIter_Type:
        numbers = cast(RangeIterator, iterator)
        number, last = numbers.start, slot(frame, STORED)[0]
        if likely(numbers.len > 0 and fits_used_int(number) and is_spare_int(last, NULL, NULL)):
            numbers.start = number + numbers.step
            numbers.len -= 1
            overwrite_int(last, number)
            return load_after_store(frame, sp, thread, follower)
    here(frame)
    if follower and likely(iterator.ob_type == PyListIter_Type):
        sequence = cast(SequenceIterator, iterator)
        items = cast(ListObject, sequence.it_seq)
        if likely(items):
            item = next_of_sequence(sequence, items.ob_size, items.ob_item)
            if likely(item):
                return store_item(frame, sp, thread, item, follower)
    if iterator.ob_type == PyGen_Type:
        generator = cast(GeneratorObject, iterator)
        if generator.gi_frame_state < EXECUTING:
            sp[0] = cast(Object, RESUMED)
            return resume_generator(frame, sp, thread, generator, None_)
    value = next_item(thread, iterator)
    if unlikely(not value):
        return stop_iteration(frame, sp, thread, FOLLOWING + OPARG, TARGET)
    if follower and likely(thread.eval_breaker == VERSION[0]):
        return store_item(frame, sp, thread, value, follower)
    sp[0] = value
    return proceed(frame, sp + 1, thread)


@native(convention=TEMPLATE, inline=True)
def store_item(frame: Frame, sp: Stack, thread: ThreadState, item: Object, follower: Static[str]) -> Jump:
    """Put an item into the local variable into which a following instruction stores."""
    place = slot(frame, STORED)
    old = place[0]
    place[0] = item
    frame.instr_ptr = FOLLOWING
    decref_maybe(old)
    return load_after_store(frame, sp, thread, follower)


@native(convention=TEMPLATE, inline=True)
def load_after_store(frame: Frame, sp: Stack, thread: ThreadState, follower: Static[str]) -> Jump:
    """What is left to do of a following instruction that stores, and may load then."""
    if follower == "STORE_FAST_LOAD_FAST":
        sp[0] = new(slot(frame, LOADED)[0])
        return AFTER(sp + 1)
    return AFTER(sp)


template("FOR_ITER", follower="")(iterate)
for _follower in ("STORE_FAST", "STORE_FAST_LOAD_FAST"):
    variant("FOR_ITER", 0, mask=0, before=_follower, follower=_follower)(iterate)


@native(convention=TEMPLATE, apart=True)
def stop_iteration(
    frame: Frame, sp: Stack, thread: ThreadState, unit: Ptr[u16], onward: Continuation
) -> Jump:
    """The end of a loop's iterator: on behind the loop, at `unit`. Or an exception of it."""
    if stopped(thread, frame):
        sp[0] = None_  # for END_FOR to drop
        return proceed_at(frame, sp + 1, thread, unit, onward)
    return raised(frame, sp, thread)


@second("FOR_ITER")
def FOR_ITER_resumed(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The generator has yielded or returned `value`; its result ends the loop."""
    sp[0] = value
    if has_returned(sp[-1]):
        return proceed_at_target(frame, sp + 1, thread)
    return proceed(frame, sp + 1, thread)
