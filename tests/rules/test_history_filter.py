"""Filters and cursors of a history, as they come in a query."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.history_filter import (
    ENDED_BADLY,
    HistoryFilter,
    Key,
    Unreadable,
    cursor,
    history_filter,
    key_of,
    moment,
    states,
)
from hookroom.rules.ids import ALPHABET
from hookroom.rules.times import FIRST_MS, LAST_MS, iso

JANUARY = 1767225600000


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, HistoryFilter()),
        ({"state": "", "status": " ", "from": "", "text": "  ", "event": None}, HistoryFilter()),
        ({"state": "failed"}, HistoryFilter(states=frozenset({"failed"}))),
        ({"state": " dead, failed ,"}, HistoryFilter(states=frozenset({"failed", "dead"}))),
        ({"status": "500"}, HistoryFilter(statuses=((500, 500),))),
        ({"status": "4xx,5XX"}, HistoryFilter(statuses=((400, 499), (500, 599)))),
        ({"status": "none"}, HistoryFilter(no_answer=True)),
        ({"status": "none,503,503"}, HistoryFilter(statuses=((503, 503),), no_answer=True)),
        ({"from": "2026-01-01"}, HistoryFilter(since=JANUARY)),
        ({"from": "2026-01-01T01:00:00+01:00"}, HistoryFilter(since=JANUARY)),
        ({"until": str(JANUARY)}, HistoryFilter(until=JANUARY)),
        ({"text": " Said so "}, HistoryFilter(text="Said so")),
        ({"event": "sendMessage"}, HistoryFilter(event="sendMessage")),
    ],
)
def test_what_is_asked_for(query: dict[str, Any], expected: HistoryFilter) -> None:
    assert history_filter(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"state": "broken"},
        {"state": "failed,Dead"},
        {"state": "'; DROP TABLE deliveries; --"},
        {"status": "50"},
        {"status": "600"},
        {"status": "0xx"},
        {"status": "5x"},
        {"status": "-500"},
        {"status": "٥00"},
        {"status": ",".join(str(one) for one in range(400, 407))},
        {"from": "yesterday"},
        {"from": "1e3"},
        {"until": "9" * 30},
        {"until": "10000-01-01"},
        {"text": "x" * 501},
        {"event": "sendmessage"},
    ],
)
def test_what_makes_no_sense_is_named(query: dict[str, Any]) -> None:
    [name] = query
    with pytest.raises(Unreadable, match=f"^{name} must "):
        history_filter(query)


def test_only_some_states_may_be_replayed() -> None:
    assert states("dead", ENDED_BADLY) == {"dead"}
    with pytest.raises(Unreadable, match="one or more of failed, dead, cancelled"):
        states("succeeded", ENDED_BADLY)


@given(st.integers(FIRST_MS, LAST_MS))
def test_a_moment_is_read_in_either_form(at: int) -> None:
    assert moment("from", str(at), 0) == moment("from", iso(at), 0) == at


KEYS = st.builds(Key, st.integers(FIRST_MS, LAST_MS), st.text(ALPHABET, min_size=1, max_size=24))


@given(KEYS)
def test_a_cursor_comes_back_as_the_key_it_was(key: Key) -> None:
    text = cursor(key)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert key_of(text) == key


@given(
    st.text(max_size=60)
    | KEYS.map(cursor).map(lambda text: text[1:])
    | KEYS.map(lambda key: f"{key.time}.{key.id}")
)
def test_any_other_text_is_no_cursor(text: str) -> None:
    try:
        key = key_of(text)
    except Unreadable:
        return
    assert cursor(key) == text
