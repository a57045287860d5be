"""Starting a cluster, and what only the process that has started it can do.

In: the address of a Ray cluster that this machine is a part of, or none: then Ray starts one here. Out: the nodes.
Ray itself is used by a helper of the host's (`bridge`), so this process may be on any engine.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from socket import AF_UNIX, socket, socketpair
from typing import Any

from kaa.cluster.members import MAIN, Member, here, join, leave
from kaa.cluster.proxies import Node
from kaa.cluster.wires import Setup, Wire
from kaa.microthreads.storage import restore
from kaa.runtime import places

_DRIVER = "driver"


class _Bridge:
    """The helper."""

    def __init__(self) -> None:
        import subprocess

        ours, theirs = socketpair()
        words = [_host(), "-m", "kaa.cluster.bridge", str(theirs.fileno())]
        self._process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._wire = Wire(ours)

    def ask(self, what: str, *arguments: Any) -> Any:
        """Have it do something. RuntimeError if that fails."""
        self._wire.send((what, arguments))
        try:
            failed, value = self._wire.receive()
        except EOFError:
            failed, value = True, "the helper that uses Ray has ended"
        if failed:
            raise RuntimeError(value)
        return value

    def close(self) -> None:
        """End it, and so all nodes."""
        self._wire.close()
        self._process.wait()


_bridges: list[_Bridge] = []
_engine = ""


def start(address: str | None = None, *, engine: str | None = None) -> list[Node]:
    """Start a node on each node of a Ray cluster, and make this process, its *driver*, a part of the cluster.

    Args:
        address: of a Ray cluster that this machine has joined; by default what Ray finds, else it starts one here.
        engine: of the nodes; by default this process's.

    Raises:
        ImportError: Ray is not installed.
        RuntimeError: it does not start, or this process is a part of a cluster already.
    """
    from importlib.util import find_spec

    if find_spec("ray") is None:
        raise ImportError("a cluster needs Ray: pip install 'kaa[cluster]'", name="ray")
    folder = tempfile.mkdtemp(prefix="kaa-")
    listening = socket(AF_UNIX)
    try:
        listening.bind(os.path.join(folder, _DRIVER))
        listening.listen(1)
        return _start(address, engine or places.current.engine_name, listening)
    finally:
        listening.close()
        shutil.rmtree(folder)


def _start(address: str | None, engine: str, listening: socket) -> list[Node]:
    global _engine
    member = Member(_DRIVER)
    join(member)
    _engine = engine
    try:
        bridge = _Bridge()
        _bridges.append(bridge)
        homes = bridge.ask("start", address, _DRIVER, listening.getsockname(), _setup(_DRIVER))
    except BaseException:
        stop()
        raise
    connection, _ = listening.accept()
    member.listen(Wire(connection), member.cut_off)
    sys.modules[MAIN] = sys.modules["__main__"]
    return [Node(name, place) for name, place in homes]


def restart(node: Node, path: str | os.PathLike[str] | None = None, place: str | None = None) -> None:
    """Start a lost node again under its name: what has been asked of it since failed, what is asked of it now does not.

    Args:
        path: of a `checkpoint`, from which it goes on.
        place: Ray's identity of the node that it is to be on; by default one with few nodes of ours.

    Raises:
        RuntimeError: it is not lost, Ray has no such node, or this process has not started the cluster.
        ValueError: the file is cut or damaged; the node is not started then.
    """
    if not _bridges:
        raise RuntimeError("only the process that has started a cluster can restart its nodes")
    stored = None if path is None else restore(path)
    node.place = _bridges[0].ask("restart", _setup(node.name), place)
    if stored is not None:
        here().ask(node.name, "restore", stored)


def stop() -> None:
    """End all nodes, and the cluster, at once."""
    leave()
    while _bridges:
        _bridges.pop().close()


def _setup(name: str) -> Setup:
    """What a node of this name is told."""
    main = getattr(sys.modules["__main__"], "__file__", None)
    path = [os.path.abspath(folder) for folder in sys.path]
    return Setup(name, _engine, None if main is None else os.path.abspath(main), path, sys.argv)


def _host() -> str:
    """The host's own command, in whose environment Kaa and Ray are installed."""
    installed = os.path.join(sys.exec_prefix, "bin", "python3")
    return installed if os.path.exists(installed) else str(getattr(sys, "_base_executable", sys.executable))
