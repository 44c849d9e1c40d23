"""Ids have the forms clients know, and those made of a clock sort by it."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules import ids


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_timed_ids_sort_by_their_time(first: int, second: int) -> None:
    a, b = ids.timed_id(first), ids.timed_id(second)
    assert (a[:8] < b[:8]) == (first < second)
    for one in (a, b):
        assert len(one) == 17
        assert set(one) <= set(ids.ALPHABET)


def test_ids_of_one_millisecond_rise() -> None:
    made = [ids.timed_id(1_800_000_000_000) for _ in range(20_000)]
    assert sorted(set(made)) == made


def test_every_character_is_drawn_and_alike() -> None:
    drawn = "".join(ids.timed_id(ms)[8:] for ms in range(30_000)) + ids.random_id(30_000)
    counts = [drawn.count(character) for character in ids.ALPHABET]
    assert min(counts) > 0.9 * sum(counts) / len(counts)
    assert max(counts) < 1.1 * sum(counts) / len(counts)


def test_forms() -> None:
    assert len(ids.incoming_token()) == 48
    assert len(ids.outgoing_token()) == 24
    assert set(ids.integration_id()) <= set(string.hexdigits.lower())
    assert len(ids.integration_id()) == 24
    assert ids.direct_room_id("b", "a") == ids.direct_room_id("a", "b") == "ab"


def test_ids_of_a_millisecond_rise_also_when_others_are_made_in_between() -> None:
    made = []
    for _ in range(200):
        made.append(ids.timed_id(1_795_000_000_100))
        ids.timed_id(1_795_000_000_099)
    assert made == sorted(made)
