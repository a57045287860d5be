"""Channels: where a tasklet that sends and one that receives meet.

In: a value, from the sender. Out: the same value, at the receiver. Whoever comes first waits in the channel's queue,
outside the ring of runnable tasklets. When both are there, `preference` says who goes on. If they are of two threads,
the other one becomes runnable in its own.
"""

from __future__ import annotations

import _thread
from collections.abc import Iterable
from typing import Any, Self

from kaa.microthreads.parcels import bomb
from kaa.microthreads.switching import hooks
from kaa.microthreads.tasklets import Scheduler, all_schedulers, of_thread, scheduler, tasklet
from kaa.runtime.invisible import invisible

SENDING, RECEIVING = 1, -1
threads = _thread.allocate_lock()
"""Held while a channel's queue changes, if there is more than one thread with tasklets."""


class Ends:
    """What a channel can do with its `send`, wherever it lives."""

    __slots__ = ()

    def send(self, value: Any) -> None:
        """Hand a value to a receiver; wait for one if there is none."""
        raise NotImplementedError

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

    def __iter__(self) -> Self:
        return self


class channel(Ends):
    """A place to meet. `balance` counts waiting senders, or, below zero, waiting receivers."""

    def __init__(self) -> None:
        self.preference = -1  # 1: the sender goes on, -1: the receiver, 0: whoever came second
        self.schedule_all = False
        self.closing = False
        self.balance = 0
        self._first: tasklet | None = None  # of those who wait; each knows who is behind and before it
        self._last: tasklet | None = None

    @invisible
    def send(self, value: Any) -> None:
        """Hand a value to a receiver; wait for one if there is none."""
        try:
            owner: Scheduler = of_thread.scheduler
        except AttributeError:
            owner = scheduler()
        if self.balance >= 0 or not owner.is_plain:
            self._meet(owner, SENDING, value)
            return
        partner = self._first  # the rest is what `_take_first` does; to call it would cost more
        assert partner is not None
        behind = self._first = partner._behind
        if behind is None:
            self._last = None
        else:
            partner._behind = behind._before = None
        partner._channel = None
        self.balance += 1
        partner.tempval = (value,)
        owner.insert(partner)
        if self.preference == RECEIVING and not self.schedule_all:
            owner.switch(partner)
        else:
            self._go_on(owner, SENDING, partner)

    @invisible
    def receive(self) -> Any:
        """Take a value from a sender; wait for one if there is none."""
        try:
            owner: Scheduler = of_thread.scheduler
        except AttributeError:
            owner = scheduler()
        current = owner.current
        if self.balance > 0 or not owner.is_plain or self.closing or current.block_trap:
            value = self._meet(owner, RECEIVING, None)
        else:
            self.balance -= 1
            current._channel = self
            if self._last is None:  # as `_append` does
                self._first = self._last = current
            else:
                self._append(current)
            try:
                owner.leave()
            except BaseException:
                self._wait_no_more(current)
                raise
            (value,) = current.tempval
            current.tempval = None
        if type(value) is bomb:
            raise value.error()
        return value

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
        return self._first

    @invisible
    def __next__(self) -> Any:
        if self.closing and self.balance <= 0:
            raise StopIteration
        return self.receive()

    def __reduce__(self) -> Any:
        """How it is stored. A subclass that adds to the state takes that out again in its `__setstate__`."""
        from kaa.microthreads.tasklet_states import empty

        return empty, (type(self),), self.state()

    def __setstate__(self, state: Any) -> None:
        vars(self).update(state | {"_first": None, "_last": None})
        for task in vars(self).pop("_waiting"):
            self._append(task)

    def state(self) -> dict[str, Any]:
        """All of it, as data: those who wait are in a list."""
        state = {name: value for name, value in vars(self).items() if name not in ("_first", "_last")}
        waiting, task = [], self._first
        while task is not None:
            waiting.append(task)
            task = task._behind
        return state | {"_waiting": waiting}

    @invisible
    def _append(self, task: tasklet) -> None:
        """Have a tasklet wait behind all others."""
        task._channel = self
        last = self._last
        self._last = task
        if last is None:
            self._first = task
        else:
            task._before = last
            last._behind = task

    @invisible
    def _take_first(self) -> tasklet:
        task = self._first
        assert task is not None
        task._channel = None
        behind = self._first = task._behind
        if behind is None:
            self._last = None
        else:
            task._behind = behind._before = None
        return task

    @invisible
    def _remove(self, task: tasklet) -> None:
        before, behind = task._before, task._behind
        if before is None:
            self._first = behind
        else:
            before._behind = behind
        if behind is None:
            self._last = before
        else:
            behind._before = before
        task._channel = task._before = task._behind = None

    def forget(self, task: tasklet) -> None:
        """Take a tasklet out of the queue: it will not be served."""
        with threads:
            if task._channel is self:
                self._remove(task)
                self.balance -= 1 if self.balance > 0 else -1

    @invisible
    def _meet(self, owner: Scheduler, direction: int, value: Any) -> Any:
        current = owner.current
        will_block = self.balance * direction >= 0
        if will_block and self.closing:
            raise ValueError("Send/receive operation on a closed channel")
        owner.check_trap()
        if will_block and current.block_trap:
            raise RuntimeError("this tasklet does not like to be blocked.")
        if hooks.channel is not None:
            hooks.channel(self, current, direction == SENDING, will_block)
        if len(all_schedulers) == 1:
            partner = self._join(current, direction, value)
        else:
            with threads:
                partner = self._join(current, direction, value)
        if partner is None:
            return self._wait(owner, direction)
        if direction == SENDING:
            partner.tempval = (value,)
        else:
            (value,), partner.tempval = partner.tempval, None
        if partner._scheduler is not owner:
            partner._scheduler.arrive(partner)
        else:
            owner.insert(partner)
            self._go_on(owner, direction, partner)
        return value

    @invisible
    def _join(self, current: tasklet, direction: int, value: Any) -> tasklet | None:
        """The partner that has waited longest; or, if there is none, None, and the current tasklet is in the queue."""
        balance, self.balance = self.balance, self.balance + direction
        if balance * direction >= 0:
            current.tempval = (value,) if direction == SENDING else None
            self._append(current)
            return None
        return self._take_first()

    @invisible
    def _go_on(self, owner: Scheduler, direction: int, partner: tasklet) -> None:
        """Two have met; let whoever has the preference run."""
        if self.schedule_all:
            owner.schedule()
        elif self.preference == -direction:
            owner.switch(partner)

    @invisible
    def _wait(self, owner: Scheduler, direction: int) -> Any:
        current = owner.current
        try:
            owner.leave()
        except BaseException:
            self._wait_no_more(current)
            raise
        if direction == SENDING:
            return None
        (value,) = current.tempval
        current.tempval = None
        return value

    @invisible
    def _wait_no_more(self, task: tasklet) -> None:
        """Something was thrown at the tasklet, or it could not leave at all."""
        if task._channel is self:
            self.forget(task)
        task.tempval = None
