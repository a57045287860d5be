"""The Python Virtual Machine you can read: the loop, frames, stack, a small function an instruction."""
