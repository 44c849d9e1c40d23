"""Whether a call comes from whom it says: the schemes that an incoming integration can ask for.

``none``, ``header`` (a shared token), ``basic`` (RFC 7617), ``standard`` (Standard Webhooks, ``v1`` and ``v1a``),
``gitlab`` (``X-Gitlab-Token``, or Standard Webhooks with a signing token), the HMACs of ``hmac_claims``, and
``twilio``. Any of several secrets is right, so that one can be exchanged for another.

Comparisons take constant time, all secrets are compared, tokens by their digests, which are of one length. What
cannot be read takes the same way as what is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Final

from hookroom.rules import signatures
from hookroom.rules.hmac_claims import SIGNED_BODIES, Claim, ReadClaim
from hookroom.rules.model import Verification
from hookroom.rules.sent_call import SentCall, header
from hookroom.rules.signatures import TOLERANCE_S, Unverified
from hookroom.rules.twilio import twilio
from hookroom.rules.verification_secret import VerificationSecret

Secrets = Sequence[VerificationSecret]
Check = Callable[[Verification, Secrets, SentCall, float], None]
ReadTokens = Callable[[Verification, SentCall], Sequence[bytes]]
"""What a call may mean as its token. Raises ``Unverified`` for one that has none."""

_BEARER: Final = b"bearer "
_BASIC: Final = b"basic "


def verify(verification: Verification, secrets: Secrets, call: SentCall, now_s: float) -> None:
    """Return if ``call`` is of somebody who knows one of ``secrets``; raise ``Unverified`` if not.

    ``now_s`` is in epoch seconds. Where a scheme signs a time, it may be ``tolerance`` seconds (300) from now, on
    either side. Whoever sees a call can send it again within that time, or at any where no time is signed: it is
    for the delivery's id to make that harmless.
    """
    if verification.scheme == "none":
        return
    if not secrets:
        raise Unverified("no-secret", "there is no secret to verify with")
    _CHECKS[verification.scheme](verification, secrets, call, now_s)


def _signed_body(
    read: ReadClaim, verification: Verification, secrets: Secrets, call: SentCall, now_s: float
) -> None:
    _covers_all(call)
    _claimed(read, verification, secrets, call, now_s)


def _covers_all(call: SentCall) -> None:
    """What a GET posts is its query, which signatures of bodies say nothing about."""
    if call.method != "POST":
        raise Unverified("not-covered", "only bodies are signed, so only POST calls can be verified")


def _claimed(
    read: ReadClaim, verification: Verification, secrets: Secrets, call: SentCall, now_s: float
) -> None:
    problem: Unverified | None = None
    try:
        claim = read(verification, call)
    except Unverified as error:
        claim, problem = Claim(contents=[call.body], signatures=()), error
    found = False
    for secret in secrets:
        for content in claim.contents:
            expected = claim.written(hmac.digest(secret.raw, content, claim.algorithm))
            for signature in claim.signatures or (b"",):
                found |= hmac.compare_digest(expected, signature)
    if problem is not None:
        raise problem
    if not found:
        raise Unverified("no-match", "no signature is right")
    if claim.timestamp is not None:
        _in_time(claim.timestamp, now_s, _tolerance(verification))


def _in_time(timestamp: int, now_s: float, tolerance: int) -> None:
    if timestamp < now_s - tolerance:
        raise Unverified("too-old", f"it was signed more than {tolerance} s ago")
    if timestamp > now_s + tolerance:
        raise Unverified("too-new", f"it was signed more than {tolerance} s ahead")


def _tolerance(verification: Verification) -> int:
    return TOLERANCE_S if verification.tolerance is None else verification.tolerance


def _standard(verification: Verification, secrets: Secrets, call: SentCall, now_s: float) -> None:
    _covers_all(call)
    keys = [secret.key for secret in secrets if secret.key is not None]
    if not keys:
        raise Unverified("no-secret", "no secret is a key of Standard Webhooks")
    headers = {name: header(call, name).decode() for name in signatures.HEADERS}
    signatures.verify(keys, headers, call.body, now_s, _tolerance(verification))


def _gitlab(verification: Verification, secrets: Secrets, call: SentCall, now_s: float) -> None:
    """A secret that is a key (``whsec_…``) is a signing token: it signs, and is never sent as it is."""
    problem = Unverified("no-secret", "there is no secret to verify with")
    plain = [secret for secret in secrets if secret.key is None]
    signing = [secret for secret in secrets if secret.key is not None]
    for some, check in ((plain, partial(_token, _gitlab_token)), (signing, _standard)):
        if some:
            try:
                return check(verification, some, call, now_s)
            except Unverified as error:
                problem = error
    raise problem


def _token(
    read: ReadTokens, verification: Verification, secrets: Secrets, call: SentCall, _now_s: float
) -> None:
    problem: Unverified | None = None
    tokens: Sequence[bytes] = (b"",)
    try:
        tokens = read(verification, call)
    except Unverified as error:
        problem = error
    found = False
    for token in tokens:
        digest = sha256(token).digest()
        for secret in secrets:
            found |= hmac.compare_digest(digest, secret.digest)
    if problem is not None:
        raise problem
    if not found:
        raise Unverified("no-match", "the token is not right")


def _header_token(verification: Verification, call: SentCall) -> Sequence[bytes]:
    """Behind the prefix, if one is asked for; if not, ``Bearer`` may stand before it."""
    name = verification.header or ""
    value = header(call, name)
    if verification.prefix:
        prefix = verification.prefix.encode()
        if not value.startswith(prefix):
            raise Unverified("malformed", f"the header {name} does not start with the prefix")
        return (value[len(prefix) :],)
    if value[: len(_BEARER)].lower() == _BEARER:
        return (value, value[len(_BEARER) :].lstrip(b" "))
    return (value,)


def _gitlab_token(_: Verification, call: SentCall) -> Sequence[bytes]:
    return (header(call, "X-Gitlab-Token"),)


def _basic(_: Verification, call: SentCall) -> Sequence[bytes]:
    value = header(call, "Authorization")
    if value[: len(_BASIC)].lower() != _BASIC:
        raise Unverified("other-scheme", "the header Authorization is not of the scheme Basic")
    coded = value[len(_BASIC) :].strip(b" ")
    try:
        login = base64.b64decode(coded, validate=True)
    except binascii.Error:
        login = b""
    if base64.b64encode(login) != coded:
        raise Unverified("malformed", "the header Authorization is no base64")
    return (login,)


_CHECKS: Final[Mapping[str, Check]] = {
    "header": partial(_token, _header_token),
    "basic": partial(_token, _basic),
    "standard": _standard,
    "gitlab": _gitlab,
    "twilio": partial(_claimed, twilio),
    **{scheme: partial(_signed_body, read) for scheme, read in SIGNED_BODIES.items()},
}
