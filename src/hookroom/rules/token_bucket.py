"""Token buckets: so many calls at once, and as many again with every period, evenly.

A bucket is counted in whole units, of which a call costs ``period_ms`` and a millisecond brings ``calls``: nothing
is rounded, however long it is used.
"""

from __future__ import annotations

from typing import NamedTuple


class Rate(NamedTuple):
    """``calls`` (at least 1) in ``period_ms`` (at least 1)."""

    calls: int
    period_ms: int

    @property
    def full(self) -> int:
        """The units of a full bucket."""
        return self.calls * self.period_ms


class Bucket(NamedTuple):
    """What is left at a time, in units and milliseconds of any clock."""

    units: int
    at: int


class Taken(NamedTuple):
    """What came of a call: the bucket after it, and whether it is allowed.

    ``remaining`` are the calls that are allowed at once from here; ``wait_ms`` is how long until the next one is,
    and ``full_ms`` until the bucket is full.
    """

    bucket: Bucket
    allowed: bool
    remaining: int
    wait_ms: int
    full_ms: int


def take(rate: Rate, bucket: Bucket | None, now: int) -> Taken:
    """Take a call at ``now`` (milliseconds) from ``bucket``; ``None`` is a full one.

    In no time do more calls pass than ``calls`` and those that came in since. A clock that goes back brings
    nothing, and goes on from where it is. A bucket of another rate is cut to what this one can hold.
    """
    units = filled(rate, bucket, now)
    allowed = units >= rate.period_ms
    if allowed:
        units -= rate.period_ms
    missing = max(0, rate.period_ms - units)
    return Taken(
        Bucket(units, now),
        allowed,
        units // rate.period_ms,
        -(-missing // rate.calls),
        -(-(rate.full - units) // rate.calls),
    )


def filled(rate: Rate, bucket: Bucket | None, now: int) -> int:
    """The units in ``bucket`` at ``now``."""
    if bucket is None:
        return rate.full
    return min(rate.full, bucket.units + max(0, now - bucket.at) * rate.calls)
