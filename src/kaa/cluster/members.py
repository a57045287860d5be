"""A process of the cluster: what it asks others to do, and does for others.

In: requests of this process's tasklets. Out: requests to other members, and their answers. A request waits in a
`Reply`, which is a channel, so that its tasklet is blocked as on any other; at the other end a tasklet does what is
asked, and may wait as long as it takes: a send waits in the channel itself, beside local ones.

All of it happens in the thread that has joined: what the wire brings becomes a tasklet there.
"""

from __future__ import annotations

import _thread
import itertools
import pickle
import sys
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from kaa.cluster.wires import LOST, Wire
from kaa.microthreads.channels import channel
from kaa.microthreads.parcels import TaskletExit, bomb
from kaa.microthreads.pickling import dumps, loads
from kaa.microthreads.tasklets import abandon, scheduler, tasklet
from kaa.runtime.invisible import invisible


class NodeLost(ConnectionError):
    """A node has failed, and what was there is lost."""


class Moved(Exception):
    """A tasklet is on the node of this name now."""


class Reply(channel):
    """A request on its way, and the tasklet that waits for its answer; stored and loaded, it is asked again."""

    def __init__(self, to: str, what: str, arguments: tuple[Any, ...]) -> None:
        super().__init__()
        self.preference = 1
        self.to, self.what, self.arguments = to, what, arguments
        self.number = -1

    @invisible
    def ask(self) -> None:
        """Send the request."""
        member = here()
        self.number = next(member.numbers)
        member.replies[self.number] = self
        member.post(self.to, "serve", self.number, self.what, self.arguments)

    def forget(self, task: tasklet) -> None:
        """It does not wait any more: neither shall what has been asked for."""
        super().forget(task)
        if here().replies.pop(self.number, None) is not None:
            here().post(self.to, "withdraw", self.number)

    def answer(self, value: Any) -> None:
        """Let the tasklet go on. An exception comes in a bomb."""
        self.send(value)


class Member:
    """The calling thread as a part of the cluster."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers = itertools.count()
        self.replies: dict[int, Reply] = {}
        self.channels: dict[str, channel] = {}
        self.tasklets: dict[str, tasklet] = {}  # of the cluster, that live here
        self.moved: dict[str, str] = {}  # those that have left, and where to
        self._failures: dict[str, BaseException] = {}  # of those that have ended so
        self._endings: dict[str, channel] = {}  # where others wait for a tasklet's end
        self._guests: dict[tuple[str, int], tasklet] = {}  # those that do what others have asked for
        self._thread = scheduler().thread_id
        self._wire: Wire

    def listen(self, wire: Wire, at_end: Callable[[], object]) -> None:
        """Take what comes, from now on; `at_end` is called when nothing will come any more."""
        self._wire = wire
        begun = _thread.allocate_lock()
        begun.acquire()
        _thread.start_new_thread(self._listen, (at_end, begun))
        begun.acquire()  # from now on somebody else can make something runnable here

    def _listen(self, at_end: Callable[[], object], begun: _thread.LockType) -> None:
        begun.release()
        try:
            while True:
                self._hand_over(*self._wire.receive())
        except EOFError:
            at_end()

    def _hand_over(self, sender: str, content: Any) -> None:
        task = tasklet(self._take, (sender, content))
        task.bind_thread(self._thread)
        task.insert()

    def cut_off(self) -> None:
        """Nobody can be reached any more."""
        for name in {reply.to for reply in list(self.replies.values())}:
            self._hand_over(name, LOST)

    @invisible
    def post(self, to: str, kind: str, *content: Any) -> None:
        """Send a message: the name of a method here, and its arguments."""
        message = pickle.dumps((kind, content))
        if to == self.name:
            tasklet(self._take)(to, message)
            return
        try:
            self._wire.send((to, message))
        except OSError:
            self._hand_over(to, LOST)

    @invisible
    def ask(self, to: str, what: str, *arguments: Any) -> Any:
        """Have a member do something, and wait for its result."""
        reply = Reply(to, what, arguments)
        reply.ask()
        return reply.receive()

    def _take(self, sender: str, message: bytes | None) -> None:
        if message is LOST:
            self._lose(sender)
            return
        kind, content = pickle.loads(message)
        acts: dict[str, Callable[..., Any]] = {
            "serve": self._serve,
            "answer": self._answered,
            "withdraw": self._withdraw,
        }
        acts[kind](sender, *content)

    def _serve(self, asker: str, number: int, what: str, arguments: tuple[Any, ...]) -> None:
        key = asker, number
        self._guests[key] = scheduler().current
        try:
            failed, value = False, _SERVICES[what](self, *arguments)
        except TaskletExit:  # it is not wanted any more
            return
        except BaseException as error:
            failed, value = True, error
        finally:
            del self._guests[key]
        self.post(asker, "answer", number, failed, value if type(value) is bytes else _stored(value))

    def _answered(self, _: str, number: int, failed: bool, content: bytes) -> None:
        reply = self.replies.pop(number, None)
        if reply is None:
            return
        try:
            value = loads(content)
        except Exception as error:
            failed, value = True, error
        reply.answer(bomb(value) if failed else value)

    def _withdraw(self, asker: str, number: int) -> bool:
        task = self._guests.get((asker, number))
        if task is None or not task.blocked:  # its answer is on the way
            return False
        task.kill()
        return True

    def _lose(self, name: str) -> None:
        """Tell those that wait for a member, and serve it no more."""
        for number, reply in list(self.replies.items()):
            if reply.to == name:
                del self.replies[number]
                reply.answer(bomb(NodeLost(f"{name} is lost")))
        for (asker, _), task in list(self._guests.items()):
            if asker == name:
                task.kill()

    # What one can ask for, beside what channels do.

    def adopt(self, identity: str, task: tasklet) -> None:
        """Make a tasklet one that others can ask for."""
        self.moved.pop(identity, None)
        self.tasklets[identity] = task
        task._at_end = partial(self._ended, identity)

    def _ended(self, identity: str, error: BaseException | None) -> None:
        del self.tasklets[identity]
        if error is not None:
            self._failures[identity] = error
            sys.excepthook(type(error), error, error.__traceback__)
        self._wake(identity, bomb(error) if error is not None else None)

    def _wake(self, identity: str, value: Any) -> None:
        """Tell those that wait for a tasklet's end."""
        ending = self._endings.pop(identity, None)
        while ending is not None and ending.balance < 0:
            ending.send(value)

    def find(self, identity: str) -> tasklet | None:
        """A tasklet that lives here; None if it has ended. Raises Moved if it is elsewhere."""
        if identity in self.moved:
            raise Moved(self.moved[identity])
        return self.tasklets.get(identity)

    def wait(self, identity: str) -> None:
        """Wait for the end of a tasklet; raises what it has raised."""
        if self.find(identity) is not None:
            ending = self._endings.setdefault(identity, channel())
            ending.preference = 1
            ending.receive()
        elif identity in self._failures:
            raise self._failures[identity]

    def alive(self, identity: str) -> bool:
        return self.find(identity) is not None

    def throw(self, identity: str, error: bytes) -> None:
        """Raise an exception in a tasklet, when its turn comes."""
        task = self.find(identity)
        if task is not None:
            task.throw(loads(error), pending=True)

    def start(self, content: bytes) -> str:
        """Make a tasklet of a function and its arguments."""
        function, arguments, keywords = loads(content)
        identity = new_identity()
        task = tasklet(function, arguments, keywords)
        self.adopt(identity, task)
        task.insert()
        return identity

    def send_away(self, identity: str, to: str) -> None:
        """Move a tasklet that waits to another member."""
        task = self.find(identity)
        if task is None:
            raise RuntimeError("the tasklet has ended")
        self.move(identity, task, to)

    def move(self, identity: str, task: tasklet, to: str) -> None:
        """Move a tasklet that waits to another member, where it has this identity.

        It is here as before if that fails: ValueError, TypeError if it cannot be stored, NodeLost.
        """
        if to == self.name:
            self.adopt(identity, task)
            return
        self._take_back(task)
        if not task.alive:
            raise RuntimeError("the tasklet has ended")
        is_runnable = task.next is not None
        try:
            stored = dumps((identity, task, is_runnable))
            if is_runnable:
                task.remove()
            self.ask(to, "arrive", stored)
        except BaseException:
            _go_on(task, is_runnable)
            raise
        abandon(task)
        if self.tasklets.pop(identity, None) is not None:
            self.moved[identity] = to
        self._wake(identity, bomb(Moved(to)))

    def _take_back(self, task: tasklet) -> None:
        """Withdraw what a tasklet waits for, unless the answer is on its way: then wait for that."""
        while isinstance(reply := task._channel, Reply) and reply.number in self.replies:
            if self.ask(reply.to, "withdraw", self.name, reply.number):
                self.replies.pop(reply.number, None)

    def arrive(self, stored: bytes) -> None:
        """Take a tasklet that has been moved here."""
        identity, task, is_runnable = loads(stored)
        self.adopt(identity, task)
        _go_on(task, is_runnable)

    def store(self) -> bytes:
        """The tasklets of the cluster that live here, and what the channels here are set to."""
        tasks = {identity: (task, task.next is not None) for identity, task in self.tasklets.items()}
        settings = {
            identity: (one.preference, one.schedule_all, one.closing)
            for identity, one in self.channels.items()
        }
        return dumps(dumps((tasks, settings, self.moved)))  # the asker gets bytes, and need not load them

    def restore(self, stored: bytes) -> None:
        """Go on from there."""
        tasks, settings, self.moved = loads(stored)
        for identity, (preference, schedule_all, closing) in settings.items():
            self.channels[identity] = again = channel()
            again.preference, again.schedule_all, again.closing = preference, schedule_all, closing
        for identity, (task, is_runnable) in tasks.items():
            self.adopt(identity, task)
            _go_on(task, is_runnable)

    def channel(self, identity: str) -> channel:
        """A channel that lives here."""
        try:
            return self.channels[identity]
        except KeyError:
            raise NodeLost(f"{self.name} was lost with this channel, and has begun anew") from None


def _go_on(task: tasklet, is_runnable: bool) -> None:
    """Let a tasklet wait as it did, or run."""
    if isinstance(task._channel, Reply):
        if task._channel.number not in here().replies:
            task._channel.ask()
    elif is_runnable and not task.scheduled:
        task.insert()


def _stored(value: Any) -> bytes:
    try:
        return dumps(value)
    except Exception as error:
        return dumps(RuntimeError(f"{value!r} cannot be stored: {error}"))


def new_identity() -> str:
    """One that nothing else in the cluster has."""
    return uuid.uuid4().hex


def _open(member: Member, identity: str) -> None:
    member.channels[identity] = channel()


def _set(member: Member, identity: str, name: str, value: Any) -> None:
    setattr(member.channel(identity), name, value)


_SERVICES: dict[str, Any] = {
    # Values travel as bytes, and wait as such.
    "open": _open,
    "send": lambda member, identity, value: member.channel(identity).send(value),
    "receive": lambda member, identity: member.channel(identity).receive(),
    "next": lambda member, identity: next(member.channel(identity)),
    "get": lambda member, identity, name: getattr(member.channel(identity), name),
    "set": _set,
    "wait": Member.wait,
    "alive": Member.alive,
    "throw": Member.throw,
    "start": Member.start,
    "move": Member.send_away,
    "arrive": Member.arrive,
    "withdraw": Member._withdraw,
    "store": Member.store,
    "restore": Member.restore,
}
"""What a member does when it is asked to. Bytes that come out have been stored already."""

MAIN = "__mp_main__"
"""What the program's main module is called on a node, as by `multiprocessing`; elsewhere it is another name of it."""

_members: list[Member] = []


def here() -> Member:
    """This process's part. RuntimeError if it has none."""
    if not _members:
        raise RuntimeError("this process is no part of a cluster: call kaa.cluster.start() first")
    return _members[0]


def join(member: Member) -> None:
    """Make the process a part of a cluster. RuntimeError if it is one."""
    if _members:
        raise RuntimeError(
            "this process is a part of a cluster already; a program that starts one does so under "
            "`if __name__ == '__main__':`, since each node imports it"
        )
    _members.append(member)


def leave() -> None:
    """Undo `join`."""
    _members.clear()
