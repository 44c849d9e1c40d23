"""How often webhooks may be called: a token bucket for each, and one for each address.

Kept in memory of this process: of several nodes, each counts the calls that it gets. What is refused is told in
the answer, counted and logged.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog
from msgspec import Struct

from hookroom.config import Config
from hookroom.errors import TooManyRequests
from hookroom.integrations.refused_calls import RefusedCalls
from hookroom.rules.call_limits import USUAL_SECONDS
from hookroom.rules.client_address import counted_as
from hookroom.rules.model import Integration
from hookroom.rules.token_bucket import Bucket, Rate, Taken, take

log = structlog.get_logger()

MINUTE_MS: Final = 60_000
KEPT: Final = 20_000
"""Buckets that are kept of either kind; of more, those that were used last."""

Headers = Sequence[tuple[bytes, bytes]]


class Limited(TooManyRequests):
    """A call over a limit; ``headers`` say of which."""

    def __init__(self, retry_after: int, headers: Headers) -> None:
        super().__init__(retry_after)
        self.headers = headers


class HookLimits:
    """The limits of one server's webhooks. ``now`` gives epoch milliseconds."""

    def __init__(self, config: Config, refused: RefusedCalls, now: Callable[[], int]) -> None:
        self._usual = config.hooks_rate_calls
        self._of_address = _rate(config.hooks_address_rate_calls, MINUTE_MS)
        self._refused = refused
        self._now = now
        self._addresses = _Buckets()
        self._integrations = _Buckets()

    @property
    def by_address(self) -> bool:
        """Whether addresses have a limit."""
        return self._of_address is not None

    def of_address(self, address: str) -> Headers:
        """Count a call that comes from ``address``, to whatever webhook; the headers that say what is left of it.

        Raises ``Limited``.
        """
        if self._of_address is None:
            return ()
        return self._take(self._addresses, counted_as(address), self._of_address, address=address)

    def of(self, integration: Integration) -> Headers:
        """Count a call of ``integration``; as ``of_address``."""
        rate = self._rate_of(integration)
        if rate is None:
            return ()
        return self._take(self._integrations, integration.id, rate, integration=integration.id)

    def _rate_of(self, integration: Integration) -> Rate | None:
        calls = integration.rate_limit_calls
        if calls is None:
            return _rate(self._usual, MINUTE_MS) if self._usual else None
        return _rate(calls, (integration.rate_limit_seconds or USUAL_SECONDS) * 1000)

    def _take(self, buckets: _Buckets, key: str, rate: Rate, **named: str) -> Headers:
        taken = buckets.take(key, rate)
        headers = _headers(rate, taken, self._now())
        if taken.allowed:
            return headers
        kind = "over the limit of the address" if "address" in named else "over the limit of the webhook"
        self._refused.count(kind, **named)
        raise Limited(max(1, -(-taken.wait_ms // 1000)), headers)


class _Used(Struct):
    bucket: Bucket
    rate: Rate


class _Buckets:
    """Buckets by key. The oldest is forgotten when there are too many: it is most likely full by then."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Used] = OrderedDict()

    def take(self, key: str, rate: Rate) -> Taken:
        used = self._kept.get(key)
        # One of another rate, which was changed, says nothing about this one.
        before = used.bucket if used is not None and used.rate == rate else None
        taken = take(rate, before, time.monotonic_ns() // 1_000_000)
        self._kept[key] = _Used(taken.bucket, rate)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return taken


def _rate(calls: int, period_ms: int) -> Rate | None:
    return Rate(calls, period_ms) if calls > 0 else None


def _headers(rate: Rate, taken: Taken, now: int) -> Headers:
    values: Mapping[bytes, int] = {
        b"x-ratelimit-limit": rate.calls,
        b"x-ratelimit-remaining": taken.remaining,
        b"x-ratelimit-reset": now + taken.full_ms,
    }
    return [(name, b"%d" % value) for name, value in values.items()]
