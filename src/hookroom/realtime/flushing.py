"""When what was said to connections is written to them.

A write to a socket costs about the same for one message as for twenty. While there is little to say everything
goes out at once; under load connections wait their turn, and what is said meanwhile goes out in one write. The
waiting follows from the number of connections that have something to be told, not from how much that is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol

PACE_S: Final = 40e-6
"""Time that a write is reckoned with: writes take a third of a processor at most."""
BURST_S: Final = 0.08
"""Writes that may go out at once after a rest, as time: two thousand."""
STEP: Final = 128
"""Writes between which the loop does other things."""


class Flushed(Protocol):
    """A connection that holds back what it was given to say."""

    def flush(self) -> None:
        """Write it."""
        ...


class Flusher:
    """The connections of this process that have something to be told, in the order in which they got it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Flushed] = deque()
        self._scheduled = False
        self._paid_until = 0.0

    def add(self, connection: Flushed) -> None:
        """Flush ``connection`` when its turn comes. Only for one that does not wait already."""
        self._waiting.append(connection)
        if not self._scheduled:
            self._schedule()

    def _schedule(self) -> None:
        self._scheduled = True
        wait = self._paid_until - BURST_S - self._loop.time()
        if wait <= 0:
            self._loop.call_soon(self._flush)
        else:
            self._loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        count = min(STEP, len(self._waiting))
        for _ in range(count):
            self._waiting.popleft().flush()
        self._paid_until = max(self._paid_until, self._loop.time()) + count * PACE_S
        if self._waiting:
            self._schedule()
