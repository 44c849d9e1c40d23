"""What a client keeps within, on whatever way it calls."""

from __future__ import annotations

from msgspec import Struct


class Bounds(Struct, frozen=True, kw_only=True):
    """The bounds of a ``GuardedClient``; what each means is said there."""

    connect_timeout_s: float
    max_response_bytes: int
    max_connections: int
    max_connections_per_host: int
    keep_alive_s: float
