"""What a text names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.mentions import MAX_NAMES, NOTHING, Named, named_in, spellings


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no names here", NOTHING),
        ("@bob", Named(users=("bob",))),
        ("hi @bob, and @alice-2: see", Named(users=("bob", "alice-2"))),
        ("@bob @bob", Named(users=("bob",))),
        ("first\n@bob", Named(users=("bob",))),
        (">@bob quoted", Named(users=("bob",))),
        ("mail bob@example.com", NOTHING),
        ("(@bob)", NOTHING),
        ("@all @here @bob", Named(users=("bob",), groups=("all", "here"))),
        ("@allen", Named(users=("allen",))),
        ("#general and #ops.", Named(channels=("general", "ops."))),
        ("a#b", NOTHING),
        ("@bob@remote.example", Named(users=("bob@remote.example",))),
        ("@bob:matrix.org #x", Named(users=("bob:matrix.org",), channels=("x",))),
        ("@ #", NOTHING),
        ("@böb", Named(users=("b",))),
    ],
)
def test_names_in_a_text(text: str, named: Named) -> None:
    assert named_in(text) == named


def test_names_are_made_of_what_the_server_allows() -> None:
    assert named_in("@böb #örtchen", "[a-zäöü]+") == Named(users=("böb",), channels=("örtchen",))


@pytest.mark.parametrize("pattern", ["", "[", "(", "*"])
def test_an_unusable_setting_falls_back_to_the_default(pattern: str) -> None:
    assert named_in("@bob", pattern) == Named(users=("bob",))


def test_a_group_in_the_setting_changes_nothing() -> None:
    assert named_in("@bob", "([a-z])+") == Named(users=("bob",))


def test_names_are_bounded() -> None:
    named = named_in(" ".join(f"@u{i}" for i in range(1000)))
    assert named.users == tuple(f"u{i}" for i in range(MAX_NAMES))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("bob", ("bob",)), ("bob.", ("bob.", "bob")), ("bob...", ("bob...", "bob")), ("...", ("...",))],
)
def test_a_full_stop_may_end_the_sentence(name: str, meant: tuple[str, ...]) -> None:
    assert spellings(name) == meant


@given(st.text(alphabet="@#>: .\n\tab-é", max_size=60))
def test_every_name_stands_in_the_text_behind_its_sign(text: str) -> None:
    named = named_in(text)
    assert all(f"@{name}" in text for name in named.users + named.groups)
    assert all(f"#{name}" in text for name in named.channels)


@given(st.text(max_size=80))
def test_without_a_sign_nothing_is_named(text: str) -> None:
    plain = text.replace("@", "").replace("#", "")
    assert named_in(plain) == NOTHING
