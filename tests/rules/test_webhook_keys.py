"""Keys that webhooks are signed and verified with."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.webhook_keys import InvalidKey, PrivateKey, Secret, new_key, signing_key, verifying_key


def coded(prefix: str, raw: bytes) -> str:
    return prefix + base64.b64encode(raw).decode()


@given(st.binary(min_size=24, max_size=64))
def test_secrets_come_back_as_they_were_written(raw: bytes) -> None:
    text = Secret(raw).text
    assert text == coded("whsec_", raw)
    assert signing_key(text).text == verifying_key(text).text == signing_key(text.rstrip("=")).text == text


@given(st.binary(min_size=32, max_size=32))
def test_key_pairs_come_back_as_they_were_written(raw: bytes) -> None:
    key = new_key("v1a", raw)
    assert isinstance(key, PrivateKey)
    assert key.text == coded("whsk_", raw)
    assert verifying_key(key.public.text).text == key.public.text
    public = base64.b64decode(key.public.text.removeprefix("whpk_"))
    for text in (key.text, coded("whsk_", raw + public)):
        again = signing_key(text)
        assert isinstance(again, PrivateKey)
        assert again.public.text == key.public.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "starts with"),
        ("whsec_", "24 to 64 bytes, not 0"),
        (coded("whsec_", b"x" * 23), "24 to 64 bytes, not 23"),
        (coded("whsec_", b"x" * 65), "24 to 64 bytes, not 65"),
        (coded("whsec_", b"x" * 4096), "too long"),
        (coded("WHSEC_", b"x" * 24), "starts with"),
        (coded("", b"x" * 24), "starts with"),
        (coded("whsec_", b"\xff" * 24).replace("/", "_"), "no base64"),
        (coded("whsec_", b"x" * 24).replace("eHh4", "eH h4", 1), "no base64"),
        ("whsec_ключ", "no base64"),
        ("whsec_" + "A" * 33, "no base64"),
        (coded("whsk_", b"x" * 31), "32 bytes, not 31"),
        (coded("whsk_", b"x" * 64), "public half"),
        (coded("whpk_", b"x" * 32), "starts with"),
    ],
)
def test_what_is_no_key_to_sign_with(text: str, why: str) -> None:
    with pytest.raises(InvalidKey, match=why) as caught:
        signing_key(text)
    assert len(text) < 12 or text[6:] not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (coded("whsk_", b"x" * 32), "starts with"),
        (coded("whpk_", b"x" * 33), "32 bytes, not 33"),
        (coded("whsec_", b"x" * 3), "24 to 64 bytes, not 3"),
        ("hello", "starts with"),
    ],
)
def test_what_is_no_key_to_verify_with(text: str, why: str) -> None:
    with pytest.raises(InvalidKey, match=why):
        verifying_key(text)


@given(st.text())
def test_any_text_is_a_key_or_says_why_not(text: str) -> None:
    for read in (signing_key, verifying_key):
        for prefix in ("", "whsec_", "whsk_", "whpk_"):
            try:
                read(prefix + text)
            except InvalidKey:
                continue


@pytest.mark.parametrize("key", [Secret(b"x" * 32), PrivateKey(b"x" * 32)])
def test_keys_do_not_show_themselves(key: Secret | PrivateKey) -> None:
    secret = base64.b64encode(b"x" * 32).decode().rstrip("=")
    for shown in (repr(key), str(key), f"{key}", repr([key])):
        assert secret not in shown
        assert "xxxx" not in shown
