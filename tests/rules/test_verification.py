"""Every scheme beside what services and their libraries publish, and with all that can be wrong about it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.senders import FORM, NOW, SENDERS, URL, Headers, Sender, b64, call, mac

from hookroom.rules.model import Verification
from hookroom.rules.sent_call import MAX_HEADER, SentCall
from hookroom.rules.signatures import MAX_SIGNATURES, Reason, Unverified
from hookroom.rules.twilio import MAX_FIELDS
from hookroom.rules.verification import verify
from hookroom.rules.verification_secret import VerificationSecret

senders = st.sampled_from(sorted(SENDERS)).map(SENDERS.__getitem__)
covering = [name for name, one in SENDERS.items() if one.covers_body]
timed = [name for name, one in SENDERS.items() if one.timed]


def reason(
    verification: Verification, secrets: list[str] | tuple[str, ...], sent: SentCall, now: float = NOW
) -> Reason | None:
    """Why a call is refused; ``None``: it is verified."""
    problem: Unverified | None = None
    try:
        verify(verification, [VerificationSecret(one) for one in secrets], sent, now)
    except Unverified as error:
        problem = error
    assert not any(one in str(problem) for one in secrets)
    return problem.reason if problem is not None else None


def answer(sender: Sender, headers: Headers, body: bytes | None = None, **more: Any) -> Reason | None:
    """The same for a call of ``sender``, verified with its first secret."""
    sent = call(headers, sender.body if body is None else body, more.pop("method", "POST"))
    return reason(sender.verification, sender.secrets[:1], sent, **more)


SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
_ITEM: dict[str, Any] = {
    "id": "ii_123",
    "object": "invoiceitem",
    "amount": 1000,
    "currency": "usd",
    "customer": "cus_123",
    "date": 1533204620,
    "description": "Test Invoice Item",
    "discountable": False,
    "invoice": "in_123",
    "livemode": False,
    "metadata": {},
    "period": {"start": 1533204620, "end": 1533204620},
    "plan": None,
    "proration": False,
    "quantity": None,
    "subscription": None,
}
STRIPE_EVENT = {
    "id": "evt_123",
    "object": "event",
    "account": "acct_123",
    "api_version": "2017-05-25",
    "created": 1533204620,
    "data": {"object": _ITEM},
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": "req_123", "idempotency_key": "idempotency-key-123"},
    "type": "invoiceitem.created",
}
STRIPE_SIGNATURE = (
    "t=1533204620,v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613,"
    "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef"
)
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
TWILIO = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO_FORM = (
    b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
)
TWILIO_JSON = b'{"property": "value", "boolean": true}'
TWILIO_HASH = "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


def _twilio(signature: str, url: str = TWILIO, body: bytes = TWILIO_FORM, content_type: str = FORM) -> Any:
    headers = {"X-Twilio-Signature": signature, "Content-Type": content_type}
    return "twilio", "12345", call(headers, body, "POST", url), NOW


PUBLISHED: dict[str, tuple[Any, str, SentCall, float]] = {
    # GitHub docs, "Validating webhook deliveries", "Testing the webhook payload validation".
    "github": (
        "github",
        "It's a Secret to Everybody",
        call(
            {
                "X-Hub-Signature-256": "sha256="
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
            },
            b"Hello, World!",
        ),
        NOW,
    ),
    # Atlassian docs, "Secure webhooks", "Examples".
    "bitbucket": (
        "bitbucket",
        "It's a Secret to Everybody",
        call(
            {"X-Hub-Signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"},
            b"Hello World!",
        ),
        NOW,
    ),
    # Slack docs, "Verifying requests from Slack".
    "slack": (
        "slack",
        "8f742231b10e8888abcd99yyyzzz85a5",
        call(
            {
                "X-Slack-Request-Timestamp": "1531420618",
                "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            },
            SLACK_BODY,
        ),
        1531420618 + 299,
    ),
    # stripe-dotnet, EventUtilityTest: the documentation's own example does not say its secret.
    "stripe": (
        "stripe",
        "webhook_secret",
        call({"Stripe-Signature": STRIPE_SIGNATURE}, (json.dumps(STRIPE_EVENT, indent=2) + "\n").encode()),
        1533204620 + 100,
    ),
    # Shopify publishes none; this is of the tests of SQLPage.
    "shopify": (
        "shopify",
        "test-webhook-secret",
        call(
            {"X-Shopify-Hmac-SHA256": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="},
            b'{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}',
        ),
        NOW,
    ),
    # Standard Webhooks, the libraries' documentation; GitLab's signing tokens are the same.
    "standard": (
        "standard",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        call(STANDARD, b'{"test": 2432232314}'),
        1614265330,
    ),
    "gitlab": (
        "gitlab",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        call(STANDARD, b'{"test": 2432232314}'),
        1614265330,
    ),
    # Twilio docs, "Security", and twilio-python, RequestValidator's tests.
    "twilio-form": _twilio("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "twilio-several-values": _twilio(
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=", body=b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    ),
    "twilio-json": _twilio(
        "a9nBmqA0ju/hNViExpshrM61xv4=", TWILIO + TWILIO_HASH, TWILIO_JSON, "application/json"
    ),
    "twilio-port-left-out": _twilio("RSOYDt4T1cUTdK1PDd93/VVr8B8=", TWILIO.replace(".com", ".com:1234")),
    "twilio-port-added": _twilio("kvajT1Ptam85bY51eRf/AJRuM3w="),
    "twilio-http-port": _twilio(
        "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", TWILIO.replace(".com", ".com:1234").replace("https", "http")
    ),
    "twilio-http-port-added": _twilio("0ZXoZLH/DfblKGATFgpif+LLRf4=", TWILIO.replace("https", "http")),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_services_and_their_libraries_publish(name: str) -> None:
    scheme, secret, sent, now = PUBLISHED[name]
    verification = Verification(scheme=scheme)
    assert reason(verification, [secret], sent, now) is None
    assert reason(verification, [secret + "x"], sent, now) is not None
    other = SentCall(method="POST", headers=sent.headers, body=sent.body + b"x", urls=sent.urls)
    assert reason(verification, [secret], other, now) == "no-match"


class TestEveryScheme:
    @pytest.mark.parametrize("name", SENDERS)
    def test_what_its_sender_sends_is_verified(self, name: str) -> None:
        sender = SENDERS[name]
        assert answer(sender, sender.headers()) is None

    @pytest.mark.parametrize("name", SENDERS)
    def test_with_any_of_several_secrets(self, name: str) -> None:
        sender = SENDERS[name]
        others = [f"unknown-secret-{number}" for number in range(3)]
        for which in (0, 1):
            sent = call(sender.headers(which), sender.body)
            for secrets in (sender.secrets, sender.secrets[::-1], [*others, *sender.secrets]):
                assert reason(sender.verification, secrets, sent) is None
            assert reason(sender.verification, [sender.secrets[1 - which]], sent) == "no-match"
            assert reason(sender.verification, others, sent) in ("no-match", "no-secret", "missing")

    @pytest.mark.parametrize("name", SENDERS)
    def test_without_a_secret_nothing_is(self, name: str) -> None:
        sender = SENDERS[name]
        assert reason(sender.verification, [], call(sender.headers(), sender.body)) == "no-secret"

    @pytest.mark.parametrize("name", SENDERS)
    def test_every_header_is_needed_and_there_once(self, name: str) -> None:
        sender = SENDERS[name]
        whole = sender.headers()
        assert answer(sender, []) == "missing"
        for index, (header, value) in enumerate(whole):
            rest = whole[:index] + whole[index + 1 :]
            assert answer(sender, rest) == "missing"
            for blank in ("", " ", "\t"):
                assert answer(sender, [*rest, (header, blank)]) == "missing"
            for other in (value, "x", ""):
                assert answer(sender, [*whole, (header, other)]) == "malformed"

    @pytest.mark.parametrize("name", SENDERS)
    @pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
    def test_the_case_of_a_headers_name_does_not_matter(self, name: str, case: Callable[[str], str]) -> None:
        sender = SENDERS[name]
        headers = [(case(header), f" {value}\t") for header, value in sender.headers()]
        assert answer(sender, headers) is None

    @pytest.mark.parametrize("name", SENDERS)
    @pytest.mark.parametrize(
        "value",
        [
            *(
                "=",
                ",",
                "v1",
                "v1,",
                "v0=",
                "sha256=",
                "t=,v1=",
                "Bearer",
                "Basic",
                "Basic ",
                "Basic =",
                "\0",
            ),
            *(
                "é",
                "²",
                "🙂",
                "\udcff\udcfe",
                "x" * (MAX_HEADER + 1),
                "v1,=" * 900,
                "," * MAX_HEADER,
                "9" * 4000,
            ),
            *(
                "-1",
                "1e9",
                " 1 2 ",
                "NaN",
                "٣",
                "0x10",
                "Basic " + "A" * 7999,
                "t=1,t=1,v1=aa",
                "v1a,AAAA v1,AAAA",
            ),
        ],
    )
    def test_nonsense_is_refused(self, name: str, value: str) -> None:
        sender = SENDERS[name]
        whole = sender.headers()
        for index, (header, _) in enumerate(whole):
            assert answer(sender, [*whole[:index], (header, value), *whole[index + 1 :]]) is not None

    @given(senders, st.lists(st.tuples(st.integers(0, 3), st.text(max_size=60)), max_size=4), st.binary())
    def test_no_headers_and_no_body_crash_it(
        self, sender: Sender, odd: list[tuple[int, str]], body: bytes
    ) -> None:
        names = [name for name, _ in sender.headers()]
        headers = [(names[which % len(names)], text) for which, text in odd]
        lines = [(name.lower().encode(), value.encode("utf-8", "replace")) for name, value in headers]
        sent = SentCall(method="POST", headers=lines, body=body, urls=(URL + "?" + body.decode("latin-1"),))
        assert reason(sender.verification, sender.secrets, sent) is not None

    @pytest.mark.parametrize("name", covering)
    @given(data=st.data())
    def test_every_bit_of_a_body_counts(self, name: str, data: st.DataObject) -> None:
        sender = SENDERS[name]
        body = data.draw(st.binary(min_size=1, max_size=40).map(lambda raw: raw.hex().encode() + b"=1"))
        headers = sender.headers(body=body)
        assert answer(sender, headers, body) is None
        bent = _bent(body, data.draw(st.integers(0, len(body) * 8 - 1)))
        assert answer(sender, headers, bent) is not None
        assert answer(sender, headers, b"") is not None

    @pytest.mark.parametrize("name", SENDERS)
    @given(data=st.data())
    def test_every_character_of_a_header_counts(self, name: str, data: st.DataObject) -> None:
        sender = SENDERS[name]
        whole = sender.headers()
        index = data.draw(st.integers(0, len(whole) - 1))
        header, value = whole[index]
        at = data.draw(st.integers(0, len(value) - 1))
        other = data.draw(st.characters(codec="ascii", categories=["L", "N", "P", "S"]))
        changed = value[:at] + other + value[at + 1 :]
        headers = [*whole[:index], (header, changed), *whole[index + 1 :]]
        # Schemes may have any case (RFC 9110, section 11.1), and so may hex; what is no v1 is passed over.
        same = changed == value or (
            header == "Authorization" and at < 6 and other.lower() == value[at].lower()
        )
        in_hex = sender.verification.scheme == "hmac" and sender.verification.encoding != "base64"
        after_prefix = at >= len(sender.verification.prefix or "")
        same |= in_hex and after_prefix and other.lower() == value[at].lower()
        same |= header == "Content-Type" and other.lower() == value[at].lower()
        same |= header == "Stripe-Signature" and not _in_what_counts(value, at)
        assert (answer(sender, headers) is None) is same

    @pytest.mark.parametrize("name", SENDERS)
    @given(st.integers(0, 25), st.characters(codec="ascii", categories=["L", "N"]))
    def test_every_character_of_a_secret_counts(self, name: str, at: int, other: str) -> None:
        sender = SENDERS[name]
        right = sender.secrets[0]
        at = min(at, len(right) - 6)
        wrong = right[:at] + other + right[at + 1 :]
        found = reason(sender.verification, [wrong], call(sender.headers(), sender.body))
        assert (found is None) is (wrong == right)

    @given(st.integers(1, 25))
    def test_the_beginning_of_a_secret_is_not_one(self, length: int) -> None:
        sender = SENDERS["header"]
        right = sender.secrets[0]
        assert answer(sender, [("X-Token", right[:length])]) == "no-match"
        assert answer(sender, [("X-Token", right + right[:length])]) == "no-match"

    def test_none_asks_for_nothing(self) -> None:
        assert reason(Verification(scheme="none"), [], call([], b"x", "GET")) is None


def _in_what_counts(value: str, at: int) -> bool:
    """Whether a character of ``Stripe-Signature`` is in its time or its right signature, or beside them."""
    first = value.index(",")
    start = value.index(",v1=", first + 1)
    return at < first + 1 or start <= at <= start + 4 + 64


def _bent(raw: bytes, bit: int) -> bytes:
    whole = bytearray(raw)
    whole[bit // 8] ^= 1 << bit % 8
    return bytes(whole)


class TestTime:
    @pytest.mark.parametrize("name", timed)
    @pytest.mark.parametrize(
        ("tolerance", "late", "expected"),
        [
            *((None, 300, None), (None, 301, "too-old"), (None, -300, None), (None, -301, "too-new")),
            *((10, 10, None), (10, 10.1, "too-old"), (10, -11, "too-new"), (86_400, 80_000, None)),
            *((None, NOW, "too-old"), (None, -(10**12), "too-new")),
        ],
    )
    def test_it_must_be_near(
        self, name: str, tolerance: int | None, late: float, expected: Reason | None
    ) -> None:
        sender = SENDERS[name]
        verification = Verification(scheme=sender.verification.scheme, tolerance=tolerance)
        sent = call(sender.headers(), sender.body)
        assert reason(verification, sender.secrets, sent, NOW + late) == expected

    @pytest.mark.parametrize("name", timed)
    @given(late=st.integers(-(10**6), 10**6))
    def test_another_time_needs_another_signature(self, name: str, late: int) -> None:
        sender = SENDERS[name]
        at = NOW + late
        moved = [(header, value.replace(str(NOW), str(at))) for header, value in sender.headers()]
        assert (answer(sender, moved, now=at) is None) is (late == 0)

    @pytest.mark.parametrize("name", timed)
    @pytest.mark.parametrize("written", ["", "+{}", "-{}", "{}.0", " {} 1", "{}e0", "x", "1" * 16, "²"])
    def test_it_is_whole_seconds(self, name: str, written: str) -> None:
        sender = SENDERS[name]
        text = written.format(NOW)
        headers = [(header, value.replace(str(NOW), text)) for header, value in sender.headers()]
        assert answer(sender, headers) in ("malformed", "missing", "no-match")


class TestBodies:
    @pytest.mark.parametrize("name", [name for name in covering if name != "twilio"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
    def test_a_signed_body_says_nothing_of_a_query(self, name: str, method: str) -> None:
        sender = SENDERS[name]
        assert answer(sender, sender.headers(body=b""), b"", method=method) == "not-covered"

    @pytest.mark.parametrize("name", ["header", "bearer", "basic", "gitlab", "twilio"])
    def test_a_get_is_as_good_where_it_is_covered(self, name: str) -> None:
        sender = SENDERS[name]
        assert answer(sender, sender.headers(body=b""), b"", method="GET") is None

    @pytest.mark.parametrize("name", covering)
    def test_an_empty_one_can_be_signed(self, name: str) -> None:
        sender = SENDERS[name]
        assert answer(sender, sender.headers(body=b""), b"") is None

    @pytest.mark.parametrize("name", [name for name in covering if name != "twilio"])
    @given(body=st.binary())
    def test_it_is_bytes_and_not_text(self, name: str, body: bytes) -> None:
        sender = SENDERS[name]
        if "standard" not in name and name != "gitlab-signed":
            assert answer(sender, sender.headers(body=body), body) is None


class TestHmac:
    LISTS = Verification(scheme="hmac", header="X-Signature", prefix="sha256=")
    RIGHT = "sha256=" + mac("secret-one", b"body").hex()
    WRONG = "sha256=" + "0" * 64

    @pytest.mark.parametrize(
        ("listed", "expected"),
        [
            *((RIGHT, None), (f"{WRONG},{RIGHT}", None), (f"{RIGHT}, {WRONG}", None), (f",,{RIGHT} ,", None)),
            *(
                (f"sha1=abc,{RIGHT}", None),
                (f"{WRONG},{WRONG}", "no-match"),
                (f"{RIGHT};{RIGHT}", "no-match"),
            ),
            *(
                (RIGHT.removeprefix("sha256="), "no-match"),
                (RIGHT.upper(), "no-match"),
                (RIGHT[:-1], "no-match"),
            ),
            *(
                (RIGHT + "0", "no-match"),
                (RIGHT.replace("=", "= "), "no-match"),
                (f"sha256={RIGHT}", "no-match"),
            ),
            *(((WRONG + ",") * (MAX_SIGNATURES - 1) + RIGHT, None),),
            *(((WRONG + ",") * MAX_SIGNATURES + RIGHT, "too-many"),),
        ],
    )
    def test_several_signatures_in_a_header(self, listed: str, expected: Reason | None) -> None:
        assert reason(self.LISTS, ["secret-one"], call({"X-Signature": listed}, b"body")) == expected

    def test_presets_take_one(self) -> None:
        listed = f"{self.WRONG},{self.RIGHT}"
        for scheme, header in (("github", "X-Hub-Signature-256"), ("bitbucket", "X-Hub-Signature")):
            verification = Verification(scheme=scheme)  # type: ignore[arg-type]
            assert reason(verification, ["secret-one"], call({header: listed}, b"body")) == "no-match"

    def test_githubs_older_signature_is_not_enough(self) -> None:
        secret = "secret-one"
        sha1 = {"X-Hub-Signature": "sha1=" + mac(secret, b"body", "sha1").hex()}
        sha256 = {"X-Hub-Signature-256": "sha256=" + mac(secret, b"body").hex()}
        github = Verification(scheme="github")
        assert reason(github, [secret], call(sha1, b"body")) == "other-scheme"
        assert reason(github, [secret], call({**sha1, **sha256}, b"body")) is None
        as_sha1 = {"X-Hub-Signature-256": sha1["X-Hub-Signature"]}
        assert reason(github, [secret], call(as_sha1, b"body")) == "no-match"

    def test_bitbucket_takes_no_sha1(self) -> None:
        sent = call({"X-Hub-Signature": "sha1=" + mac("secret-one", b"body", "sha1").hex()}, b"body")
        assert reason(Verification(scheme="bitbucket"), ["secret-one"], sent) == "no-match"

    def test_base64_has_one_form(self) -> None:
        right = b64(mac("secret-one", b"body"))
        for written in (
            right.rstrip("="),
            right + "=",
            right.replace("+", "-").replace("/", "_") + " ",
            "A" + right,
        ):
            if written.strip() != right:
                sent = call({"X-Shopify-Hmac-SHA256": written}, b"body")
                assert reason(Verification(scheme="shopify"), ["secret-one"], sent) == "no-match"


class TestTokens:
    @pytest.mark.parametrize(
        ("prefix", "value", "expected"),
        [
            *((None, "the-token", None), (None, "Bearer the-token", None), (None, "bEARER  the-token", None)),
            *(
                (None, "Token the-token", "no-match"),
                (None, "Bearer", "no-match"),
                (None, "THE-TOKEN", "no-match"),
            ),
            *(("Token ", "Token the-token", None), ("Token ", "token the-token", "malformed")),
            *(("Token ", "the-token", "malformed"), ("Token ", "Bearer the-token", "malformed")),
            *(("Token ", "Token  the-token", "no-match"), ("Token ", "Token", "malformed")),
        ],
    )
    def test_prefixes(self, prefix: str | None, value: str, expected: Reason | None) -> None:
        verification = Verification(scheme="header", header="X-Key", prefix=prefix)
        assert reason(verification, ["the-token"], call({"x-key": value}, b"")) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            *(
                ("Basic YW5uOnBhc3M=", None),
                ("bASIC  YW5uOnBhc3M=", None),
                ("Basic YW5uOnBhc3M", "malformed"),
            ),
            *(("Bearer YW5uOnBhc3M=", "other-scheme"), ("YW5uOnBhc3M=", "other-scheme")),
            *(
                ("Basic ann:pass", "malformed"),
                ("Basic Ym9iOnBhc3M=", "no-match"),
                ("Basic YW5uOg==", "no-match"),
            ),
            *(
                ("Basic YW5uOnBhc3N=", "malformed"),
                ("Basic YW5uOnBhc3M= x", "malformed"),
                ("Basic YW5u\nOnBhc3M=", "malformed"),
            ),
        ],
    )
    def test_basic(self, value: str, expected: Reason | None) -> None:
        sent = call({"Authorization": value}, b"")
        assert reason(Verification(scheme="basic"), ["ann:pass"], sent) == expected


class TestGitlab:
    KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def test_with_a_signing_token_a_plain_one_is_not_enough(self) -> None:
        gitlab = Verification(scheme="gitlab")
        assert reason(gitlab, [self.KEY], call({"X-Gitlab-Token": self.KEY}, b"{}")) == "missing"

    def test_from_the_plain_to_the_signing_token(self) -> None:
        gitlab, both = Verification(scheme="gitlab"), [self.KEY, "plain-token"]
        signed = call(STANDARD, b'{"test": 2432232314}')
        forged = call({**STANDARD, "X-Gitlab-Token": "wrong"}, b'{"test": 0}')
        assert reason(gitlab, both, signed, 1614265330) is None
        assert reason(gitlab, both, call({"X-Gitlab-Token": "plain-token"}, b"{}")) is None
        assert reason(gitlab, both, forged, 1614265330) == "no-match"


class TestTwilio:
    SECRET = "auth-token"
    TWILIO = Verification(scheme="twilio")

    def signed(self, url: str, body: bytes = b"", fields: str = "", content_type: str = FORM) -> SentCall:
        signature = b64(mac(self.SECRET, (url + fields).encode(), "sha1"))
        return call({"X-Twilio-Signature": signature, "Content-Type": content_type}, body, "POST", url)

    def test_a_body_that_nothing_covers_is_refused(self) -> None:
        for content_type in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
            sent = self.signed(URL, b'{"text": "x"}', content_type=content_type)
            assert reason(self.TWILIO, [self.SECRET], sent) == "not-covered"

    def test_the_hash_in_the_address_is_of_the_body(self) -> None:
        body = b'{"text": "x"}'
        url = f"{URL}?a=1&bodySHA256={hashlib.sha256(body).hexdigest()}"
        assert (
            reason(self.TWILIO, [self.SECRET], self.signed(url, body, content_type="application/json"))
            is None
        )
        assert reason(self.TWILIO, [self.SECRET], self.signed(url, body)) is None
        for wrong in (b"", b'{"text": "y"}', b"text=x"):
            assert reason(self.TWILIO, [self.SECRET], self.signed(url, wrong)) == "no-match"
        twice = url + f"&bodySHA256={hashlib.sha256(b'').hexdigest()}"
        assert reason(self.TWILIO, [self.SECRET], self.signed(twice, body)) == "no-match"

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            (b"b=2&a=1", "a1b2"),
            (b"a=&b", "ab"),
            (b"a=x+y%20z", "ax y z"),
            (b"a=%C3%A9%F0%9F%99%82", "aé🙂"),
            (b"A=1&a=2&B=3", "A1B3a2"),
            (b"a=1&&a=1", "a1"),
        ],
    )
    def test_forms(self, body: bytes, fields: str) -> None:
        assert reason(self.TWILIO, [self.SECRET], self.signed(URL, body, fields)) is None
        assert reason(self.TWILIO, [self.SECRET], self.signed(URL, body, fields + "x")) == "no-match"
        other = self.signed(
            URL, body, fields, content_type="Application/X-WWW-Form-Urlencoded ; charset=UTF-8"
        )
        assert reason(self.TWILIO, [self.SECRET], other) is None

    @pytest.mark.parametrize("body", [b"a=\xff", b"&".join([b"a=1"] * (MAX_FIELDS + 1))])
    def test_forms_that_cannot_be_read(self, body: bytes) -> None:
        assert reason(self.TWILIO, [self.SECRET], self.signed(URL, body)) == "malformed"

    def test_any_of_the_addresses_may_be_the_signed_one(self) -> None:
        sent = self.signed("https://b.example/hooks/x")
        for urls, expected in (
            (("https://a.example/hooks/x", "https://b.example/hooks/x"), None),
            (("https://b.example:443/hooks/x",), None),
            (("https://b.example:8443/hooks/x",), None),
            (("https://a.example/hooks/x",), "no-match"),
            (("http://b.example/hooks/x",), "no-match"),
            (("https://b.example/hooks/x?",), "no-match"),
            ((), "no-match"),
        ):
            other = SentCall(method="POST", headers=sent.headers, body=sent.body, urls=urls)
            assert reason(self.TWILIO, [self.SECRET], other) == expected

    def test_addresses_of_version_6(self) -> None:
        sent = self.signed("http://[::1]:80/hooks/x")
        other = SentCall(method="POST", headers=sent.headers, body=b"", urls=("http://[::1]/hooks/x",))
        assert reason(self.TWILIO, [self.SECRET], other) is None


def test_hex_of_an_hmac_may_be_in_capitals() -> None:
    verification = Verification(scheme="hmac", header="X-Signature", algorithm="sha1", prefix="sha1=")
    signature = mac("a secret of ours", b"body", "sha1").hex().upper()
    sent = call([("X-Signature", f"sha1={signature}")], b"body")
    assert reason(verification, ["a secret of ours"], sent) is None
    other = call([("X-Signature", f"sha1={signature}")], b"other")
    assert reason(verification, ["a secret of ours"], other) == "no-match"


def test_a_signature_of_standard_webhooks_has_one_form() -> None:
    sender = SENDERS["standard"]
    *before, (name, value) = sender.headers()
    same_bytes = value[:-2] + chr(ord(value[-2]) + 1) + "="
    assert answer(sender, [*before, (name, value)]) is None
    assert answer(sender, [*before, (name, same_bytes)]) == "malformed"


Attempt = Callable[[], object]


def difference(one: Attempt, other: Attempt, *, at_a_time: int = 20) -> float:
    """By what part of itself the slower of two takes longer.

    They are taken in turns, so that the machine is the same to both, and the fastest tenth counts, so that pauses
    do not.
    """
    took: tuple[list[int], list[int]] = ([], [])
    for block in range(400):
        for which in (0, 1) if block % 2 else (1, 0):
            attempt = (one, other)[which]
            began = time.perf_counter_ns()
            for _ in range(at_a_time):
                with contextlib.suppress(Unverified):
                    attempt()
            took[which].append(time.perf_counter_ns() - began)
    first, second = (statistics.quantiles(one, n=10)[0] for one in took)
    return abs(first - second) / max(first, second)


def attempts(
    sender: Sender, one: Headers, other: Headers, body: bytes | None = None
) -> tuple[Attempt, Attempt]:
    secrets = [VerificationSecret(one) for one in sender.secrets]
    body = sender.body if body is None else body
    return (
        partial(verify, sender.verification, secrets, call(one, body), NOW),
        partial(verify, sender.verification, secrets, call(other, body), NOW),
    )


def _far_and_near(sender: Sender) -> tuple[Headers, Headers]:
    """Wrong in every bit of what is compared, and wrong in the last one only; both can be read."""
    *before, (header, value) = sender.headers()
    start = next((len(one) for one in ("sha256=", "v0=", "v1,", "Basic ") if value.startswith(one)), 0)
    head, text = value[:start], value[start:]
    if text.endswith("="):
        raw = base64.b64decode(text)
        far, near = (b64(bytes(one ^ 1 for one in raw)), b64(_bent(raw, len(raw) * 8 - 8)))
    else:
        far, near = ("".join("z" if one != "z" else "y" for one in text), text[:-1] + "~")
    return [*before, (header, head + far)], [*before, (header, head + near)]


@pytest.mark.alone
class TestTakesAsLong:
    BOUND = 0.05

    @pytest.mark.parametrize("name", ["header", "basic", "github", "slack", "shopify", "standard", "gitlab"])
    def test_whatever_a_wrong_one_has_in_common_with_the_right_one(self, name: str) -> None:
        sender = SENDERS[name]
        assert difference(*attempts(sender, *_far_and_near(sender))) < self.BOUND

    @pytest.mark.parametrize("name", ["github", "slack", "shopify"])
    def test_where_it_is_too_short_or_missing(self, name: str) -> None:
        sender = SENDERS[name]
        body = b"x" * 200_000
        *before, (header, value) = sender.headers(body=body)
        wrong = [(header, value[:-1] + "z")]
        for other in ([(header, value[:-9])], [(header, "x")], []):
            pair = attempts(sender, [*before, *wrong], [*before, *other], body=body)
            assert difference(*pair, at_a_time=1) < 0.1

    def test_and_this_would_see_it_otherwise(self) -> None:
        """A comparison that stops at the first difference, as the same measurement finds it."""
        right = SENDERS["github"].headers()[0][1]

        def leaking(given: str) -> bool:
            mac(SENDERS["github"].secrets[0], SENDERS["github"].body)
            return all(one == other for one, other in zip(right, given, strict=True))

        far, near = (headers[0][1] for headers in _far_and_near(SENDERS["github"]))
        assert difference(lambda: leaking(far), lambda: leaking(near)) > self.BOUND
