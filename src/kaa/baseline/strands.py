"""Strands: chains of frames that go on and wait without a C stack of their own.

A strand has a data stack of its own, on which its frames lie, and so everything that the machine needs of a flow of
control. To run it, C code *enters* it; the frame that calls `swap` from there, with no C code in between, goes on in
another strand by a jump: nothing is copied. The frames of a strand that waits look like those that wait for a function.

In: a function without arguments, which is the outermost frame. Out: a capsule that stands for the strand, and, for
Python, the functions of `Strands`. What `swap` cannot do it refuses, and whoever asked switches C stacks.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kaa.baseline import stacks
from kaa.baseline.calling import push_frame, run_callee
from kaa.baseline.frames import (
    C_STACK_UNITS,
    CHUNK_HEAD,
    ENTRY_WORDS,
    fail_in,
    hand_over,
    lay_out_entry,
    save_stack_pointer,
)
from kaa.baseline.holes import DONE, Continuation, Jump, Stack
from kaa.baseline.objects import False_, None_, decref, decref_maybe, new
from kaa.native.externs import (
    PyCapsule_New,
    PyCapsule_Type,
    PyErr_NoMemory,
    PyErr_SetString,
    PyExc_RuntimeError,
    PyMem_RawFree,
    PyMem_RawMalloc,
    PyThreadState_Get,
    PyThreadState_GetFrame,
    _Py_CheckRecursiveCall,
)
from kaa.native.function import TEMPLATE, Cell, native
from kaa.native.intrinsics import NULL, address, cast, clear_memory, reserve, unlikely
from kaa.native.layouts import (
    ExceptionState,
    Frame,
    FunctionObject,
    Object,
    StackChunk,
    ThreadState,
)
from kaa.native.types import Ptr, Reference, Struct, i1, i32, i64, layout, u8, u64

if TYPE_CHECKING:
    from kaa.native.memory import LoadedImage

POINTER: Final = 2
"""The word of a capsule that holds its pointer."""
ARGUMENTS: Final = 3
"""Of `swap`."""
METH_FASTCALL, METH_O = 0x80, 8

SWAP: Object = Cell("SWAP", Reference(Object))  # type: ignore[assignment]
"""The function `swap`, which calls of the machine know."""


class Place(Struct):
    """What a thread has of a flow of control."""

    frame: Frame
    chunk: StackChunk
    top: Ptr[Object]
    limit: Ptr[Object]
    exc_info: ExceptionState
    exc_value: Object
    previous_item: ExceptionState
    context: Object
    depth: i32


class Activation(Place):
    """Where C code was that has entered a strand, and waits: on its C stack."""

    running: Strand
    result: Object


class Strand(Place):
    """`frame` is there only while it waits without a C stack, and `function` until it begins. `activation` is who has
    entered, while it runs or waits with a C stack; with no C code in between, the thread's room for C recursion is
    `level` then.
    """

    first: StackChunk
    activation: Activation
    function: FunctionObject
    capsule: Object
    level: i32


ACTIVATION_WORDS: Final = layout(Activation).size // 8
STRAND_SIZE: Final = layout(Strand).size


@native(inline=True)
def strand_of(value: Object) -> Strand:
    """The strand of a capsule; NULL if it is none. Capsules of others do not come here."""
    if value.ob_type != PyCapsule_Type:
        return NULL
    return cast(Strand, cast(Ptr[u64], value)[POINTER])


@native(inline=True)
def waits(strand: Strand) -> i1:
    """Whether it can go on, or begin, by a jump."""
    return address(strand.frame) != 0 or address(strand.function) != 0


@native
def may_leave(thread: ThreadState, strand: Strand) -> i1:
    """Whether the thread runs this strand with no C code in between. A greenlet that was switched to from there has
    another data stack.
    """
    if not strand.activation or strand.level != thread.c_recursion_remaining:
        return False
    chunk = thread.datastack_chunk
    while chunk and chunk.previous:
        chunk = chunk.previous
    return address(chunk) == address(strand.first)


@native
def can_go(thread: ThreadState, leaving: Strand, entered: Strand) -> i1:
    """Whether the thread can swap them, or, if they are the same, leave it."""
    if not leaving or not entered or not may_leave(thread, leaving):
        return False
    return address(entered) == address(leaving) or waits(entered)


@native(inline=True)
def save(place: Place, thread: ThreadState) -> None:
    """Take what the thread has."""
    place.frame = thread.current_frame
    place.chunk = thread.datastack_chunk
    place.top = thread.datastack_top
    place.limit = thread.datastack_limit
    place.exc_info = thread.exc_info
    place.exc_value = thread.exc_state.exc_value
    place.previous_item = thread.exc_state.previous_item
    place.context = thread.context
    place.depth = thread.py_recursion_limit - thread.py_recursion_remaining


@native(inline=True)
def restore(place: Place, thread: ThreadState) -> None:
    """Give it to the thread."""
    thread.current_frame = place.frame
    thread.datastack_chunk = place.chunk
    thread.datastack_top = place.top
    thread.datastack_limit = place.limit
    thread.exc_info = place.exc_info
    thread.exc_state.exc_value = place.exc_value
    thread.exc_state.previous_item = place.previous_item
    thread.py_recursion_remaining = thread.py_recursion_limit - place.depth
    if address(thread.context) != address(place.context):
        thread.context = place.context
        thread.context_ver += 1


@native(inline=True)
def take_over(activation: Activation, strand: Strand, level: i32) -> None:
    """Have the strand run for whoever has entered."""
    activation.running = strand
    strand.activation = activation
    strand.level = level


@native(convention=TEMPLATE, apart=True)
def swap_strands(frame: Frame, base: Stack, thread: ThreadState, last: Object, onward: Continuation) -> Jump:
    """`swap(strand, other, order)`, whose callable is in `base[0]`: leave the strand and go on in the other one, whose
    own `swap` gives the order; or, if they are the same, in the C code that has entered. False where that cannot be.
    """
    leaving, entered, order = strand_of(base[2]), strand_of(base[3]), base[4]
    can_swap = can_go(thread, leaving, entered)
    decref(base[0])
    decref(base[2])
    decref(base[3])
    if unlikely(not can_swap):
        decref(order)
        return onward(frame, base, thread, False_)
    base[0] = cast(Object, onward)
    save_stack_pointer(frame, base)
    save(leaving, thread)
    activation = leaving.activation
    leaving.activation = NULL
    if address(entered) == address(leaving):
        return go_back(frame, base, thread, activation, order)
    take_over(activation, entered, leaving.level)
    return go_on(frame, base, thread, entered, order)


@native(convention=TEMPLATE, apart=True)
def go_back(frame: Frame, sp: Stack, thread: ThreadState, activation: Activation, result: Object) -> Jump:
    """Back to the C code that has entered."""
    activation.result = result
    restore(activation, thread)
    return DONE


@native(convention=TEMPLATE, apart=True)
def go_on(frame: Frame, sp: Stack, thread: ThreadState, strand: Strand, order: Object) -> Jump:
    """Go on in a strand that waits, or begin it."""
    restore(strand, thread)
    if unlikely(address(strand.function) != 0):
        decref(order)
        return begin(frame, sp, thread, strand, NULL)
    waiting = strand.frame
    strand.frame = NULL
    return hand_over(waiting, sp, thread, order)


@native(convention=TEMPLATE, apart=True)
def begin(frame: Frame, sp: Stack, thread: ThreadState, strand: Strand, extra: Object) -> Jump:
    """Call the strand's function, on an entry frame of its own."""
    entry = cast(Frame, thread.datastack_top)
    thread.datastack_top = thread.datastack_top + ENTRY_WORDS
    lay_out_entry(entry, NULL, cast(Object, end))
    entry.localsplus[1] = cast(Object, strand)
    thread.current_frame = entry
    thread.exc_info = thread.exc_state
    function = strand.function
    strand.function = NULL
    new(strand.capsule)
    called = push_frame(thread, function, NULL, 0, NULL)
    if not called:
        return fail_in(entry, sp, thread)
    return run_callee(entry, sp, thread, cast(Object, called))


@native(convention=TEMPLATE, apart=True)
def end(frame: Frame, sp: Stack, thread: ThreadState, value: Object) -> Jump:
    """The function has returned: on in the strand that it gives, or else in the C code that has entered."""
    strand = cast(Strand, sp[1])
    activation, level = strand.activation, strand.level
    give_up(strand, thread)
    following = strand_of(value)
    if following and waits(following):
        take_over(activation, following, level)
        decref(value)
        return go_on(frame, sp, thread, following, new(None_))
    return go_back(frame, sp, thread, activation, value)


@native
def give_up(strand: Strand, thread: ThreadState) -> None:
    """Free what belongs to the running strand, which has ended. The thread must be given another place."""
    context = thread.context
    thread.context = NULL
    thread.context_ver += 1
    decref_maybe(context)
    chunk = thread.datastack_chunk
    while chunk:
        previous = chunk.previous
        stacks.free_arena(u64(0), u64(address(chunk)), chunk.size)
        chunk = previous
    strand.first = NULL
    strand.activation = NULL
    decref(strand.capsule)


# -- functions for Python


@native
def swap(module: Object, arguments: Stack, count: i64) -> Object:
    """Where it is not the machine that calls: there is C code in between."""
    return False_


@native
def enter_strand(module: Object, arguments: Stack, count: i64) -> Object:
    """`enter(strand, order)`: run strands, this one first, until one of them leaves to here, or ends and names no other
    one. What it leaves with, or has returned.
    """
    strand = strand_of(arguments[0])
    if not strand or not waits(strand):
        PyErr_SetString(PyExc_RuntimeError[0], "this strand does not wait")
        return NULL
    thread = PyThreadState_Get()
    left = thread.c_recursion_remaining
    thread.c_recursion_remaining = left - C_STACK_UNITS
    if left < 0 and _Py_CheckRecursiveCall(thread, ""):
        thread.c_recursion_remaining = left
        return NULL
    activation = cast(Activation, reserve(u64, ACTIVATION_WORDS))
    save(activation, thread)
    activation.result = NULL
    take_over(activation, strand, left - C_STACK_UNITS)
    go_on(NULL, NULL, thread, strand, new(arguments[1]))
    if not activation.result:  # the function has raised
        give_up(activation.running, thread)
        restore(activation, thread)
    thread.c_recursion_remaining = left
    return activation.result


@native
def new_strand(module: Object, function: Object) -> Object:
    """`new(function)`: a strand on the host's usual size of data stack."""
    return make_strand(function, u64(stacks.CHUNK))


@native
def new_small_strand(module: Object, function: Object) -> Object:
    """The same, on a small one."""
    return make_strand(function, u64(stacks.SMALL))


@native
def make_strand(function: Object, size: u64) -> Object:
    """A strand that has not begun; NULL with MemoryError."""
    place = stacks.allocate_small() if size == stacks.SMALL else stacks.allocate_arena(u64(0), size)
    if place == 0:
        return PyErr_NoMemory()
    strand = cast(Strand, PyMem_RawMalloc(u64(STRAND_SIZE)))
    if not strand:
        stacks.free_arena(u64(0), place, size)
        return PyErr_NoMemory()
    clear_memory(strand, STRAND_SIZE)
    chunk = cast(StackChunk, place)
    chunk.previous = NULL
    chunk.size = size
    chunk.top = 0
    strand.chunk = chunk
    strand.first = chunk
    strand.top = cast(Ptr[Object], place + CHUNK_HEAD)
    strand.limit = cast(Ptr[Object], place + size)
    strand.capsule = PyCapsule_New(cast(Ptr[u8], strand), NULL, free_strand)
    if not strand.capsule:
        stacks.free_arena(u64(0), place, size)
        PyMem_RawFree(cast(Ptr[u8], strand))
        return NULL
    strand.function = cast(FunctionObject, new(function))
    return strand.capsule


@native
def free_strand(capsule: Object) -> None:
    """The capsule's end. One that waits, and will not go on, keeps what its frames hold."""
    strand = strand_of(capsule)
    if strand.function:
        stacks.free_arena(u64(0), u64(address(strand.first)), strand.first.size)
        decref(strand.function)
    PyMem_RawFree(cast(Ptr[u8], strand))


@native
def strand_frame(module: Object, capsule: Object) -> Object:
    """`frame(strand)`: the innermost frame of a strand that waits, as an object; None if it has none."""
    strand = strand_of(capsule)
    if not strand or not strand.frame:
        return new(None_)
    thread = PyThreadState_Get()
    current = thread.current_frame
    thread.current_frame = strand.frame
    found = PyThreadState_GetFrame(thread)
    thread.current_frame = current
    return cast(Object, found)


ENTRANCES: Final[list[Any]] = [swap, enter_strand, new_strand, new_small_strand, strand_frame]


class _Definition(ctypes.Structure):
    """The host's `PyMethodDef`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("method", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_FIELDS = layout(Strand).fields


class Strands:
    """Strands, for Python: their functions, as built-in ones, and what is in one that waits."""

    def __init__(self, loaded: LoadedImage) -> None:
        self._loaded = loaded
        self._definitions: list[_Definition] = []
        self.swap = self._builtin("swap", METH_FASTCALL)
        self.enter = self._builtin("enter_strand", METH_FASTCALL)
        self.new = self._builtin("new_strand", METH_O)
        self._new_small = self._builtin("new_small_strand", METH_O)
        self._is_installed = False
        self.frame = self._builtin("strand_frame", METH_O)
        loaded.cell("SWAP").value = id(self.swap)

    def _builtin(self, name: str, flags: int) -> Any:
        definition = _Definition(name.encode(), self._loaded.address(name), flags, None)
        self._definitions.append(definition)
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype = ctypes.py_object
        make.argtypes = [ctypes.c_void_p] * 3
        return make(ctypes.addressof(definition), None, None)

    def new_small(self, function: Callable[[], Any]) -> Any:
        """A strand on a small data stack. From the first one on, the chunks that these need at times are kept."""
        if not self._is_installed:
            self._is_installed = True
            stacks.install(self._loaded)
        return self._new_small(function)

    def innermost(self, strand: Any) -> int:
        """The address of its innermost frame, if it waits; else 0."""
        return _word(_pointer(strand) + _FIELDS["frame"].offset)

    def handled(self, strand: Any) -> int:
        """The identity of the exception that is handled there; 0 for none."""
        place = _pointer(strand)
        item = _word(place + _FIELDS["exc_info"].offset)
        while (previous := _word(item + 8)) and not _is_exception(_word(item)):
            item = previous
        found = _word(item) if previous else _word(place + _FIELDS["exc_value"].offset)
        return found if _is_exception(found) else 0


def _is_exception(identity: int) -> bool:
    return identity not in (0, id(None))


def _pointer(strand: Any) -> int:
    return _word(id(strand) + 8 * POINTER)


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value
