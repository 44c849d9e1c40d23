"""Identifiers in the forms that clients of the Rocket.Chat API know (contract, section 1)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
"""Characters of an id: no look-alikes. In ASCII order, so that ids made from a clock sort by it."""

_BASE: Final = len(ALPHABET)


def random_id(length: int = 17) -> str:
    """``length`` characters of ``ALPHABET`` from the system's secure source."""
    out: list[str] = []
    while len(out) < length:
        # A byte under 220 = 4 * 55 is an even draw; the others are thrown back.
        out += [ALPHABET[b % _BASE] for b in secrets.token_bytes(length + 8) if b < 220]
    return "".join(out[:length])


_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
_TAILS: Final = _BASE**9
_STEP: Final = 2**24
_DRAWN: Final = 8
_POOL: Final = 512 * _DRAWN

_KEPT: Final = 8
_recent: dict[int, tuple[str, int]] = {}
"""Of the last milliseconds asked for: the newest id's first characters, and its last ones as a number."""
_pool: Iterator[bytes] = iter(())


def timed_id(ms: int) -> str:
    """A 17-character id whose first 8 characters are the time ``ms`` (epoch milliseconds).

    Rows that are written together stay together in a database's index, which keeps an insert as cheap
    in a table of millions as in an empty one. The other 9 characters are random, and rise from one id to the
    next of the same millisecond, so that ids of one process sort in the order in which they were made. They
    tell ids apart and are no secret.
    """
    drawn = int.from_bytes(_draw())
    prefix, tail = _recent.get(ms, ("", _TAILS))
    if tail < _TAILS - _STEP:
        tail += 1 + drawn % (_STEP - 1)
    else:
        rest, prefix = ms, ""
        for _ in range(8):
            rest, digit = divmod(rest, _BASE)
            prefix = ALPHABET[digit] + prefix
        tail = drawn % _TAILS
        if len(_recent) >= _KEPT:
            del _recent[next(iter(_recent))]
    _recent[ms] = (prefix, tail)
    rest, last = divmod(tail, _BASE)
    rest, d = divmod(rest, len(_PAIRS))
    rest, c = divmod(rest, len(_PAIRS))
    a, b = divmod(rest, len(_PAIRS))
    return f"{prefix}{_PAIRS[a]}{_PAIRS[b]}{_PAIRS[c]}{_PAIRS[d]}{ALPHABET[last]}"


def _draw() -> bytes:
    # One system call for many ids: it costs more than everything else here.
    global _pool
    drawn = next(_pool, None)
    if drawn is None:
        block = secrets.token_bytes(_POOL)
        _pool = iter([block[i : i + _DRAWN] for i in range(0, _POOL, _DRAWN)])
        drawn = next(_pool)
    return drawn


def user_id() -> str:
    """A new user's id."""
    return random_id()


def room_id() -> str:
    """A new room's id (direct rooms of two have ``direct_room_id``)."""
    return random_id()


def direct_room_id(first: str, second: str) -> str:
    """The id of the direct room of two users, the same from both sides."""
    return "".join(sorted((first, second)))


def integration_id() -> str:
    """A new integration's id: 24 hex digits."""
    return secrets.token_hex(12)


def incoming_token() -> str:
    """A new incoming webhook's token: 48 characters."""
    return random_id(48)


def outgoing_token() -> str:
    """A new outgoing webhook's token: 24 characters."""
    return random_id(24)


def auth_token() -> str:
    """A new login or personal access token: 43 characters, 248 bits."""
    return random_id(43)
