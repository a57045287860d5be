"""A node: a process of Kaa's that runs what others start on it, and holds channels. Its agent has started it.

In: one end of the wire to its agent. Out: nothing; it ends with the agent.
"""

from __future__ import annotations

import builtins
import os
import sys
from socket import socket
from types import ModuleType

from kaa.cluster.members import MAIN, Member, here, join
from kaa.cluster.wires import Wire
from kaa.microthreads.tasklets import scheduler


def main(handle: int) -> None:
    """Serve until the agent ends."""
    wire = Wire(socket(fileno=handle))
    setup = wire.receive()
    sys.path[:], sys.argv[:] = setup.path, setup.arguments
    join(Member(setup.name))
    if setup.main is not None:
        _import_main(setup.main)
    here().listen(wire, lambda: os._exit(0))
    mine = scheduler()
    mine.waits_for_threads = True
    while True:
        try:
            mine.run()
        except BaseException as error:  # what a tasklet has raised that no other member has started
            sys.excepthook(type(error), error, error.__traceback__)


def _import_main(path: str) -> None:
    """Import the program, whose functions and classes what comes here refers to."""
    module = ModuleType(MAIN)
    module.__file__ = path
    sys.modules[MAIN] = sys.modules["__main__"] = module
    with open(path, "rb") as file:
        builtins.exec(builtins.compile(file.read(), path, "exec", dont_inherit=True), vars(module))
