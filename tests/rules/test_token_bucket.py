"""Token buckets against what they promise, with any calls at any times."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.token_bucket import Bucket, Rate, Taken, filled, take

rates = st.builds(Rate, st.integers(1, 1_000_000), st.integers(1, 86_400_000))
small_rates = st.builds(Rate, st.integers(1, 20), st.integers(1, 2000))
gaps = st.lists(st.integers(0, 500), max_size=200)


def play(rate: Rate, steps: list[int], start: int = 0) -> list[tuple[int, Taken]]:
    """Calls after these waits, and what came of them."""
    bucket, now, played = None, start, []
    for gap in steps:
        now += gap
        taken = take(rate, bucket, now)
        bucket = taken.bucket
        played.append((now, taken))
    return played


@given(small_rates, gaps)
def test_in_no_time_pass_more_than_the_capacity_and_what_came_in(rate: Rate, steps: list[int]) -> None:
    allowed = [now for now, taken in play(rate, steps) if taken.allowed]
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            most = rate.calls + Fraction(rate.calls * (allowed[last] - start), rate.period_ms)
            assert last - first + 1 <= most


@given(small_rates, gaps)
def test_nothing_is_refused_before_it_must_be(rate: Rate, steps: list[int]) -> None:
    level, before = Fraction(rate.calls), 0
    for now, taken in play(rate, steps):
        level = min(Fraction(rate.calls), level + Fraction(rate.calls * (now - before), rate.period_ms))
        assert taken.allowed is (level >= 1)
        level -= taken.allowed
        assert taken.remaining == level // 1
        assert Fraction(taken.bucket.units, rate.period_ms) == level
        before = now


@given(rates, st.integers(1, 50), st.integers(0, 2**50))
def test_what_it_says_of_waiting_is_exact(rate: Rate, calls: int, now: int) -> None:
    bucket = Bucket(0, now)
    refused = take(rate, bucket, now)
    assert not refused.allowed
    assert refused.remaining == 0
    assert take(rate, bucket, now + refused.wait_ms).allowed
    assert not take(rate, bucket, now + refused.wait_ms - 1).allowed
    assert refused.full_ms == rate.period_ms
    assert filled(rate, bucket, now + refused.full_ms) == rate.full
    assert filled(rate, bucket, now + refused.full_ms - 1) < rate.full
    for _ in range(calls):
        now += refused.wait_ms
        taken = take(rate, bucket, now)
        assert taken.allowed
        bucket = taken.bucket


@given(small_rates, gaps, st.integers(1, 10**9), gaps)
def test_a_clock_that_goes_back_brings_nothing_and_stops_nothing(
    rate: Rate, before: list[int], back: int, after: list[int]
) -> None:
    played = play(rate, [*before, 0])
    now, last = played[-1]
    jumped = take(rate, last.bucket, now - back)
    assert jumped.bucket.units == last.bucket.units - rate.period_ms * jumped.allowed
    bucket = jumped.bucket
    for gap in after:
        taken = take(rate, bucket, bucket.at + gap)
        assert taken.bucket.units == min(rate.full, bucket.units + gap * rate.calls) - (
            rate.period_ms * taken.allowed
        )
        bucket = taken.bucket


@given(small_rates, st.integers(0, 10**12), st.integers(0, 10**15))
def test_a_clock_that_leaps_ahead_fills_it_and_no_more(rate: Rate, units: int, leap: int) -> None:
    taken = take(rate, Bucket(units, 0), leap)
    assert 0 <= taken.bucket.units <= rate.full
    assert taken.remaining <= rate.calls


@pytest.mark.parametrize(("calls", "period"), [(1, 1000), (3, 1000), (60, 60_000), (7, 13)])
def test_a_new_one_is_full(calls: int, period: int) -> None:
    results = [taken.allowed for _, taken in play(Rate(calls, period), [0] * (calls + 2))]
    assert results == [True] * calls + [False, False]
