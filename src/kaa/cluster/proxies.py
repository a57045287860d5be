"""What a program holds of a cluster: nodes, channels and tasklets that live elsewhere. All of them can be sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from kaa.cluster.members import Moved, here, new_identity
from kaa.microthreads.channels import Ends
from kaa.microthreads.parcels import TaskletExit
from kaa.microthreads.pickling import dumps
from kaa.microthreads.storage import save
from kaa.microthreads.tasklets import tasklet
from kaa.runtime.invisible import invisible


class Node:
    """A process of the cluster, by its name."""

    def __init__(self, name: str, place: str = "") -> None:
        self.name = name
        self.place = place
        """Ray's identity of the node that it is on, where that is known."""

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def tasklet(self, function: Callable[..., Any]) -> Callable[..., RemoteTasklet]:
        """What, called with a tasklet's arguments, makes it runnable there: `node.tasklet(function)(1, 2)`."""

        @invisible
        def start(*arguments: Any, **keywords: Any) -> RemoteTasklet:
            stored = dumps((function, arguments, keywords))
            return RemoteTasklet(here().ask(self.name, "start", stored), self.name)

        return start


def this_node() -> Node:
    """The one that this process is."""
    return Node(here().name)


class RemoteTasklet:
    """A tasklet of the cluster, wherever it is."""

    def __init__(self, identity: str, place: str) -> None:
        self._identity, self._place = identity, place

    def __repr__(self) -> str:
        return f"<tasklet on {self._place}>"

    @property
    def node(self) -> Node:
        """Where it was when it was last heard of."""
        return Node(self._place)

    @property
    def alive(self) -> bool:
        """It has not ended."""
        return bool(self._ask("alive"))

    @invisible
    def wait(self) -> None:
        """Wait until it has ended; raises what it has raised."""
        self._ask("wait")

    @invisible
    def throw(self, error: BaseException) -> None:
        """Have an exception raised in it when its turn comes."""
        self._ask("throw", dumps(error))

    @invisible
    def kill(self) -> None:
        """End it by `TaskletExit`."""
        self.throw(TaskletExit())

    @invisible
    def move(self, node: Node) -> None:
        """Move it to another node, as `kaa.cluster.move` does."""
        self._ask("move", node.name)
        self._place = node.name

    @invisible
    def _ask(self, what: str, *arguments: Any) -> Any:
        while True:
            try:
                return here().ask(self._place, what, self._identity, *arguments)
            except Moved as error:
                self._place = error.args[0]


class _Setting[T]:
    """An attribute of a channel that lives elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, one: channel, kind: type) -> T:
        value: T = one._ask("get", self._name)
        return value

    def __set__(self, one: channel, value: T) -> None:
        one._ask("set", self._name, value)


class channel(Ends):
    """A channel that lives on a node, by default this one, and dies with it. What is sent arrives as a copy."""

    def __init__(self, node: Node | None = None) -> None:
        self._home = here().name if node is None else node.name
        self._identity = new_identity()
        self._ask("open")

    def __repr__(self) -> str:
        return f"<channel on {self._home}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, channel) and other._identity == self._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @invisible
    def send(self, value: Any) -> None:
        """Hand a value to a receiver anywhere; wait for one if there is none."""
        self._ask("send", dumps(value))

    @invisible
    def receive(self) -> Any:
        """Take a value from a sender anywhere; wait for one if there is none."""
        return self._ask("receive")

    def close(self) -> None:
        """Let nobody wait here any more; those who do are served."""
        self._ask("set", "closing", True)

    def open(self) -> None:
        """Take `close` back."""
        self._ask("set", "closing", False)

    @invisible
    def __next__(self) -> Any:
        return self._ask("next")

    preference = _Setting[int]("preference")
    schedule_all = _Setting[bool]("schedule_all")
    closing = _Setting[bool]("closing")
    closed = _Setting[bool]("closed")
    balance = _Setting[int]("balance")

    @invisible
    def _ask(self, what: str, *arguments: Any) -> Any:
        return here().ask(self._home, what, self._identity, *arguments)


def move(task: tasklet | RemoteTasklet, node: Node) -> RemoteTasklet:
    """Move a tasklet that waits to another node, where it goes on: what it has waited for, it waits for there.

    Its `finally` blocks do not run here. What it shares with others here but cluster channels, travels as a copy.

    Raises:
        ValueError, TypeError: it runs, or cannot be stored; it is here as before then.
        RuntimeError: it has ended.
        NodeLost: the node has failed; it is here as before if it can be.
    """
    if isinstance(task, RemoteTasklet):
        task.move(node)
        return task
    identity = new_identity()
    here().move(identity, task, node.name)
    return RemoteTasklet(identity, node.name)


def checkpoint(node: Node, path: str | os.PathLike[str]) -> None:
    """Store the tasklets that live on a node, and what its channels are set to, in a file here, as by `save`.

    What waits in the channels comes from tasklets, which send it again when they go on.

    Raises:
        ValueError, TypeError: one of them cannot be stored; nothing is written then.
        NodeLost: the node has failed.
    """
    save(path, here().ask(node.name, "store"))
