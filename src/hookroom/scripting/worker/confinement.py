"""Taking from the worker's process what running WebAssembly does not need.

The sandbox is WebAssembly; this is the wall behind it. Once confined, the process can open no file, make no
connection, start no program and no process, and look at no other one, whatever runs in it. On systems other than
Linux on x86-64 and ARM64 only the limits of resources hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
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

_BASE_DATA: Final = 512 << 20
"""Bytes of data that Python, the engine and its machine code may have besides scripts."""


class _Architecture(NamedTuple):
    """Numbers of a processor's system calls (<asm/unistd.h>); ``audit`` names it (<linux/audit.h>)."""

    audit: int
    clone: int
    clone3: int
    most: int
    """Numbers from here on are calls of another ABI."""
    refused: tuple[int, ...]


_ARCHITECTURES: Final = {
    "x86_64": _Architecture(
        0xC000003E,
        56,
        435,
        0x40000000,
        (
            *(2, 257, 437, 85),  # open, openat, openat2, creat
            *(41, 42, 43, 288, 49, 50, 53),  # socket, connect, accept, accept4, bind, listen, socketpair
            *(59, 322, 57, 58),  # execve, execveat, fork, vfork
            *(
                101,
                310,
                311,
                62,
                200,
                234,
            ),  # ptrace, process_vm_readv, process_vm_writev, kill, tkill, tgkill
            *(82, 264, 316, 83, 258, 84, 87, 263, 86, 265, 88, 266),  # rename, mkdir, rmdir, unlink, link, …
            *(90, 91, 268, 92, 93, 260, 76, 77, 133, 259),  # chmod, chown, truncate, mknod, …
            *(
                165,
                166,
                161,
                155,
                272,
                308,
                175,
                313,
                321,
                298,
                425,
                426,
                427,
            ),  # mount, bpf, perf, io_uring, …
            16,  # ioctl
        ),
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        220,
        435,
        0x40000000,
        (
            *(56, 437),
            *(198, 203, 202, 242, 200, 201, 199),
            *(221, 281),
            *(117, 270, 271, 129, 130, 131),
            *(38, 276, 34, 35, 37, 36),
            *(52, 53, 55, 54, 45, 46, 33),
            *(40, 39, 51, 41, 97, 268, 105, 273, 280, 241, 425, 426, 427),
            29,
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
    """End when the server ends, however it does."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit("the server is gone")


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
    result: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(given), 0, 0)
    return result == 0


def _program(calls: _Architecture) -> list[tuple[int, int, int, int]]:
    """BPF: refuse the refused calls, all of another architecture, and new processes; threads may begin."""
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
    for number in calls.refused:
        steps += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, no)]
    return [*steps, (_ANSWER, 0, 0, _ALLOW)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
