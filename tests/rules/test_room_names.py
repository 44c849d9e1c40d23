"""What rooms may be called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import Refused
from hookroom.rules.room_names import MAX_NAME, NAME_PATTERN, slug, taken, valid_name
from hookroom.rules.room_roles import NO_ROLE, rank


@given(
    st.from_regex(r"[0-9a-zA-Z_.-]{1,20}", fullmatch=True).filter(lambda name: name not in ("all", "here"))
)
def test_plain_names_stay_what_they_are(name: str) -> None:
    if name.lower() not in ("all", "here"):
        assert valid_name(name, NAME_PATTERN) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "error-invalid-name"),
        (" \t ", "error-invalid-name"),
        ("two words", "error-invalid-room-name"),
        ("straße", "error-invalid-room-name"),
        ("a\nb", "error-invalid-room-name"),
        ("x" * (MAX_NAME + 1), "error-invalid-room-name"),
        ("All", "error-invalid-room-name"),
        ("system", "error-invalid-room-name"),
    ],
)
def test_refused_names(name: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        valid_name(name, NAME_PATTERN, "admin,system")
    assert refused.value.code == code
    assert len(str(refused.value)) < MAX_NAME + 100


@pytest.mark.parametrize("pattern", ["", "([", "[0-9a-zA-Z-_.]+"])
def test_a_pattern_that_is_none_is_the_default(pattern: str) -> None:
    assert valid_name("ops-1.a_b", pattern) == "ops-1.a_b"


def test_the_pattern_is_the_settings() -> None:
    assert valid_name("straße", r"\w+") == "straße"


def test_html_is_not_repeated_to_browsers() -> None:
    with pytest.raises(Refused, match="&lt;b&gt; is not a valid room name"):
        valid_name("<b>", NAME_PATTERN)
    assert "&lt;b&gt;" in str(taken("<b>", archived=False))


@pytest.mark.parametrize(
    ("display", "name"),
    [("Déjà vu!", "Deja-vu"), ("  a  b  ", "a-b"), ("100 % sure", "100-sure"), ("--", "")],
)
def test_names_made_of_display_names(display: str, name: str) -> None:
    assert slug(display) == name


@given(st.text())
def test_what_is_made_of_any_text_is_valid_or_refused(display: str) -> None:
    try:
        name = valid_name(display, NAME_PATTERN, special=True)
    except Refused:
        name = None
    made = slug(display)
    if name is None:
        assert made == "" or made.lower() in ("all", "here") or len(made) > MAX_NAME
    else:
        assert name == made == valid_name(name, NAME_PATTERN)


@pytest.mark.parametrize(("archived", "code"), [(False, "duplicate-channel"), (True, "archived-duplicate")])
def test_a_taken_name(archived: bool, code: str) -> None:
    refused = taken("ops", archived=archived)
    assert refused.code == f"error-{code}-name"
    assert refused.details == {"function": "RocketChat.getValidRoomName", "channel_name": "ops"}


def test_owners_come_first() -> None:
    order = [("owner",), ("leader", "owner"), ("moderator",), ("leader",), ("made-up",), ()]
    ranks = [rank(roles) for roles in order]
    assert ranks == sorted(ranks)
    assert ranks[-1] == NO_ROLE
    assert ranks[-2] < NO_ROLE
