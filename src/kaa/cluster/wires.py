"""Messages between two processes of a machine, over a socket.

In: plain values. Out: the same values, whole and in order, at the other end.
"""

from __future__ import annotations

import _thread
import pickle
import struct
from socket import socket
from typing import Any, NamedTuple

LOST = None
"""In the place of a message: whoever it would come from is lost."""
_LENGTH = struct.Struct(">Q")


class Setup(NamedTuple):
    """What a new member is told."""

    name: str
    engine: str
    main: str | None  # the file of the program, which the member imports as `multiprocessing` does
    path: list[str]
    arguments: list[str]  # `sys.argv`


class Wire:
    """One end."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._sending = _thread.allocate_lock()

    def send(self, message: Any) -> None:
        """Send a message. OSError if the other end is closed."""
        content = pickle.dumps(message)
        with self._sending:
            self._connection.sendall(_LENGTH.pack(len(content)) + content)

    def receive(self) -> Any:
        """Wait for a message. EOFError if none will come."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        return pickle.loads(self._read(length))

    def close(self) -> None:
        """Have the other end read EOFError."""
        self._connection.close()

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view, done = memoryview(data), 0
        while done < size:
            try:
                count = self._connection.recv_into(view[done:])
            except ConnectionError:
                count = 0
            if not count:
                raise EOFError("the other end of the wire is closed")
            done += count
        return data
