"""A frame: one activation of a code object, and the small vocabulary that the instructions are written in.

A frame holds the code, the local variables and cells, the value stack, the globals and built-ins, the offset of
the next instruction and the caller. Instructions say `stack.append`, `stack.pop`, `peek`, `jump`; a frame with its
code, offset, variables and stack is all there is to a suspended computation, so frames can be copied and pickled.

What guest code asks of a frame (`f_lineno`, `f_locals`, `clear()`, ...) is at the end of the class.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kaa.reference.descriptors import Absent, Forgettable, Readonly
from kaa.reference.program import NULL, Program

if TYPE_CHECKING:
    from kaa.reference.generator import Resumable
    from kaa.reference.machine import Thread

type Finish = Callable[[Frame, Any], Frame | None]
"""What becomes of a frame's return value: called with the frame and the value, answers where to go on."""


class Frame:
    """One activation of a code object. Offsets are instruction offsets, in code units."""

    __module__ = Absent()  # the host's have none
    is_boundary = False
    owner: weakref.ref[Resumable] | None = None  # the generator that a frame belongs to
    extra_locals: dict[Any, Any] | None = None  # what was written into `f_locals` under other names
    carries_out: Any = None  # the C function, as a profiler is told, whose call this frame carries out
    caller: Frame | None
    depth: int
    handled_outside: BaseException | None  # the exception that code further out is handling
    traced_line: int | None = None  # the line and offset that `f_trace` was told of last
    traced_offset = -1
    f_trace = Forgettable()
    f_trace_lines: Any = True
    f_trace_opcodes: Any = False

    def __init__(
        self, function: Any, program: Program, variables: list[Any], caller: Frame, names: Any = None
    ) -> None:
        """`variables` has a value or NULL for every local name; `names` is the namespace of a module, a class
        body or an `exec`, and None in a function."""
        self.thread: Thread = caller.thread
        self.code: types.CodeType = function.__code__
        self.globals: dict[str, Any] = function.__globals__
        self.builtins: dict[str, Any] = function.__builtins__
        self.program = program
        self.fused = program.fused
        self.variables = variables
        self.names = names
        self.function = function
        self.finish: Finish | None = None
        self.generator: Resumable | None = None  # while it runs
        self.handled: BaseException | None = None  # the exception that this frame is handling
        self.finished = False
        self.next = 0
        self.stack: list[Any] = []
        self.called_from(caller)

    def called_from(self, caller: Frame) -> None:
        """Put the frame on top of its caller: when it is new, and whenever a generator is resumed."""
        depth = caller.depth + 1
        if depth > self.thread.recursion_limit:
            raise RecursionError("maximum recursion depth exceeded")
        self.depth = depth  # how many frames there are, up to this one
        self.caller = caller
        self.handled_outside = caller.handled if caller.handled is not None else caller.handled_outside

    # The vocabulary of the instructions, beside `stack.append` and `stack.pop`.

    def peek(self, depth: int = 1) -> Any:
        """The value at a depth; 1 is the top."""
        return self.stack[-depth]

    def pop_many(self, count: int) -> list[Any]:
        """The topmost values, the lowest first, taken off the stack."""
        if count == 0:
            return []
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def jump(self, target: int) -> None:
        """Go on at an instruction offset."""
        self.next = target

    @property
    def current(self) -> int:
        """The offset of the instruction that is being carried out, or was the last; -1 before the first."""
        return self.program.starts[self.next] if self.next else -1

    @property
    def exception(self) -> BaseException | None:
        """The exception that is being handled here or in a frame further out."""
        return self.handled if self.handled is not None else self.handled_outside

    def call(self, callable: Any, *arguments: Any, **keywords: Any) -> Any:
        """Call something from within an instruction, and wait for its result."""
        return self.thread.machine.call(callable, arguments, keywords)

    def fail(self, error: BaseException) -> None:
        """Of a boundary: hand an exception to the host."""
        raise SystemError("only a boundary hands over to the host")

    def release(self) -> None:
        """Let go of everything but the variables: the frame will not run again."""
        self.finished = True
        self.stack.clear()
        self.handled = self.handled_outside = None
        if self.generator is not None:
            self.generator.end()
            self.generator = None

    # What guest code asks of a frame.

    if not TYPE_CHECKING:  # a type checker has its own idea of this
        __class__ = property(lambda self: types.FrameType)

    @Readonly
    def f_code(self) -> types.CodeType:
        return self.code

    @Readonly
    def f_globals(self) -> dict[str, Any]:
        return self.globals

    @Readonly
    def f_builtins(self) -> dict[str, Any]:
        return self.builtins

    @Readonly
    def f_back(self) -> Frame | None:
        caller = self.caller
        while caller is not None and caller.is_boundary:
            caller = caller.caller
        return caller

    @Readonly
    def f_lasti(self) -> int:
        """In bytes, as the host counts."""
        return 2 * self.current if self.next else -1

    @Readonly
    def f_lineno(self) -> int | None:
        if not self.next:
            return self.code.co_firstlineno
        return self.program.line_of(self.code, self.current)

    @Readonly
    def f_locals(self) -> Any:
        from kaa.reference.namespaces import frame_locals

        return frame_locals(self)

    def clear(self) -> None:
        """Drop the references to the local variables, as `traceback.clear_frames` wants it."""
        if not self.finished:
            owner = self.owner() if self.owner is not None else None
            if owner is None or owner.state != "created":
                running = "an executing" if self.caller is not None else "a suspended"
                raise RuntimeError(f"cannot clear {running} frame")
            owner.finalize()
        self.variables[:] = [NULL] * len(self.variables)

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle 'frame' object")

    def __repr__(self) -> str:
        code = self.code
        return (
            f"<frame at {id(self):#x}, file {code.co_filename!r}, line {self.f_lineno}, code {code.co_name}>"
        )


Frame.__name__ = Frame.__qualname__ = "frame"

HOST_FRAME: Frame = Frame.__new__(Frame)
"""Where an instruction says to go on when the machine is to hand over to the host code that entered it."""
