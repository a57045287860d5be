"""Taking a tasklet's turn from it: `run(timeout)`.

In: how many instructions a tasklet may run without a switch. Out: the main tasklet goes on, with the tasklet that ran
longer, out of the ring and in the middle of what it did. The machines count backward jumps and calls, not
instructions: each counts as `STRETCH` of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaa.microthreads.live_frames import standing
from kaa.runtime import places
from kaa.runtime.invisible import invisible

if TYPE_CHECKING:
    from kaa.microthreads.tasklets import Scheduler, tasklet

STRETCH = 10
"""Instructions from one backward jump or call to the next: about what real programs have."""
_ENDLESS = 1 << 62


class Allowance:
    """What one `run(timeout)` allows."""

    def __init__(self, owner: Scheduler, timeout: int, soft: bool, ignore_nesting: bool, total: bool) -> None:
        self.owner = owner
        self.ticks = max(1, timeout // STRETCH)
        self.soft, self.ignore_nesting, self.total = soft, ignore_nesting, total
        self.used_up = False
        self.interrupted: tasklet | None = None

    def begin(self) -> None:
        """Count from now on, in the calling thread."""
        counter = places.current.countdown
        if counter is None:
            raise NotImplementedError("run(timeout): this engine cannot interrupt a tasklet")
        counter.begin(self.ticks, self.interrupt)

    def end(self) -> None:
        """Count no more."""
        places.current.countdown.end()

    def renew(self) -> None:
        """Another tasklet runs."""
        if not self.total:
            places.current.countdown.set(self.ticks)

    def following(self, task: tasklet) -> tasklet:
        """Who runs next, where somebody switches to a tasklet: with `soft`, the main one when the time has come."""
        if not self.used_up:
            return task
        self.used_up = False
        self.owner.wake_main()
        return self.owner.main

    @invisible
    def interrupt(self) -> None:
        """The current tasklet has used up what it was allowed; called where it is."""
        owner, task = self.owner, self.owner.current
        if self.soft and not task.is_main:
            self.used_up = True
            places.current.countdown.set(_ENDLESS)
        elif self._may_interrupt(task):
            self.interrupted = task
            owner.remove(task)
            owner.wake_main()
            owner.switch(owner.main)

    def _may_interrupt(self, task: tasklet) -> bool:
        if task.is_main or task.atomic or self.owner.trap or self.interrupted is not None:
            return False
        nesting, scheduling = standing()
        return not scheduling and (not nesting or self.ignore_nesting or task.ignore_nesting)
