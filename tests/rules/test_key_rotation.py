"""Which keys sign when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.key_rotation import HOUR_MS, MAX_KEYS, KeptKey, TooManyKeys, active, rotated

T0 = 1_767_323_045_000


def names(keys: tuple[KeptKey, ...], now: int) -> list[str]:
    return [one.key for one in active(keys, now)]


def test_both_keys_sign_to_the_end_of_the_overlap_and_then_the_new_one() -> None:
    first = rotated((), "a", T0, 0)
    assert first == (KeptKey("a", T0),)
    both = rotated(first, "b", T0 + 5, 24 * HOUR_MS)
    end = T0 + 5 + 24 * HOUR_MS
    assert both == (KeptKey("b", T0 + 5), KeptKey("a", T0, end))
    assert names(both, T0 + 5) == names(both, end - 1) == ["b", "a"]
    assert names(both, end) == names(both, end + 10**12) == ["b"]


def test_without_an_overlap_only_the_new_key_signs() -> None:
    keys = rotated(rotated((), "a", T0, 0), "b", T0 + 1, 24 * HOUR_MS)
    assert rotated(keys, "c", T0 + 2, 0) == (KeptKey("c", T0 + 2),)


def test_a_later_rotation_gives_an_old_key_no_more_time() -> None:
    keys = rotated(rotated((), "a", T0, 0), "b", T0, HOUR_MS)
    later = rotated(keys, "c", T0 + 1, 10 * HOUR_MS)
    assert [one.expires_at for one in later] == [None, T0 + 1 + 10 * HOUR_MS, T0 + HOUR_MS]
    assert [one.expires_at for one in rotated(keys, "c", T0, 60)] == [None, T0 + 60, T0 + 60]


def test_a_key_that_is_taken_up_again_is_there_once() -> None:
    keys = rotated(rotated((), "a", T0, 0), "b", T0, HOUR_MS)
    assert rotated(keys, "a", T0 + 1, HOUR_MS) == (KeptKey("a", T0 + 1), KeptKey("b", T0, T0 + 1 + HOUR_MS))


def test_there_is_a_bound_that_passes_with_time() -> None:
    keys: tuple[KeptKey, ...] = ()
    for number in range(MAX_KEYS):
        keys = rotated(keys, str(number), T0 + number, HOUR_MS)
    with pytest.raises(TooManyKeys):
        rotated(keys, "more", T0 + 100, HOUR_MS)
    assert names(rotated(keys, "more", T0 + 100, 0), T0 + 100) == ["more"]
    assert names(rotated(keys, "more", T0 + 2 * HOUR_MS, HOUR_MS), T0 + 2 * HOUR_MS) == ["more", "4"]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 3 * HOUR_MS), st.integers(0, 2 * HOUR_MS))),
    st.integers(0, 4 * HOUR_MS),
)
def test_there_is_always_one_current_key_and_it_comes_first(
    steps: list[tuple[str, int, int]], later: int
) -> None:
    keys, now = rotated((), "first", T0, 0), T0
    for key, pause, overlap in steps:
        now += pause
        before = keys
        try:
            keys = rotated(keys, key, now, overlap)
        except TooManyKeys:
            assert overlap > 0
            assert keys == before
            continue
        assert keys[0] == KeptKey(key, now)
        assert set(names(keys, now)) <= {key, *names(before, now)}
        assert overlap == 0 or set(names(keys, now)) == {key, *names(before, now)}
    signing = active(keys, now + later)
    assert [one.expires_at for one in signing].count(None) == 1
    assert signing[0].expires_at is None
    assert len({one.key for one in keys}) == len(keys) <= MAX_KEYS


def test_a_kept_key_does_not_show_itself() -> None:
    assert "whsec_" not in repr(KeptKey("whsec_secret", T0))
