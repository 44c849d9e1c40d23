"""The language in which messages are searched for, and the words that texts are taken apart into."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import Refused
from hookroom.rules.message_query import MessageQuery, Phrase, read
from hookroom.rules.model import Message, UserRef
from hookroom.rules.search_words import MARK, MAX_TIMES, MAX_WORDS, indexed, words

DAY = 86_400_000
YEAR_END = 1_767_139_200_000
"""2025-12-31T00:00:00Z"""


def words_of(*found: str) -> dict[str, Any]:
    return {"phrases": tuple(Phrase((one,), True) for one in found)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("  ,.!  ", {}),
        ("Hello  WORLD hello", words_of("hello", "world")),
        ("a", {"phrases": (Phrase(("a",)),)}),
        ('say "Hello  World" now', {"phrases": (Phrase(("hello", "world")), *words_of("say", "now")["phrases"])}),
        ('broken "quote', words_of("broken", "quote")),
        ("foo-bar", {"phrases": (Phrase(("foo", "bar"), True),)}),
        ("from:Ann from:me @x", {"authors": ("ann", "me"), "phrases": (Phrase(("x",)),)}),
        ("from:@ann", {"authors": ("ann",)}),
        ("mention:bob.b-c_d", {"mentioned": ("bob.b-c_d",)}),
        ("has:star", {"starred": True}),
        ("is:starred", {"starred": True}),
        ("HAS:URL has:link", {"having": ("url",)}),
        ("is:pinned has:pin", {"having": ("pin",)}),
        ("has:map has:image", {"having": ("image", "location")}),
        ("has:starfish", words_of("has") | {"phrases": (Phrase(("has", "starfish"), True),)}),
        ("xfrom:ann", {"phrases": (Phrase(("xfrom", "ann"), True),)}),
        ("from:", words_of("from")),
        ("on:31/12/2025", {"since": YEAR_END, "until": YEAR_END + DAY}),
        ("on:2025-12-31", {"since": YEAR_END, "until": YEAR_END + DAY}),
        ("before:31.12.2025", {"until": YEAR_END}),
        ("after:31-12-2025 x2", words_of("x2") | {"since": YEAR_END + DAY}),
        ("after:1/1/2020 after:31/12/2025 before:2030-01-01 before:1/1/2031",
         {"since": YEAR_END + DAY, "until": 1_893_456_000_000}),
        ("before:tomorrow", {"phrases": (Phrase(("before", "tomorrow"), True),)}),
        ("order:asc", {"order": "oldest"}),
        ("order:descending sort:ascend", {"order": "oldest"}),
        ('file-title:"Launch plan" file-desc:x', {"titles": ("launch", "plan"), "descriptions": ("x",)}),
        ("/usr/local/", {"phrases": (Phrase(("usr", "local"), True),)}),
    ],
)  # fmt: skip
def test_queries(text: str, expected: dict[str, Any]) -> None:
    query = read(text)
    assert query == MessageQuery(**expected)
    assert query.is_empty == (not set(expected) - {"order"})


def test_days_are_those_of_who_searches() -> None:
    assert read("on:31/12/2025", utc_offset=2).since == YEAR_END - 2 * 3_600_000
    assert read("on:31/12/2025", utc_offset=-3.5).until == YEAR_END + DAY + int(3.5 * 3_600_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 1001, "error-search-text-too-long"),
        (" ".join(f"w{i}" for i in range(41)), "error-search-too-many-words"),
        (" ".join(f"from:u{i}" for i in range(21)), "error-search-too-many-words"),
        ("/(a+)+$/i", "error-search-regex-not-supported"),
        ("from:me /dep.*d/", "error-search-regex-not-supported"),
        ("before:32/1/2025", "error-invalid-date"),
        ("on:1/13/2025", "error-invalid-date"),
        ("on:0000-00-00", "error-invalid-date"),
        ("on:31/12/9999", "error-invalid-date"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert refused.value.code == code


@given(st.text(max_size=1100))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = read(text)
    except Refused:
        return
    assert query.since >= 0
    assert query.until >= 0
    for phrase in query.phrases:
        assert phrase.words
        for word in phrase.words:
            check_word(word)


@given(st.text())
def test_words_are_made_of_what_no_database_reads(text: str) -> None:
    found = words(text)
    for word in found:
        check_word(word)
    assert words(" ".join(found)) == found, "taken apart again they are the same"
    assert words(text + " tail")[-1] == "tail"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_of_plain_texts_is_the_long_one(text: str) -> None:
    assert words(f"{text} é")[:-1] == words(text)


def check_word(word: str) -> None:
    """Raises unless a database takes the word for one: neither tells it apart nor reads it as its language."""
    assert word
    assert len(word) <= 64
    assert not set(word) & set(" '\"\\*:()&|!<>^{}+-\0" + MARK)
    assert all(character.isalnum() for character in word if character.isascii())


def test_what_a_message_is_found_by_is_bounded() -> None:
    def found(text: str) -> list[str]:
        at = "2026-01-01T00:00:00.000Z"
        user = UserRef(id="u")
        return indexed(
            Message(id="m", room_id="r", text=text, created_at=at, user=user, updated_at=at)
        ).split(" ")

    assert len(found(" ".join(f"w{i}" for i in range(50_000)))) == MAX_WORDS + 2
    same = found("again " * 400 + "last")
    assert same.count("again") == MAX_TIMES
    assert same.index("last") == 400, "those after it are where they were"
