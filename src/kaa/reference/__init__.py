"""The Python Virtual Machine you can read: the loop, frames, stack, a small function an instruction.

Code objects go in, and what the program does comes out. A good order to read it in:

    machine           the loop: fetch, look up, carry out, handle what was raised
    program, frame    a code object unfolded for the loop; an activation of it, and the instructions' vocabulary
    instructions      what each instruction does, a module for each theme
    calls, arguments  going into a callable; binding its parameters
    function, classes, generator, async_generator, awaitables
                      guest objects that the host knows by its own types (views, descriptors)
    exceptions, traceback
                      the way to a handler, and what a traceback shows of it
    builtins, namespaces, intrinsics
                      what looks at its caller or runs code; `locals()`; the machine's own functions
    signals, warning, tracing, observer, suspension
                      interrupts, positions of warnings, `sys.settrace`; watching, limiting and freezing a run

`Machine` in `machine` is the way in.
"""
