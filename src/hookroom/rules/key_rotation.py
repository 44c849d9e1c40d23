"""Which keys an integration signs or verifies with, when: after a rotation the old ones go on for a while.

Standard Webhooks, "Webhook headers": during the overlap a request carries a signature by each key, so that a
receiver verifies it with whichever it has. Where this server verifies, one by any of the keys is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

HOUR_MS: Final = 3_600_000
DEFAULT_OVERLAP_MS: Final = 24 * HOUR_MS
MAX_KEYS: Final = 5
"""Keys that are in use at once."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key as it is kept: its text (``whsec_…``, ``whsk_…``, or a service's secret), times in epoch milliseconds.

    It is in use until ``expires_at``; ``None``: it is the current one.
    """

    key: str = field(repr=False)
    created_at: int
    expires_at: int | None = None


class TooManyKeys(Exception):
    """So many keys are still in use that another would be one too many."""


def active(keys: Sequence[KeptKey], now: int) -> tuple[KeptKey, ...]:
    """Those of ``keys`` that are in use at ``now``."""
    return tuple(one for one in keys if one.expires_at is None or now < one.expires_at)


def rotated(keys: Sequence[KeptKey], new: str, now: int, overlap_ms: int) -> tuple[KeptKey, ...]:
    """The keys from ``now`` on, the newest first: ``new``, and for ``overlap_ms`` at most those in use now.

    A key that is taken up again is there once. Raises ``TooManyKeys``.
    """
    end = now + overlap_ms
    old = [
        replace(one, expires_at=end if one.expires_at is None else min(one.expires_at, end))
        for one in keys
        if one.key != new
    ]
    left = (KeptKey(new, now), *active(old, now))
    if len(left) > MAX_KEYS:
        raise TooManyKeys
    return left
