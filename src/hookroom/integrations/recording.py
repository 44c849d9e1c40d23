"""What history keeps of a call: enough to see what went wrong, no secrets, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from hookroom.delivery.exchange import OutgoingRequest, OutgoingResponse
from hookroom.storage.tables.attempts import ReceivedResponse, SentRequest

MASK: Final = "***"
BODY_SIZE: Final = 16 * 1024
"""Bytes kept of a response's body."""
HEADERS: Final = 64
"""Headers kept of a request or response."""
HEADER_SIZE: Final = 1024
"""Characters kept of a header's value."""
SECRET: Final = re.compile(
    r"auth|cookie|token|secret|signature|(api|access)[-_]?key|passw|credential|^hookroom-chain$",
    re.IGNORECASE,
)
"""Found in the names of what is not shown."""
_CREDENTIALS: Final = re.compile(r"(?<=//)[^/?#@]*@")


def sent(request: OutgoingRequest, *, scripted: bool = False) -> SentRequest:
    """``request`` as history shows it; with its body where a script made it."""
    return SentRequest(
        method=request.method,
        url=_CREDENTIALS.sub(f"{MASK}@", request.url),
        headers=masked(request.headers),
        body_size=len(request.body),
        body=request.body[:BODY_SIZE].decode("utf-8", "replace") if scripted else None,
    )


def received(response: OutgoingResponse) -> ReceivedResponse:
    """``response`` as history shows it."""
    return ReceivedResponse(
        headers=masked(response.headers.items()),
        body=response.body[:BODY_SIZE].decode("utf-8", "replace"),
        body_size=len(response.body),
        truncated=response.truncated or len(response.body) > BODY_SIZE,
    )


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as histories show them."""
    kept = list(headers)[:HEADERS]
    return {name: MASK if _is_secret(name) else value[:HEADER_SIZE] for name, value in kept}


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return SECRET.search(name) is not None
