"""What services send to prove themselves, made as their documentation says and not with the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from hookroom.rules.model import Verification
from hookroom.rules.sent_call import SentCall

NOW = 1_767_323_045
URL = "https://chat.example.com/hooks/id/token"
FORM = "application/x-www-form-urlencoded"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Sender:
    """A service: its ``verification``, two of its secrets, and how it signs ``body`` with one at a time (seconds).

    What it signs with may be another text than what is verified with (a private key).
    """

    verification: Verification
    secrets: tuple[str, str]
    sign: Callable[[str, bytes, int], Headers]
    body: bytes = b'{"text": "deployed", "n": 1}'
    signing: tuple[str, str] | None = None
    timed: bool = False
    covers_body: bool = True

    def headers(self, which: int = 0, body: bytes | None = None, at: int = NOW) -> Headers:
        """The headers that prove it."""
        return self.sign((self.signing or self.secrets)[which], self.body if body is None else body, at)


def call(headers: Headers | Mapping[str, str], body: bytes, method: str = "POST", *urls: str) -> SentCall:
    """A call as ASGI has it."""
    lines = headers.items() if isinstance(headers, Mapping) else headers
    return SentCall(
        method=method,
        headers=[(name.lower().encode(), value.encode("utf-8", "surrogateescape")) for name, value in lines],
        body=body,
        urls=urls or (URL,),
    )


def mac(secret: str, content: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of ``content``."""
    return hmac.new(secret.encode(), content, getattr(hashlib, algorithm)).digest()


def b64(raw: bytes) -> str:
    """Base64."""
    return base64.b64encode(raw).decode()


def twilio_form(secret: str, body: bytes, _at: int) -> Headers:
    """Twilio's signature of a form."""
    fields = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    content = URL + "".join(name + value for name, value in dict.fromkeys(fields))
    return [("X-Twilio-Signature", b64(mac(secret, content.encode(), "sha1"))), ("Content-Type", FORM)]


def _standard(secret: str, body: bytes, at: int) -> Headers:
    when = datetime.fromtimestamp(at, UTC)
    return [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", str(at)),
        ("webhook-signature", Webhook(secret).sign("msg_1", when, body.decode("latin-1"))),
    ]


def _ed25519(seed: str, body: bytes, at: int) -> Headers:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    signature = key.sign(b"msg_1.%d.%b" % (at, body))
    return [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", str(at)),
        ("webhook-signature", f"v1a,{b64(signature)}"),
    ]


def _public(seed: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return "whpk_" + b64(key.public_key().public_bytes_raw())


def _body_hmac(name: str, prefix: str, algorithm: str = "sha256", encoding: str = "hex") -> Any:
    def sign(secret: str, body: bytes, _at: int) -> Headers:
        raw = mac(secret, body, algorithm)
        return [(name, prefix + (raw.hex() if encoding == "hex" else b64(raw)))]

    return sign


def _hmac(algorithm: Any, encoding: Any, prefix: str | None) -> Sender:
    return Sender(
        Verification(
            scheme="hmac", header="X-Signature", algorithm=algorithm, encoding=encoding, prefix=prefix
        ),
        TWO,
        _body_hmac("X-Signature", prefix or "", algorithm, encoding),
    )


def _slack(secret: str, body: bytes, at: int) -> Headers:
    return [
        ("X-Slack-Request-Timestamp", str(at)),
        ("X-Slack-Signature", "v0=" + mac(secret, b"v0:%d:%b" % (at, body)).hex()),
    ]


def _stripe(secret: str, body: bytes, at: int) -> Headers:
    right = mac(secret, b"%d.%b" % (at, body)).hex()
    return [("Stripe-Signature", f"t={at},v1={'0' * 64},v1={right},v0={'1' * 64}")]


def _basic(secret: str, _body: bytes, _at: int) -> Headers:
    return [("Authorization", "Basic " + b64(secret.encode()))]


TWO = ("It's a Secret to Everybody", "another secret of theirs")
KEYS = ("whsec_" + b64(b"o" * 32), "whsec_" + b64(b"n" * 32))
SEEDS = ("0b" * 32, "1c" * 32)

SENDERS: dict[str, Sender] = {
    "header": Sender(
        Verification(scheme="header", header="X-Token"),
        TWO,
        lambda secret, _body, _at: [("X-Token", secret)],
        covers_body=False,
    ),
    "bearer": Sender(
        Verification(scheme="header", header="Authorization"),
        TWO,
        lambda secret, _body, _at: [("Authorization", f"Bearer {secret}")],
        covers_body=False,
    ),
    "basic": Sender(
        Verification(scheme="basic"), ("ann:pass:wörd", "ann:other-word"), _basic, covers_body=False
    ),
    "hmac-sha256-hex": _hmac("sha256", "hex", None),
    "hmac-sha256-base64": _hmac("sha256", "base64", None),
    "hmac-sha1-hex": _hmac("sha1", "hex", "sha1="),
    "hmac-sha1-base64": _hmac("sha1", "base64", "HMAC "),
    "github": Sender(Verification(scheme="github"), TWO, _body_hmac("X-Hub-Signature-256", "sha256=")),
    "bitbucket": Sender(Verification(scheme="bitbucket"), TWO, _body_hmac("X-Hub-Signature", "sha256=")),
    "shopify": Sender(
        Verification(scheme="shopify"), TWO, _body_hmac("X-Shopify-Hmac-Sha256", "", encoding="base64")
    ),
    "slack": Sender(Verification(scheme="slack"), TWO, _slack, timed=True),
    "stripe": Sender(Verification(scheme="stripe"), TWO, _stripe, timed=True),
    "twilio": Sender(
        Verification(scheme="twilio"), TWO, twilio_form, body=b"To=%2B1&Body=hello+w%C3%B6rld&Body=&To=%2B1"
    ),
    "standard": Sender(Verification(scheme="standard"), KEYS, _standard, timed=True),
    "standard-v1a": Sender(
        Verification(scheme="standard"),
        (_public(SEEDS[0]), _public(SEEDS[1])),
        _ed25519,
        signing=SEEDS,
        timed=True,
    ),
    "gitlab": Sender(
        Verification(scheme="gitlab"),
        TWO,
        lambda secret, _body, _at: [("X-Gitlab-Token", secret)],
        covers_body=False,
    ),
    "gitlab-signed": Sender(Verification(scheme="gitlab"), KEYS, _standard, timed=True),
}
