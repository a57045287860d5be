"""`sys.activate_stack_trampoline` and its companions where the machine's code needs no trampolines.

The host gives each function a piece of machine code of its own, so that Linux `perf` can name it, and refuses that
where something else runs the frames. Functions have such pieces here anyway: it is enough to tell `perf` their names.
"""

from __future__ import annotations

import os
import sys

from kaa.runtime.builtin_function import Builtin
from kaa.runtime.invisible import invisible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kaa.baseline.engine import Engine


def install(machine: Engine) -> None:
    """Let the guest switch the naming on and off; it is on already after `-X perf` or with PYTHONPERFSUPPORT."""
    host_activate = sys.activate_stack_trampoline
    if sys.is_stack_trampoline_active():
        sys.deactivate_stack_trampoline()
        machine.write_perf_map()

    @invisible
    def activate_stack_trampoline(backend: str, /) -> None:
        if backend == "perf":
            machine.write_perf_map()
        else:
            host_activate(backend)  # which says what is wrong with it

    @invisible
    def deactivate_stack_trampoline() -> None:
        machine.leave_perf_map()

    @invisible
    def is_stack_trampoline_active() -> bool:
        return machine.writes_perf_map

    for function in (activate_stack_trampoline, deactivate_stack_trampoline, is_stack_trampoline_active):
        setattr(sys, function.__name__, Builtin(function, getattr(sys, function.__name__)))
    os.register_at_fork(after_in_child=machine.continue_perf_map)
