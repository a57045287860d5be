"""The Python Virtual Machine you can read: the loop, the frames, the stack, one small function an instruction."""
