"""Taking from the worker's process what running WebAssembly does not need.

The sandbox is WebAssembly; this is the wall behind it. Once confined, the process has a few dozen system calls
left: for memory, threads, time, and what it has open. It can open no file, make no connection, start no program
and no process, and touch no other one, whatever runs in it and whoever it belongs to. On systems other than Linux
on x86-64 and ARM64 only the limits of resources hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_SECCOMP_SET_MODE_FILTER: Final = 1
_SECCOMP_ALL_THREADS: Final = 1
"""``SECCOMP_FILTER_FLAG_TSYNC``: compiling an image has left threads behind."""
_CAPABILITIES_VERSION: Final = 0x20080522

_BASE_DATA: Final = 512 << 20
"""Bytes of data that Python, the engine and its machine code may have besides scripts."""


class _Architecture(NamedTuple):
    """Numbers of a processor's system calls (<asm/unistd.h>); ``audit`` names it (<linux/audit.h>)."""

    audit: int
    seccomp: int
    clone: int
    clone3: int
    most: int
    """Numbers from here on are calls of another ABI."""
    allowed: tuple[int, ...]
    """What a process needs that has everything it works with, and talks through a socket."""


_ARCHITECTURES: Final = {
    "x86_64": _Architecture(
        0xC000003E,
        317,
        56,
        435,
        0x40000000,
        (
            *(0, 1, 20, 3, 44, 45, 48),  # read, write, writev, close, sendto, recvfrom, shutdown
            *(5, 8, 7, 271),  # fstat, lseek, poll, ppoll: of what is open
            *(9, 10, 11, 12, 25, 28),  # mmap, mprotect, munmap, brk, mremap, madvise
            *(13, 14, 15, 131),  # rt_sigaction, rt_sigprocmask, rt_sigreturn, sigaltstack
            *(
                202,
                273,
                334,
                218,
                324,
                219,
            ),  # futex, set_robust_list, rseq, set_tid_address, membarrier, restart
            *(24, 204, 140, 141),  # sched_yield, sched_getaffinity, getpriority, setpriority
            *(35, 230, 228, 229, 96, 201),  # nanosleep, clock_nanosleep, clock_gettime, clock_getres, …, time
            *(39, 110, 186, 102, 107, 104, 108),  # getpid, getppid, gettid, getuid, geteuid, getgid, getegid
            *(318, 98, 99, 60, 231),  # getrandom, getrusage, sysinfo, exit, exit_group
        ),
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        277,
        220,
        435,
        0x40000000,
        (
            *(63, 64, 66, 57, 206, 207, 210),
            *(80, 62, 73),
            *(222, 226, 215, 214, 216, 233),
            *(134, 135, 139, 132),
            *(98, 99, 293, 96, 283, 128),
            *(124, 123, 141, 140),
            *(101, 115, 113, 114, 169),
            *(172, 173, 178, 174, 175, 176, 177),
            *(278, 165, 179, 93, 94),
        ),
    ),
}
_CLONE_THREAD: Final = 0x00010000

_LOAD, _EQUAL, _AT_LEAST, _BITS, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
"""BPF: load a word, jump if equal, jump if at least, jump if any bit is set, answer."""
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
"""Where ``struct seccomp_data`` has them."""


def die_with_parent() -> None:
    """End when the server ends, however it does.

    A server that ended before this has closed its end of the socket: the worker finds nothing to do.
    """
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def confine(*, data_bytes: int) -> Sequence[str]:
    """Confine this process for good; answers what holds it in. ``data_bytes`` are for scripts."""
    held = ["resources"]
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_DATA, _BASE_DATA + data_bytes),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(what)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        libc = _libc()
        libc.prctl(_PR_SET_DUMPABLE, 0)
        # Of a server that runs as root: three sets of two words each, all empty.
        if libc.capset(struct.pack("Ii", _CAPABILITIES_VERSION, 0), bytes(24)) == 0:
            held.append("no capabilities")
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            held.append("no new privileges")
            if _filter(libc):
                held.append("system calls")
    return held


def _filter(libc: ctypes.CDLL) -> bool:
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    program = _program(known)
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    held = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    given = Program(len(program), ctypes.addressof(held))
    all_threads = (known.seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_ALL_THREADS, ctypes.byref(given))
    if libc.syscall(*all_threads) == 0:
        return True
    result: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(given), 0, 0)
    return result == 0


def _program(calls: _Architecture) -> list[tuple[int, int, int, int]]:
    """BPF: what is allowed, of this architecture, and new threads; anything else fails with EPERM."""
    no = _ERRNO | errno.EPERM
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, calls.audit),
        (_ANSWER, 0, 0, no),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, calls.most),
        (_ANSWER, 0, 0, no),
        # The C library falls back to clone, whose flags can be looked at.
        (_EQUAL, 0, 1, calls.clone3),
        (_ANSWER, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 3, calls.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_BITS, 0, 1, _CLONE_THREAD),
        (_ANSWER, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 0, 1, calls.clone),
        (_ANSWER, 0, 0, no),
    ]
    for number in calls.allowed:
        steps += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _ALLOW)]
    return [*steps, (_ANSWER, 0, 0, no)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
