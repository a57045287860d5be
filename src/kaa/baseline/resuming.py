"""`next(generator)`, `next(generator, default)` and `generator.send(value)`, with no C code in between.

In: such a call on the stack, and a generator or coroutine that waits. Out: its frame runs; what it yields is the call's
result. If it returns, that is StopIteration, or the default.
"""

from __future__ import annotations

from kaa.baseline.calling import go_on_behind_call, has_returned, resume_generator
from kaa.baseline.cells import COROUTINE_SEND, GENERATOR_SEND, NEXT_ITEM
from kaa.baseline.frames import CREATED, EXECUTING
from kaa.baseline.holes import Jump, Stack
from kaa.baseline.objects import None_, decref, new
from kaa.baseline.unwinding import raised
from kaa.native.externs import (
    PyCoro_Type,
    PyErr_SetNone,
    PyExc_StopIteration,
    PyGen_Type,
    _PyGen_SetStopIterationValue,
)
from kaa.native.function import TEMPLATE, native
from kaa.native.intrinsics import NULL, cast
from kaa.native.layouts import Frame, GeneratorObject, Object, ThreadState
from kaa.native.types import i1, i64

ALL_WITH_DEFAULT = 4
"""What is on the stack for `next(generator, default)`."""


@native(inline=True)
def may_resume(callable: Object) -> i1:
    """Whether calls of this can resume a generator."""
    return callable in (NEXT_ITEM, GENERATOR_SEND, COROUTINE_SEND)


@native
def resumed_by(base: Stack, count: i64) -> GeneratorObject:
    """The generator that a call of what `may_resume` resumes; NULL if C has to find out what to do."""
    by_next = base[0] == NEXT_ITEM
    arguments = base + 1 if base[1] else base + 2
    given = count + 1 if base[1] else count
    if (by_next and (base[1] or given < 1)) or (not by_next and given != 2) or given > 2:
        return NULL
    receiver = arguments[0]
    if receiver.ob_type != (PyCoro_Type if base[0] == COROUTINE_SEND else PyGen_Type):
        return NULL
    generator = cast(GeneratorObject, receiver)
    if generator.gi_frame_state >= EXECUTING:
        return NULL
    if not by_next and generator.gi_frame_state == CREATED and arguments[1] != None_:
        return NULL
    return generator


@native(convention=TEMPLATE, apart=True)
def resume_by_call(
    frame: Frame, sp: Stack, thread: ThreadState, base: Stack, generator: GeneratorObject
) -> Jump:
    """Make the call on the stack from `base` to `sp`. The caller waits with the callable, perhaps the default, and the
    generator on its stack.
    """
    last = sp[-1]
    if base[0] == NEXT_ITEM and sp - base == ALL_WITH_DEFAULT:
        base[1] = last
        base[2] = generator
        base[3] = cast(Object, arrived_or_default)
        return resume_generator(frame, base + 3, thread, generator, None_)
    sent = None_ if base[0] == NEXT_ITEM else last
    base[1] = generator
    base[2] = cast(Object, arrived)
    return resume_generator(frame, base + 2, thread, generator, sent)


@native(convention=TEMPLATE, apart=True)
def arrived(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The generator has yielded or returned `value`."""
    if has_returned(sp[-1]):
        if value == None_:
            PyErr_SetNone(PyExc_StopIteration[0])
        else:
            _PyGen_SetStopIterationValue(value)
            decref(value)
        return raised(frame, sp, thread)
    return give_result(frame, sp, thread, sp - 2, value)


@native(convention=TEMPLATE, apart=True)
def arrived_or_default(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The same, where the result is the default below the generator if that has returned."""
    if has_returned(sp[-1]):
        decref(value)
        value = new(sp[-2])
    return give_result(frame, sp, thread, sp - 3, value)


@native(convention=TEMPLATE, apart=True)
def give_result(frame: Frame, sp: Stack, thread: ThreadState, base: Stack, value: Object) -> Jump:
    """The call's result takes the place of all from `base` on. On at the instruction after the CALL."""
    while sp > base:
        sp -= 1
        decref(sp[0])
    sp[0] = value
    return go_on_behind_call(frame, sp + 1, thread)
