"""Limits of an incoming integration as requests have them: networks, calls per time, idempotency. Ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from hookroom.rules.model import Integration

MOST_CALLS: Final = 1_000_000
MOST_SECONDS: Final = 86_400
USUAL_SECONDS: Final = 60
MOST_HOURS: Final = 720
MOST_NETWORKS: Final = 100


class InvalidLimit(ValueError):
    """A field of a request is nonsense; ``code`` is the error's, the text names the field."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def limits(body: Mapping[str, Any], old: Integration | None) -> dict[str, Any]:
    """The fields of ``Integration`` for them that ``body`` changes. Raises ``InvalidLimit``."""
    found: dict[str, Any] = {}
    if "allowedNetworks" in body:
        found["allowed_networks"] = allowed_networks(body["allowedNetworks"])
    if "rateLimitCalls" in body or "rateLimitSeconds" in body:
        found["rate_limit_calls"], found["rate_limit_seconds"] = _rate(body, old)
    if "idempotencyHours" in body:
        found["idempotency_hours"] = _hours(body["idempotencyHours"])
    return found


def allowed_networks(value: str | list[str] | None) -> tuple[str, ...] | None:
    """Addresses and networks, of a list or of a text with commas or white space between; ``None`` for none.

    Raises ``InvalidLimit``.
    """
    text = ",".join(value) if isinstance(value, list) else value or ""
    entries = tuple(text.replace(",", " ").split())
    if len(entries) > MOST_NETWORKS:
        raise InvalidLimit("error-invalid-networks", f"allowedNetworks has more than {MOST_NETWORKS} entries")
    for position, entry in enumerate(entries, 1):
        try:
            if "%" in entry:
                raise ValueError("an address with a zone is of one machine only")
            ip_network(entry, strict=False)
        except ValueError:
            raise InvalidLimit(
                "error-invalid-networks", f"allowedNetworks: entry {position} is no address or network"
            ) from None
    return entries or None


def _rate(body: Mapping[str, Any], old: Integration | None) -> tuple[int | None, int | None]:
    """Calls and seconds; what is not sent stays, calls without seconds are per minute."""
    calls = body.get("rateLimitCalls", old.rate_limit_calls if old is not None else None)
    seconds = body.get("rateLimitSeconds", old.rate_limit_seconds if old is not None else None)
    for name, number, most in (
        ("rateLimitCalls", calls, MOST_CALLS),
        ("rateLimitSeconds", seconds, MOST_SECONDS),
    ):
        if number and not 1 <= number <= most:
            raise InvalidLimit("error-invalid-rate-limit", f"{name} must be 1 to {most}")
    if calls:
        return calls, seconds or USUAL_SECONDS
    if seconds and "rateLimitCalls" not in body:
        raise InvalidLimit("error-invalid-rate-limit", "rateLimitSeconds is of no use without rateLimitCalls")
    return None, None


def _hours(hours: float | None) -> float | None:
    if hours is not None and not (math.isfinite(hours) and 0 <= hours <= MOST_HOURS):
        raise InvalidLimit("error-invalid-idempotency-hours", f"idempotencyHours must be 0 to {MOST_HOURS}")
    return hours
