"""What services sign with an HMAC, and where they put it: each scheme's own, as its documentation has it.

- GitHub, "Validating webhook deliveries": ``X-Hub-Signature-256: sha256=hex`` of the body. ``X-Hub-Signature``
  (SHA-1) is there for old receivers and counts for nothing here.
- Bitbucket, "Manage webhooks", "Secure webhooks": ``X-Hub-Signature: sha256=hex`` of the body.
- Shopify, "Verify webhook deliveries": ``X-Shopify-Hmac-SHA256: base64`` of the body.
- Slack, "Verifying requests from Slack": ``X-Slack-Signature: v0=hex`` of ``v0:{timestamp}:{body}``.
- Stripe, "Verify webhook signatures manually": ``Stripe-Signature: t=timestamp,v1=hex,…`` of
  ``{timestamp}.{body}``, one ``v1`` for each secret that is in use.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from hookroom.rules.model import Verification
from hookroom.rules.sent_call import SentCall, header
from hookroom.rules.signatures import MAX_SIGNATURES, Unverified

Algorithm = Literal["sha256", "sha1"]
Encoding = Literal["hex", "base64"]

_MAX_DIGITS: Final = 15


class Claim(Struct, frozen=True, kw_only=True):
    """What a call claims: that one of ``signatures`` is the HMAC of one of ``contents``.

    ``timestamp`` is the signed time in epoch seconds, where a scheme has one.
    """

    contents: Sequence[bytes]
    signatures: Sequence[bytes]
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    timestamp: int | None = None

    def written(self, digest: bytes) -> bytes:
        """``digest`` as the signatures are written."""
        return digest.hex().encode() if self.encoding == "hex" else base64.b64encode(digest)


ReadClaim = Callable[[Verification, SentCall], Claim]
"""What a call claims. Raises ``Unverified`` for one that cannot be read."""


def of_body(verification: Verification, call: SentCall) -> Claim:
    """The body's, in a header of the integration's choice: one signature, or several with commas between."""
    listed = header(call, verification.header or "").split(b",")
    if len(listed) > MAX_SIGNATURES:
        raise Unverified("too-many", f"there are more than {MAX_SIGNATURES} signatures")
    prefix = (verification.prefix or "").encode()
    signatures = _after(prefix, [one.strip(b" \t") for one in listed])
    encoding = verification.encoding or "hex"
    return Claim(
        contents=[call.body],
        # Some write hex in capitals.
        signatures=[one.lower() for one in signatures] if encoding == "hex" else signatures,
        algorithm=verification.algorithm or "sha256",
        encoding=encoding,
    )


def github(_: Verification, call: SentCall) -> Claim:
    """GitHub's."""
    try:
        signature = header(call, "X-Hub-Signature-256")
    except Unverified as error:
        if error.reason == "missing" and any(name == b"x-hub-signature" for name, _ in call.headers):
            raise Unverified("other-scheme", "only the SHA-1 signature is there") from None
        raise
    return Claim(contents=[call.body], signatures=_after(b"sha256=", [signature]))


def bitbucket(_: Verification, call: SentCall) -> Claim:
    """Bitbucket's."""
    signature = header(call, "X-Hub-Signature")
    return Claim(contents=[call.body], signatures=_after(b"sha256=", [signature]))


def shopify(_: Verification, call: SentCall) -> Claim:
    """Shopify's."""
    return Claim(contents=[call.body], signatures=[header(call, "X-Shopify-Hmac-SHA256")], encoding="base64")


def slack(_: Verification, call: SentCall) -> Claim:
    """Slack's."""
    timestamp = header(call, "X-Slack-Request-Timestamp")
    return Claim(
        contents=[b"v0:%b:%b" % (timestamp, call.body)],
        signatures=_after(b"v0=", [header(call, "X-Slack-Signature")]),
        timestamp=_seconds(timestamp, "X-Slack-Request-Timestamp"),
    )


def stripe(_: Verification, call: SentCall) -> Claim:
    """Stripe's. Other schemes in the list (``v0`` is for test events) are passed over."""
    listed = header(call, "Stripe-Signature").split(b",")
    if len(listed) > MAX_SIGNATURES:
        raise Unverified("too-many", f"Stripe-Signature has more than {MAX_SIGNATURES} parts")
    times = _after(b"t=", listed)
    if len(times) != 1 or not times[0]:
        raise Unverified("malformed", "Stripe-Signature has no time, or several")
    return Claim(
        contents=[b"%b.%b" % (times[0], call.body)],
        signatures=_after(b"v1=", listed),
        timestamp=_seconds(times[0], "the time of Stripe-Signature"),
    )


SIGNED_BODIES: Final[Mapping[str, ReadClaim]] = {
    "hmac": of_body,
    "github": github,
    "bitbucket": bitbucket,
    "shopify": shopify,
    "slack": slack,
    "stripe": stripe,
}
"""By the scheme."""


def _after(prefix: bytes, texts: Sequence[bytes]) -> list[bytes]:
    return [text.removeprefix(prefix) for text in texts if text.startswith(prefix)]


def _seconds(text: bytes, what: str) -> int:
    if not (text.isdigit() and len(text) <= _MAX_DIGITS):
        raise Unverified("malformed", f"{what} is no whole number of seconds")
    return int(text)
