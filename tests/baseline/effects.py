"""What stands on the stack and in the locals before each instruction of the programs of `programs.py`.

`python effects.py host` asks the host's loop, by its events for a tracer; `python effects.py warm` asks checked
machine code (`kaa.baseline.checks`), and `python effects.py brief` that of code that never becomes warm. Prints JSON:
for three runs of each program, its entries [code object, offset, frame, [[object, reference count], ...]]. Objects are
addresses; NULL is 0.
"""

import ctypes
import dis
import functools
import json
import sys
from pathlib import Path
from types import CodeType

from kaa.native.layouts import CodeObject, Frame, FrameObject
from kaa.native.types import layout

MOST = 5_000
"""Entries of a run that are kept."""
WARM = (1, 2)
"""The runs that are compared; the first prepares the host's code for the tracer."""
RUNS = {"warm": 0, "brief": 10**9}
"""How often code may run before it gets warm machine code."""
LEFT_OUT = {"recursion", "pending_signals", "threads"}
"""Programs that end the tracer, or in which things happen at any time or elsewhere."""
CODE = layout(CodeObject).fields["co_code_adaptive"].offset
F_FRAME = layout(FrameObject).fields["f_frame"].offset
NO_WAY_ON = {
    *("RETURN_VALUE", "RETURN_CONST", "RERAISE", "RAISE_VARARGS", "INTERPRETER_EXIT"),
    *("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"),
}
LOCALS = layout(Frame).fields["localsplus"].offset
SOURCE = Path(__file__).with_name("programs.py")
MODULE = compile(SOURCE.read_text(), "programs", "exec")


def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


NAMES = {id(code): f"{code.co_qualname}:{code.co_firstlineno}" for code in codes(MODULE)}


def word(address):
    return ctypes.c_uint64.from_address(address).value


@functools.cache
def heights(number):
    """For each offset of a code object, by its `id`, how many values are on the stack: the host's loop does not say."""
    code = next(code for code in codes(MODULE) if id(code) == number)
    steps = {step.offset: step for step in dis.get_instructions(code)}
    found, pending = {}, [(0, 0)]
    handlers = dis._parse_exception_table(code)
    while pending:
        offset, depth = pending.pop()
        if offset in found:
            continue
        found[offset] = depth
        step = steps[offset]
        caught = (entry for entry in handlers if entry.start <= offset < entry.end)
        pending += [(entry.target, entry.depth + entry.lasti + 1) for entry in caught]
        argument = step.arg if step.opcode >= dis.HAVE_ARGUMENT else None
        if step.jump_target is not None:
            pending.append((step.jump_target, depth + dis.stack_effect(step.opcode, argument, jump=True)))
        if step.opname not in NO_WAY_ON:
            effect = dis.stack_effect(step.opcode, argument, jump=False)
            pending.append((step.end_offset, depth + effect))
    return found


def values_of(frame):
    """The locals and the stack of a frame that the host's loop runs: addresses and reference counts."""
    code = frame.f_code
    variables = {*code.co_varnames, *code.co_cellvars}
    place = word(id(frame) + F_FRAME)
    count = len(variables) + len(code.co_freevars) + heights(id(code))[frame.f_lasti]
    values = [word(place + LOCALS + 8 * index) for index in range(count)]
    return [[value, word(value) if value else 0] for value in values]


class Tracer:
    def __init__(self):
        self.entries = []

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename is not MODULE.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and len(self.entries) < MOST:
            self.entries.append([NAMES[id(frame.f_code)], frame.f_lasti, id(frame), values_of(frame)])
        return self


def run(program):
    try:
        program()
    except BaseException:
        pass


def on_host(programs):
    found = {}
    for program in programs:
        for number in range(WARM[-1] + 1):
            tracer = Tracer()
            sys.settrace(tracer)
            run(program)
            sys.settrace(None)
            found[f"{program.__name__} {number}"] = tracer.entries
    return found


def natively(scope, runs):
    from itertools import islice

    from kaa.baseline.checks import checked
    from kaa.baseline.engine import load

    engine = load()
    engine.warm_after(runs)
    engine.enable()
    places = {code: (code + CODE, name) for code, name in NAMES.items()}
    found = {}
    with checked(engine, MODULE.co_filename) as log:
        exec(MODULE, scope)
        for program in chosen(scope):
            for number in range(WARM[-1] + 1):
                log.clear()
                run(program)
                entries = []
                for entry in islice(log.entries(), MOST):
                    if entry.code in places:  # and not one that a program has made
                        start, name = places[entry.code]
                        entries.append([name, entry.instruction - start, entry.frame, entry.values])
                found[f"{program.__name__} {number}"] = entries
    engine.disable()
    return found


def chosen(scope):
    return [program for program in scope["PROGRAMS"] if program.__name__ not in LEFT_OUT]


def main():
    scope = {"__name__": "programs", "__file__": str(SOURCE)}
    if sys.argv[1] in RUNS:
        found = natively(scope, RUNS[sys.argv[1]])
    else:
        exec(MODULE, scope)
        found = on_host(chosen(scope))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
