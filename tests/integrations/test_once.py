"""What may happen all the time is told of now and then."""

from __future__ import annotations

from hookroom.integrations.once import EVERY_MS, MOST, Once

NOW = 1_700_000_000_000


def test_each_once_in_a_while() -> None:
    once = Once()
    assert [once.first(key, NOW + at) for at, key in enumerate("aabab")] == [True, False, True, False, False]
    assert not once.first("a", NOW + EVERY_MS - 1)
    assert once.first("a", NOW + EVERY_MS)
    assert not once.first("a", NOW + EVERY_MS + 1)


def test_no_more_than_so_many() -> None:
    once = Once()
    assert sum(once.first(str(number), NOW) for number in range(3 * MOST)) == MOST
    assert once.is_full(NOW)
    assert not once.is_full(NOW + EVERY_MS)


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    once = Once()
    assert once.first("a", NOW)
    assert once.first("a", NOW - 10 * EVERY_MS)
