"""Tasklets and the scheduler that runs them, one a thread, over greenlet.

In: functions and their arguments. Out: functions that run in turns. The runnable tasklets of a thread are a ring, with
the current one at its head; the one before it is the end of the queue. A tasklet that is not in the ring is paused,
or blocked on a channel. The main tasklet is the thread's own flow of control; it leaves the ring while it waits in
`run()`. A value or an exception (a `bomb`) that is handed to a tasklet lies in its `tempval` until it runs.

A machine of Kaa's may keep its current frame in Python objects; a switch takes it along (`runtime.places`).
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import ctypes
import gc
import sys
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from kaa.microthreads.chains import NOTHING, Outcome, freeze_tasklet, measure
from kaa.microthreads.greenlets import getcurrent
from kaa.microthreads.live_frames import host_frames, nesting, threads
from kaa.microthreads.parcels import TaskletExit, bomb
from kaa.microthreads.switching import Order, hooks, obey, reach
from kaa.runtime import places
from kaa.runtime.invisible import invisible
from kaa.runtime.own import is_own

if TYPE_CHECKING:
    from kaa.microthreads.channels import channel
    from kaa.microthreads.preemption import Allowance
    from kaa.reference.suspension import FrameState

type Link = tasklet | None
DEADLOCK = "Deadlock: the last runnable tasklet cannot be blocked."


class tasklet:
    """A function that runs in turns with others: `tasklet(function)(*arguments)`."""

    _scheduler: Scheduler
    _function: Callable[..., Any] | None
    _call: tuple[tuple[Any, ...], dict[str, Any]] | None
    _strand: Any  # its frames, once it has begun; None if they lie on the stack of a greenlet of its own
    _greenlet: Any  # where it goes on, if that needs a C stack
    _channel: channel | None
    next: Link
    prev: Link
    tempval: Any
    atomic: bool
    block_trap: bool
    ignore_nesting: bool
    _before: Link  # of those who wait in its channel
    _behind: Link
    # These few stay with the class until a tasklet needs its own.
    _chain: Sequence[FrameState] = ()  # frames to go on in, the outermost first
    _outcome: Outcome = NOTHING  # what the call in which it waits gives
    _root: Any = None  # the code of its outermost frame, if that is not its function's
    _place: Any = None  # where the machine was when it was left, if it keeps frames in Python objects
    _watchers: tuple[Any, Any] = (None, None)  # its trace and profile functions, while it waits
    _at_end: Callable[[BaseException | None], object] | None = None  # told what it has not handled, or None

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        self = object.__new__(cls)
        self._scheduler = scheduler()
        self._function = self._call = self._strand = self._greenlet = self._channel = None
        # Only what is set by this name has a place in the object itself; with anything else it would get a dict.
        self.next = self.prev = self._before = self._behind = self.tempval = None
        self.atomic = self.block_trap = self.ignore_nesting = False
        return self

    @invisible
    def __init__(
        self,
        func: Callable[..., Any] | None = None,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        if func is not None:
            self.bind(func, args, kwargs)

    @invisible
    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Set the arguments and make the tasklet runnable."""
        return self.setup(*arguments, **keywords)

    @invisible
    def bind(
        self,
        func: Callable[..., Any] | None = None,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> tasklet:
        """Give it another function; with arguments, also a state to run from, paused."""
        if self.is_current or self.is_main:
            raise RuntimeError("can't (re)bind the current or the main tasklet")
        if self.scheduled:
            raise RuntimeError("tasklet is scheduled")
        if self._has_begun or self._is_stored:
            raise RuntimeError("tasklet is already bound to a frame")
        if func is not None and not callable(func):
            raise TypeError("tasklet function must be a callable or None")
        if func is None and (args is not None or kwargs is not None) and self._function is None:
            raise RuntimeError("the tasklet has no function to call with these arguments")
        if func is not None or (args is None and kwargs is None):
            self._function, self._call = func, None
        if args is not None or kwargs is not None:
            self._call = tuple(args or ()), dict(kwargs or {})
        return self

    @invisible
    def setup(self, *arguments: Any, **keywords: Any) -> tasklet:
        """Set the arguments and make the tasklet runnable."""
        if self._function is None:
            raise RuntimeError("the tasklet was not bound to a function")
        self.bind(None, arguments, keywords)
        return self.insert()

    @invisible
    def insert(self) -> tasklet:
        """Put it at the end of the runnable ones."""
        self._check_runnable()
        if self._scheduler is not scheduler():
            self._scheduler.arrive(self)
        elif not self.scheduled:
            self._scheduler.insert(self)
        return self

    @invisible
    def _check_runnable(self) -> None:
        if self.blocked:
            raise RuntimeError("You cannot run a blocked tasklet")
        if not self.alive:
            raise RuntimeError("You cannot run an unbound(dead) tasklet")

    @invisible
    def _check_mine(self) -> None:
        self._check_runnable()
        if self._scheduler is not scheduler():
            raise RuntimeError("You cannot run a tasklet of another thread")

    @invisible
    def bind_thread(self, thread_id: int | None = None) -> None:
        """Make it a tasklet of another thread, or of the calling one."""
        if self._has_begun or self.scheduled:
            raise RuntimeError("a tasklet that has begun, or is scheduled, stays in its thread")
        self._scheduler = scheduler() if thread_id is None else scheduler_of(thread_id)

    @invisible
    def remove(self) -> tasklet:
        """Take it out of the runnable ones."""
        if self.blocked:
            raise RuntimeError("You cannot remove a blocked tasklet.")
        if self.is_current:
            raise RuntimeError("The current tasklet cannot be removed.")
        if self.next is not None:
            self._scheduler.remove(self)
        return self

    @invisible
    def run(self) -> None:
        """Run it now; the current one stays runnable."""
        self._check_mine()
        self._scheduler.go_to(self, keep=True)

    @invisible
    def switch(self) -> None:
        """Run it now; the current one is paused."""
        self._check_mine()
        self._scheduler.go_to(self, keep=False)

    @invisible
    def raise_exception(self, exc_class: type[BaseException], *args: Any) -> None:
        """Raise an exception in it, now."""
        if not (isinstance(exc_class, type) and issubclass(exc_class, BaseException)):
            raise TypeError("exceptions must be a subclass of BaseException")
        self._deliver(bomb(exc_class(*args)), False)

    @invisible
    def throw(self, exc: Any = None, val: Any = None, tb: Any = None, pending: bool = False) -> None:
        """Raise an exception in it: now, or with `pending` when its turn comes."""
        kind = exc if isinstance(exc, type) else type(exc)
        if not issubclass(kind, BaseException):
            raise TypeError("exceptions must be classes, or instances, deriving from BaseException")
        if isinstance(exc, BaseException) and val is not None:
            raise TypeError("instance exceptions may not have a separate value")
        self._deliver(bomb(exc, val, tb), pending)

    @invisible
    def kill(self, pending: bool = False) -> None:
        """End it by `TaskletExit`. One that has ended, or has not begun to exist, stays so."""
        if self.alive:
            self._deliver(bomb(TaskletExit), pending)

    @invisible
    def _deliver(self, what: bomb, pending: bool) -> None:
        error = what.error()
        if self.is_current:
            raise error
        if not self.alive:
            if isinstance(error, TaskletExit):
                return
            raise RuntimeError("You cannot throw to a dead tasklet")
        if self._scheduler is not scheduler():
            raise RuntimeError("You cannot throw to a tasklet of another thread")
        if self._channel is not None:
            self._channel.forget(self)
        if not (self._has_begun or self._chain or pending):  # it cannot handle anything
            self._end()
            if self._at_end is not None:
                self._ended(None if isinstance(error, TaskletExit) else error)
            elif not isinstance(error, TaskletExit):
                raise error
            return
        self.tempval = bomb(error)
        if pending:
            self.insert()
        else:
            self.run()

    @invisible
    def start(self) -> Any:
        """Begin it; what the calling greenlet is told when it goes on."""
        stack = self._greenlet
        del self
        return stack.switch()

    @invisible
    def _ended(self, error: BaseException | None) -> None:
        """Tell whoever wants to know; else an exception that it has not handled goes to the main tasklet."""
        at_end, self._at_end = self._at_end, None
        if at_end is not None:
            at_end(None if error is None else _without_own_frames(error))
        elif error is not None:
            self._scheduler.hand_to_main(error)

    def _end(self) -> None:
        if self.next is not None:
            self._scheduler.remove(self)
        self._call = self._strand = self._greenlet = None
        self._chain, self._outcome = (), NOTHING

    def set_atomic(self, flag: Any) -> bool:
        """Whether it may not be interrupted; the old value."""
        before, self.atomic = self.atomic, bool(flag)
        return before

    def set_ignore_nesting(self, flag: Any) -> bool:
        """Whether it may be interrupted in nested interpreters; the old value."""
        before, self.ignore_nesting = self.ignore_nesting, bool(flag)
        return before

    def __reduce__(self) -> Any:
        """How it is stored. A subclass that adds to the state takes that out again in its `__setstate__`."""
        from kaa.microthreads.tasklet_states import empty, tasklet_state

        return empty, (type(self),), tasklet_state(self)

    def __setstate__(self, state: Any) -> None:
        from kaa.microthreads.tasklet_states import fill_tasklet

        fill_tasklet(self, state)

    @property
    def alive(self) -> bool:
        """It has something to run."""
        return self._call is not None or self._has_begun or self._is_stored

    @property
    @invisible
    def _has_begun(self) -> bool:
        """It has frames, or is about to get them."""
        return self._strand is not None or self._greenlet is not None

    @property
    @invisible
    def _is_stored(self) -> bool:
        """It was stored while it waited, and has not run since."""
        return self._outcome is not NOTHING

    @property
    def blocked(self) -> bool:
        """It waits on a channel."""
        return self._channel is not None

    @property
    def scheduled(self) -> bool:
        """It is runnable, or waits on a channel."""
        return self.next is not None or self.blocked

    @property
    def paused(self) -> bool:
        """It is alive, and nobody will run it."""
        return self.alive and not self.scheduled and not self.is_current

    @property
    def restorable(self) -> bool:
        """Whether its frames can be stored."""
        try:
            freeze_tasklet(self)
        except ValueError:
            return False
        return True

    @property
    @invisible
    def is_current(self) -> bool:
        return self._scheduler.current is self

    @property
    def is_main(self) -> bool:
        return self._scheduler.main is self

    @property
    def thread_id(self) -> int:
        return self._scheduler.thread_id

    @property
    def frame(self) -> FrameType | None:
        """The innermost frame of the guest's; None if it has none yet, or any more."""
        if places.current.machine is not None:
            running = places.current.take() if self.is_current else self._place
            while running is not None and running.is_boundary:
                running = running.caller
        else:
            running = sys._getframe() if self.is_current else self._innermost()
            while running is not None and is_own(running.f_code.co_filename):
                running = running.f_back
        innermost: FrameType | None = running
        return innermost

    @invisible
    def _innermost(self) -> FrameType | None:
        if self._greenlet is None and self._strand is not None:
            waiting: FrameType | None = self._scheduler.strands.frame(self._strand)
            return waiting
        return getattr(self._greenlet, "gr_frame", None)

    @property
    def nesting_level(self) -> int:
        """How many C functions that have called its code wait for that."""
        if self.is_current:
            return nesting(host_frames())
        return measure(self, nesting) if self._has_begun else 0

    @property
    @invisible
    def trace_function(self) -> Any:
        """What `sys.settrace` was given in it."""
        return (places.current.watchers() if self.is_current else self._watchers)[0]

    @trace_function.setter
    @invisible
    def trace_function(self, function: Any) -> None:
        self._watch(function, self.profile_function)

    @property
    @invisible
    def profile_function(self) -> Any:
        """What `sys.setprofile` was given in it."""
        return (places.current.watchers() if self.is_current else self._watchers)[1]

    @profile_function.setter
    @invisible
    def profile_function(self, function: Any) -> None:
        self._watch(self.trace_function, function)

    @invisible
    def _watch(self, trace: Any, profile: Any) -> None:
        """From the first time on, each tasklet has functions of its own; before, those of the thread are for all."""
        for function in (trace, profile):
            if function is not None and not callable(function):
                raise TypeError("a trace or profile function must be callable, or None")
        watch_each()
        if self.is_current:
            places.current.set_watchers(trace, profile)
        else:
            self._watchers = trace, profile

    @property
    def recursion_depth(self) -> int:
        """How many frames of the guest's it has; those that a stored one has still to go on in count as well."""
        depth = len(self._chain)
        frame = self.frame
        while frame is not None:
            depth += not is_own(frame.f_code.co_filename)
            frame = frame.f_back
        return depth


class Scheduler:
    """The tasklets of one thread."""

    main: tasklet
    current: tasklet
    head: tasklet  # of the ring, while the current one is not in it
    is_plain = False  # nobody looks on, and nothing forbids a switch: see `look_around`
    allowance: Allowance | None = None  # of a `run(timeout)`
    waits_for_threads = False  # `run(threadblock=True)`
    pickle_flags = 0
    strands: Any = None  # what makes and enters strands, if the machine has any
    _chosen: tasklet | None = None  # to run next; who hands it over so, does not hold it while he waits

    def __init__(self) -> None:
        self.thread_id = _thread.get_ident()
        self.runcount = 0
        self.trap = 0
        self.idle: list[Any] = []  # carriers that nobody needs just now
        self.strands = places.current.strands()
        self.arrivals: deque[tasklet] = deque()  # what other threads have made runnable
        self._bell = _thread.allocate_lock()  # held, but for a moment when something arrives
        self._bell.acquire()

    def begin(self) -> None:
        """Make the thread's flow of control the main tasklet."""
        self.main = self.current = self.head = tasklet()
        self.main._greenlet = getcurrent()
        self.insert(self.main)

    @invisible
    def look_around(self) -> None:
        """Find out whether switches can take the short way. To be called whenever that may have changed."""
        self.is_plain = (
            len(all_schedulers) == 1
            and not (self.trap or hooks.watches or self.arrivals)
            and self.allowance is None
            and hooks.schedule is None
            and hooks.channel is None
            and places.current.machine is None
        )
        is_soft = hooks.softswitch and self.strands is not None
        self.swap: Callable[[Any, Any, Order], Any] = self.strands.swap if is_soft else _refuse

    @invisible
    def complete(self, previous: tasklet, order: Any) -> None:
        """After a `swap` that did not give None: it was refused, or there is something to do."""
        if order is False:
            order = reach(self, previous)
        if order:
            obey(order)

    @invisible
    def insert(self, task: tasklet) -> None:
        """At the end of the ring."""
        self.runcount += 1
        head = self.current
        last = head.prev
        if last is None:  # it has left
            if self.runcount == 1:
                task.next = task.prev = self.head = task
                return
            head = self.head
            last = head.prev
            assert last is not None
        task.prev = last
        task.next = head
        last.next = head.prev = task

    def arrive(self, task: tasklet) -> None:
        """Of another thread: make a tasklet of this one runnable."""
        self.arrivals.append(task)
        self.is_plain = False
        with contextlib.suppress(RuntimeError):  # it has been rung already
            self._bell.release()

    @invisible
    def collect(self) -> None:
        """Put what has arrived into the ring."""
        while self.arrivals:
            task = self.arrivals.popleft()
            if task.alive and not task.scheduled:
                self.insert(task)
        self.look_around()

    @invisible
    def _wait_for_arrivals(self) -> None:
        while not self.arrivals and other_threads():
            places.current.attend()
            self._bell.acquire(timeout=_PATIENCE)
        self.collect()

    @invisible
    def remove(self, task: tasklet) -> None:
        """Out of the ring."""
        before, after = task.prev, task.next
        assert before is not None and after is not None
        before.next, after.prev = after, before
        if task is self.current or task is self.head:
            self.head = after
        task.next = task.prev = None
        self.runcount -= 1

    @invisible
    def schedule(self) -> None:
        """Give the others a turn."""
        following = self.current.next
        if following is not None and following is not self.current:
            self.switch(following)

    @invisible
    def go_to(self, task: tasklet, keep: bool) -> None:
        """Run a tasklet now."""
        if task is self.current:
            return
        self.check_trap()
        if task.next is None:
            self.insert(task)
        if not keep:
            self.remove(self.current)
        self.switch(task)

    @invisible
    def leave(self) -> None:
        """Pause the current tasklet and run the next one. RuntimeError if nobody else can ever run."""
        current = self.current
        if self.is_plain and self.runcount > 1:
            before, after = current.prev, current.next
            assert before is not None and after is not None
            before.next, after.prev = after, before
            current.next = current.prev = None
            self.runcount -= 1
            self.head = self.current = after
            strand = after._strand  # the rest is what `switch` does; to call it would cost more
            del before, after  # who waits holds nobody else
            order = self.swap(current._strand, strand, None)
            if order is not None:
                self.complete(current, order)
            if type(current.tempval) is bomb:
                self.raise_pending()
            return
        self.check_trap()
        if self.runcount == 1 and current is self.main and not self._may_wait():
            raise RuntimeError(DEADLOCK)
        self.remove(current)
        self.switch(self._next_instead_of(current))

    @invisible
    def _next_instead_of(self, leaving: tasklet) -> tasklet:
        try:
            return self.next_to_run()
        except BaseException:  # Ctrl-C, while it waited for other threads
            self.insert(leaving)
            raise

    @invisible
    def next_to_run(self) -> tasklet:
        """Who runs when the current tasklet has left the ring: the main tasklet if the ring is empty, and no other
        thread can put somebody in."""
        if self.arrivals:
            self.collect()
        if not self.runcount and self._may_wait():
            self._wait_for_arrivals()
        if self.runcount:
            return self.head
        self.wake_main()
        return self.main

    @invisible
    def _may_wait(self) -> bool:
        """Whether the thread waits for others when it has nothing to run."""
        return bool(self.arrivals) or (
            (self.main._channel is not None or self.waits_for_threads) and other_threads()
        )

    @invisible
    def wake_main(self) -> None:
        """Make it runnable. If it waits on a channel where nobody will come, that is a deadlock."""
        if self.main._channel is not None:
            self.main._channel.forget(self.main)
            self.main.tempval = bomb(RuntimeError(DEADLOCK))
        if self.main.next is None:
            self.insert(self.main)

    @invisible
    def check_trap(self) -> None:
        if self.trap:
            raise RuntimeError("switch_trap")

    @invisible
    def switch(self, task: tasklet) -> None:
        """Run another tasklet, until somebody switches back to this one; raises what was thrown at it."""
        previous = self.current
        if self.is_plain:
            if task is not previous:
                self.current = task
                strand = task._strand
                del task  # who waits holds nobody else
                order = self.swap(previous._strand, strand, None)
                if order is not None:
                    self.complete(previous, order)
        else:
            self._chosen = task
            del task
            self._switch_with_care()
        if type(previous.tempval) is bomb:
            self.raise_pending()

    @invisible
    def _switch_with_care(self) -> None:
        """The same where somebody looks on, or the machine keeps its frames in Python objects."""
        task, self._chosen = self._chosen, None
        assert task is not None
        self.check_trap()
        previous = self.current
        if self.allowance is not None:
            task = self.allowance.following(task)
        if task is previous:
            return
        keeper = places.current
        if keeper.machine is not None:
            previous._place = keeper.take()
        self.enter(previous, task)
        del task
        obey(reach(self, previous))
        if keeper.machine is not None:
            keeper.put(previous._place)
            previous._place = None

    @invisible
    def enter(self, previous: tasklet, task: tasklet) -> None:
        self.current = task
        if self.allowance is not None:
            self.allowance.renew()
        if hooks.watches:
            previous._watchers = places.current.watchers()
            places.current.set_watchers(None, None)
        if hooks.schedule is not None:
            try:
                hooks.schedule(previous, task)
            except BaseException as error:  # the switch has begun, so the main tasklet has to be told
                self.hand_to_main(error)

    @invisible
    def hand_to_main(self, error: BaseException) -> None:
        """Have the main tasklet raise an exception that a tasklet has not handled."""
        self.wake_main()
        self.main.tempval = bomb(_without_own_frames(error))

    @invisible
    def raise_pending(self) -> None:
        """Raise what was thrown at the current tasklet."""
        what = self.current.tempval
        if type(what) is bomb:
            self.current.tempval = None
            raise what.error()

    @invisible
    def run(self, allowance: Allowance | None = None) -> tasklet | None:
        """Of the main tasklet: run the others until none is runnable, or one has used up its allowance, which is given
        back."""
        if self.current is not self.main:
            raise RuntimeError("run() must be run from the main tasklet.")
        self.collect()
        if self.runcount == 1 and not self._may_wait():
            return None
        self.check_trap()
        if allowance is None:
            self.leave()
            return None
        allowance.begin()
        self.allowance = allowance
        self.look_around()
        try:
            self.leave()
        finally:
            self.allowance = None
            allowance.end()
            self.look_around()
        return allowance.interrupted


@invisible
def _without_own_frames(error: BaseException) -> BaseException:
    """The exception with the tasklet's own traceback."""
    position = error.__traceback__
    while position is not None and is_own(position.tb_frame.f_code.co_filename):
        position = position.tb_next
    return error.with_traceback(position)


def abandon(task: tasklet) -> None:
    """Make a tasklet that waits a dead one, and run nothing of it: it goes on elsewhere.

    What its stack holds is never given back: only running its `finally` blocks could unwind it.
    """
    if task._channel is not None:
        task._channel.forget(task)
    if task._has_begun:
        hooks.begun -= 1
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(task._greenlet or task._strand))
    task._end()
    task._at_end = None


@invisible
def _refuse(strand: Any, other: Any, order: Order) -> bool:
    """Where there is no soft switching."""
    return False


@invisible
def look_around() -> None:
    """After a change of the hooks."""
    for each in list(all_schedulers.values()):
        each.look_around()


@invisible
def watch_each() -> None:
    """From now on each tasklet has a trace function of its own."""
    if not hooks.watches:
        hooks.watches = True
        look_around()


of_thread = _thread._local()
"""Has a `scheduler` in each thread that has asked for it."""
all_schedulers: dict[int, Scheduler] = {}
"""By the identity of the thread, which may have ended."""


_PATIENCE = 0.1
"""Seconds after which a thread that waits looks whether there are others still."""


def other_threads() -> bool:
    """Whether there are threads that could make something runnable here."""
    return len(threads()) > 1


def scheduler_of(thread_id: int) -> Scheduler:
    """The scheduler of a thread."""
    try:
        return all_schedulers[thread_id]
    except KeyError:
        raise RuntimeError("Thread id not found") from None


@invisible
def end_all() -> None:
    """At the end of the process: kill the tasklets of the calling thread that have begun and wait, so that each leaves
    its `with` and `finally` blocks."""
    by_age = [found for generation in (2, 1, 0) for found in gc.get_objects(generation)]
    for task in [task for task in tasklets_of(scheduler(), by_age) if not task.is_main]:
        try:
            task.kill()
        except BaseException:
            sys.excepthook(*sys.exc_info())


def tasklets_of(owner: Scheduler, objects: list[Any]) -> list[tasklet]:
    """Those of a scheduler's tasklets among all objects that have begun. No code of the objects' runs."""
    return [
        found
        for found in objects
        if issubclass(type(found), tasklet) and found._scheduler is owner and found._has_begun
    ]


@invisible
def scheduler() -> Scheduler:
    """The scheduler of the calling thread."""
    try:
        mine: Scheduler = of_thread.scheduler
    except AttributeError:
        mine = of_thread.scheduler = all_schedulers[_thread.get_ident()] = Scheduler()
        if len(all_schedulers) == 1:
            atexit.register(end_all)
        mine.begin()
        running = threads()
        for identity in [identity for identity in all_schedulers if identity not in running]:
            del all_schedulers[identity]
        look_around()
    return mine
