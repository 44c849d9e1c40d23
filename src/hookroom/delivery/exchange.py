"""One call out: what is sent, what comes back, and why nothing came."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from hookroom.errors import HookroomError
from hookroom.rules.addresses import Address


class Trust(Struct, frozen=True):
    """Whose certificates a call accepts, where that is not the usual."""

    ca_certificate: str | None = None
    """Certificates (PEM) of authorities that are trusted beside the system's."""
    verified: bool = True
    """Whether the certificate is verified at all."""


UNVERIFIED: Final = Trust(verified=False)


class OutgoingRequest(Struct, frozen=True, kw_only=True):
    """A request to send. ``url`` may carry ``user:password@``, which goes out as Basic authentication."""

    url: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_s: float | None = None
    """Seconds for the whole call; ``None`` takes the client's."""
    trust: Trust | None = None
    """``None``: the system's authorities."""


class OutgoingResponse(Struct, frozen=True, kw_only=True):
    """An answer, whatever its status."""

    status: int
    headers: dict[str, str]
    """Names in lower case; of a repeated one the last value."""
    body: bytes
    """Decompressed; at most as many bytes as the client reads."""
    truncated: bool
    """Whether the answer was longer than ``body``."""
    duration_ms: int
    """From the call to the end of the answer."""


Kind = Literal[
    "address-refused",
    "dns",
    "connect",
    "tls",
    "timeout",
    "reset",
    "protocol",
    "bad-url",
    "header",
    "proxy",
]
"""The stage a call ended at. ``address-refused``, ``bad-url`` and ``header`` will not mend by themselves.

``reset``: the connection ended without an answer. ``protocol``: what came is not a whole HTTP answer.
``header``: the method or a header cannot be sent. ``proxy``: the operator's proxy did not take the call.
"""


class NotReached(HookroomError):
    """No answer was had. The text may be shown: it names at most the host and port that were to be called."""

    status = 502

    def __init__(self, reason: str, kind: Kind) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind: Kind = kind


class AddressRefused(NotReached):
    """The policy forbids the address. ``address`` (if there is a single one) is for logs only.

    It is not in the text: that would tell the author of a webhook what a name of the inside resolves to.
    """

    def __init__(self, host: str, reason: str, address: Address | None = None) -> None:
        super().__init__(f"Calls to {host} are refused: {reason}", "address-refused")
        self.address = address
