"""From one tasklet to another, and a tasklet's life from its first switch to its last.

In: the scheduler's current tasklet, and the one before it. Out: the current one goes on.

Softly: on the native machine the frames of a tasklet are a *strand* (`kaa.baseline.strands`), and with no C code in
between the machine goes from one strand to another by a jump. Strands run in *carriers*, greenlets that enter them.
Hard: greenlet copies the C stack. So a tasklet in which C code has called back (`sorted(key=...)`) keeps its carrier
until it goes on there, and so does, while there are few, one that switches to the main tasklet. The main
tasklet, those of the other engines, and those that begin while soft switching is off, have a greenlet of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

from kaa.microthreads.chains import Inquiry, go_on
from kaa.microthreads.greenlets import GreenletExit, getcurrent, greenlet, is_guests
from kaa.microthreads.parcels import TaskletExit, bomb
from kaa.runtime import places
from kaa.runtime.invisible import invisible

if TYPE_CHECKING:
    from kaa.microthreads.tasklets import Scheduler, tasklet

type Starter = tasklet | Carrier | Inquiry | Watchers
type Order = list[Starter] | tuple[()] | None
"""What a tasklet is given when it goes on: what to do first, mostly nothing. Who does so empties the list, and so
does not hold it while it waits."""

MANY = 20_000
"""Who begins while so many others live, gets a small data stack. Fewer are not worth that calls cross its end."""
FEW = 1_000
"""While no more have begun, who switches to the main tasklet keeps its carrier: that takes room, but saves the way out
of a strand and in again.
"""
IDLE = 4
"""How many carriers are kept for whoever needs one next."""


class Hooks:
    """What is the same for the tasklets of all threads."""

    schedule: Callable[[Any, Any], Any] | None = None  # of `set_schedule_callback`
    channel: Callable[[Any, Any, bool, bool], Any] | None = None  # of `set_channel_callback`
    softswitch = not is_guests
    begun = 0  # tasklets that have begun, and not ended
    watches = False  # each tasklet has a trace function of its own


hooks = Hooks()


class Watchers:
    """The trace and profile functions of a tasklet, which takes them up where it goes on."""

    def __init__(self, task: tasklet) -> None:
        self._functions = task._watchers

    @invisible
    def start(self) -> None:
        places.current.set_watchers(*self._functions)


@invisible
def obey(order: Order) -> None:
    """Do what one has been given to do: begin somebody's greenlet, or answer somebody."""
    while order:
        order = order.pop().start()


@invisible
def reach(owner: Scheduler, previous: tasklet) -> Order:
    """Switch from a tasklet to the current one; what the former is given when it goes on."""
    strand = previous._strand
    if strand is None:
        previous._greenlet = getcurrent()  # it may be one that the guest has made
        return _switch_stacks(owner)
    if not (owner.current is owner.main and hooks.begun < FEW):
        order: Any = _leave(owner, strand)
        if order is not False:
            given: Order = order
            return given
    previous._greenlet = getcurrent()
    obey(_switch_stacks(owner))
    previous._greenlet = None
    return None


@invisible
def _leave(owner: Scheduler, strand: Any) -> Any:
    """Leave a strand for the current tasklet's, or for the carrier, which does the rest; False: C code is between."""
    task = owner.current
    if task._greenlet is not None:
        return owner.swap(strand, strand, None)
    prepare(task)
    other, orders = task._strand, _orders(task)
    del task  # who waits holds nobody else
    return owner.swap(strand, strand if other is None else other, orders)


@invisible
def prepare(task: tasklet) -> None:
    """Give a tasklet that has not begun its strand, or its greenlet."""
    if task._strand is not None or task._greenlet is not None:
        return
    hooks.begun += 1
    owner = task._scheduler
    if hooks.softswitch and owner.strands is not None:
        make = owner.strands.new_small if hooks.begun > MANY else owner.strands.new
        task._strand = make(_run)
    else:
        task._greenlet = greenlet(_run, parent=owner.main._greenlet)


@invisible
def _orders(task: tasklet) -> Order:
    return [Watchers(task)] if hooks.watches else ()


@invisible
def _switch_stacks(owner: Scheduler) -> Order:
    """Switch to a greenlet where the current tasklet goes on."""
    task, idle = owner.current, owner.idle
    stack = task._greenlet
    if stack and not hooks.watches:  # what `_way` finds, only sooner
        del task  # who waits holds nobody else
        return stack.switch(())  # type: ignore[no-any-return]
    if idle and stack is None and task._strand is not None and not hooks.watches:
        del task  # who waits holds nobody else
        return idle.pop().switch(())  # type: ignore[no-any-return]
    del task
    stack, order = _way(owner)
    if getcurrent() is not stack:
        order = stack.switch(order)
    return order


@invisible
def _way(owner: Scheduler) -> tuple[Any, Order]:
    """The greenlet to switch to so that the current tasklet goes on, and what it is to be given.

    New greenlets begin in the main one: a greenlet inherits the recursion depth of the one that starts it, and a long
    row of tasklets that start each other must not reach the limit.
    """
    task = owner.current
    stack = task._greenlet
    if stack is None:
        prepare(task)
        stack = owner.idle.pop() if owner.idle and task._strand is not None else task._greenlet
    if stack:
        return stack, _orders(task) if hooks.watches else ()
    starter = Carrier(parent=owner.main._greenlet) if stack is None else task
    return owner.main._greenlet, [starter]


class Carrier(greenlet):  # type: ignore[misc]  # it has no stubs
    """A greenlet in which strands run."""

    @invisible
    def start(self) -> Order:
        """Begin it; what the calling greenlet is given when it goes on."""
        order: Order = self.switch()
        return order

    def run(self, order: Order = None) -> Order:
        """Enter the current tasklet's strand; whenever one leaves or ends for a tasklet with another C stack, switch to
        that, until this is needed again.
        """
        del self  # nobody else holds a carrier that is not needed any more
        from kaa.microthreads.tasklets import scheduler

        owner = scheduler()
        if order is None:
            order = _orders(owner.current)
        enter, idle = owner.strands.enter, owner.idle
        while enter(owner.current._strand, order) is not False:
            if (stack := owner.current._greenlet) is None:
                prepare(owner.current)
                order = _orders(owner.current)
                if (stack := owner.current._greenlet) is None:
                    continue
            if len(idle) == IDLE:
                del stack
                return _end(owner, getcurrent())
            idle.append(getcurrent())
            if not stack or hooks.watches:
                stack, order = _way(owner)
                order = stack.switch(order)
            else:
                order = stack.switch(())
        return None


@invisible
def _end(owner: Scheduler, ending: Any) -> Order:
    """What a greenlet that ends gives to the one in which the current tasklet goes on, its parent."""
    ending.parent, order = _way(owner)
    return order


def _run() -> Any:
    """All of a tasklet's life, in its strand or greenlet. What it returns, goes to where the next one goes on."""
    from kaa.microthreads.tasklets import scheduler

    owner = scheduler()
    task = owner.current
    places.current.put(None)
    if hooks.watches:
        places.current.set_watchers(*task._watchers)
    unhandled = None
    try:
        if task._is_stored:
            go_on(task)
        else:
            function, call = task._function, task._call
            assert function is not None and call is not None
            task._call = None
            owner.raise_pending()
            if places.current.machine is not None:  # with no C code between: what that holds, nobody sees
                places.current.machine.call(function, call[0], call[1])
            else:
                if type(function) is MethodType:  # the same
                    call = ((function.__self__, *call[0]), call[1])
                    function = function.__func__
                if call[1]:
                    function(*call[0], **call[1])
                else:
                    function(*call[0])
    except TaskletExit:
        pass
    except GreenletExit:
        hooks.begun -= 1
        return False  # nobody holds the tasklet any more: it was collected while another one ran
    except BaseException as error:
        unhandled = error
    if unhandled is not None or task._at_end is not None:
        task._ended(unhandled)
        unhandled = None
    hooks.begun -= 1
    owner.remove(task)
    try:
        following = owner.main if type(owner.main.tempval) is bomb else owner.next_to_run()
    except BaseException as error:  # Ctrl-C, while it waited for other threads
        owner.hand_to_main(error)
        following = owner.main
    if owner.allowance is not None:
        following = owner.allowance.following(following)
    owner.enter(task, following)
    if task._strand is None:
        task._greenlet = None
        return _end(owner, getcurrent())
    task._strand = None
    prepare(following)
    # With a trace function, or a C stack, that one goes on from the carrier.
    return following._strand if following._greenlet is None and not hooks.watches else None
