"""The part of a cluster that Ray sees: an actor beside each member, which carries its messages.

In: messages for a member, by name. Out: the same messages, in order, at that member's agent, which hands them over a
wire; and word of each member that is lost. Agents run on the host, in Ray's workers: the members themselves are
processes of Kaa's, on any engine, and know nothing of Ray.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import uuid
from functools import partial
from socket import AF_UNIX, socket, socketpair
from typing import Any

import ray

from kaa.cluster.wires import LOST, Setup, Wire
from kaa.runtime.process import executable


class Peer:
    """Another agent, as this one knows it."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.sent = 0


class Order:
    """What one agent has sent, put in order: Ray may deliver calls of an asynchronous actor in any."""

    def __init__(self, life: str) -> None:
        self.life = life
        self._next = 0
        self._early: dict[int, bytes] = {}

    def add(self, number: int, content: bytes) -> list[bytes]:
        """The messages whose turn has come with this one."""
        self._early[number] = content
        ready = []
        while self._next in self._early:
            ready.append(self._early.pop(self._next))
            self._next += 1
        return ready


class Agent:
    """The actor. It ends with its member, and the member with it."""

    def __init__(self, name: str, namespace: str, member: Setup | str) -> None:
        self._name, self._namespace = name, namespace
        self._life = uuid.uuid4().hex  # a restarted member has the same name
        self._peers: dict[str, Peer] = {}
        self._orders: dict[str, Order] = {}
        self._ended_lives: set[str] = set()
        self._lock = threading.RLock()
        self._wire = _connected(member) if isinstance(member, str) else _started(member)
        threading.Thread(target=self._forward_all, daemon=True).start()

    async def ready(self) -> None:
        """Answer: the actor has been made."""

    async def watch(self) -> None:
        """Never answer: the caller is told by Ray when the actor is no more."""
        await asyncio.Event().wait()

    async def deliver(self, sender: str, life: str, number: int, content: bytes) -> None:
        """Take a message for the member."""
        with self._lock:
            if life in self._ended_lives:
                return
            if sender not in self._orders or self._orders[sender].life != life:
                self._orders[sender] = Order(life)
                self._peer(sender)
            for ready in self._orders[sender].add(number, content):
                self._wire.send((sender, ready))

    def _forward_all(self) -> None:
        """Carry what the member sends to the others, until it ends."""
        try:
            while True:
                self._forward(*self._wire.receive())
        except EOFError:
            os._exit(0)

    def _forward(self, to: str, content: bytes) -> None:
        with self._lock:
            peer = self._peer(to)
            if peer is not None:
                peer.handle.deliver.remote(self._name, self._life, peer.sent, content)
                peer.sent += 1

    def _peer(self, name: str) -> Peer | None:
        """The agent of a member; without one, the member is lost."""
        if name in self._peers:
            return self._peers[name]
        try:
            peer = Peer(ray.get_actor(name, self._namespace))
        except ValueError:
            self._wire.send((name, LOST))
            return None
        self._peers[name] = peer
        ended = peer.handle.watch.remote().future()
        ended.add_done_callback(partial(self._lose, name, peer))  # called at once, if it has ended already
        return peer

    def _lose(self, name: str, peer: Peer, _: Any) -> None:
        with self._lock:
            if self._peers.get(name) is not peer:
                return
            del self._peers[name]
            order = self._orders.pop(name, None)
            if order is not None:
                self._ended_lives.add(order.life)
            self._wire.send((name, LOST))


def _connected(path: str) -> Wire:
    """To a member that runs already, on this machine."""
    connection = socket(AF_UNIX)
    connection.connect(path)
    return Wire(connection)


def _started(setup: Setup) -> Wire:
    """To a member that is started for this."""
    ours, theirs = socketpair()
    program = f"import kaa.cluster.node; kaa.cluster.node.main({theirs.fileno()})"
    words = [executable(sys.executable), "-X", f"engine={setup.engine}", "-c", program]
    subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    wire = Wire(ours)
    wire.send(setup)
    return wire
