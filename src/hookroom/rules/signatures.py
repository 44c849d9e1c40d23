"""Signatures of webhooks, made and verified (Standard Webhooks, "Signature scheme", "Verifying signatures").

What is signed is ``{webhook-id}.{webhook-timestamp}.{body}``: the very bytes of the body.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from hookroom.rules.webhook_keys import PublicKey, Scheme, SigningKey, VerifyingKey

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
HEADERS: Final = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)

TOLERANCE_S: Final = 300
"""Seconds that a timestamp may be from now, on either side."""
MAX_SIGNATURES: Final = 16
"""Most signatures of one webhook that are looked at: verifying ``v1a`` is not cheap."""


def sign(keys: Sequence[SigningKey], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: what each of ``keys`` makes of it, in their order.

    ``timestamp`` is in epoch seconds; ``webhook_id`` must be without a full stop, which ends it in what is signed.
    """
    content = _content(webhook_id, str(timestamp), body)
    return " ".join(f"{key.scheme},{base64.b64encode(key.sign(content)).decode()}" for key in keys)


Reason = Literal[
    "missing",
    "malformed",
    "too-old",
    "too-new",
    "too-many",
    "other-scheme",
    "no-match",
    "not-covered",
    "no-secret",
]


class Unverified(Exception):
    """A webhook is not what it says it is; the text says why, without anything that was sent."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason: Reason = reason


def verify(
    keys: Sequence[VerifyingKey],
    headers: Mapping[str, str],
    body: bytes,
    now_s: float,
    tolerance_s: float = TOLERANCE_S,
) -> None:
    """Return if one of ``keys`` made one of the signatures, and not too long ago; raise ``Unverified`` if not.

    ``headers`` have names in lower case; ``now_s`` is in epoch seconds. A webhook that was seen before passes
    again: ``webhook-id`` tells.
    """
    webhook_id, timestamp, listed = (_header(headers, name) for name in HEADERS)
    if not (timestamp.isdigit() and len(timestamp) <= 15):
        raise Unverified("malformed", f"{TIMESTAMP_HEADER} is no whole number of seconds")
    if int(timestamp) < now_s - tolerance_s:
        raise Unverified("too-old", f"{TIMESTAMP_HEADER} is more than {tolerance_s:g} s ago")
    if int(timestamp) > now_s + tolerance_s:
        raise Unverified("too-new", f"{TIMESTAMP_HEADER} is more than {tolerance_s:g} s ahead")
    signatures = _signatures(listed)
    usable = {key.scheme for key in keys}
    if not any(scheme in usable for scheme, _ in signatures):
        raise Unverified("other-scheme", f"no signature of the kind that is verified: {_listing(usable)}")
    content = _content(webhook_id, timestamp, body)
    for key in keys:
        given = [signature for scheme, signature in signatures if scheme == key.scheme]
        if isinstance(key, PublicKey):
            if any(key.verifies(signature, content) for signature in given):
                return
        elif given:
            expected = key.sign(content)
            if any(hmac.compare_digest(expected, signature) for signature in given):
                return
    raise Unverified("no-match", "no signature is right for this id, timestamp and body")


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip(" \t")
    if not value:
        raise Unverified("missing", f"the header {name} is missing")
    if not value.isascii():
        raise Unverified("malformed", f"the header {name} has characters outside ASCII")
    return value


def _signatures(listed: str) -> list[tuple[str, bytes]]:
    """Scheme and bytes of each signature; what cannot be read, or is of a scheme of tomorrow, is left out."""
    parts = listed.split()
    if len(parts) > MAX_SIGNATURES:
        raise Unverified("too-many", f"{SIGNATURE_HEADER} has more than {MAX_SIGNATURES} signatures")
    found: list[tuple[str, bytes]] = []
    for part in parts:
        scheme, comma, text = part.partition(",")
        if not comma:
            continue
        try:
            signature = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        # Bits that are left over could make one signature into several.
        if base64.b64encode(signature).decode() == text:
            found.append((scheme, signature))
    if not found:
        raise Unverified("malformed", f"{SIGNATURE_HEADER} has no signature that can be read")
    return found


def _content(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return b"%b.%b.%b" % (webhook_id.encode(), timestamp.encode(), body)


def _listing(schemes: set[Scheme]) -> str:
    return " or ".join(sorted(schemes)) or "none"
