"""What Twilio signs: the whole address, and the fields of a form or the hash of any other body.

Twilio, "Webhooks security", "Validating signatures from Twilio": ``X-Twilio-Signature`` is the HMAC-SHA1, in
base64, of the URL and, for a form, each field's name and value behind it, sorted by name. A field that is there
several times counts with each of its values, sorted, once. Any other body has its SHA-256 in the URL, as
``bodySHA256``.

There is no time in it, and nothing between names and values: what Twilio once sent can be sent again.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from hookroom.rules.hmac_claims import Claim
from hookroom.rules.model import Verification
from hookroom.rules.sent_call import SentCall, header
from hookroom.rules.signatures import Unverified

MAX_FIELDS: Final = 1000
"""Fields of a form that is verified."""

_BODY_HASH: Final = "bodySHA256"
_FORM: Final = b"application/x-www-form-urlencoded"
_PORTS: Final = {"https": "443", "http": "80"}


def twilio(_: Verification, call: SentCall) -> Claim:
    """The claim of a call. Raises ``Unverified`` for one that cannot be read, or whose body nothing covers."""
    signature = header(call, "X-Twilio-Signature")
    fields = _fields(call)
    addresses = dict.fromkeys(one for url in call.urls for one in _with_and_without_port(url))
    return Claim(
        contents=[address.encode("utf-8", "surrogateescape") + fields for address in addresses],
        signatures=[signature],
        algorithm="sha1",
        encoding="base64",
    )


def _fields(call: SentCall) -> bytes:
    """What stands behind the URL in what is signed."""
    hashes = _hashes(call)
    if hashes:
        # The query is signed as well: a hash in it that is right is Twilio's word for the body.
        found = sha256(call.body).hexdigest()
        if len(hashes) > 1 or not hmac.compare_digest(found.encode(), hashes[0].encode("utf-8", "replace")):
            raise Unverified("no-match", f"the body is not that of {_BODY_HASH}")
        return b""
    if not call.body:
        return b""
    if header(call, "Content-Type").split(b";")[0].strip().lower() != _FORM:
        raise Unverified("not-covered", f"the body is no form, and there is no {_BODY_HASH}")
    try:
        pairs = _pairs(call.body.decode("ascii"))
    except ValueError:
        raise Unverified("malformed", "the form cannot be read") from None
    return "".join(name + value for name, value in sorted(set(pairs))).encode("utf-8", "surrogateescape")


def _hashes(call: SentCall) -> list[str]:
    query = call.urls[0].partition("?")[2] if call.urls else ""
    try:
        return [value for name, value in _pairs(query) if name == _BODY_HASH]
    except ValueError:
        raise Unverified("malformed", "the query cannot be read") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MAX_FIELDS)


def _with_and_without_port(url: str) -> Iterator[str]:
    """``url``, and what it is with the usual port or without one: senders have signed all of them."""
    yield url
    scheme, _, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    host, _, port = netloc.rpartition(":")
    if host and port.isdigit():
        yield f"{scheme}://{host}{slash}{path}"
    elif scheme in _PORTS:
        yield f"{scheme}://{netloc}:{_PORTS[scheme]}{slash}{path}"
