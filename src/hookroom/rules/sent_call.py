"""A call as it was sent, which is what senders sign: nothing decoded, nothing joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hookroom.rules.signatures import Unverified

MAX_HEADER: Final = 8192
"""Bytes of a header that is looked at."""


class SentCall(Struct, frozen=True, kw_only=True):
    """A call of an incoming webhook.

    ``headers`` have names in lower case and are as ASGI has them, each line by itself; ``body`` is as it came over
    the wire, before any ``Content-Encoding`` is undone; ``urls`` are the addresses that the sender may have
    called, which only Twilio signs.
    """

    method: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    urls: Sequence[str] = ()


def header(call: SentCall, name: str) -> bytes:
    """The value of the header ``name`` (any case), without the white space around it.

    Raises ``Unverified`` when it is missing, there twice, too long or not of printable ASCII: where two readers
    could understand it in two ways, nobody may be told apart by it.
    """
    wanted = name.lower().encode()
    found = [value for key, value in call.headers if key == wanted]
    if not found:
        raise Unverified("missing", f"the header {name} is missing")
    if len(found) > 1:
        raise Unverified("malformed", f"the header {name} is there more than once")
    value = found[0].strip(b" \t")
    if not value:
        raise Unverified("missing", f"the header {name} is empty")
    if len(value) > MAX_HEADER:
        raise Unverified("malformed", f"the header {name} is longer than {MAX_HEADER} bytes")
    if not value.isascii() or not value.decode("ascii").isprintable():
        raise Unverified("malformed", f"the header {name} has characters that are not printable ASCII")
    return value
