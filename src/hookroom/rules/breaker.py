"""When a receiver that fails is left alone for a while.

::

              10 failures in a row                its time is over
    closed ────────────────────────▶ open ──────────────────────────▶ half-open: one call, as a probe
      ▲                               ▲                                   │         │
      │                               └──── the probe fails: twice as long ┘         │
      └──────────────────────────────────────── it succeeds ────────────────────────┘
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

THRESHOLD: Final = 10
"""Failures in a row, with no success between them, that open a breaker."""
FIRST_MS: Final = 1000
LONGEST_MS: Final = 60_000
JITTER: Final = 0.1
"""Up to this part is added to a span, so that receivers that failed together are not probed together."""


class Breaker(Struct, frozen=True):
    """The breaker of one receiver. ``openings`` counts how often in a row it opened: 0 while it is closed."""

    failures: int = 0
    openings: int = 0
    open_until: int = 0
    """Epoch milliseconds; from then on it is half-open."""

    @property
    def is_open(self) -> bool:
        """Whether it is open or half-open."""
        return self.openings > 0

    def permits(self, now: int, *, probing: bool) -> bool:
        """Whether a call may be made; ``probing``: one is under way already that was made while it was open."""
        return not self.is_open or (now >= self.open_until and not probing)


CLOSED: Final = Breaker()


def after_call(breaker: Breaker, now: int, random: float, *, down: bool, probe: bool) -> Breaker:
    """The breaker after a call that found the receiver ``down`` or not; ``random`` is from 0 to 1.

    Calls that were made before it opened and fail after that tell nothing new.
    """
    if not down:
        return CLOSED
    if breaker.is_open:
        return _opened(breaker.openings + 1, now, random) if probe else breaker
    failures = breaker.failures + 1
    return Breaker(failures) if failures < THRESHOLD else _opened(1, now, random)


def _opened(openings: int, now: int, random: float) -> Breaker:
    span = min(FIRST_MS << min(openings - 1, 16), LONGEST_MS)
    return Breaker(THRESHOLD, openings, now + span + int(span * JITTER * random))
