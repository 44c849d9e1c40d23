"""Pictures by their address: fetched through the guarded client, or held by the address itself."""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import urlsplit

from hookroom.delivery.client import GuardedClient
from hookroom.delivery.exchange import NotReached, OutgoingRequest
from hookroom.errors import Refused
from hookroom.rules.data_url import data_of

TIMEOUT_S: Final = 10.0


async def fetched(client: GuardedClient, url: str, *, method: str) -> bytes:
    """The bytes that ``url`` (``http``, ``https`` or ``data``) names; whether they are a picture is not looked at.

    No redirect is followed, and no more is read than the client reads of any answer. Raises ``Refused``:
    ``error-avatar-invalid-url`` and ``error-avatar-url-handling``; their texts name the address at most.
    """
    if url[:5].lower() == "data:":
        data = data_of(url)
        if data is None:
            raise _invalid("data:", method)
        return data
    if _scheme(url) not in ("http", "https"):
        raise _invalid(url, method)
    try:
        answer = await client.send(OutgoingRequest(url=url, method="GET", timeout_s=TIMEOUT_S))
    except NotReached as error:
        raise _failed(error.reason, method) from None
    if answer.status == 404:
        raise _invalid(url, method)
    if answer.status != 200:
        raise _failed(f"the answer was {answer.status}", method)
    if answer.truncated:
        raise _failed("the picture is too large", method)
    return answer.body


def decoded(text: str) -> bytes | None:
    """The bytes of ``text`` where it is a ``data:`` URL or plain base64; ``None`` where it is neither."""
    data = data_of(text)
    if data is not None:
        return data
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def _invalid(url: str, method: str) -> Refused:
    # What is before an @ may be a password.
    shown = "" if "@" in url else f": {url[:255]}"
    return Refused("error-avatar-invalid-url", f"Invalid avatar URL{shown}", method=method)


def _failed(why: str, method: str) -> Refused:
    return Refused(
        "error-avatar-url-handling", f"Error while handling avatar setting from a URL: {why}", method=method
    )
