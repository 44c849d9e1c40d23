"""What follows from the outcome of an attempt."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import an_integration

from hookroom.rules.retries import (
    DEFAULT_RETRY_COUNT,
    JITTER,
    MAX_DELAY_MS,
    MAX_JITTER_MS,
    MAX_RETRY_AFTER_MS,
    Answered,
    Finished,
    NotReached,
    Retry,
    RetryDecision,
    RetryPolicy,
    decide,
    delay_ms,
    is_down,
    policy_of,
)

NOW = 1_767_323_045_000
SCHEDULES = ["powers-of-ten", "powers-of-two", "increments-of-two", "standard"]
FOUR = RetryPolicy(4)
RETRIED = [408, 425, 429, 500, 502, 503, 504, 599]
FINAL = [100, 199, 300, 301, 302, 304, 308, 400, 401, 403, 404, 405, 409, 422, 451, 499, 600]


def after(outcome: Answered | NotReached, attempt: int = 1, policy: RetryPolicy = FOUR) -> RetryDecision:
    return decide(policy, attempt, outcome, NOW, 0.0)


@pytest.mark.parametrize(
    ("fields", "policy"),
    [
        ({}, RetryPolicy(0)),
        ({"retry_failed_calls": False, "retry_count": 5}, RetryPolicy(0)),
        ({"retry_failed_calls": True}, RetryPolicy(DEFAULT_RETRY_COUNT, "powers-of-ten")),
        ({"retry_failed_calls": True, "retry_count": 0}, RetryPolicy(0)),
        ({"retry_failed_calls": True, "retry_count": -1}, RetryPolicy(0)),
        (
            {"retry_failed_calls": True, "retry_count": 2, "retry_delay": "powers-of-two"},
            RetryPolicy(2, "powers-of-two"),
        ),
        ({"retry_failed_calls": True, "retry_delay": ""}, RetryPolicy(4, "powers-of-ten")),
    ],
)
def test_policy_of_an_integration(fields: dict[str, Any], policy: RetryPolicy) -> None:
    assert policy_of(an_integration(**fields)) == policy
    assert DEFAULT_RETRY_COUNT == 4


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("powers-of-ten", [0.1, 1, 10, 100, 1000]),
        ("powers-of-two", [2, 4, 8, 16, 32]),
        ("increments-of-two", [2, 4, 6, 8, 10]),
    ],
)
def test_the_contracts_delays(schedule: str, seconds: list[float]) -> None:
    assert [delay_ms(schedule, n) for n in range(1, 6)] == [1000 * one for one in seconds]
    decisions = [after(Answered(500), n, RetryPolicy(5, schedule)) for n in range(1, 6)]
    assert decisions == [
        Retry(NOW + int(1000 * one), f"going-to-retry-{n}") for n, one in enumerate(seconds, 1)
    ]


def test_the_standard_schedule() -> None:
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 10]
    assert [delay_ms("standard", n) for n in range(1, 8)] == [round(3_600_000 * one) for one in hours]
    integration = an_integration(retry_failed_calls=True, retry_delay="standard")
    assert policy_of(integration) == RetryPolicy(7, "standard")
    assert isinstance(after(Answered(500), 7, RetryPolicy(7, "standard")), Retry)
    assert after(Answered(500), 8, RetryPolicy(7, "standard")) == Finished(
        "dead", "too-many-retries", "HTTP 500"
    )


@pytest.mark.parametrize(
    ("outcome", "down"),
    [
        *((Answered(status), True) for status in RETRIED),
        *((Answered(status), False) for status in (200, 204, 301, 400, 401, 404, 410)),
        (NotReached("timeout"), True),
        (NotReached("private network", permanent=True), False),
    ],
)
def test_who_is_down(outcome: Answered | NotReached, down: bool) -> None:
    assert is_down(outcome) is down


@given(st.sampled_from(SCHEDULES), st.integers(1, 10**9), st.integers(0, 10**6))
def test_delays_grow_and_are_bounded(schedule: str, number: int, further: int) -> None:
    first, later = delay_ms(schedule, number), delay_ms(schedule, number + further)
    assert first is not None
    assert later is not None
    assert 100 <= first <= later <= MAX_DELAY_MS


@pytest.mark.parametrize("status", range(200, 300))
def test_2xx_is_success(status: int) -> None:
    assert after(Answered(status)) == Finished("succeeded", "after-http-call")
    assert after(Answered(status), 99, RetryPolicy(0)) == Finished("succeeded", "after-http-call")


@pytest.mark.parametrize("outcome", [NotReached("timeout"), *map(Answered, RETRIED)])
def test_what_is_retried(outcome: Answered | NotReached) -> None:
    reason = "timeout" if isinstance(outcome, NotReached) else f"HTTP {outcome.status}"
    assert after(outcome) == Retry(NOW + 100, "going-to-retry-1")
    assert after(outcome, 4) == Retry(NOW + 100_000, "going-to-retry-4")
    assert after(outcome, 5) == Finished("dead", "too-many-retries", reason)
    once = after(outcome, 1, RetryPolicy(0))
    assert once == Finished("failed", "failed-and-not-configured-to-retry", reason)
    invalid = after(outcome, 1, RetryPolicy(4, "now-and-then"))
    assert invalid == Finished("failed", "failed-and-retry-delay-is-invalid", reason)


@pytest.mark.parametrize("status", FINAL)
def test_what_is_final(status: int) -> None:
    assert after(Answered(status)) == Finished("failed", "after-http-call", f"HTTP {status}")


def test_an_address_that_is_refused_is_final() -> None:
    refused = NotReached("private network", permanent=True)
    assert after(refused) == Finished("failed", "after-http-call", "private network")


def test_410_disables() -> None:
    gone = Finished("gone", "after-process-http-status-410", "HTTP 410")
    assert after(Answered(410)) == after(Answered(410), 1, RetryPolicy(0)) == gone


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", 7000),
        (" 120 ", 120_000),
        ("0", 100),
        ("999999999", MAX_RETRY_AFTER_MS),
        ("9" * 5000, 100),
        ("-5", 100),
        ("1.5", 100),
        ("٣", 100),
        ("soon", 100),
        ("", 100),
        (formatdate(NOW / 1000 + 90, usegmt=True), 90_000),
        (formatdate(NOW / 1000 - 90, usegmt=True), 100),
        (formatdate(NOW / 1000 + 10**8, usegmt=True), MAX_RETRY_AFTER_MS),
        ("Fri, 02 Jan 2026 03:05:05", 60_000),
        ("Fri, 99 Jan 2026 03:05:05 GMT", 100),
    ],
)
@pytest.mark.parametrize("name", ["Retry-After", "retry-after"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(name: str, value: str, wait: int, status: int) -> None:
    assert after(Answered(status, {"X": "1", name: value})) == Retry(NOW + wait, "going-to-retry-1")


def test_retry_after_does_not_shorten_the_schedule_nor_lengthen_the_count() -> None:
    soon = Answered(429, {"Retry-After": "1"})
    assert after(soon, 4) == Retry(NOW + 100_000, "going-to-retry-4")
    assert after(soon, 5) == Finished("dead", "too-many-retries", "HTTP 429")


moments = st.from_regex(r"\w{3}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [A-Z+0-9-]+")
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "retry-after", "Date"]),
    st.text() | st.integers(0, 10**6).map(str) | moments,
)
outcomes = st.builds(Answered, st.integers(100, 599), headers) | st.builds(
    NotReached, st.text(), st.booleans()
)


@given(
    st.builds(RetryPolicy, st.integers(0, 50), st.sampled_from([*SCHEDULES, "no schedule"])),
    st.integers(1, 60),
    outcomes,
    st.floats(0, 1),
)
def test_a_retry_comes_within_bounds_and_attempts_end(
    policy: RetryPolicy, attempt: int, outcome: Answered | NotReached, random: float
) -> None:
    decision = decide(policy, attempt, outcome, NOW, random)
    steady = decide(policy, attempt, outcome, NOW, 0.0)
    if isinstance(decision, Finished):
        assert decision == steady
        return
    assert isinstance(steady, Retry)
    wait = steady.at_ms - NOW
    scheduled = delay_ms(policy.delay, attempt)
    assert scheduled is not None
    assert scheduled <= wait <= max(scheduled, MAX_RETRY_AFTER_MS)
    assert 0 <= decision.at_ms - steady.at_ms <= min(wait * JITTER, MAX_JITTER_MS)
    assert attempt <= policy.count
    assert decision.step == f"going-to-retry-{attempt}"


def test_jitter() -> None:
    late = decide(FOUR, 4, Answered(500), NOW, 0.5)
    assert late == Retry(NOW + 105_000, "going-to-retry-4")
    bounded = decide(RetryPolicy(9), 9, Answered(500), NOW, 1.0)
    assert bounded == Retry(NOW + MAX_DELAY_MS + MAX_JITTER_MS, "going-to-retry-9")
