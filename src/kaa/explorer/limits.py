"""What a recorded program may use, and how its process is held to it.

`Limits` are checked on three levels: by the machine (instructions, seconds, depth), by the kernel in the child
(memory, processor time, files, processes), and by the parent, which ends the child (`sandbox`).
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
from dataclasses import dataclass

from kaa.explorer import landlock

_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _SET, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
)  # linux/bpf_common.h: ld, jeq, jge, jset, ret
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_X86_64 = 0xC000003E
_CLONE_THREAD = 0x00010000
_EPERM, _ENOSYS = 1, 38

_CLONE, _CLONE3 = 56, 435
_NEW_PROCESS = (57, 58, 59, 322)  # fork, vfork, execve, execveat
_X32 = 0x40000000  # system calls of another kind, under numbers from here on

_REFUSED_TO_STRANGERS = (
    *(41, 42, 49),  # socket, connect, bind
    *(62, 200, 234, 424, 129, 297, 141, 203),  # kill and its like, setpriority, sched_setaffinity
    *(101, 310, 311, 438),  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
    *(90, 91, 268, 452, 92, 93, 94, 260),  # chmod, chown and their like
    *(132, 235, 261, 280, 188, 189, 190, 197, 198, 199),  # utime, setxattr, removexattr and their like
    *(165, 166, 161, 155, 272, 308),  # mount, umount2, chroot, pivot_root, unshare, setns
    *(425, 321, 298, 248, 250),  # io_uring_setup, bpf, perf_event_open, add_key, keyctl
)
"""Beside new processes: the network, other processes, what is noted of files."""


@dataclass(frozen=True)
class Limits:
    """`steps` are recorded instructions, `instructions` all that the machine carries out."""

    steps: int = 100_000
    instructions: int = 20_000_000
    seconds: float = 60.0
    memory: int = 2 << 30  # bytes of address space, the journal's and the recorder's own included
    output: int = 1 << 20  # characters
    road: int = 128 << 20  # characters of its JSON
    public: bool = False  # no network, no files but the library's, and none to write
    breakpoints: tuple[
        tuple[str, int], ...
    ] = ()  # files and lines around which steps are recorded (`window`)


def can_confine() -> bool:
    """Whether the kernel of this machine can be told to refuse new processes."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def can_serve_strangers() -> bool:
    """Whether it can also be told to hide files."""
    return can_confine() and landlock.version() > 0


def confine(limits: Limits) -> None:
    """Hold the calling process to its limits, for good. OSError if the kernel refuses."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    seconds = int(limits.seconds) + 5  # the parent ends it before, by the clock
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0) if limits.public else (64 << 20, 64 << 20))
    if can_confine():
        _give_up_privileges()
        if limits.public:
            landlock.hide_files_except(landlock.library())
        _filter((*_NEW_PROCESS, *_REFUSED_TO_STRANGERS) if limits.public else _NEW_PROCESS)
    else:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _filter(refused: tuple[int, ...]) -> None:
    """Let the kernel answer EPERM to system calls; threads are still allowed."""
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, _X86_64),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERROR | _ENOSYS),  # libc then takes clone, whose flags can be seen
    ]
    for number in refused:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | _EPERM)]
    steps += [
        (_EQUAL, 0, 3, _CLONE),
        (_LOAD, 0, 0, 16),  # the flags
        (_SET, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(buffer)))
    _control(_SET_SECCOMP, _FILTER, head, 0, 0)


def _give_up_privileges() -> None:
    """No program that this process becomes has more rights than it; the kernel asks for that first."""
    _control(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _control(*arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*arguments):
        raise OSError(ctypes.get_errno(), "the kernel does not take the limits of the process")
