"""Signatures of webhooks, made and verified, beside the public library and ``cryptography``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from hookroom.rules.signatures import MAX_SIGNATURES, Reason, Unverified, sign, verify
from hookroom.rules.webhook_keys import Scheme, Secret, VerifyingKey, new_key, signing_key, verifying_key

NOW = 1_767_323_045
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'

keys = st.builds(new_key, st.sampled_from(["v1", "v1a"]), st.binary(min_size=32, max_size=32))
ids = st.text(st.characters(codec="ascii", exclude_characters=" \t.", categories=["L", "N", "P"]), min_size=1)


def headers(signature: str, timestamp: int | str = NOW, webhook_id: str = ID) -> dict[str, str]:
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


def public(key: object) -> VerifyingKey:
    return key if isinstance(key, Secret) else verifying_key(key.public.text)  # type: ignore[attr-defined]


def reason(
    keys: list[VerifyingKey], sent: Mapping[str, str], body: bytes = BODY, now: float = NOW
) -> Reason | None:
    try:
        verify(keys, sent, body, now)
    except Unverified as unverified:
        return unverified.reason
    return None


def test_a_known_signature() -> None:
    """The one that the libraries of Standard Webhooks have in their documentation."""
    secret = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign([secret], ID, 1614265330, BODY) == expected


def test_v1_is_hmac_sha256_of_id_timestamp_and_body() -> None:
    raw = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = hmac.new(raw, f"{ID}.{NOW}.".encode() + BODY, hashlib.sha256).digest()
    assert sign([signing_key(SECRET)], ID, NOW, BODY) == "v1," + base64.b64encode(expected).decode()


def test_v1a_is_ed25519_of_the_same() -> None:
    """RFC 8032, section 7.1, test 1 has this key pair."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = new_key("v1a", seed)
    shown = public(key).text
    assert base64.b64decode(shown.removeprefix("whpk_")).hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    scheme, _, signature = sign([key], ID, NOW, BODY).partition(",")
    assert scheme == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(shown.removeprefix("whpk_")))
    verifier.verify(base64.b64decode(signature), f"{ID}.{NOW}.".encode() + BODY)


class TestBesideThePublicLibrary:
    @given(st.binary(min_size=24, max_size=64), ids, st.dictionaries(st.text(), st.integers()))
    def test_it_verifies_what_is_signed_here(self, raw: bytes, webhook_id: str, data: dict[str, int]) -> None:
        key, now = Secret(raw), int(time.time())
        body = json.dumps(data).encode()
        sent = headers(sign([key], webhook_id, now, body), now, webhook_id)
        assert Webhook(key.text).verify(body, sent) == data
        with pytest.raises(WebhookVerificationError):
            Webhook(key.text).verify(body + b" ", sent)

    def test_it_verifies_with_the_old_and_with_the_new_key_while_both_sign(self) -> None:
        old, new, asymmetric = (new_key(*one) for one in _three())
        now = int(time.time())
        sent = headers(sign([new, asymmetric, old], ID, now, BODY), now)
        for key in (old, new):
            assert Webhook(key.text).verify(BODY, sent) == json.loads(BODY)

    @given(st.binary(min_size=24, max_size=64), ids, st.text())
    def test_what_it_signs_is_verified_here(self, raw: bytes, webhook_id: str, body: str) -> None:
        key = Secret(raw)
        at = datetime.fromtimestamp(NOW, UTC)
        signature = Webhook(key.text).sign(webhook_id, at, body)
        assert reason([key], headers(signature, NOW, webhook_id), body.encode()) is None


def _three() -> list[tuple[Scheme, bytes]]:
    return [("v1", b"o" * 32), ("v1", b"n" * 32), ("v1a", b"a" * 32)]


class TestVerifying:
    @given(st.lists(keys, min_size=1, max_size=4), st.integers(0, 3), ids, st.binary(), st.data())
    def test_one_right_signature_of_several_is_enough(
        self, signing: list[object], which: int, webhook_id: str, body: bytes, data: st.DataObject
    ) -> None:
        sent = headers(sign(signing, webhook_id, NOW, body), NOW, webhook_id)  # type: ignore[arg-type]
        theirs = public(signing[which % len(signing)])
        others = [public(one) for one in data.draw(st.lists(keys, max_size=3))]
        assert reason(data.draw(st.permutations([theirs, *others])), sent, body) is None

    @given(keys, keys, ids, st.binary())
    def test_another_key_is_not(self, one: object, other: object, webhook_id: str, body: bytes) -> None:
        sent = headers(sign([one], webhook_id, NOW, body), NOW, webhook_id)  # type: ignore[list-item]
        same = public(one).text == public(other).text
        assert (reason([public(other)], sent, body) is None) is same

    @given(keys, st.data())
    def test_every_bit_counts(self, key: object, data: st.DataObject) -> None:
        good = headers(sign([key], ID, NOW, BODY))  # type: ignore[list-item]
        scheme, _, signature = good["webhook-signature"].partition(",")
        raw = base64.b64decode(signature)
        bent = base64.b64encode(_bent(raw, data.draw(st.integers(0, len(raw) * 8 - 1)))).decode()
        for wrong, body in (
            ({**good, "webhook-signature": f"{scheme},{bent}"}, BODY),
            ({**good, "webhook-id": ID + "x"}, BODY),
            ({**good, "webhook-timestamp": str(NOW + 1)}, BODY),
            (good, _bent(BODY, data.draw(st.integers(0, len(BODY) * 8 - 1)))),
            (good, b""),
        ):
            assert reason([public(key)], wrong, body) == "no-match"

    @pytest.mark.parametrize(
        ("late", "expected"),
        [
            (0, None),
            (300, None),
            (300.9, "too-old"),
            (301, "too-old"),
            (-300, None),
            (-301, "too-new"),
            (10**9, "too-old"),
        ],
    )
    def test_five_minutes_are_tolerated(self, late: float, expected: Reason | None) -> None:
        sent = headers(sign([signing_key(SECRET)], ID, NOW, BODY))
        assert reason([verifying_key(SECRET)], sent, now=NOW + late) == expected

    @pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    @pytest.mark.parametrize("value", [None, "", " "])
    def test_all_three_headers_are_needed(self, missing: str, value: str | None) -> None:
        sent = headers(sign([signing_key(SECRET)], ID, NOW, BODY))
        sent.pop(missing)
        if value is not None:
            sent[missing] = value
        with pytest.raises(Unverified, match=f"the header {missing} is missing") as caught:
            verify([verifying_key(SECRET)], sent, BODY, NOW)
        assert caught.value.reason == "missing"

    @pytest.mark.parametrize(
        "timestamp",
        [
            "now",
            "-1",
            "+1",
            "1.5",
            "1e9",
            "1_000",
            "٣",
            "1" * 16,
            "9" * 5000,
            "0x10",
            "1 2",
            "2026-01-02T03:04:05Z",
        ],
    )
    def test_a_timestamp_is_a_whole_number(self, timestamp: str) -> None:
        sent = headers(sign([signing_key(SECRET)], ID, NOW, BODY), timestamp)
        assert reason([verifying_key(SECRET)], sent) == "malformed"

    @pytest.mark.parametrize(
        ("signature", "expected"),
        [
            ("v1", "malformed"),
            ("v1,", "no-match"),
            ("v1,???", "malformed"),
            ("v1,é", "malformed"),
            ("v2,aGVsbG8=", "other-scheme"),
            ("V1,aGVsbG8=", "other-scheme"),
            ("v1a,aGVsbG8=", "other-scheme"),
            ("v1,aGVsbG8=", "no-match"),
            ("v1,aGVsbG8= v1a,aGVsbG8=", "no-match"),
            (",", "other-scheme"),
            (" ".join(["v1,aGVsbG8="] * MAX_SIGNATURES), "no-match"),
            (" ".join(["v1,aGVsbG8="] * (MAX_SIGNATURES + 1)), "too-many"),
        ],
    )
    def test_what_is_wrong_with_signatures_is_said(self, signature: str, expected: Reason) -> None:
        assert reason([verifying_key(SECRET)], headers(signature)) == expected

    def test_signatures_of_tomorrow_are_passed_over(self) -> None:
        good = sign([signing_key(SECRET)], ID, NOW, BODY)
        assert reason([verifying_key(SECRET)], headers(f"v7;x v2,aGVsbG8= {good}")) is None

    def test_the_key_of_one_scheme_verifies_nothing_of_the_other(self) -> None:
        raw = b"x" * 32
        signature = sign([new_key("v1", raw)], ID, NOW, BODY)
        as_the_other = signature.replace("v1,", "v1a,")
        assert reason([public(new_key("v1a", raw))], headers(as_the_other)) == "no-match"

    def test_without_keys_nothing_is_verified(self) -> None:
        assert reason([], headers(sign([signing_key(SECRET)], ID, NOW, BODY))) == "other-scheme"

    @given(st.text(), st.text(), st.text(), st.binary())
    def test_whatever_comes_is_answered(self, webhook_id: str, at: str, signature: str, body: bytes) -> None:
        assert reason([verifying_key(SECRET)], headers(signature, at, webhook_id), body) is not None


def _bent(raw: bytes, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
