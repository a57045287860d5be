"""What a child process hands back: lines in a memory file that its parent has made, and that outlives the child.

Eight bytes say how many follow.
"""

from __future__ import annotations

import mmap
import os
import struct

from kaa.reference.observer import LimitReached

HEAD = struct.Struct("<Q")


class Journal:
    """Lines in shared memory."""

    def __init__(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        self._memory = mmap.mmap(descriptor, size)
        os.close(descriptor)
        self._end, self._size = HEAD.size, size

    def write(self, line: str) -> None:
        """Add a line. LimitReached if there is no room."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        end = self._end + len(data)
        if end > self._size:
            raise LimitReached("the recording has no room for more steps, which is a limit")
        self._memory[self._end : end] = data
        self._memory[: HEAD.size] = HEAD.pack(end - HEAD.size)  # only now the line is there
        self._end = end
