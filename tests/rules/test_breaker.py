"""When a receiver that fails is left alone, and when it is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.breaker import CLOSED, FIRST_MS, JITTER, LONGEST_MS, THRESHOLD, Breaker, after_call

NOW = 1_767_323_045_000


def failed(breaker: Breaker, times: int = 1, *, probe: bool = False) -> Breaker:
    for _ in range(times):
        breaker = after_call(breaker, NOW, 0.0, down=True, probe=probe)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    almost = failed(CLOSED, THRESHOLD - 1)
    assert not almost.is_open
    opened = failed(almost)
    assert opened == Breaker(THRESHOLD, 1, NOW + FIRST_MS)
    assert not opened.permits(NOW + FIRST_MS - 1, probing=False)
    assert opened.permits(NOW + FIRST_MS, probing=False)
    assert not opened.permits(NOW + FIRST_MS, probing=True)


def test_a_success_in_between_starts_anew() -> None:
    almost = failed(CLOSED, THRESHOLD - 1)
    assert after_call(almost, NOW, 0.0, down=False, probe=False) == CLOSED


def test_each_failed_probe_doubles_the_time_up_to_a_bound() -> None:
    breaker = failed(CLOSED, THRESHOLD)
    spans = []
    for _ in range(10):
        spans.append(breaker.open_until - NOW)
        breaker = failed(breaker, probe=True)
    assert spans == [1000, 2000, 4000, 8000, 16_000, 32_000, *[LONGEST_MS] * 4]


def test_calls_from_before_it_opened_change_nothing_unless_they_succeed() -> None:
    opened = failed(CLOSED, THRESHOLD)
    assert failed(opened, 50) == opened
    assert after_call(opened, NOW, 0.0, down=False, probe=False) == CLOSED


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 100_000), st.floats(0, 1))))
def test_it_is_never_open_for_longer_than_its_bound(calls: list[tuple[bool, bool, int, float]]) -> None:
    breaker, now = CLOSED, NOW
    for down, probe, later, random in calls:
        now += later
        before = breaker
        breaker = after_call(breaker, now, random, down=down, probe=probe and breaker.is_open)
        assert breaker.open_until <= now + LONGEST_MS * (1 + JITTER)
        assert breaker == CLOSED if not down else breaker.openings >= before.openings
        assert breaker.permits(max(now, breaker.open_until), probing=False)
