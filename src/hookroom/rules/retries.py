"""What follows from the outcome of an attempt (contract, section 4, "Failures and retries").

::

    attempt ──▶ 2xx ────────────────────────────────────────▶ Finished succeeded
            ├─▶ 410 ────────────────────────────────────────▶ Finished gone (the integration is disabled)
            ├─▶ 3xx, other 4xx, an address that is refused ─▶ Finished failed
            └─▶ not reached, 408, 425, 429, 5xx ─┬─ retries left ─▶ Retry
                                                 ├─ none left ────▶ Finished dead
                                                 └─ none wanted ──▶ Finished failed
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from msgspec import Struct

from hookroom.rules.model import Integration

DEFAULT_RETRY_COUNT: Final = 4
DEFAULT_RETRY_DELAY: Final = "powers-of-ten"
STANDARD: Final = "standard"
STANDARD_DELAYS_MS: Final = tuple(
    seconds * 1000 for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
)
"""The schedule that Standard Webhooks recommends ("Deliverability and reliability"); the last wait repeats."""
MAX_DELAY_MS: Final = 30 * 24 * 3600 * 1000
"""The longest wait of a schedule: 30 days, how long history is kept."""
MAX_RETRY_AFTER_MS: Final = 24 * 3600 * 1000
"""The longest wait that a receiver may ask for."""
JITTER: Final = 0.1
"""Up to this part of a wait is added to it, so that calls that failed together do not come back together."""
MAX_JITTER_MS: Final = 60_000

_RETRIED: Final = frozenset({408, 425, 429})


class RetryPolicy(Struct, frozen=True):
    """How an integration retries: at most ``count`` times, ``delay`` names the schedule."""

    count: int
    delay: str = DEFAULT_RETRY_DELAY


class Answered(Struct, frozen=True, tag=True):
    """The receiver answered with ``status``. Names of ``headers`` in any case."""

    status: int
    headers: Mapping[str, str] = {}


class NotReached(Struct, frozen=True, tag=True):
    """No answer: a network error or timeout, or with ``permanent`` one that trying again cannot mend."""

    reason: str
    permanent: bool = False


Outcome = Answered | NotReached


class Retry(Struct, frozen=True):
    """Try again at ``at_ms`` (epoch milliseconds). ``step`` is the history's name for it."""

    at_ms: int
    step: str


class Finished(Struct, frozen=True):
    """No further attempt. ``dead``: all retries were made; ``gone``: the receiver wants no more of any kind."""

    state: Literal["succeeded", "failed", "dead", "gone"]
    step: str
    reason: str = ""


RetryDecision = Retry | Finished


def policy_of(integration: Integration) -> RetryPolicy:
    """The policy of an integration: no retries unless switched on, then 4 in powers of ten by default."""
    if not integration.retry_failed_calls:
        return RetryPolicy(0)
    count, delay = integration.retry_count, integration.retry_delay or DEFAULT_RETRY_DELAY
    return RetryPolicy(default_count(delay) if count is None else max(0, count), delay)


def default_count(schedule: str) -> int:
    """How many retries there are where an integration does not say: those of the standard schedule, else 4."""
    return len(STANDARD_DELAYS_MS) if schedule == STANDARD else DEFAULT_RETRY_COUNT


def is_down(outcome: Outcome) -> bool:
    """Whether the receiver cannot take calls for now, as opposed to one that refuses this call."""
    if isinstance(outcome, NotReached):
        return not outcome.permanent
    return outcome.status in _RETRIED or 500 <= outcome.status <= 599


def decide(
    policy: RetryPolicy, attempt_number: int, outcome: Outcome, now_ms: int, random: float
) -> RetryDecision:
    """What follows from ``outcome`` of attempt ``attempt_number`` (the first is 1).

    A retry comes no earlier than the schedule or the receiver's ``Retry-After`` say (the later of the two),
    and later by ``random`` (0 to 1) of the jitter.
    """
    if isinstance(outcome, Answered):
        status = outcome.status
        if 200 <= status <= 299:
            return Finished("succeeded", "after-http-call")
        reason = f"HTTP {status}"
        if status == 410:
            return Finished("gone", "after-process-http-status-410", reason)
        if status not in _RETRIED and not 500 <= status <= 599:
            return Finished("failed", "after-http-call", reason)
        asked = _retry_after_ms(outcome.headers, now_ms)
    else:
        reason = outcome.reason
        if outcome.permanent:
            return Finished("failed", "after-http-call", reason)
        asked = 0
    if policy.count == 0:
        return Finished("failed", "failed-and-not-configured-to-retry", reason)
    if attempt_number > policy.count:
        return Finished("dead", "too-many-retries", reason)
    delay = delay_ms(policy.delay, attempt_number)
    if delay is None:
        return Finished("failed", "failed-and-retry-delay-is-invalid", reason)
    wait = max(delay, asked)
    jitter = int(min(wait * JITTER, MAX_JITTER_MS) * random)
    return Retry(now_ms + wait + jitter, f"going-to-retry-{attempt_number}")


def delay_ms(schedule: str, retry_number: int) -> int | None:
    """The wait in milliseconds before retry ``retry_number`` (the first is 1), without jitter.

    At most ``MAX_DELAY_MS``; ``None`` for a schedule that does not exist.
    """
    if schedule == STANDARD:
        return STANDARD_DELAYS_MS[min(retry_number, len(STANDARD_DELAYS_MS)) - 1]
    power = min(retry_number, 40)
    if schedule == "powers-of-ten":
        return min(int(10 ** (power + 1)), MAX_DELAY_MS)
    if schedule == "powers-of-two":
        return min(int(2**power) * 1000, MAX_DELAY_MS)
    if schedule == "increments-of-two":
        return min(retry_number * 2000, MAX_DELAY_MS)
    return None


def _retry_after_ms(headers: Mapping[str, str], now_ms: int) -> int:
    """The wait that ``Retry-After`` asks for (RFC 9110, section 10.2.3), 0 without a readable one."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if _SECONDS.fullmatch(value):
        return min(int(value) * 1000, MAX_RETRY_AFTER_MS)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        asked = int(moment.timestamp() * 1000) - now_ms
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(asked, 0), MAX_RETRY_AFTER_MS)


_SECONDS: Final = re.compile("[0-9]{1,12}")
