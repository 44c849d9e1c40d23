"""Passwords: Argon2id over the SHA-256 that clients may send in the password's place.

The original's clients send either the plain password or its SHA-256 in hex; both must log in, so the digest is
what is hashed. Hashing runs in a thread of its own, one at a time: it costs tens of milliseconds and 64 MiB,
and a flood of logins must not take more than one core and one such buffer.
"""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher: Final = PasswordHasher(parallelism=1)
_quick: Final = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
_thread: Final = ThreadPoolExecutor(1, thread_name_prefix="passwords")


def digest(password: str) -> str:
    """SHA-256 of a plain password, lower-case hex, as clients send it."""
    return hashlib.sha256(password.encode(errors="surrogatepass")).hexdigest()


async def hash_digest(password_digest: str, *, quick: bool = False) -> str:
    """The form to store. ``quick`` costs a millisecond and is for test mode, whose passwords guard nothing."""
    hasher = _quick if quick else _hasher
    return await asyncio.get_running_loop().run_in_executor(_thread, hasher.hash, password_digest.lower())


async def verify(stored: str | None, password_digest: str) -> bool:
    """Whether the digest belongs to ``stored``; takes as long when there is none."""
    return await asyncio.get_running_loop().run_in_executor(
        _thread, _verify, stored or _NOBODYS, password_digest.lower()
    )


def _verify(stored: str, password_digest: str) -> bool:
    try:
        return _hasher.verify(stored, password_digest)
    except (VerificationError, InvalidHashError):
        return False


_NOBODYS: Final = (
    "$argon2id$v=19$m=65536,t=3,p=1$aG9va3Jvb20gbm9ib2R5Lg$93Dhbau+6RuIjPvBukkJml5iFOT5w9sISjLfpylz6pU"
)
"""A hash of no password, made as those of users are, so that an unknown name takes as long as a known one."""
