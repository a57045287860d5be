"""Runs a program in a child process and keeps what it recorded, whatever the program does to itself.

    run = Run(source, "program.py")
    run.wait()
    run.lines(), run.ending

The child (`child`) holds itself to its limits; the parent ends it, and all processes of its group, when it uses too
much time or output nevertheless.
"""

from __future__ import annotations

import json
import mmap
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

from kaa.explorer.journal import HEAD
from kaa.explorer.limits import Limits

_JOURNAL = 256 << 20
"""Bytes of address space for a recording. Only what is written takes memory."""

_GRACE = 3.0
"""Seconds that a child has for its start, beyond those of its program."""

_EXITS = {
    signal.SIGSEGV: "the process crashed (segmentation fault): C code that it called has a bug",
    signal.SIGABRT: "the process crashed (abort): C code that it called gave up",
    signal.SIGBUS: "the process crashed (bus error): C code that it called has a bug",
    signal.SIGXCPU: "the program has used more processor time than its limit",
    signal.SIGKILL: "the process was killed from outside, perhaps for want of memory",
}


class Run:
    """A program in its own process, from its start to its end."""

    def __init__(
        self, source: str, filename: str, limits: Limits | None = None, child: str = "kaa.explorer.child"
    ) -> None:
        """`child` is the module that runs the program and fills the journal."""
        self.limits = limits or Limits()
        self.ending: dict[str, Any] | None = None
        self.raw_output = ""
        descriptor = os.memfd_create("journal")
        os.ftruncate(descriptor, _JOURNAL)
        self._memory = mmap.mmap(descriptor, _JOURNAL, prot=mmap.PROT_READ)
        order = {"source": source, "filename": filename, "journal": descriptor}
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", child],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(descriptor,),
        )
        os.close(descriptor)
        self._send(json.dumps(order | {"limits": asdict(self.limits)}))
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def journal(self, start: int = 0) -> bytes:
        """The whole lines of the recording from a byte on."""
        (size,) = HEAD.unpack_from(self._memory)
        size = min(size, _JOURNAL - HEAD.size)
        return self._memory[HEAD.size + start : HEAD.size + max(start, size)]

    def lines(self) -> list[str]:
        """The recording so far."""
        return self.journal().decode("utf-8", "replace").splitlines()

    def answer(self, line: str) -> None:
        """Give the program a line of input."""
        self._send(line)

    def end_input(self) -> None:
        """Let the program find the end of its input."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.close()
        except BrokenPipeError:
            pass

    def stop(self, words: str = "you have stopped the program") -> None:
        """End the program."""
        if self.ending is None:
            self.ending = {"kind": "stopped", "words": words}
        self._kill()

    def wait(self) -> dict[str, Any]:
        """Wait for the end, and return it: `kind` and `words`."""
        self._watcher.join()
        assert self.ending is not None
        return self.ending

    @property
    def is_running(self) -> bool:
        return self._watcher.is_alive()

    def _send(self, line: str) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(line.encode() + b"\n")
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # the program has ended in the meantime

    def _kill(self) -> None:
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _watch(self) -> None:
        """Read what the child prints past Python, until it ends or must end."""
        self._read()
        self._kill()  # what it may have left behind in its group
        status = self._child.wait()
        if self.ending is None:
            self.ending = self._ending(status)

    def _read(self) -> None:
        assert self._child.stdout is not None
        deadline = time.monotonic() + self.limits.seconds + _GRACE
        selector = selectors.DefaultSelector()
        selector.register(self._child.stdout, selectors.EVENT_READ)
        printed = 0
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(left):
                break
            data = os.read(self._child.stdout.fileno(), 1 << 16)
            if not data:
                return
            printed += len(data)
            if printed > self.limits.output:
                return self.stop("the program has printed more than its limit of output")
            self.raw_output += data.decode("utf-8", "replace")
        self.stop(f"the program has run for {self.limits.seconds:g} seconds, which is its limit")

    def _ending(self, status: int) -> dict[str, Any]:
        """How a child that the parent did not end has ended."""
        lines = self.lines()
        try:
            last = json.loads(lines[-1]) if lines else None
        except ValueError:
            last = None
        if status == 0 and isinstance(last, dict) and "end" in last:
            end: dict[str, Any] = last["end"]
            return end
        if status < 0:
            number = signal.Signals(-status)
            return {"kind": "crash", "words": _EXITS.get(number, f"the process was ended by {number.name}")}
        words = f"the process left at once with status {status}, as os._exit does, without an end of its own"
        return {"kind": "crash", "words": words}
