"""``verification`` as requests bring it: what is taken, what is refused and by which name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.senders import KEYS

from hookroom.rules.model import Verification
from hookroom.rules.verification_settings import (
    CHOSEN_BY_SERVICE,
    SCHEMES,
    InvalidVerification,
    asked,
    checked_secret,
    new_secret,
)

SECRET = "It's a Secret to Everybody"

TAKEN: list[tuple[dict[str, Any] | None, Verification | None, str | None]] = [
    (None, None, None),
    ({"scheme": "none"}, None, None),
    ({"scheme": "github"}, Verification(scheme="github"), None),
    ({"scheme": "github", "secret": None, "header": None}, Verification(scheme="github"), None),
    ({"scheme": "github", "secret": SECRET}, Verification(scheme="github"), SECRET),
    (
        {"scheme": "slack", "secret": SECRET, "tolerance": 60},
        Verification(scheme="slack", tolerance=60),
        SECRET,
    ),
    ({"scheme": "header", "header": "X-Key"}, Verification(scheme="header", header="X-Key"), None),
    (
        {"scheme": "header", "header": "Authorization", "prefix": "Token "},
        Verification(scheme="header", header="Authorization", prefix="Token "),
        None,
    ),
    (
        {"scheme": "hmac", "header": "X-Signature"},
        Verification(scheme="hmac", header="X-Signature", algorithm="sha256", encoding="hex"),
        None,
    ),
    (
        {"scheme": "hmac", "header": "x", "algorithm": "sha1", "encoding": "base64", "prefix": "sha1="},
        Verification(scheme="hmac", header="x", algorithm="sha1", encoding="base64", prefix="sha1="),
        None,
    ),
    (
        {"scheme": "hmac", "header": "x", "prefix": ""},
        Verification(scheme="hmac", header="x", algorithm="sha256", encoding="hex"),
        None,
    ),
    ({"scheme": "basic", "secret": "ann:wörd:x"}, Verification(scheme="basic"), "ann:wörd:x"),
    ({"scheme": "standard", "secret": KEYS[0].rstrip("=")}, Verification(scheme="standard"), KEYS[0]),
    ({"scheme": "gitlab", "secret": KEYS[0]}, Verification(scheme="gitlab"), KEYS[0]),
    ({"scheme": "gitlab", "secret": SECRET}, Verification(scheme="gitlab"), SECRET),
]


@pytest.mark.parametrize(("value", "verification", "secret"), TAKEN)
def test_taken(value: Any, verification: Verification | None, secret: str | None) -> None:
    found = asked(value)
    assert (found.verification, found.secret) == (verification, secret)
    assert secret is None or secret not in repr(found)


HEADER = {"scheme": "header", "header": "X-Key"}
HMAC = {"scheme": "hmac", "header": "X-Signature"}

WHOLE: list[tuple[Any, str]] = [
    *(([], ""), ("github", ""), (1, ""), (True, "")),
    *(
        ({}, "scheme"),
        ({"scheme": ""}, "scheme"),
        ({"scheme": "GitHub"}, "scheme"),
        ({"scheme": 1}, "scheme"),
    ),
    *(({"scheme": None}, "scheme"), ({"scheme": ["github"]}, "scheme"), ({"scheme": {}}, "scheme")),
    *(({"scheme": "github", "header": "X"}, "header"), ({"scheme": "github", "tolerance": 1}, "tolerance")),
    *(({"scheme": "slack", "prefix": "v0="}, "prefix"), ({"scheme": "basic", "user": "ann"}, "user")),
    *(({**HEADER, "algorithm": "sha1"}, "algorithm"), ({**HMAC, "tolerance": 5}, "tolerance")),
    *(({"scheme": "none", "secret": SECRET}, "secret"), ({"scheme": "none", "header": "x"}, "header")),
    ({"scheme": "github", "\n\u2028" * 40: 1}, r"\n\u2028" * 16),
    *(({"scheme": "header"}, "header"), ({"scheme": "hmac"}, "header")),
]
BY_FIELD: list[tuple[dict[str, Any], str, tuple[Any, ...]]] = [
    (HEADER, "header", ("", "X Key", "X-Kéy", "X:", "x\n", "x" * 101, 1, "(x)")),
    (HMAC, "header", ("Host", "content-type", "Content-Length", "Transfer-Encoding")),
    (HMAC, "algorithm", ("md5", "SHA256", "", 256, ["sha1"])),
    (HMAC, "encoding", ("HEX", "base64url", "", 0)),
    (HMAC, "prefix", (" x", "é", "x" * 65, "\t", 1, "a,b", [])),
    ({"scheme": "stripe"}, "tolerance", (0, -1, 86_401, 1.5, "300", True, [], 10**30)),
    ({"scheme": "github"}, "secret", ("", "1234567", "x" * 257, 12345678, [], {})),
    ({"scheme": "github"}, "secret", (" 12345678", "12345678\n", "1234\n5678", "\0" * 9, "\ud800" * 9)),
    ({"scheme": "basic"}, "secret", ("no-colon-at-all", "user-name:", "::")),
    (HEADER, "secret", ("sécret-sécret",)),
    ({"scheme": "gitlab"}, "secret", ("sécret-sécret", "whsec_short", "whsec_???")),
    (
        {"scheme": "standard"},
        "secret",
        (SECRET, "whsk_" + KEYS[0][6:], "whsec_AAAA", KEYS[0][6:], "whpk_AAAA"),
    ),
]
REFUSED = [*WHOLE, *(({**rest, field: one}, field) for rest, field, values in BY_FIELD for one in values)]


@pytest.mark.parametrize(("value", "field"), REFUSED)
def test_refused_by_name(value: Any, field: str) -> None:
    with pytest.raises(InvalidVerification) as caught:
        asked(value)
    assert caught.value.field == field
    text = str(caught.value)
    assert text.startswith(f"verification.{field} " if field else "verification ")
    secret = value.get("secret") if isinstance(value, dict) else None
    assert not isinstance(secret, str) or len(secret) < 5 or secret not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("scheme", "header", "algorithm", "encoding", "prefix", "tolerance", "secret")


@given(st.sampled_from(SCHEMES) | JSON, st.dictionaries(st.sampled_from(FIELDS[1:]), JSON, max_size=4))
def test_no_value_crashes_it_and_what_is_taken_is_taken_again(scheme: Any, fields: dict[str, Any]) -> None:
    try:
        found = asked({"scheme": scheme, **fields})
    except InvalidVerification:
        return
    if found.verification is not None:
        shown = {name: getattr(found.verification, name) for name in FIELDS[:-1]}
        assert asked(shown).verification == found.verification


@pytest.mark.parametrize("scheme", [one for one in SCHEMES if one not in (*CHOSEN_BY_SERVICE, "none")])
def test_a_secret_that_is_made_is_one(scheme: str) -> None:
    made = new_secret(scheme, bytes(range(32)))
    assert checked_secret(scheme, made) == made
    assert new_secret(scheme, bytes(32)) != made
    # All of the randomness is in it.
    assert len(made) >= 43


@pytest.mark.parametrize("scheme", CHOSEN_BY_SERVICE)
def test_where_the_service_chooses_it_none_is_made(scheme: str) -> None:
    with pytest.raises(InvalidVerification, match=r"secret must be given"):
        new_secret(scheme, bytes(32))
