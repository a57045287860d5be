"""Channels: where a tasklet that sends and one that receives meet.

In: a value, from the sender. Out: the same value, at the receiver. Whoever comes first waits in the channel's queue,
outside the ring of runnable tasklets. When both are there, `preference` says who goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from kaa.microthreads.parcels import Parcel, bomb
from kaa.microthreads.tasklets import hooks, scheduler, tasklet
from kaa.runtime.invisible import invisible

SENDING, RECEIVING = 1, -1


class channel:
    """A place to meet. `balance` counts waiting senders, or, below zero, waiting receivers."""

    def __init__(self) -> None:
        self.preference = -1  # 1: the sender goes on, -1: the receiver, 0: whoever came second
        self.schedule_all = False
        self.closing = False
        self.balance = 0
        self._waiting: deque[tasklet] = deque()

    @invisible
    def send(self, value: Any) -> None:
        """Hand a value to a receiver; wait for one if there is none."""
        self._meet(SENDING, value)

    @invisible
    def receive(self) -> Any:
        """Take a value from a sender; wait for one if there is none."""
        value = self._meet(RECEIVING, None)
        if type(value) is bomb:
            raise value.error()
        return value

    @invisible
    def send_exception(self, exc_class: type[BaseException], *args: Any) -> None:
        """Have the receiver raise an exception."""
        self.send(bomb(exc_class(*args)))

    @invisible
    def send_throw(self, exc: Any, val: Any = None, tb: Any = None) -> None:
        """Have the receiver raise an exception, given as to `throw`."""
        self.send(bomb(bomb(exc, val, tb).error()))

    @invisible
    def send_sequence(self, sequence: Iterable[Any]) -> int:
        """Send each value; how many there were."""
        count = 0
        for value in sequence:
            self.send(value)
            count += 1
        return count

    def close(self) -> None:
        """Let nobody wait here any more; those who do are served."""
        self.closing = True

    def open(self) -> None:
        """Take `close` back."""
        self.closing = False

    @property
    def closed(self) -> bool:
        """It is closing, and nobody waits."""
        return self.closing and self.balance == 0

    @property
    def queue(self) -> tasklet | None:
        """The tasklet that waits longest."""
        return self._waiting[0] if self._waiting else None

    def __iter__(self) -> channel:
        return self

    @invisible
    def __next__(self) -> Any:
        if self.closing and self.balance <= 0:
            raise StopIteration
        return self.receive()

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle 'channel' object: use kaa.microthreads.dumps")

    def forget(self, task: tasklet) -> None:
        """Take a tasklet out of the queue: it will not be served."""
        self._waiting.remove(task)
        self.balance -= 1 if self.balance > 0 else -1
        task._channel = None

    @invisible
    def _meet(self, direction: int, value: Any) -> Any:
        owner = scheduler()
        current = owner.current
        will_block = self.balance * direction >= 0
        if will_block and self.closing:
            raise ValueError("Send/receive operation on a closed channel")
        if not will_block and self._waiting[0]._scheduler is not owner:
            raise RuntimeError("a channel cannot join tasklets of two threads")
        if owner.trap:
            owner.check_trap()
        if will_block and current.block_trap:
            raise RuntimeError("this tasklet does not like to be blocked.")
        if hooks.channel is not None:
            hooks.channel(self, current, direction == SENDING, will_block)
        if will_block:
            return self._wait(direction, value)
        partner = self._waiting.popleft()
        self.balance += direction
        partner._channel = None
        if direction == SENDING:
            partner.tempval = Parcel(value)
        else:
            value, partner.tempval = partner.tempval.value, None
        owner.insert(partner)
        if self.schedule_all:
            owner.schedule()
        elif self.preference == -direction:
            owner.switch(partner)
        return value

    @invisible
    def _wait(self, direction: int, value: Any) -> Any:
        owner = scheduler()
        current = owner.current
        current.tempval = Parcel(value)
        self._waiting.append(current)
        self.balance += direction
        current._channel = self
        try:
            owner.leave()
        except BaseException:
            if current._channel is self:  # it could not leave at all
                self.forget(current)
            current.tempval = None
            raise
        parcel, current.tempval = current.tempval, None
        return parcel.value if direction == RECEIVING else None
